import Foundation
import Office
import OfficeStore
import Testing
import Threads
import Workbench

/// One of several people who order and pick up until the office is gone, and send again what was not answered.
final class CrowdMember: Sendable {
    private struct State {
        var told: [(mail: String, id: String)] = []
        var open: CrashScene.Form?
        var cutOff = 0
    }

    private let scene: CrashScene
    private let browser: OfficeBrowser
    private let state = Guarded(State())

    init(scene: CrashScene, browser: OfficeBrowser) {
        (self.scene, self.browser) = (scene, browser)
    }

    /// The orders that this person was told of, by the address in their forms.
    var told: [(mail: String, id: String)] { state.withLock { $0.told } }
    /// How many forms were sent and not answered.
    var cutOff: Int { state.withLock { $0.cutOff } }

    func workUntilCutOff() async throws {
        while true {
            guard let form = try await fillIn() else { return }
            state.withLock { $0.open = form }
            let answer = try await scene.send(form)
            guard answer.isComplete else {
                state.withLock { $0.cutOff += 1 }
                return
            }
            let id = try note(answer, form)
            let mail = try await scene.office.mail(to: form.subject, containing: "/pick-up/", about: id)
            let link = try scene.office.link(in: mail, "/pick-up/")
            let picked = try await scene.office.browser().post(
                link + "/request",
                [
                    "pickUpPassword": OfficeFixture.pickUpPassword, "request": try OrderScene.request(),
                    "acceptsTerms": "yes",
                ]
            )
            guard picked.status != 0 else { return }
        }
    }

    /// Sends what was cut off once more.
    func sendAgain() async throws {
        guard let form = state.withLock({ $0.open }) else { return }
        _ = try note(try await scene.send(form), form)
    }

    private func note(_ answer: OfficeBrowser.Answer, _ form: CrashScene.Form) throws -> String {
        let id = try #require(answer.firstGroup("(MPS\\d{14})<"), "\(answer.status) \(answer.body)")
        state.withLock { state in
            state.open = nil
            state.told.append((form.subject, id))
        }
        return id
    }

    /// A form up to its last button; nil when the office is gone before.
    private func fillIn() async throws -> CrashScene.Form? {
        let mail = "n\(UUID().uuidString.lowercased())@example.com"
        let path = scene.office.areaURL + "/orders/new"
        var page = try await browser.get(path)
        let order = OfficeFixture.orderForm.merging(["mail": mail, "keyOption": "csr"]) { $1 }
        for step in [["profile": scene.profile, "licence": scene.licence], order] {
            guard page.isComplete else { return nil }
            page = try await browser.send(page, to: path, step)
        }
        guard page.isComplete else { return nil }
        return .init(browser: browser, path: "/orders/new", values: page.hidden + [("go", "next")], subject: mail)
    }
}

extension CrashScene {
    /// All mails, once every one of them is sent; waits 30 s at most.
    func mailsWhenAllSent() async throws -> [OutgoingMail] {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let mails = try await office.records { try $0.mails.find() }
            let open = mails.filter { $0.status != .sent }
            if open.isEmpty { return mails }
            try #require(
                ContinuousClock.now < deadline,
                "not sent: \(open.map { "\($0.type) to \($0.to): \($0.status) \($0.result)" })"
            )
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    func receivedWhenAllSent(_ catcher: MailCatcher) async throws -> [String: Int] {
        _ = try await mailsWhenAllSent()
        return try catcher.counts()
    }

    /// The identifier of the mail that invites to the pick-up.
    func invitation(to address: String) async throws -> String {
        let found = try await office.records { records in
            let order = try records.orders.find().first { $0.subject.mail == address }
            return try records.mails.find(.init().equal("target", order?.id)).first { $0.type == "invitation" }
        }
        return try #require(found?.id)
    }
}

extension MailCatcher {
    /// How often each mail came, by the identifier that the office gave it.
    func counts() throws -> [String: Int] {
        try all().reduce(into: [:]) { counts, mail in
            let line = mail.raw.split(separator: "\r\n").first { $0.lowercased().hasPrefix("message-id:") } ?? ""
            let id = line.split(separator: "<").last?.prefix { $0 != "@" } ?? "none"
            counts[String(id), default: 0] += 1
        }
    }
}

extension TemporaryFolder {
    /// A copy of a file that lies in a folder which may go.
    func keep(_ file: String) throws -> String {
        let kept = self.file(UUID().uuidString)
        try FileManager.default.copyItem(atPath: file, toPath: kept)
        return kept
    }
}
