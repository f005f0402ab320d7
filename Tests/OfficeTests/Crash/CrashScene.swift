import Foundation
import Office
import OfficeStore
import SignerAPI
import SignerClient
import Testing
import Workbench

/// An office that is killed over and over: a company with a licence and a profile, its administrator in the area.
struct CrashScene: Sendable {
    let office: OfficeFixture
    let board: KillBoard
    let browser: OfficeBrowser
    let desk: OfficeBrowser
    let visitor: OfficeBrowser
    let licence: String
    let profile: String

    init(mails: MailCatcher? = nil) async throws {
        board = try KillBoard()
        office = try OfficeFixture(mails: mails, environment: board.environment)
        let company = try await office.approvedCompany()
        (browser, licence, profile) = (company.browser, company.licence, company.profile)
        try await office.enterArea(browser)
        desk = try await office.operatorBrowser()
        visitor = try office.browser()
        // A pack that lasts however many points there are.
        let id = licence
        try await office.change { records in
            guard var licence = try records.licences.get(id) else { return }
            licence.total = 1_000_000
            try records.licences.save(licence)
        }
    }

    /// A form that is filled in and only has to be sent.
    struct Form: Sendable {
        enum Server: Sendable { case console, area }

        let browser: OfficeBrowser
        var server = Server.area
        let path: String
        let values: [(String, String)]
        /// What it is about: the order's identifier, or what it can be found by.
        let subject: String
    }

    func send(_ form: Form) async throws -> OfficeBrowser.Answer {
        let base = form.server == .area ? office.areaURL : office.consoleURL
        return try await form.browser.post(base + form.path, pairs: form.values)
    }

    /// Sends the form, and again while the appliance is still at what it was asked before the office ended.
    func sendUntilTaken(_ form: Form) async throws -> OfficeBrowser.Answer {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            let answer = try await send(form)
            guard answer.status == 503, ContinuousClock.now < deadline else { return answer }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Sends the form while the office is to end at the point, and has the office there again.
    ///
    /// - Returns: what the sender was told, if anything; nil as `isReached` where the office never came to the point.
    func sendAndKill(_ form: Form, _ point: KillPoint) async throws -> (told: OfficeBrowser.Answer?, isReached: Bool) {
        // What is due at the start is done, and counts for nothing.
        try office.move(seconds: office.seconds)
        try board.arm(point)
        let answer = try await send(form)
        // A reply can be there before the process is gone.
        let isReached = try await waitForEnd(.milliseconds(answer.status == 0 ? 2000 : 200))
        try board.disarm()
        #expect(answer.status != 0 || isReached, "the office ended by itself")
        if isReached { try office.restart() }
        return (answer.isComplete ? answer : nil, isReached)
    }

    func waitForEnd(_ time: Duration) async throws -> Bool {
        let deadline = ContinuousClock.now + time
        while try !board.hasEnded {
            guard ContinuousClock.now < deadline else { return false }
            try await Task.sleep(for: .milliseconds(5))
        }
        return true
    }

    // MARK: Invariants

    /// The order's certificates at the appliance, those of lost answers too.
    func certificates(of order: Order) throws -> [CertificateStatus] {
        let client = try #require(office.appliance).client()
        return try (1...order.pickUp.attempt).compactMap { attempt in
            let name = attempt == 1 ? order.id : "\(order.id).\(attempt)"
            do {
                return try client.status(.getCertificateStatus) { $0.member("order", name) }
            } catch SignerClientError.refused(let refusal) where refusal.name.hasSuffix(".NotFound") {
                return nil
            }
        }
    }

    /// The office's record and the appliance's ledger say the same of the order.
    func expectAgreement(_ order: Order, _ what: Comment) throws {
        let all = try certificates(of: order)
        let inForce = all.filter { $0.state != "revoked" }
        guard let certificate = order.certificate else {
            #expect(inForce.isEmpty, what)
            return
        }
        let known = all.first { $0.serial == certificate.serial }
        let states: [CertificateState: String] = [
            .issued: "good", .held: "held", .revoked: "revoked", .cancelled: "revoked",
        ]
        #expect(known?.state == states[certificate.state], what)
        #expect(inForce.allSatisfy { $0.serial == certificate.serial }, what)
        #expect(inForce.count <= 1, what)
    }

    /// Units of the licence that are taken are those of the orders that stand, and appliance and office agree on each.
    func expectWholeAgreement() async throws {
        let id = licence
        let (licence, orders) = try await office.records { records in
            (try records.licences.get(id), try records.orders.find(.init().equal("licence", id)))
        }
        let standing = orders.filter { $0.status != .cancelled && $0.status != .autoCancelled }
        #expect(!orders.isEmpty)
        #expect(licence?.used == standing.count)
        for order in orders { try expectAgreement(order, "\(order.id)") }
    }

    func order(_ id: String) async throws -> Order {
        let found = try await office.records { try $0.orders.get(id) }
        return try #require(found)
    }
}

extension OfficeBrowser.Answer {
    /// Whether the whole of it came; of a page, its last line.
    var isComplete: Bool {
        switch status {
        case 0: false
        case 200, 422: body.hasSuffix("</html>\n") || body.hasSuffix("</html>")
        default: true
        }
    }
}
