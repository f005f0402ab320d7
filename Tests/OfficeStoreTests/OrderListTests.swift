import Foundation
import Office
import OfficeStore
import Testing

/// The list of orders in the store: what is found, on which page, and how many.
struct OrderListTests {
    /// Filters of each kind and of several kinds at once.
    static let filters: [OrderFilter] = {
        func filter(_ tenant: String = "PAR12345", _ change: (inout OrderFilter) -> Void) -> OrderFilter {
            var filter = OrderFilter(tenant: tenant)
            change(&filter)
            return filter
        }
        let start = Shelf.start.seconds
        var all = [filter { _ in }, filter("PAR99999") { _ in }, filter("PAR00000") { _ in }]
        all += [
            filter { $0.profiles = [Shelf.profiles[1]] },
            filter { $0.profiles = [Shelf.profiles[0], Shelf.profiles[2]] },
            filter { $0.profiles = [] }, filter { $0.statuses = [.waiting] },
            filter { $0.statuses = [.issued, .reissued] },
            filter { $0.certificateStates = [.revoked] }, filter { $0.licence = "ML202601010001" },
            filter { $0.manager = "PAR12345_jiro" }, filter { $0.template = "en" }, filter { $0.service = "10 PACK" },
            filter { $0.department = "営業" }, filter { $0.department = "部\n基" }, filter { $0.mail = "taro.12" },
            filter { $0.mail = "@EXAMPLE" },
        ]
        for text in ["山", "太郎", "山田 太", "山田 太郎", "device-1", "MPS20260", "0001", "00", "-", "z", "田 花", "鬱"] {
            all.append(filter { $0.idOrName = text })
        }
        for (first, last) in [(0, 0), (0, 5), (3, 40), (-400, 9), (10, 100_000), (7, 3)] as [(Int64, Int64)] {
            for span in [\OrderFilter.applied, \.issued, \.ends] {
                all.append(
                    filter { filter in
                        filter[keyPath: span].begin(start + first * 86_400 + 3_600)
                        filter[keyPath: span].end(start + last * 86_400 + 40_000)
                    }
                )
            }
        }
        all.append(filter { $0.ends.begin(start + 30 * 86_400) })
        all.append(filter { $0.ends.end(start + 30 * 86_400) })
        all.append(
            filter { filter in
                (filter.idOrName, filter.mail, filter.department) = ("VPN", "taro", "部")
                (filter.statuses, filter.certificateStates) = ([.issued], [.issued])
                filter.ends.begin(start + 25 * 86_400)
            }
        )
        return all
    }()

    @Test("LST-02 Whatever the filter, exactly those orders are found that it means, newest first")
    func meaning() async throws {
        let shelf = try Shelf()
        try await shelf.insert((0..<400).map { Shelf.order($0) })
        for filter in Self.filters {
            #expect(try await shelf.found(filter) == shelf.meant(filter), "\(filter)")
        }
        for order in shelf.orders.prefix(9) {
            var filter = OrderFilter(tenant: "PAR12345")
            filter.id = order.id
            #expect(try await shelf.found(filter) == shelf.meant(filter))
        }
    }

