import Clocks
import Foundation
import Office
import OfficeStore
import Testing
import Workbench

/// The mails that an order leads to, through a real mail server.
struct OrderMailTests {
    @Test("ISS-09 The acquisition mail goes to the entered address with a working link and without the password")
    func invitation() async throws {
        let catcher = try MailCatcher()
        let scene = try await OrderScene(mails: catcher)
        let order = try await scene.order()
        let mail = try #require(try catcher.all().last { $0.recipients == ["taro@example.com"] })
        #expect(mail.content.subject == "電子証明書取得のお願い")
        #expect(mail.content.body.contains(order.link))
        #expect(!mail.raw.contains(OfficeFixture.pickUpPassword))
        #expect(!mail.content.body.contains(OfficeFixture.pickUpPassword))
        #expect(mail.content.from.map { $0[1] } == ["no_reply@inkan.example.com"])
        #expect(try await scene.office.browser().get(order.link).status == 200)

        let sent = try await scene.office.sent(1, about: order.id)
        #expect(sent.map(\.type) == ["invitation"])
        let list = try await scene.browser.get(scene.office.areaURL + "/orders/\(order.id)/mails")
        #expect(list.body.contains("電子証明書取得のお願い"))
        #expect(list.body.contains("送信済み"))
        let detail = try await scene.browser.get("/mails/\(sent[0].id)")
        #expect(detail.status == 200)
        #expect(detail.body.contains("/pick-up/********"))
        #expect(!detail.body.contains(order.link))
    }

    @Test("ISS-06 Japanese is preselected; with English the English text is sent")
    func languages() async throws {
        let catcher = try MailCatcher()
        let scene = try await OrderScene(mails: catcher)
        let path = scene.office.areaURL + "/orders/new"
        var page = try await scene.browser.get(path)
        page = try await scene.browser.send(page, to: path, ["profile": scene.profile, "licence": scene.licence])
        #expect(page.body.contains("<option value=\"ja\" selected>"))
        _ = try await scene.order(["templateLanguage": "en"])
        let mail = try #require(try catcher.all().last)
        #expect(mail.recipients == ["taro@example.com"])
        #expect(mail.content.subject == "Please pick up your certificate")
    }

    @Test("PKP-08 After a CSR 証明書発行完了 is sent, after a PKCS#12 file PKCS12 証明書発行完了")
    func completion() async throws {
        let catcher = try MailCatcher()
        let scene = try await OrderScene(mails: catcher)
        _ = try await scene.issue()
        let first = try await catcher.next(to: "taro@example.com", containing: "発行完了")
        #expect(first.content.subject == "電子証明書発行完了のお知らせ")
        #expect(first.recipients.contains("hanako@example.com"))
        let order = try await scene.order()
        let subscriber = try scene.office.browser()
        let opened = try await subscriber.walk(order.link, [["pickUpPassword": OfficeFixture.pickUpPassword]])
        let done = try await subscriber.send(
            opened,
            to: order.link + "/file",
            ["password": "Himitsu202611", "passwordAgain": "Himitsu202611", "acceptsTerms": "yes"]
        )
        #expect(done.status == 200)
        let second = try await catcher.next(to: "taro@example.com", containing: "発行完了")
        #expect(second.content.subject == "PKCS12 電子証明書発行完了のお知らせ")
    }

    @Test("PKP-09 Reminders are sent on day 15 and on day 30, once each, and not for what was picked up")
    func reminders() async throws {
        let scene = try await OrderScene()
        let (waiting, issued) = (try await scene.order(), try await scene.issue())
        var types: [Int64: [String]] = [:]
        for day: Int64 in [14, 15, 16, 29, 30] {
            try scene.office.move(days: day)
            types[day] = try await scene.office.posted(about: waiting.id).map(\.type)
        }
        #expect(types[14] == ["invitation"])
        #expect(types[15] == ["invitation", "reminder-15"])
        #expect(types[16] == types[15])
        #expect(types[29] == types[15])
        #expect(types[30] == ["invitation", "reminder-15", "reminder-30"])
        try scene.office.move(days: 30, seconds: 60)
        let all = try await scene.office.posted(about: waiting.id)
        #expect(all.map(\.type) == types[30])
        #expect(all.allSatisfy { $0.body.contains(waiting.link) })
        #expect(try await !scene.office.posted(about: issued).contains { $0.type.hasPrefix("reminder") })
    }

