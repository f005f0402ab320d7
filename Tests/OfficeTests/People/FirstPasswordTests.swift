import Foundation
import Testing

/// Passwords that somebody else chose: an administrator, or who set the office up.
struct FirstPasswordTests {
    private static let own = "Jibundake2026"

    /// Changes the password on its page.
    private func change(
        _ browser: OfficeBrowser,
        _ path: String = "/password",
        from former: String,
        to next: String = own
    ) async throws -> OfficeBrowser.Answer {
        let page = try await browser.get(path)
        #expect(page.status == 200 && page.body.contains("初期パスワードです"))
        return try await browser.send(
            page,
            to: path,
            ["former": former, "password": next, "passwordAgain": next]
        )
    }

    @Test("A user's first password, and one that was issued anew, open nothing but their own change")
    func user() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let administrator = try await office.browser(of: OfficeFixture.administrator)
        let form = try await administrator.get("/users/new")
        let data = People.data("manager", mail: "jiro@example.com").merging(["name": "jiro"]) { $1 }
        let made = try await administrator.send(form, to: "/users/new", data)
        let first = try #require(made.firstGroup("初期パスワード</dt><dd>([^<]*)<"))
        let jiro = try await office.browser(of: "PAR12345_jiro", password: first)
        for page in ["/", "/licences", "/profiles/settings", office.areaURL + "/orders"] {
            let answer = try await jiro.get(page)
            #expect(answer.status == 303 && answer.location.hasSuffix("/password"), "\(page)")
        }
        let secret = try #require(try await jiro.get("/password").value("csrf"))
        let forged = try await jiro.post("/administrator-certificate", ["csrf": secret, "password": "Pickup2026"])
        #expect(forged.status == 303 && forged.location.hasSuffix("/password"))
        #expect(try await office.certificates(of: "PAR12345_jiro").isEmpty)
        let same = try await change(jiro, from: first, to: first)
        #expect(same.status == 422 && same.error("password")?.contains("現在と異なる") == true)
        #expect(try await jiro.get("/").status == 303)
        #expect(try await change(jiro, from: first).status == 200)
        #expect(try await jiro.get("/").status == 200)
        #expect(try await !jiro.get("/password").body.contains("初期パスワードです"))

        let page = try await administrator.get("/users/PAR12345_jiro")
        let renewed = try await administrator.send(page, to: "/users/PAR12345_jiro/password", [:])
        let second = try #require(renewed.firstGroup("初期パスワード</dt><dd>([^<]*)<"))
        let again = try await office.browser(of: "PAR12345_jiro", password: second)
        #expect(try await again.get("/").location.hasSuffix("/password"))
        #expect(
            try await again.post("/log-out", ["csrf": try #require(again.get("/password").value("csrf"))]).status == 303
        )
    }

    @Test("Who is taken in by open-tenant or open-operator changes the password of the file at the first log-in")
    func opened() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        try OfficeFixture.open("PAR77777", office.folder)
        try OfficeFixture.openOperator("newcomer", office.folder)
        let hanako = try await office.browser(of: "PAR77777_hanako")
        #expect(try await hanako.get("/").location.hasSuffix("/password"))
        #expect(try await change(hanako, from: OfficeFixture.password).status == 200)
        #expect(try await hanako.get("/").status == 200)

        let newcomer = try office.browser()
        let logIn = ["user": "newcomer", "password": OfficeFixture.password]
        #expect(try await newcomer.post("/operator/log-in", logIn).status == 303)
        let shut = try await newcomer.get("/operator/licences")
        #expect(shut.status == 303 && shut.location.hasSuffix("/operator/password"))
        let wrong = try await change(newcomer, "/operator/password", from: "Machigai2026")
        #expect(wrong.status == 422 && wrong.error("former") != nil)
        #expect(try await change(newcomer, "/operator/password", from: OfficeFixture.password).status == 200)
        #expect(try await newcomer.get("/operator/licences").status == 200)
        let former = try await office.browser().post("/operator/log-in", logIn)
        #expect(former.status == 422)
    }

    @Test("The office's own programs keep passwords by scrypt of cost 32,768; only the tests' office takes less")
    func cost() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        try OfficeFixture.openOperator("newcomer", office.folder)
        let kept = try #require(try await office.records { try $0.operators.get("newcomer") }).passwordHash
        #expect(kept.rounds == 32_768 && kept.blockSize == 8 && kept.parallelism == 1)
    }
}
