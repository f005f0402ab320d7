import Clocks
import Office

/// What people do in the office, each page by its kind.
struct Errands {
    let console: String
    let area: String
    let orders: MadeUpOrders
    let visitor: Visitor
    let person: Int
    let book: LatencyBook
    var draw: Draws

    init(
        _ office: (console: String, area: String),
        _ orders: MadeUpOrders,
        _ visitor: Visitor,
        person: Int,
        _ book: LatencyBook
    ) {
        (console, area) = office
        (self.orders, self.visitor, self.person, self.book) = (orders, visitor, person, book)
        draw = Draws(seed: UInt64(person) &+ 1_000_003)
    }

    func logIn() throws {
        let page = try measured("log-in: form", [200]) { try visitor.get(console + "/log-in") }
        _ = try measured("log-in: password", [303]) {
            try visitor.post(
                console + "/log-in",
                page.hidden + [("user", MadeUpCompany.person(person)), ("password", MadeUpCompany.password)]
            )
        }
    }

    func menu() throws {
        _ = try measured("menu", [200]) { try visitor.get(area + "/") }
    }

    // MARK: The list

    /// A kind of list, and the query that leads there.
    static let lists: [(kind: String, query: @Sendable (MadeUpOrders, inout Draws) -> String)] = [
        ("list: first page", { _, _ in "" }),
        ("list: deep page", { orders, draw in "&after=\(orders.id(draw.number(orders.count)))&offset=500000" }),
        ("list: page before", { orders, draw in "&before=\(orders.id(draw.number(orders.count)))&offset=500000" }),
    ]

    static let searches: [(kind: String, query: @Sendable (MadeUpOrders, inout Draws) -> String)] = [
        ("search: order", { orders, draw in "&text=\(orders.id(draw.number(orders.count)))" }),
        (
            "search: part of an order's ID",
            { orders, draw in "&text=\(orders.id(draw.number(orders.count)).suffix(5))" }
        ),
        ("search: CN, one character", { _, draw in "&text=" + code(draw.one(of: ["森", "林", "蓮", "鬱"])) }),
        ("search: CN, surname", { _, draw in "&text=" + code(draw.one(of: MadeUpOrders.surnames)) }),
        (
            "search: CN, whole",
            { _, draw in
                "&text=" + code(draw.one(of: MadeUpOrders.surnames) + " " + draw.one(of: MadeUpOrders.givenNames))
            }
        ),
        ("search: CN, nobody's", { _, _ in "&text=" + code("勘解由小路") }),
        ("search: mail, common part", { _, draw in "&mail=" + code(draw.one(of: ["sato", "@mail3", "a", "co.jp"])) }),
        (
            "search: mail, rare part",
            { _, draw in "&mail=" + code("\(draw.one(of: MadeUpOrders.spellings)).\(draw.number(100_000))") }
        ),
        ("search: department", { _, draw in "&department=" + code(draw.one(of: ["営業", "第二", "支店", "部"])) }),
        ("search: service", { _, draw in "&service=" + code(draw.one(of: ["無制限", "100 pack"])) }),
        ("search: status", { _, draw in "&status=" + draw.one(of: Order.Status.allCases).rawValue }),
        (
            "search: certificate status",
            { _, draw in "&certificateStatus=" + draw.one(of: CertificateState.allCases).rawValue }
        ),
        ("search: profile", { orders, draw in "&profile=" + draw.one(of: orders.company.profiles).id }),
        ("search: licence", { orders, draw in "&licence=" + draw.one(of: orders.company.licences).id }),
        ("search: manager", { _, draw in "&manager=" + code(MadeUpCompany.person(draw.number(20))) }),
        ("search: template", { _, draw in "&template=" + draw.one(of: ["ja", "en"]) }),
        ("search: a day", { orders, draw in period(orders, &draw, days: 0) }),
        ("search: a month", { orders, draw in period(orders, &draw, days: 30) }),
        ("search: a year", { orders, draw in period(orders, &draw, days: 365) }),
        ("search: several at once", { orders, draw in several(orders, &draw) }),
    ]

