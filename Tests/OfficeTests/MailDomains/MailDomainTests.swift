import Clocks
import Office
import Testing

/// Mail domains: registration, approval, renewal (chapters 1-②, 9-3, 9-4).
struct MailDomainTests {
    private static let calendar = BusinessCalendar.japan
    private static let start = calendar.start(of: Day(year: 2023, month: 8, day: 25)).seconds + 9 * 3600

    @Test("DOM-01 Settings, domain and use, method, confirmation: then the list has it under review, with its ID")
    func registration() async throws {
        let company = try await Company()
        let settings = try await company.console.get("/profiles/settings/edit?profile=\(company.profile)")
        #expect(settings.body.contains("href=\"/domains/new?profile=\(company.profile)\""))
        let path = "/domains/new"
        let input = try await company.console.walk(path, [["profile": company.profile]])
        #expect(input.body.contains("397日"))
        let noUse = try await company.console.send(input, to: path, ["name": "example.com", "domainUse": ""])
        #expect(noUse.status == 422 && noUse.error("domainUse") != nil)
        let noName = try await company.console.send(input, to: path, ["name": "example", "domainUse": "smime"])
        #expect(noName.error("name") != nil)
        let method = try await company.console.send(input, to: path, ["name": "example.com", "domainUse": "smime"])
        let noMethod = try await company.console.send(method, to: path, ["method": "", "approver": "", "whois": ""])
        #expect(noMethod.error("method") != nil)
        let confirmation = try await company.console.send(
            method,
            to: path,
            ["method": "dns", "approver": "", "whois": ""]
        )
        #expect(confirmation.body.contains("example.com") && confirmation.body.contains("DNS認証"))
        let done = try await company.console.send(confirmation, to: path, [:])
        let id = try #require(done.firstGroup("<dd>(\\d{14})</dd>"))
        #expect(IdentifierFamily.mailDomain.matches(id))
        let list = try await company.console.get("/domains")
        #expect(list.body.contains(id) && list.body.contains("審査待ち"))
    }

    @Test("DOM-02 The input page lists what is registered, and the same name in capitals is registered already")
    func sameName() async throws {
        let company = try await Company()
        _ = try await company.register("example.com")
        let input = try await company.console.walk("/domains/new", [["profile": company.profile]])
        #expect(input.body.contains("example.com") && input.body.contains("審査待ち"))
        let refused = try await company.console.send(
            input,
            to: "/domains/new",
            ["name": "EXAMPLE.com", "domainUse": "smime"]
        )
        #expect(refused.status == 422 && refused.error("name")?.contains("登録済み") == true)
    }

    @Test("DOM-03 An S/MIME domain approved on 2023-08-25 ends on 2024-09-25")
    func validity() async throws {
        let company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
        let domain = try await company.approved("example.com")
        let list = try await company.console.get("/domains")
        #expect(list.body.contains("2023年08月25日 09:00(GMT+09:00)"))
        #expect(list.body.contains("2024年09月25日 09:00(GMT+09:00)"))
        let vetting = try #require(try await company.stored(domain).vettings.first)
        #expect(vetting.operatorID == "operator" && vetting.method == .mail && vetting.domain == "example.com")
        #expect(vetting.evidence.contains("admin@example.com"))
    }

    @Test("DOM-04 A domain without S/MIME use has no dates and no update button, ever")
    func withoutSMIME() async throws {
        var company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
        let domain = try await company.approved("example.com", use: "plain")
        #expect(try await company.stored(domain).end == nil)
        try await company.move(days: 700)
        let list = try await company.console.get("/domains")
        #expect(list.body.contains("承認済み") && !list.body.contains("/domains/renew"))
        #expect(try await company.console.get("/domains/renew?id=\(domain)").status == 409)
    }

    @Test("DOM-05 The mailed link shows what is approved, is not spent by looking, and approves once by its button")
    func link() async throws {
        let company = try await Company()
        let form = try await company.console.walk(
            "/domains/new",
            [["profile": company.profile], ["name": "example.com", "domainUse": "smime"]]
        )
        for mailbox in ["admin", "administrator", "hostmaster", "postmaster", "webmaster"] {
            #expect(form.body.contains("\(mailbox)@example.com"))
        }
        let domain = try await company.register("example.com")
        let mail = try await company.mail("system.domain-approval", about: domain)
        #expect(mail.from.contains("approval@inkan.example.com") && mail.to == ["admin@example.com"])
        let code = String(try await company.approvalLink(domain).suffix(32))
        #expect(try await company.stored(domain).code == code)
        #expect(!mail.bodyWithoutSecrets.contains(code), "the tenant's list of mails shows it without its secret")
        #expect(try await !company.console.get("/domains/\(domain)").body.contains(code), "for the approver alone")
        let stranger = try company.office.browser()
        let path = "/approve/\(code)"
        for _ in 0..<3 {
            let page = try await stranger.get(path)
            #expect(page.status == 200 && page.body.contains("example.com"))
            #expect(page.body.contains(OfficeFixture.organisation))
        }
        #expect(try await company.stored(domain).validated == nil)
        #expect(try await stranger.post(path, [:]).status == 200)
        #expect(try await company.stored(domain).validated != nil)
        #expect(try await stranger.get(path).status == 404)
        #expect(try await stranger.post(path, [:]).status == 404)
        #expect(try await stranger.get("/approve/nothing").status == 404)
        #expect(try await company.stored(domain).status == .underReview, "an operator decides")
    }

