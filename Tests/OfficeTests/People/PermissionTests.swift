import Foundation
import Office
import OfficeStore
import Testing
import Workbench

/// Every page and action of both servers, opened as everybody: what a page asks for stands in a table here, and who has
/// that permission in the matrix of `OfficeRulesTests`.
@Suite("Permissions of every page and action")
struct PermissionTests {
    /// Who asks.
    private struct Person: Sendable {
        let name: String
        /// As the office has them; nil for who is not logged in to the console.
        let user: User?
        let order: String
        let visits: PageVisits
        let isOperator: Bool
    }

    private struct Page: Sendable {
        let server: String
        let method: String
        let path: String
        let kind: String
        let function: Function?
    }

    /// Real records of the demonstration company that changing parts of addresses are filled with; who may do something
    /// does it to one that nobody needs.
    private static let user = "PAR12345_dummy"
    private static let profile = "MP202601010002"
    /// The one that the staff's grants are for; forms about the other one take no grants away.
    private static let granted = "MP202601010001"
    private static let licence = "ML202601010001"

    /// An order for each person: what two do with one at the same moment, the office refuses one of them.
    private static func order(_ number: Int) -> String { String(format: "MPS20260101%06d", number) }

    @Test(
        "every page of both servers asks for the permission that the table says, and the table has no page that is gone"
    )
    func table() throws {
        let office = try OfficeFixture(hasAppliance: false)
        let listed = try Set(
            Self.pages(office).map {
                "\($0.server) \($0.method) \($0.path) \($0.kind) \($0.function?.rawValue ?? "-")"
            }
        )
        let expected = Set(PageTable.lines)
        #expect(listed.subtracting(expected).sorted() == [], "pages that the table does not have so")
        #expect(expected.subtracting(listed).sorted() == [], "lines of the table without a page")
    }

