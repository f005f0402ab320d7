import Foundation
import GRDB
import Office
@testable import OfficeStore
import Testing
import Workbench

/// How many orders there are of each profile and state, kept in the transaction of the order itself.
struct OrderCountTests {
    @Test("LST-03 The counts are those of the orders after each kind of change, and after one that was taken back")
    func changes() async throws {
        let shelf = try Shelf()
        try await shelf.insert((0..<50).map { Shelf.order($0) })
        try await check(shelf)
        try await shelf.change(0) { Shelf.issue(&$0, 1) }
        try await check(shelf)
        for state in [CertificateState.held, .issued, .revoked] {
            try await shelf.change(1) { $0.certificate?.state = state }
            try await check(shelf)
        }
        for status in [Order.Status.cancelled, .autoCancelled, .refused, .reissued, .pendingApproval] {
            try await shelf.change(3) { $0.status = status }
            try await check(shelf)
        }
        try await shelf.change(4) { $0.memo = "the same line" }
        struct TakenBack: Error {}
        await #expect(throws: TakenBack.self) {
            try await shelf.store.write { records in
                try records.orders.insert(Shelf.order(50))
                throw TakenBack()
            }
        }
        await #expect(throws: DatabaseError.self) {
            try await shelf.store.write { records in
                try records.orders.insert(Shelf.order(51))
                try records.orders.insert(Shelf.order(3))
            }
        }
        try await check(shelf)
    }

    @Test("A crash within a write leaves orders, counts and words as they were before it")
    func crash() async throws {
        let shelf = try Shelf()
        try await shelf.insert((0..<50).map { Shelf.order($0) })
        let (path, copy) = (shelf.folder.file("office.sqlite"), shelf.folder.file("copy.sqlite"))
        // What stands on the disk while a write is under way is what a crash would leave.
        try await shelf.store.write { records in
            for number in 50..<90 { try records.orders.insert(Shelf.order(number)) }
            for part in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + part, toPath: copy + part)
            }
        }
        let left = try OfficeStore(path: copy)
        for filter in OrderListTests.filters {
            #expect(try await left.read { try $0.orderList.lines(filter, most: 1000) }.map(\.id) == shelf.meant(filter))
        }
        let all = OrderFilter(tenant: "PAR12345")
        let page = try await left.read { try $0.orderList.page(all, from: .newest, offset: 0, limit: 10) }
        #expect(page?.total == OrderCount(number: shelf.meant(all).count, isExact: true))
        try left.close()
    }

    @Test("Orders from before lines were kept are found as well")
    func olderFile() async throws {
        let folder = try TemporaryFolder("inkan-older")
        let path = folder.file("office.sqlite")
        let older = try DatabasePool(path: path)
        try Schema.migrator.migrate(older, upTo: "2 mails are searched by address, certificates by their end")
        let order = Shelf.order(1, name: "昔 太郎")
        try await older.write { database in
            try database.execute(
                sql: """
                    INSERT INTO orders (id, body, tenant, profile, licence, manager, status, certificateStatus, applied,
                        commonName, mail, department, service, template, link, mailed)
                    VALUES (?, ?, '', '', '', '', '', '', 0, '', '', '', '', '', '', 0)
                    """,
                arguments: [order.id, String(decoding: try JSONEncoder().encode(order), as: UTF8.self)]
            )
        }
        try older.close()
        let store = try OfficeStore(path: path)
        var filter = OrderFilter(tenant: order.tenant)
        filter.idOrName = "昔"
        let asked = filter
        #expect(try await store.read { try $0.orderList.lines(asked, most: 10) } == [order.line])
        #expect(try await store.read { try $0.orders.get(order.id) } == order)
        try store.close()
    }

    private func check(_ shelf: Shelf) async throws {
        for tenant in Shelf.tenants {
            for profiles in [nil] + Shelf.profiles.map({ [$0] }) {
                for statuses in [nil] + Order.Status.allCases.map({ [$0] }) {
                    for states in [nil] + CertificateState.allCases.map({ [$0] }) {
                        var filter = OrderFilter(tenant: tenant)
                        (filter.profiles, filter.statuses, filter.certificateStates) = (profiles, statuses, states)
                        let asked = filter
                        let page = try await shelf.store.read {
                            try $0.orderList.page(asked, from: .newest, offset: 0, limit: 1)
                        }
                        #expect(page?.total == OrderCount(number: shelf.meant(filter).count, isExact: true))
                    }
                }
            }
        }
    }
}