    @Test("DOM-05 A typed WHOIS address is compared with the registration by the operator")
    func whois() async throws {
        let company = try await Company()
        let steps = [
            ["profile": company.profile], ["name": "example.com", "domainUse": "smime"],
            ["method": "mail", "approver": "whois", "whois": "owner@registrar.example"], [:],
        ]
        let done = try await company.console.walk("/domains/new", steps)
        let domain = try #require(done.firstGroup("<dd>(\\d{14})</dd>"), "\(done.body)")
        try await company.own(domain)
        let refused = try await company.decide(domain)
        #expect(refused.status == 422 && refused.error("confirmsRegistration") != nil)
        let approved = try await company.decide(domain, ["decision": "approve", "confirmsRegistration": "yes"])
        #expect(approved.status == 303)
        #expect(try await company.stored(domain).vettings.first?.evidence.contains("registration") == true)
    }

    @Test("DOM-05 A code of thirty days ends, and another can be had")
    func endedCode() async throws {
        var company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
        let domain = try await company.register("example.com")
        let old = try await company.stored(domain).code
        try await company.move(days: 31)
        let stranger = try company.office.browser()
        #expect(try await stranger.get("/approve/\(old)").status == 404)
        #expect(try await stranger.post("/approve/\(old)", [:]).status == 404)
        let done = try await company.console.walk(
            "/domains/restart?id=\(domain)",
            [["method": "mail", "approver": "postmaster", "whois": ""], [:]]
        )
        #expect(done.status == 200)
        let stored = try await company.stored(domain)
        #expect(stored.code != old && stored.approver == "postmaster@example.com")
        #expect(try await stranger.get("/approve/\(old)").status == 404)
        try await company.own(domain)
    }

    @Test("DOM-09 The list is filtered by profile, domain and status, and paged; its columns are there")
    func list() async throws {
        let company = try await Company()
        for number in 1...12 { _ = try await company.register("d\(number).example") }
        let approved = try await company.approved("good.example")
        let first = try await company.console.get("/domains")
        for column in ["編集", "更新", "プロファイルID", "ドメイン", "ePKI Domain ID", "ステータス", "S/MIMEで利用", "開始日", "終了日"] {
            #expect(first.body.contains("<th scope=\"col\">\(column)</th>"), "\(column)")
        }
        #expect(first.body.contains("1–10 / 13"))
        #expect(try await company.console.get("/domains?size=20").body.contains("1–13 / 13"))
        #expect(try await company.console.get("/domains?offset=10&size=10").body.contains("11–13 / 13"))
        let found = try await company.console.get("/domains?status=approved")
        #expect(found.body.contains("1–1 / 1") && found.body.contains(approved))
        #expect(try await company.console.get("/domains?name=D1").body.contains("1–4 / 4"))
        #expect(try await company.console.get("/domains?profile=MP0").body.contains("0 / 0"))
        let staff = try await company.user("tanto", role: "staff")
        let viewed = try await staff.browser.get("/domains")
        #expect(viewed.status == 200 && !viewed.body.contains(">編集</a>"))
        #expect(try await staff.browser.get("/domains/new").status == 403)
    }

    @Test("DOM-10 A domain belongs to one profile: another profile registers it anew")
    func ownProfile() async throws {
        let company = try await Company()
        let first = try await company.approved("example.com")
        let done = try await company.console.walk(
            "/profiles/new",
            [["confirmsInformation": "yes"], Company.names("access", identifier: "VAT"), ["name": ""], [:]]
        )
        let other = try #require(done.firstGroup("(MP\\d{12})<"), "\(done.body)")
        try await company.vet(other)
        let settings = "/profiles/settings/edit?profile=\(other)"
        #expect(try await company.console.get(settings).body.contains("value=\"smime\" disabled"))
        let second = try await company.register("example.com", on: other)
        #expect(first != second)
        try await company.own(second)
        try await company.decide(second)
        #expect(try await !company.console.get(settings).body.contains("value=\"smime\" disabled"))
    }

