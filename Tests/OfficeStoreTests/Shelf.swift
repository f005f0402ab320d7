import Clocks
import Foundation
import Office
import OfficeStore
import Workbench

/// A database of its own, and what should be in it: the orders as the test has written them.
final class Shelf {
    let folder: TemporaryFolder
    let store: OfficeStore
    /// In the order in which they came.
    private(set) var orders: [Order] = []

    static let tenants = ["PAR12345", "PAR99999"]
    static let profiles = ["MP202601010001", "MP202601010002", "MP202601010003"]
    static let start = Timestamp(seconds: 1_767_225_600)

    init() throws {
        folder = try TemporaryFolder("inkan-shelf")
        store = try OfficeStore(path: folder.file("office.sqlite"))
    }

    func insert(_ new: [Order]) async throws {
        try await store.write { records in for order in new { try records.orders.insert(order) } }
        orders += new
    }

    func change(_ number: Int, _ body: (inout Order) -> Void) async throws {
        body(&orders[number])
        let order = orders[number]
        try await store.write { try $0.orders.save(order) }
    }

    /// Orders with numbers for all that they are of: names, states and days in turn.
    static func order(_ number: Int, name: String? = nil, mail: String? = nil, department: String? = nil) -> Order {
        let applied = Timestamp(milliseconds: start.milliseconds + Int64(number) * 37_000_123)
        var order = Order(
            id: IdentifierFamily.order.make(day: BusinessCalendar.japan.day(of: applied), number: 100_000 + number),
            profile: profile(profiles[number % 3], tenant: tenants[number % 7 == 6 ? 1 : 0]),
            licence: licence("ML20260101000\(number % 2)", isSmall: number % 2 == 0),
            manager: "PAR12345_\(["hanako", "jiro"][number % 2])",
            subject: OrderSubject(
                commonName: name ?? ["山田 太郎", "佐藤 花子", "森 蓮", "VPN-Device-\(number)"][number % 4],
                surname: "",
                givenName: "",
                pseudonym: "",
                units: department.map { [$0] } ?? [["第一営業部"], ["開発部", "基盤課"], []][number % 3],
                mail: mail ?? "Taro.\(number)@example.com",
                usesMail: false,
                userPrincipalName: "",
                securityIdentifier: ""
            ),
            keyOption: .csr,
            templateLanguage: number % 5 == 0 ? "en" : "ja",
            memo: "",
            applied: applied,
            pickUp: PickUp(linkHash: [UInt8(number & 255), UInt8(number >> 8)], sealedPassword: [], mailed: applied)
        )
        if number % 3 > 0 { issue(&order, number) }
        return order
    }

    static func issue(_ order: inout Order, _ number: Int) {
        order.status = .issued
        order.certificate = OrderCertificate(
            serial: "\(number)",
            issuer: "access-rsa",
            use: .access,
            issued: Timestamp(seconds: order.applied.seconds + 86_400),
            notAfter: Timestamp(seconds: order.applied.seconds + Int64(20 + number % 40) * 86_400),
            pem: "pem",
            chain: [],
            fileName: "file"
        )
        if number % 11 == 0 { order.certificate?.state = .revoked }
    }

    private static func profile(_ id: String, tenant: String) -> Profile {
        let subject = ProfileSubject(
            use: .access,
            country: "JP",
            state: "",
            locality: "",
            organisation: "株式会社印鑑商事",
            units: [],
            isExclusive: false,
            identifier: nil,
            signature: .sha256RSA
        )
        return Profile(id: id, tenant: tenant, subject: subject, created: start, appliedBy: "PAR12345_hanako")
    }

    private static func licence(_ id: String, isSmall: Bool) -> Licence {
        Licence(
            id: id,
            tenant: "PAR12345",
            product: Product(
                id: "personal",
                kind: .personal,
                name: isSmall ? "個人名用 10 pack" : "個人名用 無制限",
                units: nil,
                prices: [:]
            ),
            term: .oneYear,
            applied: start,
            appliedBy: "PAR12345_hanako",
            amount: 1,
            payment: .transferAfter
        )
    }
}

extension Shelf {
    /// What the filter means, order by order: newest first.
    func meant(_ filter: OrderFilter) -> [String] {
        orders.reversed().filter { Self.meets($0, filter) }.map(\.id)
    }

    private static func meets(_ order: Order, _ filter: OrderFilter) -> Bool {
        func has(_ text: String, _ part: String) -> Bool {
            part.isEmpty || text.asciiLowercased.range(of: part.asciiLowercased, options: .literal) != nil
        }
        // Identifiers are looked for by three characters and more.
        func isPart(_ part: String, of id: String) -> Bool { part.unicodeScalars.count > 2 && has(id, part) }
        func lies(_ moment: Timestamp?, _ span: OrderFilter.Span) -> Bool {
            guard span.first > .min || span.last < .max else { return true }
            return moment.map { $0.seconds >= span.first && $0.seconds <= span.last } ?? false
        }
        return order.tenant == filter.tenant && filter.id.map { order.id == $0 } ?? true
            && filter.profiles.map { $0.contains(order.profile) } ?? true
            && filter.statuses.map { $0.contains(order.status) } ?? true
            && filter.certificateStates.map { states in order.certificate.map { states.contains($0.state) } ?? false }
                ?? true
            && [(order.licence, filter.licence), (order.manager, filter.manager)].allSatisfy { $0.1 ?? $0.0 == $0.0 }
            && filter.template ?? order.templateLanguage == order.templateLanguage
            && (isPart(filter.idOrName, of: order.id) || has(order.subject.commonName, filter.idOrName))
            && has(order.serviceName, filter.service)
            && has(order.subject.units.joined(separator: "\n"), filter.department)
            && has(order.subject.mail, filter.mail) && lies(order.applied, filter.applied)
            && lies(order.certificate?.issued, filter.issued) && lies(order.certificate?.notAfter, filter.ends)
    }

    /// What the store finds, all of it.
    func found(_ filter: OrderFilter) async throws -> [String] {
        try await store.read { try $0.orderList.lines(filter, most: 100_000) }.map(\.id)
    }
}

extension String {
    var asciiLowercased: String {
        let small = unicodeScalars.map { ("A"..."Z").contains($0) ? Unicode.Scalar($0.value + 32) ?? $0 : $0 }
        return String(String.UnicodeScalarView(small))
    }
}
