import Clocks
import Office
import Testing

@Suite("Mail domains: the rules")
struct MailDomainRuleTests {
    private let calendar = BusinessCalendar.japan
    private let now = BusinessCalendar.japan.start(of: Day(year: 2023, month: 8, day: 25))

    private func later(_ days: Int64) -> Timestamp { Timestamp(seconds: now.seconds + days * 86_400) }

    @Test("DOM-03 Approved on 2023-08-25, an S/MIME domain ends on 2024-09-25")
    func validity() throws {
        let domain = try Samples.approvedDomain(at: now)
        #expect(domain.start == now)
        #expect(domain.end.map(calendar.day) == Day(year: 2024, month: 9, day: 25))
        #expect(domain.isUsable(at: later(397)) && !domain.isUsable(at: Timestamp(seconds: later(397).seconds + 1)))
        #expect(domain.shownStatus(at: later(398)).japanese == "有効期限切れ(承認済み)")
    }

    @Test("DOM-04 A domain without S/MIME use has no dates, never ends and is never renewed")
    func withoutSMIME() throws {
        let domain = try Samples.approvedDomain(at: now, isForSMIME: false)
        #expect(domain.start == nil && domain.end == nil)
        #expect(domain.isUsable(at: later(10_000)))
        #expect(!domain.canBeRenewed(at: later(10_000), calendar: calendar))
    }

    @Test("DOM-05 The approver is one of five mailboxes or the typed WHOIS address")
    func approvers() throws {
        func approver(_ choice: String, _ whois: String = "") throws -> String {
            try MailDomain.Proof(
                method: "mail",
                approver: choice,
                whois: whois,
                domain: "example.com",
                offered: MailDomain.Method.allCases
            ).approver
        }
        for mailbox in ["admin", "administrator", "hostmaster", "postmaster", "webmaster"] {
            #expect(try approver(mailbox) == "\(mailbox)@example.com")
        }
        #expect(try approver("whois", "owner@registrar.example") == "owner@registrar.example")
        #expect(throws: Refusal.self) { try approver("taro") }
        #expect(throws: Refusal.self) { try approver("") }
        let refusal = try #require(throws: Refusal.self) { try approver("whois", "nobody") }
        #expect(refusal.problems.map(\.field) == ["whois"])
    }

    @Test("DOM-05 An approver that was typed is told from one that the domain gives")
    func typedApprovers() {
        var domain = Samples.domain(at: now)
        #expect(!domain.isApproverTyped)
        domain.approver = "admin@elsewhere.example"
        #expect(domain.isApproverTyped)
    }