    /// Some of order or CN, mail, dates, status, certificate status, profile, department: any combination.
    private static func several(_ orders: MadeUpOrders, _ draw: inout Draws) -> String {
        var query = ""
        switch draw.number(3) {
        case 0: query += "&text=" + code(draw.one(of: MadeUpOrders.surnames))
        case 1: query += "&text=\(orders.id(draw.number(orders.count)).suffix(4))"
        default: break
        }
        if draw.number(2) == 0 { query += "&mail=" + code(draw.one(of: ["sato", "yama", "@mail1", "77"])) }
        if draw.number(2) == 0 { query += period(orders, &draw, days: draw.one(of: [7, 90, 400])) }
        if draw.number(2) == 0 { query += "&status=" + draw.one(of: Order.Status.allCases).rawValue }
        if draw.number(2) == 0 {
            query += "&certificateStatus=" + draw.one(of: CertificateState.allCases).rawValue
        }
        if draw.number(2) == 0 { query += "&profile=" + draw.one(of: orders.company.profiles).id }
        if draw.number(2) == 0 { query += "&department=" + code(draw.one(of: MadeUpOrders.departments)) }
        return query
    }

    private static func period(_ orders: MadeUpOrders, _ draw: inout Draws, days: Int) -> String {
        let first = MadeUpCompany.calendar.day(of: orders.applied(draw.number(orders.count)))
        let kind = draw.one(of: ["applied", "issued", "ends"])
        return "&days=\(kind)&from=\(code(first.slashed))&to=\(code((first + days).slashed))"
    }

    private static func code(_ text: String) -> String { Visitor.encoded(text) }

    /// One of the lists or searches, a page of 50.
    mutating func look(_ kinds: [(kind: String, query: @Sendable (MadeUpOrders, inout Draws) -> String)]) throws {
        let (kind, query) = draw.one(of: kinds)
        let address = "\(area)/orders?size=50\(query(orders, &draw))"
        _ = try measured(kind, [200]) { try visitor.get(address) }
    }

    mutating func detail() throws {
        let address = "\(area)/orders/\(orders.id(draw.number(orders.count)))"
        _ = try measured("order: detail", [200]) { try visitor.get(address) }
    }

    /// From the menu to an order that can be picked up.
    mutating func order() throws {
        let address = area + "/orders/new"
        var page = try measured("order: profile and licence", [200]) { try visitor.get(address) }
        guard let licence = orders.company.licences.last else { throw BenchFailure("no licence") }
        let choice = [("profile", draw.one(of: orders.company.profiles).id), ("licence", licence.id)]
        page = try measured("order: form", [200]) { try send(page, address, choice) }
        let number = draw.number(1_000_000)
        let values = [
            ("commonName", "\(draw.one(of: MadeUpOrders.surnames)) \(draw.one(of: MadeUpOrders.givenNames))"),
            ("mail", "ordered.\(number)@mail.example.co.jp"), ("usesMail", "no"), ("keyOption", "pkcs12"),
            ("templateLanguage", "ja"), ("password", "Torihiki88"), ("passwordAgain", "Torihiki88"),
        ]
        page = try measured("order: confirmation", [200]) { try send(page, address, values) }
        page = try measured("order: to ready for pick-up", [200]) { try send(page, address, []) }
        guard page.body.contains("/orders/MPS") else { throw BenchFailure("nothing was ordered: \(page.body)") }
    }

    private func send(_ page: Visitor.Answer, _ address: String, _ values: [(String, String)]) throws -> Visitor.Answer
    {
        let names = Set(values.map(\.0))
        return try visitor.post(address, page.hidden.filter { !names.contains($0.0) } + values + [("go", "next")])
    }

    private func measured(
        _ kind: String,
        _ expected: [Int],
        _ body: () throws -> Visitor.Answer
    ) throws -> Visitor.Answer {
        let began = monotonicNanoseconds()
        do {
            let answer = try body()
            let took = Double(monotonicNanoseconds() - began) / 1e6
            let isWhole = answer.status != 200 || answer.body.hasSuffix("</html>")
            book.note(
                kind,
                took,
                error: expected.contains(answer.status) && isWhole ? nil : "status \(answer.status)"
            )
            return answer
        } catch {
            book.note(kind, Double(monotonicNanoseconds() - began) / 1e6, error: "\(error)")
            throw error
        }
    }
}
