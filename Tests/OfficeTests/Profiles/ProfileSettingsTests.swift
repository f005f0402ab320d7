import Clocks
import Foundation
import Office
import Testing

/// A profile's settings, its staff's permissions, and the set-up wizard (chapters 7-3, 8, 1-④).
struct ProfileSettingsTests {
    private static let path = "/profiles/settings/edit"

    private func form(_ company: Company) async throws -> OfficeBrowser.Answer {
        try await company.console.get(Self.path + "?profile=\(company.profile)")
    }

    /// Sends the form with some values changed, up to the confirmation.
    private func change(_ company: Company, _ values: [String: String]) async throws -> OfficeBrowser.Answer {
        let form = try await form(company)
        return try await company.console.send(form, to: Self.path, form.shown.merging(values) { $1 })
    }

    private func complete(_ company: Company, _ values: [String: String]) async throws {
        let done = try await company.console.send(change(company, values), to: Self.path, [:])
        try #require(done.status == 200, "not set: \(done.body)")
    }

    @Test("PRO-09 The S/MIME CA can be chosen when no OU, an approved S/MIME domain and an identifier are there")
    func conditions() async throws {
        let company = try await Company(names: Company.names("access", identifier: "VAT"))
        let disabled = "value=\"smime\" disabled"
        #expect(try await form(company).body.contains(disabled), "without a domain")
        #expect(try await change(company, ["use": "smime"]).error("use") != nil, "forged, too")
        let plain = try await company.approved("plain.example", use: "plain")
        #expect(try await form(company).body.contains(disabled), "\(plain) is not for S/MIME")
        let waiting = try await company.register("example.com")
        #expect(try await form(company).body.contains(disabled), "under review")
        try await company.own(waiting)
        try await company.decide(waiting)
        #expect(try await !form(company).body.contains(disabled))
        try await complete(company, ["use": "smime"])
        #expect(try await company.storedProfile().settings.use == .smime)
    }

    @Test("PRO-09 A profile with an OU, and one without an identifier, never reach the S/MIME CA")
    func unmet() async throws {
        for names in [Company.names("access", unit: "営業部", identifier: "VAT"), Company.names("access")] {
            let company = try await Company(names: names)
            _ = try await company.approved("example.com")
            #expect(try await form(company).body.contains("value=\"smime\" disabled"))
            #expect(try await change(company, ["use": "smime"]).error("use") != nil)
        }
    }

    @Test(
        "PRO-18 The renewal mail comes once, from 90 days before the end or as soon as the office is there; with 送信しない never"
    )
    func renewalMail() async throws {
        let start = BusinessCalendar.japan.start(of: Day(year: 2026, month: 1, day: 10)).seconds
        var company = try await Company(OfficeFixture(start: start, hasAppliance: false))
        func moment(_ daysBefore: Int64) -> Timestamp { Timestamp(seconds: start + (824 - daysBefore) * 86_400) }
        #expect(try await form(company).shown["sendsRenewalMail"] == "yes")
        try await complete(company, ["sendsRenewalMail": "no"])
        #expect(try await company.remind(at: moment(90), "profile-renewal") == 0)
        // The schedule of that day has ended every session.
        try await company.move(days: 0)
        try await complete(company, ["sendsRenewalMail": "yes"])
        #expect(try await company.remind(at: moment(91), "profile-renewal") == 0)
        // Nobody was there on day 90; a day later it is not too late, and once is enough.
        #expect(try await company.remind(at: moment(89), "profile-renewal") == 1)
        #expect(try await company.remind(at: moment(88), "profile-renewal") == 1)
        let mail = try await company.mail("system.profile-renewal", about: company.profile)
        #expect(mail.to == ["hanako@example.com"] && mail.body.contains(company.profile))
    }

    @Test("PRO-20 to PRO-22 Algorithm, EFS and smart card log-on have their defaults and are kept as set")
    func options() async throws {
        let company = try await Company()
        let shown = try await form(company).shown
        #expect(shown["signature"] == "sha256RSA")
        #expect(shown["encryptingFileSystem"] == "no" && shown["smartCardLogon"] == "no")
        try await complete(
            company,
            ["signature": "rsassaPSS", "encryptingFileSystem": "yes", "smartCardLogon": "yes"]
        )
        let settings = try await company.storedProfile().settings
        #expect(settings.signature == .rsassaPSS && settings.encryptingFileSystem && settings.smartCardLogon)
        #expect(try await form(company).shown["signature"] == "rsassaPSS")
    }

