import Clocks
import Foundation
import Office
import OfficeStore
import Testing
import Workbench

/// Common beginnings of tests: a company that has come so far. Everything goes through the pages, except that mails are
/// read where they wait.
extension OfficeFixture {
    /// The newest mail to an address that waits in the outbox; where there is a mail server, the next that it has taken.
    ///
    /// - Parameter target: the order that it is about.
    func mail(
        to address: String,
        containing part: String = "",
        about target: String? = nil
    ) async throws -> OutgoingMail {
        if let mails {
            let caught = try await mails.next(to: address, containing: target ?? part)
            var mail = OutgoingMail(id: "", tenant: "", target: "", type: "", created: Timestamp(seconds: start))
            (mail.to, mail.subject, mail.body) = (caught.recipients, caught.content.subject, caught.content.body)
            return mail
        }
        let store = try OfficeStore(path: folder.file("office.sqlite"))
        let found = try await store.read { records in
            try records.mails.find(Query().sorted(by: "created", descending: true))
                .first { $0.to.contains(address) && $0.body.contains(part) && (target == nil || $0.target == target) }
        }
        try store.close()
        return try #require(found, "no mail to \(address)")
    }

    /// The path of the first link in a mail that begins so.
    func link(in mail: OutgoingMail, _ beginning: String) throws -> String {
        let start = try #require(mail.body.range(of: beginning), "no \(beginning) in: \(mail.body)")
        return String(mail.body[start.lowerBound...].prefix { !$0.isWhitespace && $0 != "<" && $0 != ">" })
    }

    /// A first application, approved and vetted. The browser is the administrator's.
    func approvedCompany(
        _ steps: [[String: String]] = Application.access
    ) async throws -> (browser: OfficeBrowser, licence: String, profile: String) {
        let browser = try await browser(of: Self.administrator)
        let done = try await browser.walk("/licences/purchase", steps)
        let licence = try #require(done.firstGroup("(ML\\d{12})<"), "no licence: \(done.body)")
        let profile = try #require(done.firstGroup("(MP\\d{12})<"))
        let desk = try await operatorBrowser()
        let decision = try await desk.get("/operator/licences/\(licence)")
        let approved = try await desk.send(decision, to: "/operator/licences/\(licence)", ["decision": "approve"])
        try #require(approved.status == 303, "not approved: \(approved.body)")
        let vetting = try await desk.get("/operator/profiles/\(profile)")
        let vetted = try await desk.send(
            vetting,
            to: "/operator/profiles/\(profile)",
            [
                "decision": "approve", "numberSource": "thirdPartyDatabase", "numberEvidence": "企業データベース 2026/11/01",
                "telephone": "03-1234-5678", "employmentConfirmedBy": "総務部 佐藤", "applicantConfirmed": "yes",
            ]
        )
        try #require(vetted.status == 303, "not vetted: \(vetted.body)")
        return (browser, licence, profile)
    }

    /// Obtains the user's administrator certificate and has the browser show it from now on.
    func enterArea(_ browser: OfficeBrowser, mail address: String = "hanako@example.com") async throws {
        let form = try await browser.get("/administrator-certificate")
        let applied = try await browser.send(
            form,
            to: "/administrator-certificate",
            ["password": "Pickup2026", "passwordAgain": "Pickup2026"]
        )
        try #require(applied.status == 200, "not applied: \(applied.body)")
        let path = try link(in: await mail(to: address, containing: "/pick-up/"), "/administrator-certificate/pick-up/")
        let opened = try await browser.get(path)
        let file = try await browser.send(
            opened,
            to: path,
            [
                "pickUpPassword": "Pickup2026", "password": "Keyprotect2026", "passwordAgain": "Keyprotect2026",
                "acceptsTerms": "yes",
            ]
        )
        try #require(file.status == 200, "no file: \(file.body)")
        browser.use(certificate: file.file, password: "Keyprotect2026")
    }

    /// Orders a certificate in the area, and answers its identifier and the link that was mailed.
    func order(
        _ browser: OfficeBrowser,
        licence: String,
        profile: String,
        _ values: [String: String] = [:]
    ) async throws -> (id: String, link: String) {
        let path = areaURL + "/orders/new"
        var page = try await browser.get(path)
        page = try await browser.send(page, to: path, ["profile": profile, "licence": licence])
        page = try await browser.send(page, to: path, Self.orderForm.merging(values) { $1 })
        page = try await browser.send(page, to: path, [:])
        let id = try #require(page.firstGroup("(MPS\\d{14})<"), "no order: \(page.status) \(page.body)")
        let mail = try await mail(to: values["mail"] ?? "taro@example.com", containing: "/pick-up/", about: id)
        return (id, try link(in: mail, "/pick-up/"))
    }

    static let pickUpPassword = "Torihiki88"

    static let orderForm = [
        "commonName": "山田 太郎", "mail": "taro@example.com", "usesMail": "no", "keyOption": "pkcs12",
        "templateLanguage": "ja", "password": pickUpPassword, "passwordAgain": pickUpPassword,
    ]
}
