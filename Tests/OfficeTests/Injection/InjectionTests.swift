import Foundation
import Office
import OfficeStore
import Testing
import Threads
import Workbench

/// Hostile values in every field, query and changing part of an address, and every place that shows them.
@Suite("Hostile values")
struct InjectionTests {
    private struct Report: Decodable {
        let count: [String: Int]
        let wrong: [String]
        let forms: [String]
        let seconds: [String: Double]
    }

    /// Names that certificates of access profiles may have, and that files, pages and tables are to be kept from.
    private static let fileNames = ["=zqx+1", "\"><script>zqx", "../../zqx", "{{title}}", "zqx\"\u{0301}.exe"]
    private static let filePassword = "Himitsu202611"

    @Test("no value of any field, query or address is anything but text on any page, in any table, mail or file")
    func everyField() async throws {
        let catcher = try MailCatcher()
        let scene = try await OrderScene(mails: catcher)
        let office = scene.office
        try await Self.enlarge(scene)
        var files: [String: String] = [:]
        for name in Self.fileNames { files[try await Self.issueFile(name, scene)] = Self.filePassword }
        let settings = try JSONSerialization.data(withJSONObject: try await Self.settings(scene, files))
        let outcome = try await withCheckedThrowingContinuation { continuation in
            startThread(named: "injection") {
                continuation.resume(
                    with: Result {
                        try ChildProgram.run(
                            "timeout",
                            [
                                "--kill-after=5", "900", try MailCatcher.python(),
                                "\(OfficeFixture.checkout)/Tests/OfficeTests/Injection/injection.py",
                            ],
                            environment: ["PYTHONDONTWRITEBYTECODE": "1"],
                            input: settings
                        )
                    }
                )
            }
        }
        try #require(outcome.status == 0, "\(outcome.complaints.suffix(3000))")
        let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        print(
            "hostile values:",
            report.count.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        )
        print("seconds:", report.seconds, "forms:", report.forms.count)
        for wrong in report.wrong { Issue.record("\(wrong)") }
        func expect(_ name: String, atLeast number: Int) {
            #expect(report.count[name] ?? 0 >= number, "\(name): \(report.count[name] ?? 0)")
        }
        expect("fields", atLeast: 300)
        expect("posts", atLeast: 3000)
        expect("queries", atLeast: 1000)
        expect("parts", atLeast: 400)
        expect("foreign", atLeast: 80)
        expect("names", atLeast: 27)
        expect("pages", atLeast: 200)
        expect("rows", atLeast: 60)
        expect("wire", atLeast: 50)
        #expect(report.count["files"] == Self.fileNames.count)
        #expect(report.forms.count >= 33)
        try await Self.expectHarmless(catcher, office)
    }

    /// Mails have the fields that the office writes, each once, and go where the office meant them to.
    private static func expectHarmless(_ catcher: MailCatcher, _ office: OfficeFixture) async throws {
        let known: Set = [
            "date", "from", "to", "cc", "bcc", "reply-to", "subject", "message-id", "mime-version", "content-type",
            "content-transfer-encoding", "content-language", "auto-submitted",
        ]
        // Those that no server takes stay; every other is sent before they are looked at.
        let deadline = ContinuousClock.now + .seconds(20)
        while try await office.records({ try $0.mails.find() }).contains(where: {
            $0.status == .waiting && $0.attempts == 0
        }),
            ContinuousClock.now < deadline
        {
            try await Task.sleep(for: .milliseconds(100))
        }
        let mails = try catcher.all()
        #expect(mails.count >= 20)
        for mail in mails {
            let head = mail.raw.components(separatedBy: "\r\n\r\n")[0]
            let names = head.components(separatedBy: "\r\n").filter { !$0.hasPrefix(" ") && !$0.hasPrefix("\t") }
                .map { $0.prefix { $0 != ":" }.lowercased() }
            #expect(Set(names).count == names.count, "\(head)")
            #expect(Set(names).subtracting(known) == [], "\(head)")
            #expect(!names.contains("bcc"))
            #expect(!mail.recipients.contains("bcc@evil.example"), "\(head)")
        }
        let all = mails.map(\.content.body).joined()
        #expect(all.contains("zqx"))
    }

    // MARK: What there is