    @Test("PRO-23 Settings change with the completion; whoever leaves before that changes nothing")
    func confirmation() async throws {
        let company = try await Company()
        let confirmation = try await change(company, ["renewal": "quick", "portalTitle": "新しい入口"])
        #expect(confirmation.status == 200 && confirmation.body.contains("クイック"))
        #expect(try await company.storedProfile().settings.renewal == .none)
        let back = try await company.console.send(confirmation, to: Self.path, [:], go: "back")
        #expect(back.shown["renewal"] == "quick", "戻る loses nothing")
        #expect(try await form(company).shown["renewal"] == "none")
        let done = try await company.console.send(confirmation, to: Self.path, [:])
        #expect(done.status == 200)
        let settings = try await company.storedProfile().settings
        #expect(settings.renewal == .quick && settings.portal.title == "新しい入口")
    }

    @Test("OTH-04 A malformed list of addresses is refused on save, a good one and an empty one are kept")
    func addresses() async throws {
        let company = try await Company()
        let refused = try await change(company, ["apiAddresses": "211.11.149.249,300.1.1.1"])
        #expect(refused.status == 422 && refused.error("apiAddresses")?.contains("300.1.1.1") == true)
        #expect(refused.shown["apiAddresses"] == "211.11.149.249,300.1.1.1")
        try await complete(company, ["apiAddresses": "211.11.149.249, 211.11.149.250"])
        let list = try await company.storedProfile().settings.apiAddresses
        #expect(list.allows("211.11.149.250") && !list.allows("211.11.149.251"))
        try await complete(company, ["apiAddresses": ""])
        #expect(try await !company.storedProfile().settings.apiAddresses.allows("211.11.149.249"))
    }

    @Test("ACT-08 Grants ※1 to ※3 are set for a profile's staff, by administrators and managers alone")
    func permissions() async throws {
        let company = try await Company()
        let staff = try await company.user("tanto", role: "staff")
        let manager = try await company.user("kacho", role: "manager")
        let path = "/profiles/\(company.profile)/permissions"
        #expect(try await staff.browser.get(path).status == 403)
        let page = try await manager.browser.get(path)
        #expect(page.body.contains(staff.id) && !page.body.contains("\(manager.id) "))
        let name = "grants-\(staff.id)"
        let set = try await manager.browser.post(
            path,
            pairs: page.hidden + [(name, "application"), (name, "approval")]
        )
        #expect(set.status == 303)
        let user = try #require(try await company.records { try $0.users.get(staff.id) })
        #expect(user.grants == [company.profile: [.application, .approval]])
        let forged = try await manager.browser.post(
            path,
            pairs: page.hidden + [("grants-PAR99999_hanako", "application")]
        )
        #expect(forged.status == 404)
        let cleared = try await manager.browser.post(path, pairs: page.hidden)
        #expect(cleared.status == 303)
        #expect(try await company.records { try $0.users.get(staff.id)?.grants } == [:])
    }

    @Test("OTH-08 Another tenant's profile and its settings are not found")
    func foreign() async throws {
        let company = try await Company()
        let stranger = try await company.office.browser(of: "PAR99999_hanako")
        for path in [
            "/profiles/\(company.profile)", "/profiles/\(company.profile)/permissions",
            Self.path + "?profile=\(company.profile)", "/wizard/steps?profile=\(company.profile)",
        ] {
            #expect(try await stranger.get(path).status == 404, "\(path)")
        }
    }
}

/// The set-up wizard (chapter 1-④).
struct WizardTests {
    private static let path = "/wizard/steps"

    /// Clicks through, sending what each page shows with the values of its step.
    private func walk(
        _ company: Company,
        _ values: [Int: [String: String]] = [:],
        steps: Int = 9
    ) async throws -> [OfficeBrowser.Answer] {
        var pages = [try await company.console.get(Self.path + "?profile=\(company.profile)")]
        for index in 0..<steps {
            let page = pages[index]
            let sent = page.shown.merging(values[index] ?? [:]) { $1 }
            pages.append(try await company.console.send(page, to: Self.path, sent))
        }
        return pages
    }

