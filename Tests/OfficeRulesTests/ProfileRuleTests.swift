import Clocks
import Office
import Testing

@Suite("Profiles: the rules")
struct ProfileRuleTests {
    private let calendar = BusinessCalendar.japan

    @Test("PRO-13 A vetting lasts 824 days, a later one another 824")
    func validity() throws {
        var profile = Samples.profile()
        try profile.approve(Samples.vetting(of: profile, on: Day(year: 2026, month: 11, day: 27)), calendar: calendar)
        let end = try #require(profile.end)
        #expect(calendar.day(of: end) == Day(year: 2026, month: 11, day: 27) + 824)
        #expect(profile.isUsable(at: end))
        #expect(!profile.isUsable(at: Timestamp(seconds: end.seconds + 1)))

        let renewal = calendar.day(of: end) + -10
        try profile.applyForRenewal(at: calendar.start(of: renewal), calendar: calendar)
        #expect(profile.isUsable(at: end), "an applied renewal takes nothing away")
        try profile.approve(Samples.vetting(of: profile, on: renewal), calendar: calendar)
        #expect(profile.end.map(calendar.day) == renewal + 824)
        #expect(profile.vettings.count == 2)
    }

    @Test(
        "PRO-14 What was vetted before 24 April 2023 and not since has no end",
        arguments: [(Day(year: 2023, month: 4, day: 23), true), (Day(year: 2023, month: 4, day: 24), false)]
    )
    func oldProfiles(day: Day, isEndless: Bool) throws {
        var profile = Samples.profile()
        try profile.approve(Samples.vetting(of: profile, on: day), calendar: calendar)
        #expect((profile.end == nil) == isEndless)
        let later = calendar.start(of: day + 3000)
        #expect(profile.isUsable(at: later) == isEndless)
        #expect(profile.canBeRenewed(at: later, calendar: calendar) == !isEndless)
    }

    @Test("PRO-16 The renewal opens 90 days before the end, not 91")
    func renewalWindow() throws {
        var profile = Samples.profile()
        try profile.approve(Samples.vetting(of: profile, on: Day(year: 2026, month: 1, day: 1)), calendar: calendar)
        let end = calendar.day(of: try #require(profile.end))
        #expect(!profile.canBeRenewed(at: calendar.end(of: end + -91), calendar: calendar))
        #expect(profile.canBeRenewed(at: calendar.start(of: end + -90), calendar: calendar))
        #expect(profile.canBeRenewed(at: calendar.start(of: end + 30), calendar: calendar), "and stays open after it")
        #expect(throws: Refusal.self) {
            try profile.applyForRenewal(at: calendar.end(of: end + -91), calendar: calendar)
        }
        try profile.applyForRenewal(at: calendar.start(of: end + -90), calendar: calendar)
        #expect(profile.status == .renewalApplied)
        #expect(!profile.canBeRenewed(at: calendar.start(of: end + -90), calendar: calendar))
    }

