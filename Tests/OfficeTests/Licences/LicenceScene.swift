import Foundation
import Testing

/// A company in the certificate area with an S/MIME profile, an access profile and one licence: what can be ordered with
/// which licence. Its clock stands still, so that every test can use it.
struct LicenceScene {
    let company: Company
    /// The profile for access, beside the company's own for S/MIME.
    let access: String
    let browser: OfficeBrowser
    private let desk: OfficeBrowser

    @TaskLocal fileprivate static var shared: LicenceScene?

    /// The shared company, with browsers that nobody else uses.
    static func own() throws -> LicenceScene {
        try LicenceScene(of: #require(shared, "the test belongs into a suite with this company"))
    }

    private init(of scene: LicenceScene) throws {
        (company, access) = (scene.company, scene.access)
        (browser, desk) = (try scene.browser.copy(), try scene.desk.copy())
    }

    fileprivate init(opening company: Company) async throws {
        (self.company, browser, desk) = (company, company.console, company.desk)
        _ = try await company.approved("example.com")
        let done = try await company.console.walk(
            "/profiles/new",
            [["confirmsInformation": "yes"], Company.access, ["name": ""], [:]]
        )
        access = try #require(done.firstGroup("(MP\\d{12})<"), "no profile: \(done.body)")
        try await company.vet(access)
        try await company.office.enterArea(browser)
    }

    /// Buys a licence, which the operators have not decided on yet.
    func buy(_ product: String, payment: String = "transferAfter") async throws -> String {
        let done = try await browser.walk(
            "/licences/purchase",
            [
                ["product": product], ["term": "oneYear"], ["payment": payment, "memo": ""],
                ["acknowledgesYear": "yes", "acceptsTerms": "yes"],
            ]
        )
        return try #require(done.firstGroup("(ML\\d{12})<"), "nothing bought: \(done.body)")
    }

    /// The operators' page of a licence, and what the button of it says and does.
    @discardableResult
    func approve(_ licence: String) async throws -> OfficeBrowser.Answer {
        let path = "/operator/licences/\(licence)"
        let page = try await desk.get(path)
        let done = try await desk.send(page, to: path, ["decision": "approve"])
        try #require(done.status == 303, "not issued: \(done.body)")
        return page
    }

    var order: String { company.office.areaURL + "/orders/new" }

    /// What the issue's first page offers, and what comes of choosing a licence there, offered or not.
    func choose(_ licence: String, _ profile: String) async throws -> (isOffered: Bool, next: OfficeBrowser.Answer) {
        let page = try await browser.get(order)
        let next = try await browser.send(page, to: order, ["profile": profile, "licence": licence])
        return (page.body.contains("name=\"licence\" value=\"\(licence)\""), next)
    }

    /// Sends an order's form for the S/MIME profile, up to the confirmation.
    func fill(_ form: OfficeBrowser.Answer, _ values: [String: String]) async throws -> OfficeBrowser.Answer {
        let mail = ["mail": "", "localPart": "eigyo@", "mailDomain": "example.com", "keyOption": "csr"]
        let sent = OfficeFixture.orderForm.merging(mail) { $1 }.merging(["commonName": ""]) { $1 }
        return try await browser.send(form, to: order, sent.merging(values) { $1 })
    }
}

/// Suites of tests that share the company: it is opened when the first begins and ends with the last.
@Suite(.licenceScene)
enum InTheArea {}

private struct LicenceSceneTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        let scene = try await LicenceScene(opening: Company(OfficeFixture(), names: Company.smime))
        try await LicenceScene.$shared.withValue(scene) { try await function() }
    }
}

extension Trait where Self == LicenceSceneTrait {
    fileprivate static var licenceScene: Self { Self() }
}
