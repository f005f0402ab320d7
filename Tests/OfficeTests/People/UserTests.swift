import Foundation
import Office
import OfficeStore
import Testing

@Suite("Users and the action log")
struct UserTests {
    private static let administrator = OfficeFixture.administrator

    @Test("a user is created with a first password that is shown once, and changes it")
    func create() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let browser = try await office.browser(of: Self.administrator)
        let password = try await People.create("jiro", "manager", by: browser)
        #expect(try await !browser.get("/users/PAR12345_jiro").body.contains(password))
        #expect(try await browser.get("/users").body.contains("PAR12345_jiro"))
        let page = try await browser.get("/users/new")
        let taken = People.data("staff", mail: "j@example.com").merging(["name": "jiro"]) { $1 }
        let refused = try await browser.send(page, to: "/users/new", taken)
        #expect(refused.status == 422)
        #expect(refused.error("name") != nil)

        let jiro = try await office.browser(of: "PAR12345_jiro", password: password)
        let elsewhere = try await office.browser(of: "PAR12345_jiro", password: password)
        let form = try await jiro.get("/password")
        let next = "Atarashii2026"
        let values = ["former": password, "password": next, "passwordAgain": next]
        for (change, field) in [
            (["former": "wrong"], "former"), (["password": "mijikai1"], "password"),
            (["passwordAgain": "Atarashii2027"], "passwordAgain"),
        ] {
            let refused = try await jiro.send(form, to: "/password", values.merging(change) { $1 })
            #expect(refused.status == 422)
            #expect(refused.error(field) != nil)
        }
        #expect(try await jiro.send(form, to: "/password", values).status == 200)
        #expect(try await jiro.get("/").status == 200)
        #expect(try await elsewhere.get("/").status == 303)
        _ = try await office.browser(of: "PAR12345_jiro", password: next)
        let former = try await office.browser().post("/log-in", ["user": "PAR12345_jiro", "password": password])
        #expect(former.status == 422)
    }

    @Test("the last administrator can neither be deactivated nor given another role")
    func lastAdministrator() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let browser = try await office.browser(of: Self.administrator)
        let path = "/users/\(Self.administrator)"
        let page = try await browser.get(path)
        let demotion = People.data("manager", mail: "hanako@example.com")
        #expect(try await browser.send(page, to: path, demotion).status == 409)
        #expect(try await browser.send(page, to: path + "/deactivate", [:]).status == 409)
        _ = try await People.create("second", "administrator", by: browser)
        #expect(try await browser.send(page, to: path, demotion).status == 303)
        // A manager has no user management any more.
        #expect(try await browser.get("/users").status == 403)
    }

    @Test("deactivation ends sessions and log-in at once; the person can be let in again")
    func deactivate() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let browser = try await office.browser(of: Self.administrator)
        let password = try await People.create("jiro", "staff", by: browser)
        let jiro = try await office.browser(of: "PAR12345_jiro", password: password)
        #expect(try await jiro.get("/").status == 200)
        let page = try await browser.get("/users/PAR12345_jiro")
        #expect(try await browser.send(page, to: "/users/PAR12345_jiro/deactivate", [:]).status == 303)
        #expect(try await jiro.get("/").status == 303)
        #expect(try await office.records { try $0.sessions.find(.init().equal("person", "PAR12345_jiro")) }.isEmpty)
        let refused = try await office.browser().post("/log-in", ["user": "PAR12345_jiro", "password": password])
        #expect(refused.status == 422)
        #expect(try await browser.send(page, to: "/users/PAR12345_jiro/activate", [:]).status == 303)
        #expect(try await jiro.get("/").status == 303)
        _ = try await office.browser(of: "PAR12345_jiro", password: password)
    }

    @Test("a new password ends the sessions of who lost theirs")
    func newPassword() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let browser = try await office.browser(of: Self.administrator)
        let password = try await People.create("jiro", "staff", by: browser)
        let jiro = try await office.browser(of: "PAR12345_jiro", password: password)
        let page = try await browser.get("/users/PAR12345_jiro")
        let answer = try await browser.send(page, to: "/users/PAR12345_jiro/password", [:])
        let next = try #require(answer.firstGroup("初期パスワード</dt><dd>([^<]*)<"))
        #expect(next != password)
        #expect(try await jiro.get("/").status == 303)
        _ = try await office.browser(of: "PAR12345_jiro", password: next)
    }

    @Test("ACT-08 Manager and staff buy licences only once ※4 was set in user management")
    func purchaseGrant() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let browser = try await office.browser(of: Self.administrator)
        _ = try await People.licence(office)
        for role in ["manager", "staff"] {
            let password = try await People.create(role, role, by: browser)
            let person = try await office.browser(of: "PAR12345_\(role)", password: password)
            #expect(try await person.get("/licences/purchase").status == 403)
            #expect(try await !person.get("/").body.contains("ライセンス追加購入"))
            let page = try await browser.get("/users/PAR12345_\(role)")
            let grant = People.data(role, mail: "\(role)@example.com").merging(["mayPurchase": "yes"]) { $1 }
            #expect(try await browser.send(page, to: "/users/PAR12345_\(role)", grant).status == 303)
            #expect(try await person.get("/licences/purchase").status == 200)
            #expect(try await person.get("/").body.contains("ライセンス追加購入"))
        }
    }

    @Test("another tenant's administrator neither sees nor changes a user")
    func otherTenant() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let other = try await office.browser(of: "PAR99999_hanako")
        #expect(try await !other.get("/users").body.contains("PAR12345"))
        #expect(try await other.get("/users/\(Self.administrator)").status == 404)
        let page = try await other.get("/users/PAR99999_hanako")
        for action in ["", "/deactivate", "/activate", "/password"] {
            let data = action.isEmpty ? People.data("staff", mail: "x@example.com") : [:]
            #expect(try await other.send(page, to: "/users/\(Self.administrator)" + action, data).status == 404)
        }
        #expect(try await office.records { try $0.users.get(Self.administrator) }?.role == .administrator)
    }

    @Test(
        "PRO-19 Applying with incomplete administrator data is stopped and leads to its edit page; it is to be confirmed"
    )
    func information() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        try await office.change { records in
            guard var tenant = try records.tenants.get(OfficeFixture.tenant) else { return }
            tenant.address = ""
            try records.tenants.save(tenant)
        }
        let browser = try await office.browser(of: Self.administrator)
        let step = try await browser.walk("/licences/purchase", [["product": "personal-10"], ["term": "oneYear"]])
        #expect(step.body.contains("href=\"/administrator-information\""))
        let stopped = try await browser.send(step, to: "/licences/purchase", ["confirmsInformation": "yes"])
        #expect(stopped.status == 422)
        #expect(stopped.body.contains("管理者情報に未入力の項目があります"))

        let page = try await browser.get("/administrator-information")
        let data = ["organisationEnglish": "Inkan KK", "address": "", "telephone": "03-1111-2222"]
        let refused = try await browser.send(page, to: "/administrator-information", data)
        #expect(refused.status == 422)
        #expect(refused.error("address") != nil)
        let right = data.merging(["address": "東京都港区1-1"]) { $1 }
        #expect(try await browser.send(page, to: "/administrator-information", right).status == 200)

        let unticked = try await browser.send(step, to: "/licences/purchase", [:])
        #expect(unticked.status == 422)
        #expect(unticked.error("confirmsInformation") != nil)
        let ticked = try await browser.send(step, to: "/licences/purchase", ["confirmsInformation": "yes"])
        #expect(ticked.status == 200)
        #expect(ticked.body.contains("東京都港区1-1") == false)
        #expect(ticked.body.contains("organisation"))
    }

    @Test(
        "OTH-03 Administrator and manager see time, user, action, target and result, by period, user and action; staff do not"
    )
    func actionLog() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let browser = try await office.browser(of: Self.administrator)
        let manager = try await People.create("jiro", "manager", by: browser)
        let staff = try await People.create("saburo", "staff", by: browser)
        _ = try await office.browser().post("/log-in", ["user": "PAR12345_jiro", "password": "wrong"])
        let jiro = try await office.browser(of: "PAR12345_jiro", password: manager)
        let saburo = try await office.browser(of: "PAR12345_saburo", password: staff)
        #expect(try await saburo.get("/log").status == 403)
        let log = try await jiro.get("/log")
        #expect(log.status == 200)
        for column in ["日時", "ユーザID", "操作", "対象", "結果"] {
            #expect(log.body.contains("<th scope=\"col\">\(column)</th>"))
        }
        func rows(_ search: String) async throws -> Int {
            try await jiro.get("/log?size=100&" + search).body.components(separatedBy: "<tr><td>").count - 1
        }
        #expect(try await rows("action=userCreated") == 2)
        #expect(try await rows("action=userCreated&user=hanako") == 2)
        #expect(try await rows("action=userCreated&user=jiro") == 0)
        let failed = try await jiro.get("/log?action=logIn&user=jiro")
        #expect(failed.body.contains("失敗"))
        #expect(try await rows("until=2020/01/01") == 0)
        #expect(try await rows("from=2020/01/01") >= 6)
        let bad = try await jiro.get("/log?from=2026-01-01")
        #expect(bad.status == 422)
        #expect(bad.error("from") != nil)
        let other = try await office.browser(of: "PAR99999_hanako")
        #expect(try await !other.get("/log?size=100").body.contains("PAR12345"))
    }
}