    @Test("A domain is validated once, while its code lasts, and approved after that alone")
    func validation() throws {
        var domain = Samples.domain(at: now)
        #expect(throws: Refusal.self, "not validated") {
            try domain.approve(Samples.vetting(of: domain, at: now), calendar: calendar)
        }
        #expect(domain.isCodeUsable(at: later(30)) && !domain.isCodeUsable(at: later(31)))
        #expect(throws: Refusal.self, "the code has ended") { try domain.validate("late", at: later(31)) }
        try domain.validate("seen", at: later(30))
        #expect(!domain.isCodeUsable(at: later(30)))
        #expect(throws: Refusal.self, "a second time") { try domain.validate("again", at: later(30)) }
        #expect(domain.evidence == "seen")
    }

    @Test("A new code takes the place of the ended one, with another method if wished")
    func restart() throws {
        var domain = Samples.domain(at: now)
        try domain.restart(Samples.proof(.dns, of: domain), code: "second", at: later(40))
        #expect(domain.code == "second" && domain.method == .dns && domain.approver.isEmpty)
        #expect(domain.isCodeUsable(at: later(70)))
        var approved = try Samples.approvedDomain(at: now)
        #expect(throws: Refusal.self) {
            try approved.restart(Samples.proof(.dns, of: approved), code: "third", at: now)
        }
    }

    @Test(
        "DOM-08 Mail and DNS reach subdomains, the page does not",
        arguments: [(MailDomain.Method.mail, true), (.dns, true), (.page, false)]
    )
    func subdomains(method: MailDomain.Method, reaches: Bool) throws {
        let domain = try Samples.approvedDomain(at: now, method: method)
        #expect(domain.covers(host: "Example.com"))
        #expect(domain.covers(host: "mail.example.com") == reaches)
        #expect(!domain.covers(host: "badexample.com") && !domain.covers(host: "com"))
    }

    @Test("DOM-11 The renewal opens 90 days before the end, not 91")
    func renewalWindow() throws {
        let domain = try Samples.approvedDomain(at: now)
        #expect(!domain.canBeRenewed(at: later(397 - 91), calendar: calendar))
        #expect(domain.canBeRenewed(at: later(397 - 90), calendar: calendar))
    }

    @Test("DOM-12 A renewal that was applied for keeps the old days, and its approval gives another 397")
    func renewal() throws {
        var domain = try Samples.approvedDomain(at: now)
        let oldEnd = domain.end
        let day = later(350)
        #expect(throws: Refusal.self, "too early") {
            try domain.applyForRenewal(Samples.proof(.dns, of: domain), code: "new", at: later(300), calendar: calendar)
        }
        try domain.applyForRenewal(Samples.proof(.dns, of: domain), code: "new", at: day, calendar: calendar)
        #expect(domain.status == .renewalApplied && domain.end == oldEnd && domain.isUsable(at: day))
        #expect(!domain.canBeRenewed(at: day, calendar: calendar))
        try domain.validate("record", at: day)
        try domain.approve(Samples.vetting(of: domain, at: day), calendar: calendar)
        #expect(domain.status == .approved && domain.end == later(350 + 397))
        #expect(domain.vettings.count == 2 && domain.lastMethod == .dns)
    }

    @Test("DOM-13 After mail or DNS the page is barred, until support allows it once")
    func methods() throws {
        var domain = try Samples.approvedDomain(at: now)
        #expect(domain.offeredMethods == [.mail, .dns])
        #expect(throws: Refusal.self) { try Samples.proof(.page, of: domain) }
        try domain.releasePage()
        #expect(domain.offeredMethods == [.mail, .dns, .page])
        try domain.applyForRenewal(Samples.proof(.page, of: domain), code: "new", at: later(350), calendar: calendar)
        #expect(domain.covers(host: "mail.example.com"), "the old validation still reaches that far")
        try domain.validate("page", at: later(350))
        try domain.approve(Samples.vetting(of: domain, at: later(350)), calendar: calendar)
        #expect(!domain.covers(host: "mail.example.com") && !domain.isPageReleased)
        #expect(domain.offeredMethods == [.mail, .dns, .page], "mail and DNS may follow a page (Q-09)")
    }

    @Test("DOM-16 A domain without S/MIME use becomes one by a validation, not before")
    func switchToSMIME() throws {
        var domain = try Samples.approvedDomain(at: now, isForSMIME: false)
        #expect(domain.canStartSMIME)
        try domain.applyForSMIME(Samples.proof(.mail, of: domain), code: "new", at: later(10))
        #expect(!domain.isForSMIME && !domain.canStartSMIME && domain.isUsable(at: later(10)))
        try domain.validate("mail", at: later(11))
        try domain.approve(Samples.vetting(of: domain, at: later(12)), calendar: calendar)
        #expect(domain.isForSMIME && domain.end == later(12 + 397))
        var already = try Samples.approvedDomain(at: now)
        #expect(throws: Refusal.self) {
            try already.applyForSMIME(Samples.proof(.mail, of: already), code: "new", at: now)
        }
    }

    @Test("DOM-17 A domain that came with a profile waits for the profile, then has thirty days of its own")
    func queued() throws {
        var domain = Samples.domain(at: now, status: .queued)
        #expect(throws: Refusal.self) { try domain.validate("early", at: now) }
        #expect(!domain.isCodeUsable(at: now))
        try domain.release(code: "fresh", at: later(60))
        #expect(domain.status == .underReview && domain.isCodeUsable(at: later(90)))
    }

    @Test("DOM-15 A rejected domain is no use, and is not decided on again")
    func rejection() throws {
        var domain = Samples.domain(at: now)
        try domain.reject()
        #expect(domain.status == .rejected && !domain.isUsable(at: now))
        #expect(throws: Refusal.self) { try domain.reject() }
        #expect(throws: Refusal.self) { try domain.validate("late", at: now) }
    }

    @Test("DOM-02 Names are written in lower case; what is no name is refused")
    func names() throws {
        #expect(try MailDomain.checkedName(" EXAMPLE.com ") == "example.com")
        for wrong in ["", "example", "-a.com", "a..com", "a.com.", "user@example.com", "例え.jp", "a.1", "a b.com"] {
            #expect(throws: Refusal.self, "\(wrong)") { try MailDomain.checkedName(wrong) }
        }
    }
}