    @Test("DOM-11 The update button and the notice are there 90 days before the end, not at 91; the notice comes once")
    func window() async throws {
        var company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
        let domain = try await company.approved("example.com")
        let link = "/domains/renew?id=\(domain)"
        try await company.move(days: 397 - 91)
        #expect(try await !company.console.get("/domains").body.contains(link))
        #expect(try await company.console.get(link).status == 409)
        #expect(
            try await company.remind(at: Timestamp(seconds: Self.start + (397 - 91) * 86_400), "domain-renewal") == 0
        )
        try await company.move(days: 397 - 90)
        #expect(try await company.console.get("/domains").body.contains(link))
        let now = Timestamp(seconds: Self.start + (397 - 90) * 86_400)
        #expect(try await company.remind(at: now, "domain-renewal") == 1)
        #expect(try await company.remind(at: now, "domain-renewal") == 1)
        let mail = try await company.mail("system.domain-renewal", about: domain)
        #expect(mail.to == ["hanako@example.com"] && mail.body.contains("example.com"))
    }

    @Test("DOM-12 A renewal is confirmed, is 申込済み without a button, and its approval gives another 397 days")
    func renewal() async throws {
        var company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
        let domain = try await company.approved("example.com")
        try await company.move(days: 350)
        let path = "/domains/renew"
        let confirmation = try await company.console.walk(
            path + "?id=\(domain)",
            [["method": "mail", "approver": "webmaster", "whois": ""]]
        )
        for part in [company.profile, domain, "example.com", "メール認証", "webmaster@example.com"] {
            #expect(confirmation.body.contains(part), "\(part)")
        }
        #expect(try await company.console.send(confirmation, to: path, [:]).status == 200)
        let list = try await company.console.get("/domains")
        #expect(list.body.contains("申込済み") && !list.body.contains(path))
        #expect(try await company.stored(domain).isUsable(at: Timestamp(seconds: Self.start + 350 * 86_400)))
        try await company.own(domain)
        #expect(try await company.decide(domain).status == 303)
        #expect(try await company.stored(domain).end == Timestamp(seconds: Self.start + (350 + 397) * 86_400))
    }

    @Test("DOM-13 After mail the renewal offers no page, until an operator allows it")
    func barred() async throws {
        var company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
        let domain = try await company.approved("example.com")
        try await company.move(days: 350)
        let path = "/domains/renew"
        let form = try await company.console.get(path + "?id=\(domain)")
        #expect(form.body.contains("value=\"dns\"") && !form.body.contains("value=\"page\""))
        let forged = try await company.console.send(form, to: path, ["method": "page", "approver": "", "whois": ""])
        #expect(forged.status == 422 && forged.error("method") != nil)
        let released = try await company.decide(domain, ["decision": "release", "reason": "サポート依頼"])
        #expect(released.status == 303)
        #expect(try await company.console.get(path + "?id=\(domain)").body.contains("value=\"page\""))
    }

    @Test("DOM-14 After its end a domain is shown as ended, is found as such, and is not usable")
    func expired() async throws {
        var company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
        let domain = try await company.approved("example.com")
        try await company.move(days: 398)
        let list = try await company.console.get("/domains?status=expired")
        #expect(list.body.contains(domain) && list.body.contains("有効期限切れ"))
        #expect(try await !company.stored(domain).isUsable(at: Timestamp(seconds: Self.start + 398 * 86_400)))
    }

    @Test("DOM-15 An operator rejects a foreign domain; the list says so, and it can be registered anew")
    func rejection() async throws {
        let company = try await Company()
        let domain = try await company.register("foreign.example")
        #expect(try await company.decide(domain, ["decision": "approve"]).status == 409, "not validated")
        #expect(try await company.decide(domain, ["decision": "reject", "reason": "他社"]).status == 303)
        #expect(try await company.console.get("/domains").body.contains("却下"))
        #expect(try await company.register("foreign.example") != domain)
    }

    @Test("DOM-16 [設定] on a domain without S/MIME use starts the validation, and the approval gives it dates")
    func switchToSMIME() async throws {
        let company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
        let domain = try await company.approved("example.com", use: "plain")
        let link = "/domains/smime?id=\(domain)"
        #expect(try await company.console.get("/domains").body.contains(link))
        let done = try await company.console.walk(
            link,
            [["method": "mail", "approver": "admin", "whois": ""], [:]]
        )
        #expect(done.status == 200, "\(done.body)")
        #expect(try await !company.stored(domain).isForSMIME)
        #expect(try await !company.console.get("/domains").body.contains(link))
        try await company.own(domain)
        try await company.decide(domain)
        let stored = try await company.stored(domain)
        #expect(stored.isForSMIME && stored.end == Timestamp(seconds: Self.start + 397 * 86_400))
    }

    @Test("DOM-17 A profile under vetting takes no domain of its own yet")
    func beforeVetting() async throws {
        let company = try await Company(isVetted: false)
        #expect(try await !company.console.get("/domains/new").body.contains(company.profile))
        let refused = try await company.console.walk(
            "/domains/new?profile=\(company.profile)",
            [["profile": company.profile], ["name": "example.com", "domainUse": "smime"]]
        )
        #expect(refused.status == 409 && refused.body.contains("審査完了後"))
    }

    @Test("OTH-08 Another tenant's domain is not found, by any of its pages")
    func foreign() async throws {
        let company = try await Company()
        let domain = try await company.approved("example.com", use: "plain")
        let stranger = try await company.office.browser(of: "PAR99999_hanako")
        for path in ["/domains/\(domain)", "/domains/smime?id=\(domain)", "/domains/restart?id=\(domain)"] {
            #expect(try await stranger.get(path).status == 404, "\(path)")
        }
        #expect(try await !stranger.get("/domains").body.contains(domain))
        #expect(try await stranger.get("/operator/domains/\(domain)").status == 303, "no operator")
    }
}