    @Test("PRO-12 A suspended profile issues nothing, during a renewal neither, and cannot be renewed")
    func suspension() throws {
        var profile = Samples.profile()
        #expect(throws: Refusal.self, "not vetted yet") { try profile.suspend() }
        let day = Day(year: 2026, month: 1, day: 1)
        try profile.approve(Samples.vetting(of: profile, on: day), calendar: calendar)
        let window = calendar.start(of: day + 800)
        try profile.applyForRenewal(at: window, calendar: calendar)
        try profile.suspend()
        #expect(!profile.isUsable(at: window))
        #expect(!profile.canBeRenewed(at: window, calendar: calendar))
        #expect(throws: Refusal.self) {
            try profile.approve(Samples.vetting(of: profile, on: day + 801), calendar: calendar)
        }
    }

    @Test("PRO-09 The S/MIME CA needs no OU, an approved S/MIME domain and an organizationIdentifier, all three")
    func conditions() throws {
        let now = calendar.start(of: Day(year: 2026, month: 6, day: 1))
        for hasUnit in [false, true] {
            for hasDomain in [false, true] {
                for hasIdentifier in [false, true] {
                    let profile = Samples.profile(units: hasUnit ? ["営業部"] : [], hasIdentifier: hasIdentifier)
                    let domains = hasDomain ? [try Samples.approvedDomain(at: now)] : []
                    let conditions = SMIMEConditions(profile, domains: domains, at: now)
                    let areMet = !hasUnit && hasDomain && hasIdentifier
                    #expect(conditions.areMet == areMet)
                    var input = Samples.settingsInput
                    input.use = "smime"
                    if areMet {
                        #expect(try profile.settings.changed(by: input, conditions: conditions).use == .smime)
                    } else {
                        #expect(throws: Refusal.self) {
                            try profile.settings.changed(by: input, conditions: conditions)
                        }
                    }
                }
            }
        }
    }

    @Test("PRO-09 Domains without S/MIME use, expired ones and those of other profiles do not count")
    func conditionsOnDomains() throws {
        let now = calendar.start(of: Day(year: 2026, month: 6, day: 1))
        let profile = Samples.profile()
        let right = try Samples.approvedDomain(at: now)
        #expect(SMIMEConditions(profile, domains: [right], at: now).areMet)
        var foreign = right
        foreign.profile = "MP202601010002"
        let plain = try Samples.approvedDomain(at: now, isForSMIME: false)
        #expect(!SMIMEConditions(profile, domains: [foreign, plain], at: now).areMet)
        let later = Timestamp(seconds: now.seconds + 398 * 86_400)
        #expect(!SMIMEConditions(profile, domains: [right], at: later).areMet)
    }

    @Test("PRO-20 to PRO-22 Settings are taken as chosen, and all that is wrong is said at once")
    func settings() throws {
        let profile = Samples.profile()
        let conditions = SMIMEConditions(profile, domains: [], at: Timestamp(seconds: 0))
        var input = Samples.settingsInput
        (input.signature, input.renewal, input.encryptingFileSystem) = ("rsassaPSS", "quick", "yes")
        (input.smartCardLogon, input.forbidsExport, input.sendsRenewalMail) = ("yes", "yes", "no")
        let settings = try profile.settings.changed(by: input, conditions: conditions)
        #expect(settings.signature == .rsassaPSS && settings.renewal == .quick && settings.encryptingFileSystem)
        #expect(settings.smartCardLogon && settings.forbidsExport && !settings.sendsRenewalMail)
        #expect(settings.use == .access, "an empty choice leaves the CA")

        (input.signature, input.renewal, input.encryptingFileSystem) = ("md5", "", "perhaps")
        input.apiAddresses = "300.1.1.1"
        let refusal = try #require(throws: Refusal.self) {
            try profile.settings.changed(by: input, conditions: conditions)
        }
        #expect(refusal.problems.map(\.field) == ["signature", "renewal", "encryptingFileSystem", "apiAddresses"])
    }

    @Test("OTH-04 A listed address may call, another not, and with an empty list nobody")
    func allowList() throws {
        let list = try APIAddresses(parsing: "211.11.149.249, 211.11.149.250,211.11.149.249")
        #expect(list.addresses == ["211.11.149.249", "211.11.149.250"])
        #expect(list.text == "211.11.149.249,211.11.149.250")
        #expect(list.allows("211.11.149.250") && list.allows("::ffff:211.11.149.250"))
        #expect(!list.allows("211.11.149.251") && !list.allows("") && !list.allows("2001:db8::1"))
        let empty = try APIAddresses(parsing: " ")
        #expect(empty.addresses.isEmpty)
        #expect(!empty.allows("211.11.149.249") && !empty.allows(""))
    }

    @Test(
        "OTH-04 A malformed list is refused",
        arguments: [
            "256.1.1.1", "1.2.3", "1.2.3.4.5", "1.2.3.4,", "1.2.3.4;5.6.7.8", "01.2.3.4", "1.2.3.x", "2001:db8::1",
            "10.0.0.0/8", "1.2.3.4 5.6.7.8", "1.2.3.4\n5.6.7.8", "１.2.3.4",
            (0...100).map { "10.0.0.\($0)" }.joined(separator: ","),
        ]
    )
    func malformed(text: String) {
        #expect(throws: Refusal.self) { try APIAddresses(parsing: text) }
    }

    @Test("WIZ-04 Own terms are kept with the choice to show both; none leaves the portal as it was")
    func terms() throws {
        let portal = try PortalSettings().changed(title: "申請サイト", terms: "第1条\n遵守", showsBoth: true)
        #expect(portal.title == "申請サイト" && portal.ownTerms == "第1条\n遵守" && portal.showsBothTerms)
        let untouched = try PortalSettings().changed(
            title: PortalSettings.standardTitle,
            terms: " \n",
            showsBoth: true
        )
        #expect(untouched == PortalSettings())
        let refusal = try #require(throws: Refusal.self) {
            try PortalSettings().changed(title: "", terms: "\u{7}", showsBoth: false)
        }
        #expect(refusal.problems.map(\.field) == ["portalTitle", "ownTerms"])
    }

    @Test("A subscriber reads the standard terms, and a tenant's own beside them where both are to be seen")
    func shownTerms() {
        var portal = PortalSettings()
        portal.showsBothTerms = true
        #expect(SubscriberTerms.shown(by: portal) == [.standard])
        portal.ownTerms = "第1条"
        let bodies = SubscriberTerms.shown(by: portal).map(\.body)
        #expect(bodies == [SubscriberTerms.standard.body, Text(verbatim: "第1条")])
        portal.showsBothTerms = false
        #expect(SubscriberTerms.shown(by: portal) == [.standard])
    }
}
