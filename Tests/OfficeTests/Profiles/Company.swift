import Clocks
import Foundation
import Office
import OfficeFront
import OfficeServices
import OfficeStore
import Testing
import Threads
import Workbench

/// A demonstration company that has a profile: its administrator's browser, and the operator's.
///
/// Those whose clock stands still share one office, each with a contract of its own.
struct Company {
    let office: OfficeFixture
    let tenant: String
    private(set) var console: OfficeBrowser
    private(set) var desk: OfficeBrowser
    let licence: String
    let profile: String

    private static let shared = Result { try OfficeFixture(hasAppliance: false) }
    /// Log-ins of one person are limited.
    private static let sharedDesk = Task { try await shared.get().operatorBrowser() }
    private static let numbers = Guarded(20_000)

    static let vetting = [
        "decision": "approve", "numberSource": "thirdPartyDatabase", "numberEvidence": "企業データベース 2026/11/01",
        "telephone": "03-1234-5678", "employmentConfirmedBy": "総務部 佐藤", "applicantConfirmed": "yes",
    ]

    static let access = names("access", unit: "情報システム部")
    static let smime = names("smime", identifier: "VAT")

    static func names(
        _ use: String,
        unit: String = "",
        identifier: String = "",
        number: String = "1011001040181",
        signature: String = "sha256RSA"
    ) -> [String: String] {
        [
            "use": use, "country": "JP", "organisation": OfficeFixture.organisation, "unit": unit,
            "signature": signature, "identifierScheme": identifier, "identifierCountry": "JP",
            "identifierNumber": identifier == "VAT" ? number : "",
        ]
    }

    static func purchase(_ names: [String: String]) -> [[String: String]] {
        [
            ["product": "personal-10"], ["term": "oneYear"], ["confirmsInformation": "yes"], names,
            ["payment": "transferAfter", "memo": "よろしく"], ["acknowledgesYear": "yes", "acceptsTerms": "yes"],
        ]
    }

    /// A first application; approved and vetted unless it is to wait.
    init(
        _ own: OfficeFixture? = nil,
        names: [String: String] = Company.access,
        isVetted: Bool = true
    ) async throws {
        office = try own ?? Self.shared.get()
        tenant = own == nil ? "PAR\(Self.numbers.withLock { $0 += 1; return $0 })" : OfficeFixture.tenant
        if own == nil { try await Self.open(tenant, in: office) }
        console = try await office.browser(of: "\(tenant)_hanako")
        desk = own == nil ? try await Self.sharedDesk.value.copy() : try await office.operatorBrowser()
        let done = try await console.walk("/licences/purchase", Self.purchase(names))
        licence = try #require(done.firstGroup("(ML\\d{12})<"), "no licence: \(done.body)")
        profile = try #require(done.firstGroup("(MP\\d{12})<"))
        let path = "/operator/licences/\(licence)"
        let issued = try await desk.send(desk.get(path), to: path, ["decision": "approve"])
        try #require(issued.status == 303, "not issued: \(issued.body)")
        if isVetted { try await vet(profile) }
    }

    func vet(_ profile: String) async throws {
        let path = "/operator/profiles/\(profile)"
        let vetted = try await desk.send(desk.get(path), to: path, Self.vetting)
        try #require(vetted.location.hasSuffix("/operator/profiles"), "not vetted: \(vetted.body)")
    }

    /// Sets the clock, and logs both in again: sessions do not last that long.
    mutating func move(days: Int64, seconds: Int64 = 0) async throws {
        try office.move(days: days, seconds: seconds)
        console = try await office.browser(of: OfficeFixture.administrator)
        desk = try await office.operatorBrowser()
    }

    /// A user of the company with the role, logged in.
    func user(_ name: String, role: String) async throws -> (id: String, browser: OfficeBrowser) {
        let form = try await console.get("/users/new")
        let made = try await console.send(
            form,
            to: "/users/new",
            [
                "name": name, "role": role, "surname": "佐藤", "givenName": "次郎", "mail": "\(name)@example.com",
                "language": "ja",
            ]
        )
        let password = try #require(made.firstGroup("<dd>([A-Za-z0-9]{16})</dd>"), "no user: \(made.body)")
        let id = "\(tenant)_\(name)"
        try await office.settlePassword(of: id)
        return (id, try await office.browser(of: id, password: password))
    }

