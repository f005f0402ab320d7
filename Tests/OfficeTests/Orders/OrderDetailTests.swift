import Clocks
import Foundation
import Office
import OfficeStore
import Testing

/// One order's page over the life of its certificate: buttons, mails, history (section 5.17).
struct OrderDetailTests {
    @Test(
        "LST-06, PKP-11 The page offers what table 5.17 says: on the day of issue, on day 8, 30 and 31, on hold, revoked, cancelled, locked, and at the end"
    )
    func buttons() async throws {
        let scene = try await OrderScene()
        let waiting = try await scene.order(["keyOption": "csr"]).id
        let file = try await scene.pickUpFile()
        let (plain, held) = (try await scene.issue(), try await scene.issue())
        let (revoked, cancelled) = (try await scene.issue(), try await scene.issue())
        #expect(try await scene.act("hold", on: held).status == 303)
        #expect(try await scene.act("revoke", on: revoked, ["reason": "superseded"]).status == 303)
        #expect(try await scene.act("cancel", on: cancelled).status == 303)

        #expect(try await scene.buttons(waiting) == ["cancel", "password"])
        #expect(try await scene.buttons(file) == ["revoke", "hold", "cancel", "file"])
        #expect(try await scene.buttons(plain) == ["revoke", "hold", "cancel"])
        #expect(try await scene.buttons(held) == ["revoke", "release", "cancel"])
        for id in [revoked, cancelled] { #expect(try await scene.buttons(id) == []) }
        try await scene.lock(waiting)
        #expect(try await scene.buttons(waiting) == ["cancel", "password", "unlock"])

        try await scene.come(day: 8)
        #expect(try await scene.buttons(file) == ["revoke", "hold", "file"])
        #expect(try await scene.buttons(held) == ["revoke", "release"])
        try await scene.come(day: 30)
        #expect(try await scene.buttons(file) == ["revoke", "hold", "file"])
        let page = try await scene.detail(file)
        let path = "\(scene.office.areaURL)/orders/\(file)/file"
        let again = try await scene.browser.send(page, to: path, [:])
        let content = try #require(FileManager.default.contents(atPath: again.file))
        #expect(again.status == 200 && content.first == 0x30 && content.count > 2000, "no PKCS#12 file")
        #expect(try await scene.detail(file).body.contains("PKCS#12ダウンロード"))
        try await scene.come(day: 31)
        #expect(try await scene.buttons(file) == ["revoke", "hold"])
        let csrf = try #require(try await scene.detail(file).value("csrf"))
        #expect(try await scene.browser.post(path, ["csrf": csrf]).status == 409)
        #expect(try await scene.office.change { try $0.files.get(file) } == nil, "the file is still kept")
        #expect(try await scene.buttons(waiting) == [], "cancelled at its deadline")
        try await scene.end(plain)
        #expect(try await scene.detail(plain).fact("証明書ステータス") == "期限切れ")
        #expect(try await scene.buttons(plain) == [])
    }

    @Test("LST-07 The list of mails has this order's alone; the history has action, time with seconds, result and user")
    func historyAndMails() async throws {
        let scene = try await OrderScene()
        let order = try await scene.order(["keyOption": "csr"])
        let other = try await scene.order(["mail": "jiro@example.com"]).id
        _ = try await scene.office.browser().walk(order.link, [["pickUpPassword": "Chigau999"]])
        _ = try await scene.pickUp(order)
        #expect(try await scene.act("hold", on: order.id).status == 303)
        let mails = try await scene.browser.get("\(scene.office.areaURL)/orders/\(order.id)/mails")
        let subjects = mails.rows.map { $0[0] }
        #expect(
            Set(subjects) == ["電子証明書取得のお願い", "電子証明書発行完了のお知らせ", "電子証明書の一時停止(保留)のお知らせ"],
            "\(subjects)"
        )
        #expect(subjects.count == 3 && !mails.body.contains(other) && !mails.body.contains("jiro@example.com"))

        let history = try await scene.detail(order.id).rows
        let administrator = OfficeFixture.administrator
        #expect(
            history.map { [$0[0], $0[2], $0[3]] } == [
                ["証明書申請", "成功", administrator], ["パスワード誤り", "失敗", ""], ["証明書発行", "成功", ""],
                ["証明書保留", "成功", administrator],
            ]
        )
        for row in history {
            #expect(row[1].wholeMatch(of: /\d{4}年\d\d月\d\d日 \d\d:\d\d:\d\d\(GMT\+09:00\)/) != nil, "\(row[1])")
        }
    }
}

extension OrderScene {
    /// Orders a PKCS#12 file, and picks it up.
    func pickUpFile() async throws -> String {
        let order = try await order()
        let subscriber = try office.browser()
        let opened = try await subscriber.walk(order.link, [["pickUpPassword": OfficeFixture.pickUpPassword]])
        let done = try await subscriber.send(
            opened,
            to: order.link + "/file",
            ["password": "Himitsu202611", "passwordAgain": "Himitsu202611", "acceptsTerms": "yes"]
        )
        try #require(done.status == 200, "no file: \(done.body)")
        return order.id
    }

    /// The actions that the order's page offers, by the ends of their addresses.
    func buttons(_ id: String) async throws -> Set<String> {
        let page = try await detail(id)
        try #require(page.status == 200, "\(id): \(page.status)")
        let found = page.body.matches(of: /\/orders\/(MPS\d+)\/(\w+)"/).filter { $0.1 == id }
        return Set(found.map { String($0.2) }).subtracting(["mails"])
    }

    /// As ten wrong passwords leave it, until half an hour from now.
    fileprivate func lock(_ id: String) async throws {
        try await office.change { records in
            guard var order = try records.orders.get(id) else { throw Refusal.notFound }
            for _ in 1...PickUp.mostFailures { _ = order.pickUp.fail(at: order.applied) }
            try records.orders.save(order)
        }
    }

    /// As if its certificate had been for a day.
    fileprivate func end(_ id: String) async throws {
        try await office.change { records in
            guard var order = try records.orders.get(id), let issued = order.certificate?.issued else {
                throw Refusal.notFound
            }
            order.certificate?.notAfter = Timestamp(seconds: issued.seconds + 86_400)
            try records.orders.save(order)
        }
    }

    fileprivate func come(day: Int64) async throws {
        try office.move(days: day)
        try await logInAgain()
    }
}