    @Test(
        "PKP-09, TPL-10 What a day without the office has missed is sent later, once, and not when it says nothing any more"
    )
    func late() async throws {
        let scene = try await OrderScene()
        let (first, second) = (try await scene.order().id, try await scene.order().id)
        let (ended, long) = (try await scene.issue(), try await scene.issue())
        let office = scene.office
        try office.move(days: 14)
        for day: Int64 in [17, 18] {
            try office.move(days: day)
            #expect(try await office.posted(about: first).map(\.type) == ["invitation", "reminder-15"], "day \(day)")
        }
        // The office was down from before day 15 to day 30, and around the ends of two certificates.
        let start = office.start
        try await office.change { records in
            guard var order = try records.orders.get(second) else { return }
            order.pickUp.mailed = Timestamp(seconds: start - 11 * 86_400)
            try records.orders.save(order)
            for mail in try records.mails.find(.init().equal("target", second)) where mail.type == "reminder-15" {
                try records.mails.delete(mail.id)
            }
            for (id, days) in [(ended, Int64(12)), (long, 11)] {
                guard var order = try records.orders.get(id) else { return }
                order.certificate?.notAfter = Timestamp(seconds: start + days * 86_400)
                try records.orders.save(order)
            }
        }
        for seconds: Int64 in [0, 60] {
            try office.move(days: 19, seconds: seconds)
            #expect(try await office.posted(about: second).map(\.type) == ["invitation", "reminder-30"])
            #expect(try await office.posted(about: ended).filter { $0.type == "expired" }.count == 1)
            #expect(try await !office.posted(about: long).contains { $0.type == "expired" })
        }
    }

    @Test("PKP-10 On day 31 the order is cancelled: mail, dead link, unit back")
    func deadline() async throws {
        let scene = try await OrderScene()
        let order = try await scene.order()
        let before = try #require(try await scene.unused())
        try scene.office.move(days: 30)
        #expect(try await scene.office.browser().get(order.link).status == 200)
        try scene.office.move(days: 31)
        #expect(try await scene.office.browser().get(order.link).status == 404)
        #expect(try await scene.office.posted(about: order.id).map(\.type).last == "cancelled-by-deadline")
        let browser = try await scene.office.browser(of: OfficeFixture.administrator)
        let page = try await browser.get("/licences/\(scene.licence)")
        let after = page.firstGroup("ライセンス未使用数</dt><dd>(\\d+)<").flatMap(Int.init)
        #expect(after == before + 1)
    }

    @Test("TPL-10 On the day of expiry the mail is sent, once")
    func expiry() async throws {
        let scene = try await OrderScene()
        let id = try await scene.issue()
        try scene.office.move(days: 363)
        #expect(try await !scene.office.posted(about: id).contains { $0.type == "expired" })
        for seconds: Int64 in [0, 60] { try scene.office.move(days: 365, seconds: seconds - 120) }
        #expect(try await scene.office.posted(about: id).filter { $0.type == "expired" }.count == 1)
    }
}

extension OfficeFixture {
    /// The mails about something as the database has them, in the order of their writing.
    func posted(about target: String) async throws -> [OutgoingMail] {
        let store = try OfficeStore(path: folder.file("office.sqlite"))
        let found = try await store.read { records in
            try records.mails.find(Query().equal("target", target).sorted(by: "created"))
        }
        try store.close()
        return found
    }

    /// The same, when so many were sent; waits 10 s at most.
    func sent(_ count: Int, about target: String) async throws -> [OutgoingMail] {
        for _ in 0..<50 {
            let found = try await posted(about: target).filter { $0.status == .sent }
            if found.count >= count { return found }
            try await Task.sleep(for: .milliseconds(200))
        }
        return try await posted(about: target).filter { $0.status == .sent }
    }
}