    /// A pack for as many orders as hostile forms make.
    private static func enlarge(_ scene: OrderScene) async throws {
        let id = scene.licence
        try await scene.office.change { records in
            guard var licence = try records.licences.get(id) else { return }
            licence.total = 100_000
            try records.licences.save(licence)
        }
    }

    /// A certificate with this name, picked up as a file.
    private static func issueFile(_ name: String, _ scene: OrderScene) async throws -> String {
        let order = try await scene.order(["commonName": name])
        let visitor = try scene.office.browser()
        let opened = try await visitor.walk(order.link, [["pickUpPassword": OfficeFixture.pickUpPassword]])
        let done = try await visitor.send(
            opened,
            to: order.link + "/file",
            ["password": filePassword, "passwordAgain": filePassword, "acceptsTerms": "yes"]
        )
        try #require(done.status == 200, "\(name): \(done.body)")
        return order.id
    }

    private static func settings(_ scene: OrderScene, _ files: [String: String]) async throws -> [String: Any] {
        let office = scene.office
        let waiting = try await scene.order(["keyOption": "csr"])
        let form = try await scene.browser.get("/users/new")
        _ = try await scene.browser.send(
            form,
            to: "/users/new",
            People.data("staff", mail: "jiro@example.com").merging(["name": "jiro"]) { $1 }
        )
        let bought = try await scene.browser.walk(
            "/licences/purchase",
            [
                ["product": "personal-1"], ["term": "oneYear"], ["payment": "transferAfter"],
                ["acknowledgesYear": "yes", "acceptsTerms": "yes"],
            ]
        )
        let licence = try #require(bought.firstGroup("(ML\\d{12})<"))
        let added = try await scene.browser.walk(
            "/profiles/new",
            [["confirmsInformation": "yes"], Company.names("access", unit: "二課"), [:], [:]]
        )
        let profile = try #require(added.firstGroup("(MP\\d{12})<"))
        let registered = try await scene.browser.walk(
            "/domains/new",
            [
                ["profile": scene.profile], ["name": "zqx.example.com", "domainUse": "plain"],
                ["method": "mail", "approver": "admin", "whois": ""], [:],
            ]
        )
        let domain = try #require(registered.firstGroup("<dd>(\\d{14})</dd>"), "\(registered.body)")
        let mail = try await office.records { try $0.mails.find().first { $0.target == waiting.id }?.id }
        let shown = try #require(scene.browser.shownCertificate)
        let certificate = office.folder.file("administrator.pem")
        try ChildProgram.check(
            "openssl",
            ["pkcs12", "-in", shown.file, "-nodes", "-passin", "pass:\(shown.password)", "-out", certificate]
        )
        let pages = try ChildProgram.check(
            "\(OfficeFixture.binaries)/inkan-frontd",
            ["pages", "--config", office.folder.file("office.yaml")]
        )
        let own = "id=\(scene.licence)"
        return [
            "console": office.consoleURL, "area": office.areaURL, "certificate": certificate,
            "addresses": [
                "https://localhost:1", "https://localhost:2", "https://docs.inkan.example.com",
                "https://inkan.example.com",
            ],
            "administrator": OfficeFixture.administrator, "password": OfficeFixture.password,
            "pickUpPassword": OfficeFixture.pickUpPassword, "organisation": OfficeFixture.organisation,
            "profile": scene.profile, "licence": scene.licence, "files": files,
            "pages": pages.split(separator: "\n").map(String.init),
            "records": [
                "/licences": licence, "/profiles": scene.profile, "/applications": licence, "/domains": domain,
                "/users": "PAR12345_jiro", "/mails": mail ?? "none", "/orders": waiting.id,
                "/operator/licences": licence, "/operator/profiles": profile, "/operator/domains": domain,
                "/pick-up": String(waiting.link.dropFirst("/pick-up/".count)), "/templates": "invitation/ja",
            ],
            "queries": [
                "/licences/edit": own, "/licences/cancel": "id=\(licence)",
                "/profiles/renew": "profile=\(scene.profile)",
                "/profiles/settings/edit": "profile=\(scene.profile)", "/wizard/steps": "profile=\(scene.profile)",
                "/domains/restart": "id=\(domain)", "/domains/renew": "id=\(domain)", "/domains/smime": "id=\(domain)",
            ],
            "flows": [
                "/orders/new", "/licences/purchase", "/licences/edit", "/profiles/new", "/profiles/settings/edit",
                "/domains/new", "/wizard/steps",
            ],
        ]
    }
}