    @Test(
        "LST-01 A text is found by any part of it: Japanese, signs, quotes, wildcards that are none",
        arguments: [
            "勘解由小路 𠮷子", "100% O'Brien", "a_b", "back\\slash", "say \"yes\"", "NEAR(x) AND * OR -z", "Ünïcode ß",
            "tab\tin",
            "𝒳", "ガギグ", "%", "nul\u{0}nul", "private \u{E020}use",
        ]
    )
    func parts(_ name: String) async throws {
        let shelf = try Shelf()
        try await shelf.insert((0..<20).map { Shelf.order($0) } + [Shelf.order(21, name: name)])
        let scalars = Array(name.unicodeScalars)
        for length in [1, 2, 3, 4, scalars.count] where length <= scalars.count {
            for start in 0...(scalars.count - length) {
                var filter = OrderFilter(tenant: "PAR12345")
                filter.idOrName = String(String.UnicodeScalarView(scalars[start..<(start + length)]))
                let found = try await shelf.found(filter)
                #expect(found == shelf.meant(filter), "\(filter.idOrName)")
                // What stands behind U+0000 is no text for SQLite, in what is kept as in what is asked.
                if !name.contains("\u{0}") { #expect(found.contains(shelf.orders[20].id)) }
            }
        }
    }

    @Test("LST-02 A changed order is found by what it is, and not by what it was")
    func changes() async throws {
        let shelf = try Shelf()
        try await shelf.insert((0..<60).map { Shelf.order($0) })
        for number in [3, 6, 9] { try await shelf.change(number) { Shelf.issue(&$0, number) } }
        try await shelf.change(10) { $0.certificate?.state = .held }
        try await shelf.change(12) { ($0.status, $0.subject.commonName) = (.cancelled, "改姓 太郎") }
        try await shelf.change(12) { $0.memo = "nothing that is searched" }
        for filter in Self.filters { #expect(try await shelf.found(filter) == shelf.meant(filter), "\(filter)") }
        var renamed = OrderFilter(tenant: "PAR12345")
        renamed.idOrName = "改姓"
        #expect(try await shelf.found(renamed) == [shelf.orders[12].id])
    }

    @Test(
        "LST-03 The pages together are the list, without doubles, forwards and back, while orders arrive",
        arguments: [10, 50]
    )
    func pages(size: Int) async throws {
        let shelf = try Shelf()
        try await shelf.insert((0..<173).map { Shelf.order($0) })
        for change in [{ _ in }, { $0.mail = "taro" }, { $0.statuses = [.issued] }] as [(inout OrderFilter) -> Void] {
            var filter = OrderFilter(tenant: "PAR12345")
            change(&filter)
            let (meant, asked) = (shelf.meant(filter), filter)
            var (seen, offset, place): ([String], Int, OrderPlace) = ([], 0, .newest)
            while true {
                let (from, at) = (place, offset)
                let page = try #require(
                    try await shelf.store.read { try $0.orderList.page(asked, from: from, offset: at, limit: size) }
                )
                seen += page.lines.map(\.id)
                guard page.hasMore else { break }
                (place, offset) = (.after(page.lines[size - 1].id), offset + size)
                try await shelf.insert([Shelf.order(shelf.orders.count)])
            }
            #expect(seen == meant)
            // And back: the pages end just before the one that was seen.
            let last = (meant.count - 1) / size * size
            for start in stride(from: last, to: 0, by: -size) {
                let from = OrderPlace.before(meant[start])
                let page = try #require(
                    try await shelf.store.read {
                        try $0.orderList.page(asked, from: from, offset: start - size, limit: size)
                    }
                )
                #expect(page.lines.map(\.id) == Array(meant[(start - size)..<start]))
            }
        }
    }

    @Test("LST-03 A page before the first is the first one, and another tenant's order is no place")
    func places() async throws {
        let shelf = try Shelf()
        try await shelf.insert((0..<30).map { Shelf.order($0) })
        let filter = OrderFilter(tenant: "PAR12345")
        let meant = shelf.meant(filter)
        let page = try #require(
            try await shelf.store.read {
                try $0.orderList.page(filter, from: .before(meant[3]), offset: 7, limit: 10)
            }
        )
        #expect(page.lines.map(\.id) == Array(meant.prefix(10)) && page.offset == 0)
        let others = shelf.orders[6].id
        for place in [OrderPlace.after(others), .before(others), .after("MPS"), .before("")] {
            #expect(
                try await shelf.store.read { try $0.orderList.page(filter, from: place, offset: 0, limit: 10) } == nil
            )
        }
    }

    @Test(
        "LST-03 Beyond a thousand behind a page it is said that there are more; profile and state are counted to the last"
    )
    func totals() async throws {
        let shelf = try Shelf()
        try await shelf.insert((0..<2600).map { Shelf.order($0, mail: "all@example.com") })
        func page(_ place: OrderPlace, _ offset: Int, _ change: (inout OrderFilter) -> Void) async throws -> OrderPage {
            var filter = OrderFilter(tenant: "PAR12345")
            change(&filter)
            let asked = filter
            return try #require(
                try await shelf.store.read { try $0.orderList.page(asked, from: place, offset: offset, limit: 10) }
            )
        }
        let all = shelf.meant(OrderFilter(tenant: "PAR12345"))
        #expect(try await page(.newest, 0) { _ in }.total == OrderCount(number: all.count, isExact: true))
        #expect(try await page(.newest, 0) { $0.mail = "all@" }.total == OrderCount(number: 1010, isExact: false))
        let deep = try await page(.after(all[1499]), 1500) { $0.mail = "all@" }
        #expect(deep.total == OrderCount(number: all.count, isExact: true))
        let states = try await page(.newest, 0) { ($0.statuses, $0.certificateStates) = ([.issued], [.issued]) }
        #expect(states.total.isExact && states.total.number > 1010)
    }
}
