import Testing

/// Cancel, revoke, hold and release, by the rules of chapter 5 (CRV), with the CRL that the publisher serves.
struct StatusTests {
    @Test(
        "CRV-01 A certificate is cancelled until day 7, with its unit back; on day 8 there is no button and a forged request is refused"
    )
    func cancel() async throws {
        let scene = try await OrderScene()
        let before = try #require(try await scene.unused())
        let first = try await scene.issue()
        let second = try await scene.issue()
        #expect(try await scene.unused() == before - 2)
        try scene.office.move(days: 7)
        try await scene.logInAgain()
        #expect(try await scene.act("cancel", on: first).status == 303)
        #expect(try await scene.unused() == before - 1)
        #expect(try await scene.detail(first).body.contains("キャンセル"))
        try scene.office.move(days: 8)
        try await scene.logInAgain()
        let page = try await scene.detail(second)
        #expect(!page.body.contains("/orders/\(second)/cancel"))
        #expect(page.body.contains("/orders/\(second)/revoke"))
        let csrf = try #require(page.value("csrf"))
        let path = "\(scene.office.areaURL)/orders/\(second)/cancel"
        #expect(try await scene.browser.post(path, ["csrf": csrf]).status == 409)
        #expect(try await scene.unused() == before - 1)
    }

    @Test("CRV-02 to CRV-05 Revoked stands in the CRL for good; held stands there as hold and released is gone from it")
    func statuses() async throws {
        let scene = try await OrderScene()
        let before = try #require(try await scene.unused())
        let revoked = try await scene.issue()
        let held = try await scene.issue()
        let serials = try await [revoked, held].asyncMap { id in
            try #require(try await scene.detail(id).firstGroup("シリアル番号</dt><dd>([0-9a-f]+)<")).uppercased()
        }
        #expect(try await scene.act("revoke", on: revoked, ["reason": "superseded"]).status == 303)
        #expect(try await scene.act("hold", on: held).status == 303)
        var list = try scene.revocations()
        #expect(list.contains(serials[0]) && list.contains(serials[1]))
        #expect(list.contains("Certificate Hold"))
        let onHold = try await scene.detail(held)
        #expect(onHold.body.contains("証明書保留解除") && onHold.body.contains("/orders/\(held)/cancel"))
        #expect(try await scene.act("release", on: held).status == 303)
        list = try scene.revocations()
        #expect(list.contains(serials[0]) && !list.contains(serials[1]))
        #expect(try await scene.act("release", on: revoked).status == 409)
        #expect(try await scene.unused() == before - 2)
        #expect(try await scene.act("hold", on: held).status == 303)
        #expect(try await scene.act("revoke", on: held).status == 303)
        #expect(try scene.revocations().contains(serials[1]))
    }

    @Test("CRV-06 to CRV-08 Many at once: candidates, a confirmation with the same rows, and what became of each")
    func bulk() async throws {
        let scene = try await OrderScene()
        let before = try #require(try await scene.unused())
        let ids = [try await scene.issue(), try await scene.issue(), try await scene.issue()]
        let path = "\(scene.office.areaURL)/orders/bulk"
        let candidates = try await scene.browser.get(path + "?action=cancel")
        for id in ids { #expect(candidates.body.contains("value=\"\(id)\"")) }
        #expect(candidates.body.contains("data-select-all=\"order\""))
        let chosen = candidates.hidden + ids.prefix(2).map { ("order", $0) }
        let confirmation = try await scene.browser.post(path, pairs: chosen)
        #expect(confirmation.body.contains(ids[0]) && confirmation.body.contains(ids[1]))
        #expect(!confirmation.body.contains(ids[2]))
        let done = try await scene.browser.post(path, pairs: confirmation.hidden + [("go", "complete")])
        #expect(done.status == 200)
        #expect(try await scene.unused() == before - 1)
        let revocable = try await scene.browser.get(path + "?action=revoke")
        #expect(revocable.body.contains("value=\"\(ids[2])\"") && !revocable.body.contains("value=\"\(ids[0])\""))
    }
}

extension OrderScene {
    /// A session ends after an hour; whoever moves the clock logs in again.
    func logInAgain() async throws {
        let answer = try await browser.post(
            "/log-in",
            ["user": OfficeFixture.administrator, "password": OfficeFixture.password]
        )
        try #require(answer.status == 303)
    }
}

extension Sequence where Element: Sendable {
    func asyncMap<Value>(_ change: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await change(element)) }
        return values
    }
}
