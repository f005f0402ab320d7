import Foundation
import Office
import OfficeStore
import Testing

/// Something that people do in the office with one form, and what must hold however often the office was killed over it.
struct Deed: Sendable {
    let name: String
    /// Fills the form in, up to its last button.
    let prepare: @Sendable (CrashScene) async throws -> CrashScene.Form
    /// - Parameters:
    ///   - told: what its sender was told before the office ended, if anything.
    ///   - again: what came of sending the same form again.
    let check: @Sendable (CrashScene, CrashScene.Form, OfficeBrowser.Answer?, OfficeBrowser.Answer) async throws -> Void

    static let all = [order, guess, request, file] + status + [purchase, licence, profile]

    // MARK: Orders

    static let order = Deed(name: "an order") { scene in
        let mail = "n\(UUID().uuidString.lowercased())@example.com"
        let path = scene.office.areaURL + "/orders/new"
        var page = try await scene.browser.get(path)
        let choice = ["profile": scene.profile, "licence": scene.licence]
        page = try await scene.browser.send(page, to: path, choice)
        let values = OfficeFixture.orderForm.merging(["mail": mail]) { $1 }
        page = try await scene.browser.send(page, to: path, values)
        return .init(browser: scene.browser, path: "/orders/new", values: page.hidden + [("go", "next")], subject: mail)
    } check: { scene, form, told, again in
        let orders = try await scene.office.records { try $0.orders.find().filter { $0.subject.mail == form.subject } }
        #expect(orders.count == 1, "a form orders once")
        let id = try #require(orders.first?.id)
        #expect(again.status == 200 && again.firstGroup("(MPS\\d{14})<") == id)
        if let told { #expect(told.firstGroup("(MPS\\d{14})<") == id) }
        #expect(try await scene.office.posted(about: id).map(\.type) == ["invitation"])
    }

    static let guess = Deed(name: "a wrong pick-up password") { scene in
        let order = try await scene.waiting("csr")
        return .init(
            browser: scene.visitor,
            server: .console,
            path: order.link,
            values: [("pickUpPassword", "Chigau2026")],
            subject: order.id
        )
    } check: { scene, form, told, again in
        #expect(again.status == 422)
        let failures = try await scene.order(form.subject).pickUp.failures
        #expect(failures >= (told == nil ? 1 : 2), "a guess that was answered counts")
        #expect(failures <= 2)
    }

    static let request = Deed(name: "a certificate for a request") { scene in
        let order = try await scene.waiting("csr")
        return .init(
            browser: scene.visitor,
            server: .console,
            path: order.link + "/request",
            values: [
                ("pickUpPassword", OfficeFixture.pickUpPassword), ("request", try OrderScene.request()),
                ("acceptsTerms", "yes"),
            ],
            subject: order.id
        )
    } check: { scene, form, told, again in
        try await scene.expectIssued(form.subject, told)
        // What it was is shown again to who has link and password.
        let shown = try await scene.visitor.walk(
            form.path.replacingOccurrences(of: "/request", with: ""),
            [["pickUpPassword": OfficeFixture.pickUpPassword]]
        )
        let pem = try await scene.order(form.subject).certificate?.pem ?? "none"
        #expect(shown.body.unescaped.contains(pem))
    }

    static let file = Deed(name: "a PKCS#12 file") { scene in
        let order = try await scene.waiting("pkcs12")
        return .init(
            browser: scene.visitor,
            server: .console,
            path: order.link + "/file",
            values: [
                ("pickUpPassword", OfficeFixture.pickUpPassword), ("password", "Himitsu202611"),
                ("passwordAgain", "Himitsu202611"), ("acceptsTerms", "yes"),
            ],
            subject: order.id
        )
    } check: { scene, form, told, again in
        try await scene.expectIssued(form.subject, told)
        // The subscriber may not have got the file: the certificate's manager has it.
        let kept = try await scene.office.records { try $0.files.get(form.subject) }
        #expect(kept?.content.isEmpty == false)
    }

    // MARK: Status

    static let status: [Deed] = [
        (OrderAction.cancel, CertificateState.cancelled), (.revoke, .revoked), (.hold, .held), (.release, .issued),
    ].map { action, state in
        Deed(name: "\(action) of a certificate") { scene in
            let order = try await scene.waiting("csr")
            let made = OrderScene(scene)
            _ = try await made.pickUp(order)
            if action == .release { _ = try await made.act("hold", on: order.id) }
            let path = "/orders/\(order.id)/\(action.rawValue)"
            let page = try await scene.browser.get(scene.office.areaURL + path)
            return .init(browser: scene.browser, path: path, values: page.hidden, subject: order.id)
        } check: { scene, form, told, again in
            // Done now, or refused because it is done already.
            #expect(again.status == 303 || again.status == 409, "\(again.status)")
            let order = try await scene.order(form.subject)
            #expect(order.certificate?.state == state)
            try scene.expectAgreement(order, "\(action) of \(order.id)")
        }
    }

    // MARK: Applications

    static let purchase = Deed(name: "the purchase of a licence") { scene in
        let memo = UUID().uuidString
        let page = try await scene.walkPurchase(memo)
        return .init(
            browser: scene.browser,
            server: .console,
            path: "/licences/purchase",
            values: page.hidden + [("acknowledgesYear", "yes"), ("acceptsTerms", "yes"), ("go", "next")],
            subject: memo
        )
    } check: { scene, form, told, again in
        let licences = try await scene.office.records { try $0.licences.find() }.filter { $0.memo == form.subject }
        #expect(licences.count == 1, "a form buys once")
        let id = try #require(licences.first?.id)
        #expect(again.body.contains(id))
        if let told { #expect(told.body.contains(id)) }
    }

    static let licence = Deed(name: "the approval of a licence") { scene in
        let page = try await scene.walkPurchase("approve")
        let done = try await scene.browser.send(
            page,
            to: "/licences/purchase",
            ["acknowledgesYear": "yes", "acceptsTerms": "yes"]
        )
        let id = try #require(done.firstGroup("(ML\\d{12})<"), "\(done.body)")
        let path = "/operator/licences/\(id)"
        let decision = try await scene.desk.get(path)
        let values = decision.hidden + [("decision", "approve")]
        return .init(browser: scene.desk, server: .console, path: path, values: values, subject: id)
    } check: { scene, form, told, again in
        #expect(again.status == 303 || again.status == 409, "\(again.status)")
        try await scene.expectDoneOnce(form.subject, .licenceIssued)
        let licence = try await scene.office.records { try $0.licences.get(form.subject) }
        #expect(licence?.status == .issued)
    }

    static let profile = Deed(name: "the vetting of a profile") { scene in
        let done = try await scene.browser.walk(
            "/profiles/new",
            [["confirmsInformation": "yes"], Company.names("access", unit: UUID().uuidString), [:], [:]]
        )
        let id = try #require(done.firstGroup("(MP\\d{12})<"), "\(done.body)")
        let path = "/operator/profiles/\(id)"
        let page = try await scene.desk.get(path)
        return .init(
            browser: scene.desk,
            server: .console,
            path: path,
            values: page.hidden + Company.vetting.map { ($0.key, $0.value) },
            subject: id
        )
    } check: { scene, form, told, again in
        #expect([303, 409, 422].contains(again.status), "\(again.status)")
        try await scene.expectDoneOnce(form.subject, .profileApproved)
        let profile = try await scene.office.records { try $0.profiles.get(form.subject) }
        #expect(profile?.status == .approved)
    }
}

extension CrashScene {
    /// An order that waits for its pick-up.
    func waiting(_ keyOption: String) async throws -> (id: String, link: String) {
        try await office.order(browser, licence: licence, profile: profile, ["keyOption": keyOption])
    }

    /// A purchase up to its confirmation.
    func walkPurchase(_ memo: String) async throws -> OfficeBrowser.Answer {
        try await browser.walk(
            "/licences/purchase",
            [["product": "personal-10"], ["term": "oneYear"], ["payment": "transferAfter", "memo": memo]]
        )
    }

    /// The order has one certificate that is in force, its mails are in the outbox, and whoever was told was told of it.
    func expectIssued(_ id: String, _ told: OfficeBrowser.Answer?) async throws {
        let order = try await order(id)
        #expect(order.status == .issued, "\(id)")
        try expectAgreement(order, "\(id)")
        #expect(try certificates(of: order).count { $0.state == "good" } == 1)
        let mails = try await office.posted(about: id).map(\.type)
        #expect(mails.count == 2 && mails.first == "invitation", "\(mails)")
        if let told, told.status == 200 { #expect(told.body.contains("証明書が発行されました")) }
    }

    /// The history says that it happened, once, and no mail about it is there twice.
    func expectDoneOnce(_ target: String, _ action: HistoryEntry.Action) async throws {
        let history = try await office.records { try $0.history.find(.init().equal("target", target)) }
        #expect(history.count { $0.action == action } == 1)
        let types = try await office.posted(about: target).map { "\($0.type) \($0.to)" }
        #expect(Set(types).count == types.count, "\(types)")
    }
}

extension OrderScene {
    /// The same company, for what other tests do with it.
    init(_ scene: CrashScene) {
        (office, browser, licence, profile) = (scene.office, scene.browser, scene.licence, scene.profile)
    }
}
