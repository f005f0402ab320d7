import Foundation
import Office
import OfficeStore
import Testing
import Workbench

/// The office killed at any moment, started again, and looked at: nothing that somebody was told is lost, nothing is there
/// twice.
///
/// Each run is at some of the points; with INKAN_CRASH=whole in the environment it is at all of them (docs/office.md).
@Suite("The office killed at any moment")
struct CrashTests {
    static let isWhole = ProcessInfo.processInfo.environment["INKAN_CRASH"] == "whole"

    @Test("killed at any step of a deed and started again, the office has done it once, and the appliance agrees")
    func everyStep() async throws {
        let scene = try await CrashScene()
        var reached: [String: Set<KillPoint>] = [:]
        for deed in Deed.all {
            let points = Self.points(of: try await Self.counts(deed, scene))
            for point in points {
                let form = try await deed.prepare(scene)
                let (told, isReached) = try await scene.sendAndKill(form, point)
                if isReached { reached[deed.name, default: []].insert(point) }
                let again = try await scene.sendUntilTaken(form)
                try await deed.check(scene, form, told, again)
            }
            let found = reached[deed.name] ?? []
            #expect(found.contains { $0.call == .flush && $0.moment == .before }, "\(deed.name): \(points)")
            #expect(found.contains { $0.call == .flush && $0.moment == .after }, "\(deed.name): \(points)")
        }
        let all = reached.values.flatMap { $0 }
        print("killed at \(all.count) points of \(reached.count) deeds:", Self.summary(all))
        #expect(reached.count == Deed.all.count)
        #expect(all.count { $0.call == .ask } >= 6)
        #expect(all.count { $0.call == .answer } >= 6)
        try await scene.expectWholeAgreement()
        try await expectEveryMailOnce(scene)
    }

    /// What was posted before and after all the kills is delivered by a mail server that comes late.
    private func expectEveryMailOnce(_ scene: CrashScene) async throws {
        let catcher = try MailCatcher()
        try scene.office.restart(more: "smtp: { host: 127.0.0.1, port: \(catcher.port), security: none }")
        let mails = try await scene.mailsWhenAllSent()
        let received = try catcher.counts()
        #expect(mails.count > 20)
        for mail in mails { #expect(received[mail.id] == 1, "\(mail.type) about \(mail.target)") }
        #expect(received.count == mails.count)
    }

    @Test("killed at any step of sending a mail, the office has sent it once or twice, and no other twice")
    func mails() async throws {
        let catcher = try MailCatcher()
        let scene = try await CrashScene(mails: catcher)
        _ = try await scene.mailsWhenAllSent()
        try scene.board.arm(nil, mailPort: catcher.port)
        _ = try await scene.send(try await Deed.order.prepare(scene))
        _ = try await scene.mailsWhenAllSent()
        try scene.board.disarm()
        let points = Self.mailPoints(of: try scene.board.counts())
        var reached = 0
        for (number, point) in points.enumerated() {
            let form = try await Deed.order.prepare(scene)
            try scene.board.arm(point, mailPort: catcher.port)
            let told = try await scene.send(form)
            let isReached = try await scene.waitForEnd(.seconds(3))
            try scene.board.disarm()
            reached += isReached ? 1 : 0
            if isReached { try scene.office.restart() }
            // A mail whose sending was cut off is tried again after a minute.
            try scene.office.move(seconds: Int64(number + 1) * 61)
            let again = try await scene.send(form)
            try await Deed.order.check(scene, form, told.isComplete ? told : nil, again)
            let received = try await scene.receivedWhenAllSent(catcher)
            let id = try await scene.invitation(to: form.subject)
            #expect((1...2).contains(received[id] ?? 0), "\(point): \(received[id] ?? 0)")
            if !isReached { #expect(received[id] == 1) }
        }
        print("killed at \(reached) points of sending mails:", Self.summary(points))
        #expect(reached >= 5)
        let mails = try await scene.mailsWhenAllSent()
        let received = try catcher.counts()
        #expect(Set(received.keys) == Set(mails.map(\.id)))
        let twice = received.filter { $0.value > 1 }
        #expect(twice.allSatisfy { $0.value == 2 } && twice.count <= reached)
    }

    @Test("killed again and again while eight people order and pick up, no order is lost or doubled")
    func underLoad() async throws {
        let scene = try await CrashScene()
        let certificate = try #require(scene.browser.shownCertificate)
        let kept = try scene.office.folder.keep(certificate.file)
        let people = try (0..<8).map { _ in
            let browser = try scene.browser.copy()
            browser.use(certificate: kept, password: certificate.password)
            return CrowdMember(scene: scene, browser: browser)
        }
        for _ in 0..<(Self.isWhole ? 20 : 3) {
            async let crowd: Void = withThrowingTaskGroup(of: Void.self) { group in
                for person in people { group.addTask { try await person.workUntilCutOff() } }
                try await group.waitForAll()
            }
            // In the midst of it, at another moment each time, whatever else the machine does.
            let enough = people.map(\.told.count).reduce(0, +) + 6
            let deadline = ContinuousClock.now + .seconds(20)
            while people.map(\.told.count).reduce(0, +) < enough, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(5))
            }
            try await Task.sleep(for: .milliseconds(Int64.random(in: 0..<300)))
            scene.office.killAtOnce()
            try await crowd
            try scene.office.restart()
            for person in people { try await person.sendAgain() }
        }
        let told = people.flatMap { $0.told }
        print("eight people were told of \(told.count) orders, \(people.map(\.cutOff).reduce(0, +)) forms were cut off")
        #expect(told.count >= 18)
        for (mail, id) in told {
            let orders = try await scene.office.records { try $0.orders.find().filter { $0.subject.mail == mail } }
            #expect(orders.map(\.id) == [id])
        }
        let all = try await scene.office.records { try $0.orders.find() }
        #expect(Set(all.map(\.subject.mail)).count == all.count)
        #expect(all.count == told.count)
        // Those who were cut off at their pick-up: the same again, or another request, is theirs to send.
        for order in all where order.status == .waiting && order.pickUp.notAfter != nil {
            let mail = try await scene.office.mail(to: order.subject.mail, containing: "/pick-up/", about: order.id)
            let link = try scene.office.link(in: mail, "/pick-up/")
            _ = try await OrderScene(scene).pickUp((order.id, link))
        }
        try await scene.expectWholeAgreement()
        try await expectEveryMailOnce(scene)
    }

