import Testing

/// The lock against guessing pick-up passwords (LCK).
struct LockTests {
    @Test("LCK-01, LCK-02 The tenth wrong password locks, the right one too; after 30 minutes it works again")
    func time() async throws {
        let scene = try await OrderScene()
        let order = try await scene.order(["keyOption": "csr"])
        let subscriber = try scene.office.browser()
        for _ in 1...9 {
            let wrong = try await subscriber.walk(order.link, [["pickUpPassword": "Chigau999"]])
            #expect(wrong.error("pickUpPassword")?.contains("証明書管理者") == true)
        }
        let tenth = try await subscriber.walk(order.link, [["pickUpPassword": "Chigau999"]])
        #expect(tenth.error("pickUpPassword")?.contains("上限") == true)
        let right = ["pickUpPassword": OfficeFixture.pickUpPassword]
        #expect(try await scene.office.browser().walk(order.link, [right]).status == 422)
        #expect(try await scene.detail(order.id).body.contains("パスワードロック"))
        try scene.office.move(seconds: 29 * 60)
        #expect(try await scene.office.browser().walk(order.link, [right]).status == 422)
        try scene.office.move(seconds: 31 * 60)
        #expect(try await scene.office.browser().walk(order.link, [right]).status == 200)
    }

    @Test(
        "LCK-03, LCK-04 ロック解除 releases at once and is logged; the password is shown to the entitled, and each view is logged"
    )
    func manual() async throws {
        let scene = try await OrderScene()
        let order = try await scene.order(["keyOption": "csr"])
        for _ in 1...10 {
            _ = try await scene.office.browser().walk(order.link, [["pickUpPassword": "Chigau999"]])
        }
        #expect(try await scene.act("unlock", on: order.id).status == 303)
        let right = ["pickUpPassword": OfficeFixture.pickUpPassword]
        #expect(try await scene.office.browser().walk(order.link, [right]).status == 200)
        let shown = try await scene.act("password", on: order.id)
        #expect(shown.body.contains(OfficeFixture.pickUpPassword))
        let page = try await scene.detail(order.id)
        #expect(page.body.contains("ロック解除") && page.body.contains("証明書取得用パスワード表示"))
        #expect(!page.body.contains(OfficeFixture.pickUpPassword))
    }
}