    @Test("ACT-01 to ACT-08, OTH-08 Nobody opens or does what their role, grants, tenant or certificate does not allow")
    func everyPageAsEverybody() async throws {
        let office = try OfficeFixture()
        let people = try await Self.people(office)
        let pages = try Self.pages(office)
        let leaks = try await withThrowingTaskGroup(of: [String].self) { group in
            for person in people { group.addTask { try await Self.leaks(person, pages, office) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(leaks.sorted() == [])
        #expect(people.count * pages.count > 700)
    }

    @Test("ACT-05 to ACT-07 A grant for one profile opens no order of another, by no page and no forged request")
    func otherProfile() async throws {
        let office = try OfficeFixture()
        let everybody = try await Self.people(office)
        let people = everybody.filter { $0.user?.grants.isEmpty == false }
        #expect(people.count == 3)
        let orders = everybody.map(\.order)
        try await office.change { records in
            for id in orders {
                var order = try #require(try records.orders.get(id))
                order.profile = "MP202601010002"
                try records.orders.save(order)
            }
        }
        let pages = try Self.pages(office).filter { $0.server == "area" && $0.path.contains("{id}") }
        #expect(pages.count > 10)
        for person in people {
            let requests = pages.map { Self.request($0, person, office, showsCertificate: true) }
            for (page, answer) in zip(pages, try await person.visits.ask(requests)) {
                let isRefused = answer.status == 403 || answer.status == 404
                #expect(isRefused, "\(person.name) \(page.method) \(page.path): \(answer.status)")
                #expect(!answer.body.contains("秘密太郎"))
            }
        }
        let lists = ["/orders", "/orders.csv", "/orders/bulk"].map {
            PageVisits.Request(address: office.areaURL + $0, showsCertificate: true)
        }
        for person in people {
            for answer in try await person.visits.ask(lists) { #expect(!answer.body.contains("秘密太郎")) }
        }
    }

    // MARK: What is expected

    /// What the person gets that the rules do not give, and what is kept from them that they do.
    private static func leaks(_ person: Person, _ pages: [Page], _ office: OfficeFixture) async throws -> [String] {
        var visits: [(page: Page, request: PageVisits.Request)] = []
        for page in pages where !(page.path.hasSuffix("/log-out") && page.method == "POST") {
            visits.append((page, request(page, person, office, showsCertificate: false)))
            if page.server == "area" { visits.append((page, request(page, person, office, showsCertificate: true))) }
        }
        let answers = try await person.visits.ask(visits.map(\.request))
        return zip(visits, answers).compactMap { visit, answer in
            let expected = expectation(person, visit.page, visit.request.showsCertificate)
            var isRight = expected.holds(answer)
            if person.user?.tenant != OfficeFixture.tenant, !person.isOperator {
                isRight = isRight && !["印鑑商事", "秘密太郎", "佐藤"].contains { answer.body.contains($0) }
            }
            guard !isRight else { return nil }
            let certificate = visit.request.showsCertificate ? " with certificate" : ""
            return "\(person.name) \(visit.page.server) \(visit.page.method) \(visit.page.path)\(certificate): "
                + "\(answer.status) \(answer.location), not \(expected)"
        }
    }

    private enum Expectation {
        case logIn, operatorLogIn, refused, gate, opened
        /// Open to all, but not as often as anybody likes.
        case openedToAll

        func holds(_ answer: PageVisits.Answer) -> Bool {
            switch self {
            case .logIn: answer.status == 303 && answer.location.hasSuffix("/log-in")
            case .operatorLogIn: answer.status == 303 && answer.location.hasSuffix("/operator/log-in")
            case .refused: answer.status == 403 && !answer.body.contains("管理者証明書が必要です")
            case .gate: answer.status == 403 && answer.body.contains("管理者証明書が必要です")
            case .opened:
                [200, 303, 404, 409, 422].contains(answer.status) && !answer.location.hasSuffix("/log-in")
            case .openedToAll: [200, 404, 409, 422, 503].contains(answer.status)
            }
        }
    }

    private static func expectation(_ person: Person, _ page: Page, _ showsCertificate: Bool) -> Expectation {
        switch page.kind {
        case "operators": return person.isOperator ? .opened : .operatorLogIn
        case "everybody":
            // Renewal is for who shows the certificate, logged in or not.
            if page.path.hasSuffix("/renew"), !showsCertificate || person.user == nil { return .refused }
            return .openedToAll
        default:
            guard let user = person.user else { return .logIn }
            if page.kind == "area", !showsCertificate { return .gate }
            return page.function?.isOpen(to: user) ?? true ? .opened : .refused
        }
    }

    // MARK: The pages

    private static func pages(_ office: OfficeFixture) throws -> [Page] {
        let list = try ChildProgram.check(
            "\(OfficeFixture.binaries)/inkan-frontd",
            ["pages", "--config", office.folder.file("office.yaml")]
        )
        return try list.split(separator: "\n").map { line in
            let parts = line.split(separator: " ").map(String.init)
            try #require(parts.count == 5, "\(line)")
            return Page(
                server: parts[0],
                method: parts[1],
                path: parts[2],
                kind: parts[3],
                function: parts[4] == "-" ? nil : try named(parts[4])
            )
        }
    }

    private static func named(_ text: String) throws -> Function {
        let function = Function(rawValue: text)
        return try #require(function, "\(text) is no function")
    }

    private static func request(
        _ page: Page,
        _ person: Person,
        _ office: OfficeFixture,
        showsCertificate: Bool
    ) -> PageVisits.Request {
        let family = page.path.split(separator: "/").first ?? ""
        let record =
            switch family {
            case "users": user
            case "profiles", "wizard", "domains": profile
            case "licences", "applications": licence
            case "orders": person.order
            default: "none"
            }
        let path = page.path.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("{") ? record : String($0) }.joined(separator: "/")
        return PageVisits.Request(
            method: page.method,
            address: (page.server == "area" ? office.areaURL : office.consoleURL) + path,
            showsCertificate: showsCertificate
        )
    }

    // MARK: The people

    private static func people(_ office: OfficeFixture) async throws -> [Person] {
        _ = try await People.licence(office)
        let browser = try await office.browser(of: OfficeFixture.administrator)
        var passwords = [
            OfficeFixture.administrator: OfficeFixture.password, "PAR99999_hanako": OfficeFixture.password,
        ]
        for (name, role, mayPurchase) in [
            ("dummy", "staff", false), ("manager", "manager", false), ("buyer", "manager", true),
            ("staff", "staff", false), ("staffbuyer", "staff", true), ("applicant", "staff", false),
            ("revoker", "staff", false), ("approver", "staff", false),
        ] {
            let more = mayPurchase ? ["mayPurchase": "yes"] : [:]
            passwords["PAR12345_\(name)"] = try await People.create(name, role, more, by: browser)
        }
        try await grant(office)
        passwords[user] = nil
        var people = [
            Person(name: "nobody", user: nil, order: order(1), visits: try await PageVisits(office), isOperator: false),
            Person(
                name: "operator",
                user: nil,
                order: order(2),
                visits: try await PageVisits(office, logIn: ("/operator/log-in", "operator", OfficeFixture.password)),
                isOperator: true
            ),
        ]
        for (name, password) in passwords.sorted(by: { $0.key < $1.key }) {
            let own = try await office.browser(of: name, password: password)
            let certificate = try await People.obtainCertificate(office, name, own)
            let stored = try await office.records { try $0.users.get(name) }
            let user = try #require(stored)
            let visits = try await PageVisits(office, logIn: ("/log-in", name, password), certificate: certificate)
            let order = order(people.count + 1)
            people.append(Person(name: name, user: user, order: order, visits: visits, isOperator: false))
        }
        for person in people { try await People.order(person.order, office) }
        return people
    }

    private static func grant(_ office: OfficeFixture) async throws {
        let grants: [String: Grant] = [
            "PAR12345_applicant": .application, "PAR12345_revoker": .revocation, "PAR12345_approver": .approval,
        ]
        try await office.change { records in
            for (name, grant) in grants {
                guard var user = try records.users.get(name) else { continue }
                user.grants = [granted: [grant]]
                try records.users.save(user)
            }
        }
    }
}
