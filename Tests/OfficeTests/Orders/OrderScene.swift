import Foundation
import Testing
import Workbench

/// A company whose administrator is in the certificate area, with a licence and a profile to order with.
struct OrderScene {
    let office: OfficeFixture
    let browser: OfficeBrowser
    let licence: String
    let profile: String

    init(office: OfficeFixture, browser: OfficeBrowser, licence: String, profile: String) {
        (self.office, self.browser, self.licence, self.profile) = (office, browser, licence, profile)
    }

    init(_ steps: [[String: String]] = Application.access, mails: MailCatcher? = nil) async throws {
        office = try OfficeFixture(mails: mails)
        let company = try await office.approvedCompany(steps)
        (browser, licence, profile) = (company.browser, company.licence, company.profile)
        try await office.enterArea(browser)
    }

    /// Orders a certificate; nobody picks it up yet.
    func order(_ values: [String: String] = [:]) async throws -> (id: String, link: String) {
        try await office.order(browser, licence: licence, profile: profile, values)
    }

    /// Orders one and picks it up with a CSR.
    func issue(_ values: [String: String] = [:]) async throws -> String {
        let order = try await order(values.merging(["keyOption": "csr"]) { $1 })
        _ = try await pickUp(order)
        return order.id
    }

    /// Picks an order up with a CSR.
    func pickUp(_ order: (id: String, link: String)) async throws -> OfficeBrowser.Answer {
        let subscriber = try office.browser()
        let opened = try await subscriber.walk(order.link, [["pickUpPassword": OfficeFixture.pickUpPassword]])
        let done = try await subscriber.send(
            opened,
            to: order.link + "/request",
            ["request": try Self.request(), "acceptsTerms": "yes"]
        )
        try #require(
            done.status == 200,
            "not issued: \(done.error("request") ?? done.error("acceptsTerms") ?? done.body)"
        )
        return done
    }

    /// Does an action of the order's page: the confirmation, then the act.
    func act(_ action: String, on id: String, _ values: [String: String] = [:]) async throws -> OfficeBrowser.Answer {
        let path = "\(office.areaURL)/orders/\(id)/\(action)"
        let page = try await browser.get(path)
        guard page.status == 200 else { return page }
        return try await browser.send(page, to: path, values)
    }

    func detail(_ id: String) async throws -> OfficeBrowser.Answer {
        try await browser.get("\(office.areaURL)/orders/\(id)")
    }

    /// Unused units of the licence, as its page shows them.
    func unused() async throws -> Int? {
        let page = try await browser.get("/licences/\(licence)")
        return page.firstGroup("ライセンス未使用数</dt><dd>(\\d+)<").flatMap(Int.init)
    }

    /// The serials in the CRL that the publisher serves, as OpenSSL prints it.
    func revocations() throws -> String {
        let list = office.folder.file("access.crl")
        try ChildProgram.check(
            "curl",
            ["-sf", "-o", list, "http://127.0.0.1:\(office.publisherPort)/crl/access-rsa.crl"]
        )
        return try ChildProgram.check("openssl", ["crl", "-inform", "DER", "-in", list, "-noout", "-text"])
    }

    /// A request with a key of its own: the appliance certifies a key for one subject alone.
    static func request() throws -> String {
        let folder = try TemporaryFolder("inkan-request")
        return try ChildProgram.check(
            "openssl",
            [
                "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                folder.file("key.pem"), "-subj", "/CN=ignored",
            ]
        )
    }
}