    /// Registers a mail domain and answers its ePKI Domain ID.
    func register(
        _ name: String,
        use: String = "smime",
        method: String = "mail",
        on other: String? = nil
    ) async throws -> String {
        let done = try await console.walk(
            "/domains/new",
            [
                ["profile": other ?? profile], ["name": name, "domainUse": use],
                ["method": method, "approver": "admin", "whois": ""], [:],
            ]
        )
        return try #require(done.firstGroup("<dd>(\\d{14})</dd>"), "not registered: \(done.body)")
    }

    /// The domain's owner approves through the mailed link.
    func own(_ domain: String) async throws {
        let path = try await approvalLink(domain)
        let stranger = try office.browser()
        let approved = try await stranger.send(stranger.get(path), to: path, [:])
        try #require(approved.status == 200, "not approved by the owner: \(approved.body)")
    }

    /// The newest mail about something, of the type.
    func mail(_ type: String, about target: String) async throws -> OutgoingMail {
        let found = try await records { records in
            try records.mails.find(.init().equal("target", target).sorted(by: "created", descending: true))
                .first { $0.type == type }
        }
        return try #require(found, "no mail \(type) about \(target)")
    }

    /// The path of the link that was mailed to the domain's approver.
    func approvalLink(_ domain: String) async throws -> String {
        let body = try await mail("system.domain-approval", about: domain).body
        let link = try #require(body.split(whereSeparator: \.isWhitespace).first { $0.contains("/approve/") })
        return "/approve/" + link.suffix(32)
    }

    /// What the schedule does every day: the notices of renewals. Answers how many the outbox has of the type then.
    func remind(at moment: Timestamp, _ type: String) async throws -> Int {
        let front = try Front(FrontSettings(file: office.folder.file("office.yaml")), clock: ManualClock(moment))
        let failures = await front.desk.runDueWork()
        try #require(failures.isEmpty, "\(failures)")
        try front.desk.store.close()
        return try await records { records in
            try records.mails.find().count { $0.type == "system.\(type)" }
        }
    }

    /// The operator decides on a domain.
    @discardableResult
    func decide(_ domain: String, _ values: [String: String] = ["decision": "approve"]) async throws
        -> OfficeBrowser
        .Answer
    {
        let path = "/operator/domains/\(domain)"
        return try await desk.send(desk.get(path), to: path, values)
    }

    /// Registers a domain and has it validated and approved.
    func approved(_ name: String, use: String = "smime", on other: String? = nil) async throws -> String {
        let domain = try await register(name, use: use, on: other)
        try await own(domain)
        let decided = try await decide(domain)
        try #require(decided.status == 303, "not approved: \(decided.body)")
        return domain
    }

    /// The domain as the database has it.
    func stored(_ domain: String) async throws -> MailDomain {
        let found = try await records { try $0.mailDomains.get(domain) }
        return try #require(found)
    }

    func storedProfile(_ id: String? = nil) async throws -> Profile {
        let id = id ?? profile
        let found = try await records { try $0.profiles.get(id) }
        return try #require(found)
    }

    func records<Value: Sendable>(
        _ read: @escaping @Sendable (OfficeRecords) throws -> Value
    ) async throws -> Value {
        let store = try OfficeStore(path: office.folder.file("office.sqlite"))
        let value = try await store.read(read)
        try store.close()
        return value
    }
}

extension OfficeBrowser.Answer {
    /// What a browser would send of the form's shown fields if nobody touched them.
    var shown: [String: String] {
        var shown: [String: String] = [:]
        for pattern in [
            "<input type=\"(?:text|email)\"[^>]* name=\"([^\"]*)\" value=\"([^\"]*)\"",
            "<input type=\"(?:radio|checkbox)\"[^>]* name=\"([^\"]*)\" value=\"([^\"]*)\" checked",
            "<textarea[^>]* name=\"([^\"]*)\"[^>]*>\n?([^<]*)</textarea>",
            "<select[^>]* name=\"([^\"]*)\"[^>]*>.*?<option value=\"([^\"]*)\" selected",
        ] {
            for pair in Self.groups(pattern, in: main) { shown[pair[0]] = pair[1].unescaped }
        }
        return shown
    }
}

extension Company {
    var administrator: String { "\(tenant)_hanako" }

    /// Another contract, of an organisation with the same name as every other here.
    static func open(_ tenant: String, in office: OfficeFixture) async throws {
        try await office.change { records in
            guard var company = try records.tenants.get(OfficeFixture.tenant),
                var administrator = try records.users.get(OfficeFixture.administrator)
            else { return }
            (company.id, company.mayPrepay) = (tenant, false)
            (administrator.id, administrator.tenant) = ("\(tenant)_hanako", tenant)
            try records.tenants.insert(company)
            try records.users.insert(administrator)
        }
    }
}
