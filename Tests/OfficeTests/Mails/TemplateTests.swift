import Foundation
import OfficeMail
import Testing
import Workbench

/// The tenant's own wording (section 5.23).
struct TemplateTests {
    private static let invitation = "/templates/invitation/ja"

    /// Opens the editor, changes fields, and walks on to the end.
    @discardableResult
    private func edit(
        _ browser: OfficeBrowser,
        at path: String = invitation,
        _ changes: [String: String]
    ) async throws -> OfficeBrowser.Answer {
        let confirmation = try await browser.send(
            browser.get(path),
            to: path,
            Self.fields(path).merging(changes) { $1 }
        )
        try #require(confirmation.status == 200, "\(confirmation.body)")
        return try await browser.send(confirmation, to: path, [:], go: "complete")
    }

    /// What the editor holds for a template that nobody has changed.
    private static func fields(_ path: String) -> [String: String] {
        let parts = path.split(separator: "/").map(String.init)
        let type = MailType(rawValue: parts[1]) ?? .invitation
        let template = MailTemplate.standard(type, language: parts[2])
        return [
            "enabled": "yes", "encoding": "UTF-8", "from": template.from, "to": template.to, "cc": template.cc,
            "subject": template.subject, "body": template.body,
        ]
    }

    @Test("TPL-03 The list has the 20 types of the specification")
    func types() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let browser = try await office.browser(of: OfficeFixture.administrator)
        let page = try await browser.get("/templates")
        #expect(page.body.components(separatedBy: "href=\"/templates/").count - 1 == 20)
        for type in MailType.allCases { #expect(page.body.contains(">\(type.japaneseName)<")) }
    }

    @Test("TPL-02 A type that is disabled in one language is not sent in it; others are")
    func disabled() async throws {
        let scene = try await OrderScene()
        try await edit(scene.browser, at: "/templates/invitation/en", ["enabled": "no"])
        let english = try await place(scene, ["templateLanguage": "en", "mail": "jiro@example.com"])
        let japanese = try await scene.order()
        #expect(try await scene.office.posted(about: english).isEmpty)
        #expect(try await scene.office.posted(about: japanese.id).map(\.type) == ["invitation"])
        let list = try await scene.browser.get("/templates?language=en")
        #expect(list.body.components(separatedBy: ">無効<").count == 2)
    }

    /// Orders where no mail is expected.
    private func place(_ scene: OrderScene, _ values: [String: String]) async throws -> String {
        let done = try await scene.browser.walk(
            scene.office.areaURL + "/orders/new",
            [
                ["profile": scene.profile, "licence": scene.licence],
                OfficeFixture.orderForm.merging(values) { $1 }, [:],
            ]
        )
        return try #require(done.firstGroup("(MPS\\d{14})<"), "no order: \(done.body)")
    }

    @Test("TPL-04 The chosen encoding is used in header and body; what ISO-2022-JP lacks is said beside the field")
    func encoding() async throws {
        let catcher = try MailCatcher()
        let office = try OfficeFixture(hasAppliance: false, mails: catcher)
        let browser = try await office.browser(of: OfficeFixture.administrator)
        let page = try await browser.get(Self.invitation)
        var fields = Self.fields(Self.invitation)
        fields["encoding"] = "ISO-2022-JP"
        fields["testAddress"] = "tester@example.com"
        let refused = try await browser.send(
            page,
            to: Self.invitation,
            fields.merging(["body": "おめでとう🎉"]) { $1 }
        )
        #expect(refused.status == 422)
        #expect(refused.error("body")?.contains("🎉") == true)
        #expect(refused.body.contains("おめでとう🎉</textarea>"))
        for (encoding, word) in [("ISO-2022-JP", "=?ISO-2022-JP?B?"), ("UTF-8", "=?UTF-8?B?")] {
            fields["encoding"] = encoding
            let sent = try await browser.send(page, to: Self.invitation, fields, go: "test")
            #expect(sent.status == 200, "\(sent.body)")
            let mail = try await catcher.next(to: "tester@example.com")
            #expect(mail.content.charset == encoding.lowercased())
            #expect(mail.raw.contains("Subject: \(word)"))
            #expect(mail.content.subject == "電子証明書取得のお願い")
        }
    }