    // MARK: Points

    /// How many calls of each kind the deed makes.
    private static func counts(_ deed: Deed, _ scene: CrashScene) async throws -> [KillPoint.Call: Int] {
        let form = try await deed.prepare(scene)
        try scene.office.move(seconds: scene.office.seconds)
        try scene.board.arm(nil)
        let answer = try await scene.send(form)
        try scene.board.disarm()
        #expect(answer.status < 500 && answer.status > 0, "\(deed.name): \(answer.status) \(answer.body)")
        return try scene.board.counts()
    }

    private static func points(of counts: [KillPoint.Call: Int]) -> [KillPoint] {
        func all(_ call: KillPoint.Call, _ moments: [KillPoint.Moment]) -> [KillPoint] {
            guard let count = counts[call], count > 0 else { return [] }
            return (1...count).flatMap { number in
                moments.map { KillPoint(call: call, number: number, moment: $0) }
            }
        }
        let flushes = all(.flush, [.before, .after])
        let (asked, answered) = (all(.ask, [.before, .after]), all(.answer, [.after]))
        let (writes, replies) = (all(.write, [.half]), all(.reply, [.before, .after]))
        guard !isWhole else { return flushes + asked + answered + writes + replies }
        let some = [flushes.first, asked.first, asked.last, answered.last, replies.dropLast().last]
        let middle = writes.isEmpty ? [] : [writes[writes.count / 2]]
        return flushes.filter { $0.moment == .after } + some.compactMap { $0 } + (asked.isEmpty ? middle : [])
    }

    private static func mailPoints(of counts: [KillPoint.Call: Int]) -> [KillPoint] {
        let said = (1...max(1, counts[.mailSaid] ?? 0)).flatMap { number in
            [KillPoint.Moment.before, .after].map { KillPoint(call: .mailSaid, number: number, moment: $0) }
        }
        let heard = (1...max(1, counts[.mailHeard] ?? 0)).map {
            KillPoint(call: .mailHeard, number: $0, moment: .after)
        }
        let flushes = (1...max(1, counts[.flush] ?? 0)).flatMap { number in
            [KillPoint.Moment.before, .after].map { KillPoint(call: .flush, number: number, moment: $0) }
        }
        guard !isWhole else { return said + heard + flushes }
        return [
            flushes[0], flushes[2], flushes[3], said[0], said[said.count - 3], heard[heard.count - 2],
            heard[heard.count - 1],
        ]
    }

    private static func summary(_ points: [KillPoint]) -> String {
        Dictionary(grouping: points, by: \.call).map { "\($0.key) \($0.value.count)" }.sorted().joined(separator: ", ")
    }
}