    @Test("WIZ-01 Profile, renewal, EFS, export, API, mails, portal, terms: in this order, each with 戻る")
    func order() async throws {
        let company = try await Company()
        let chooser = try await company.console.get("/wizard")
        #expect(chooser.body.contains(Self.path + "?profile=\(company.profile)"))
        let pages = try await walk(company, steps: 8)
        let marks = [
            company.profile, "name=\"renewal\" value=\"quick\"", "name=\"encryptingFileSystem\" value=\"yes\"",
            "name=\"forbidsExport\" value=\"yes\"", "id=\"apiAddresses\"", "href=\"/templates\"", "id=\"portalTitle\"",
            "id=\"ownTerms\"",
        ]
        for (index, mark) in marks.enumerated() {
            let main = pages[index].body.components(separatedBy: "<main").last ?? ""
            #expect(pages[index].status == 200 && main.contains(mark), "step \(index): \(mark)")
            #expect((index == 0) == !main.contains("value=\"back\""), "step \(index)")
        }
        #expect(pages[8].body.contains("完了する"))
        let back = try await company.console.send(pages[2], to: Self.path, pages[2].shown, go: "back")
        #expect(back.body.contains("name=\"renewal\""))
    }

    @Test("WIZ-02 Clicking through leaves the defaults, and every value can be changed later")
    func defaults() async throws {
        let company = try await Company()
        let before = try await company.storedProfile().settings
        let pages = try await walk(company)
        #expect(pages[9].status == 200 && pages[9].body.contains("セットアップ完了"), "\(pages[9].body)")
        let after = try await company.storedProfile().settings
        #expect(after == before)
        #expect(after.renewal == .none && !after.encryptingFileSystem && !after.forbidsExport)
        #expect(after.apiAddresses.addresses.isEmpty)

        _ = try await walk(company, [1: ["renewal": "automatic"], 4: ["apiAddresses": "192.0.2.7"]])
        #expect(try await company.storedProfile().settings.renewal == .automatic)
        let form = try await company.console.get("/profiles/settings/edit?profile=\(company.profile)")
        #expect(form.shown["renewal"] == "automatic" && form.shown["apiAddresses"] == "192.0.2.7")
    }

    @Test("WIZ-03 The export step warns of the browsers and of PKCS12")
    func warning() async throws {
        let company = try await Company()
        let pages = try await walk(company, steps: 3)
        #expect(pages[3].body.contains("ブラウザが制限") && pages[3].body.contains("PKCS12"))
    }

    @Test("WIZ-04 Own terms and the choice to show both are kept; without terms the portal stays as it was")
    func terms() async throws {
        let company = try await Company()
        _ = try await walk(company)
        #expect(try await company.storedProfile().settings.portal == PortalSettings())
        let text = "第1条 <利用者>は\n本規約に従う。"
        _ = try await walk(company, [7: ["ownTerms": text, "showsBothTerms": "yes"]])
        let portal = try await company.storedProfile().settings.portal
        #expect(portal.ownTerms == text && portal.showsBothTerms)
    }

    @Test(
        "WIZ-04 Terms are uploaded as a text file in UTF-8; another file, and one too large, is refused beside its field"
    )
    func upload() async throws {
        let company = try await Company()
        let step = try #require(try await walk(company, steps: 7).last)
        #expect(step.body.contains("enctype=\"multipart/form-data\"") && step.body.contains("type=\"file\""))
        let typed = step.shown.merging(["ownTerms": "打った文", "showsBothTerms": "yes"]) { $1 }
        func send(_ content: [UInt8]) async throws -> OfficeBrowser.Answer {
            let file = company.office.folder.file("terms-\(company.tenant).txt")
            try Data(content).write(to: URL(fileURLWithPath: file))
            return try await company.console.upload(step, to: Self.path, typed, file: ("termsFile", file))
        }
        for (content, words) in [
            ([0x97, 0x98, 0x97, 0x70], "UTF-8"), ([UInt8](repeating: 0x61, count: 200_001), "大きすぎます"),
        ] as [([UInt8], String)] {
            let refused = try await send(content)
            #expect(refused.status == 422 && refused.error("termsFile")?.contains(words) == true)
            #expect(refused.shown["ownTerms"] == "打った文", "what was typed is still there")
        }
        let huge = try await send([UInt8](repeating: 0x61, count: 300_000))
        #expect(huge.status == 413 && huge.body.contains("大きすぎます"))
        let text = "第1条 <利用者>は\r\n--規約に従う。"
        let confirmation = try await send([0xEF, 0xBB, 0xBF] + Array(text.utf8))
        #expect(confirmation.status == 200 && confirmation.body.contains("第1条 &lt;利用者&gt;は"))
        #expect(try await company.storedProfile().settings.portal == PortalSettings(), "not before the completion")
        #expect(try await company.console.send(confirmation, to: Self.path, [:]).status == 200)
        let portal = try await company.storedProfile().settings.portal
        #expect(portal.ownTerms == "第1条 <利用者>は\n--規約に従う。" && portal.showsBothTerms)
    }
}