    @Test("TPL-05 メッセージを元に戻す brings subject, body and headers back")
    func restore() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let browser = try await office.browser(of: OfficeFixture.administrator)
        let changes = ["subject": "別の件名", "body": "別の本文", "from": "other@example.com", "cc": "copy@example.com"]
        #expect(try await edit(browser, changes).status == 200)
        let page = try await browser.get(Self.invitation)
        #expect(page.value("subject") == "別の件名")
        let typed = Self.fields(Self.invitation).merging(changes) { $1 }
        let restored = try await browser.send(page, to: Self.invitation, typed, go: "restore")
        let template = MailTemplate.standard(.invitation, language: "ja")
        #expect(restored.value("subject") == template.subject)
        #expect(restored.value("from") == template.from)
        #expect(restored.value("cc") == template.cc)
        let body = try #require(restored.firstGroup("<textarea id=\"body\"[^>]*>\n(.*?)</textarea>"))
        #expect(body == template.body)
    }

    @Test("TPL-06 Each variable of the palette has its button, and resolves in a sent mail")
    func variables() async throws {
        let catcher = try MailCatcher()
        let scene = try await OrderScene(mails: catcher)
        let variables = MailType.invitation.variables
        let page = try await scene.browser.get(Self.invitation)
        for variable in variables {
            #expect(
                page.body.contains("data-insert-into=\"#body\" value=\"\(variable.written)\""),
                "no button for \(variable.written)"
            )
        }
        let body = variables.map { "\($0.rawValue)=[\($0.written)]" }.joined(separator: "\n")
        try await edit(scene.browser, ["body": body])
        let order = try await scene.order()
        let mail = try #require(try catcher.all().last { $0.recipients == ["taro@example.com"] })
        #expect(!mail.content.body.contains("$${"))
        for line in [
            "OrderID=[\(order.id)]", "ProfileID=[\(scene.profile)]", "LicenseID=[\(scene.licence)]",
            "CommonName=[山田 太郎]", "CertAdminUser.UserID=[\(OfficeFixture.administrator)]",
            "CertAdminUser.Surname=[山田]", "CertAdminUser.Email=[hanako@example.com]",
            "CertAdminUser.Organization=[\(OfficeFixture.organisation)]", "UserEmail=[taro@example.com]",
            "NoReplyAddress=[no_reply@inkan.example.com]",
        ] {
            #expect(mail.content.body.contains(line), "\(line) in: \(mail.content.body)")
        }
    }

    @Test("TPL-07 From is no_reply or typed, Reply-To is used, To, Cc and Bcc take several, literal and variable")
    func headers() async throws {
        let catcher = try MailCatcher()
        let scene = try await OrderScene(mails: catcher)
        #expect(try await scene.browser.get(Self.invitation).value("from") == "$${NoReplyAddress}")
        try await edit(
            scene.browser,
            [
                "from": "pki@example.com", "replyTo": "desk@example.com",
                "to": "$${UserEmail}, second@example.com", "cc": "$${CertAdminUser}{Email},copy@example.com",
                "bcc": "hidden@example.com",
            ]
        )
        _ = try await scene.order()
        let mail = try #require(try catcher.all().last)
        #expect(mail.content.from == [["", "pki@example.com"]])
        #expect(mail.content.replyTo == [["", "desk@example.com"]])
        #expect(mail.content.to.map { $0[1] } == ["taro@example.com", "second@example.com"])
        #expect(mail.content.cc.map { $0[1] } == ["hanako@example.com", "copy@example.com"])
        #expect(mail.recipients.contains("hidden@example.com"))
        #expect(!mail.raw.contains("hidden@example.com"))
        let page = try await scene.browser.get(Self.invitation)
        let refused = try await scene.browser.send(
            page,
            to: Self.invitation,
            Self.fields(Self.invitation).merging(["cc": "not an address"]) { $1 }
        )
        #expect(refused.status == 422)
        #expect(refused.error("cc") != nil)
    }

    @Test("TPL-08 A test mail goes to the typed address alone")
    func testMail() async throws {
        let catcher = try MailCatcher()
        let office = try OfficeFixture(hasAppliance: false, mails: catcher)
        let browser = try await office.browser(of: OfficeFixture.administrator)
        let page = try await browser.get(Self.invitation)
        let fields = Self.fields(Self.invitation).merging(
            ["to": "to@example.com", "cc": "cc@example.com", "bcc": "bcc@example.com"]
        ) { $1 }
        let refused = try await browser.send(page, to: Self.invitation, fields, go: "test")
        #expect(refused.status == 422)
        #expect(refused.error("testAddress") != nil)
        let typed = fields.merging(["testAddress": "tester@example.com"]) { $1 }
        #expect(try await browser.send(page, to: Self.invitation, typed, go: "test").status == 200)
        let mail = try await catcher.next(to: "tester@example.com")
        #expect(mail.recipients == ["tester@example.com"])
        #expect(mail.content.cc.isEmpty)
        #expect(try catcher.all().count == 1)
    }

    @Test("TPL-09 A change counts after 次へ and 完了, and only for mails that are sent later")
    func completion() async throws {
        let catcher = try MailCatcher()
        let scene = try await OrderScene(mails: catcher)
        let page = try await scene.browser.get(Self.invitation)
        let typed = Self.fields(Self.invitation).merging(["subject": "新しい件名"]) { $1 }
        let confirmation = try await scene.browser.send(page, to: Self.invitation, typed)
        #expect(confirmation.body.contains("新しい件名"))
        _ = try await scene.order()
        #expect(try catcher.all().last?.content.subject == "電子証明書取得のお願い")
        let done = try await scene.browser.send(confirmation, to: Self.invitation, [:], go: "complete")
        #expect(done.status == 200)
        _ = try await scene.order(["mail": "jiro@example.com"])
        #expect(try catcher.all().last?.content.subject == "新しい件名")
        #expect(try catcher.all().filter { $0.content.subject == "新しい件名" }.count == 1)
    }

    @Test("OTH-01 Administrators see the mails and search them; staff are refused")
    func list() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let company = try await office.approvedCompany()
        let all = try await company.browser.get("/mails?size=50")
        #expect(all.body.contains(company.licence) && all.body.contains(company.profile))
        let found = try await company.browser.get("/mails?target=\(company.licence)&type=system.licence-issued")
        #expect(found.body.contains("1–1 / 1"))
        #expect(!found.body.contains(company.profile))
        #expect(try await company.browser.get("/mails?address=nobody%40example.com").body.contains("0 / 0"))
        #expect(try await company.browser.get("/mails?from=tomorrow").status == 422)
        let mail = try #require(found.firstGroup("href=\"(/mails/[a-z2-7]{32})\""))
        let other = try await office.browser(of: "PAR99999_hanako")
        #expect(try await other.get(mail).status == 404)
        #expect(try await other.get("/licences/\(company.licence)/mails").status == 404)
        #expect(try await company.browser.get("/licences/\(company.licence)/mails").status == 200)

        let password = try await People.create("staff", "staff", by: company.browser)
        let staff = try await office.browser(of: "PAR12345_staff", password: password)
        #expect(try await staff.get("/mails").status == 403)
        #expect(try await staff.get(mail).status == 403)
        #expect(try await staff.get("/templates").status == 403)
    }
}
