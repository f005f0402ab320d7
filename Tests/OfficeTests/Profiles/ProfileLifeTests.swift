import Clocks
import Office
import Testing

/// How long profiles last, their renewal and suspension (chapter 7-2).
struct ProfileLifeTests {
    private static let start = BusinessCalendar.japan.start(of: Day(year: 2026, month: 1, day: 10)).seconds + 36_000

    @Test("PRO-12 An operator finds any profile and suspends it at once, during a renewal too")
    func suspension() async throws {
        var company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
        let found = try await company.desk.get("/operator/all-profiles?q=\(company.profile)")
        #expect(found.body.contains("/operator/profiles/\(company.profile)") && found.body.contains("1–1 / 1"))
        #expect(try await company.desk.get("/operator/all-profiles?q=MP0000").body.contains("0 / 0"))

        try await company.move(days: 800)
        try await renew(company)
        let path = "/operator/profiles/\(company.profile)"
        let values = ["decision": "suspend", "reason": "社名変更"]
        #expect(try await company.desk.send(company.desk.get(path), to: path, values).status == 303)
        #expect(try await company.console.get("/profiles").body.contains("使用停止"))
        #expect(try await company.storedProfile().isUsable(at: Timestamp(seconds: Self.start)) == false)
        #expect(try await !company.console.get("/wizard").body.contains(company.profile))
        let settings = try await company.console.get("/profiles/settings/edit?profile=\(company.profile)")
        let forged = try await company.console.send(settings, to: "/profiles/settings/edit", settings.shown)
        #expect(forged.status == 409, "its settings are closed")
        let again = try await company.desk.send(company.desk.get(path), to: path, Company.vetting)
        #expect(again.status == 409, "and it is not approved again")
    }

    @Test("PRO-13 A profile ends 824 days after its vetting; the renewal's vetting gives another 824")
    func validity() async throws {
        var company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
        let calendar = BusinessCalendar.japan
        let first = try #require(try await company.storedProfile().end)
        #expect(calendar.day(of: first) == Day(year: 2026, month: 1, day: 10) + 824)
        #expect(try await company.console.get("/profiles").body.contains(calendar.display(first)))
        try await company.move(days: 800)
        try await renew(company)
        #expect(try await company.storedProfile().end == first)
        try await company.vet(company.profile)
        #expect(try await company.storedProfile().end.map(calendar.day) == Day(year: 2026, month: 1, day: 10) + 1624)
    }

    @Test("PRO-14 A profile vetted before 24 April 2023 has no end and no renewal button")
    func old() async throws {
        let start = BusinessCalendar.japan.start(of: Day(year: 2023, month: 4, day: 23)).seconds + 36_000
        var company = try await Company(OfficeFixture(start: start, hasAppliance: false))
        #expect(try await company.storedProfile().end == nil)
        try await company.move(days: 1300)
        let list = try await company.console.get("/profiles")
        #expect(list.body.contains("認証済み") && !list.body.contains("/profiles/renew"))
        let forced = try await company.console.walk(
            "/profiles/renew?profile=\(company.profile)",
            [["confirmsInformation": "yes"]]
        )
        #expect(forced.status == 409)
    }

    @Test("PRO-15 After its end a profile is shown as ended and takes no part in anything new")
    func expired() async throws {
        var company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
        try await company.move(days: 825)
        #expect(try await company.console.get("/profiles").body.contains("有効期限切れ"))
        let end = try #require(try await company.storedProfile().end)
        #expect(try await !company.storedProfile().isUsable(at: Timestamp(seconds: end.seconds + 1)))
        try await renew(company)
        try await company.vet(company.profile)
        #expect(try await !company.console.get("/profiles").body.contains("有効期限切れ"))
    }

    @Test("PRO-16 [更新] is there 90 days before the end, not at 91")
    func button() async throws {
        var company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
        let link = "/profiles/renew?profile=\(company.profile)"
        try await company.move(days: 824 - 91)
        #expect(try await !company.console.get("/profiles").body.contains(link))
        #expect(try await company.console.walk(link, [["confirmsInformation": "yes"]]).status == 409)
        try await company.move(days: 824 - 90)
        #expect(try await company.console.get("/profiles").body.contains(link))
        let manager = try await company.user("kacho", role: "manager")
        #expect(try await !manager.browser.get("/profiles").body.contains(link))
        #expect(try await manager.browser.get(link).status == 403)
    }

    @Test("PRO-17 A renewal needs the terms; afterwards the list says 更新申込済み instead of the button")
    func renewal() async throws {
        var company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
        try await company.move(days: 780)
        let path = "/profiles/renew"
        let confirmation = try await company.console.walk(
            path + "?profile=\(company.profile)",
            [["confirmsInformation": "yes"]]
        )
        #expect(confirmation.body.contains("情報システム部"))
        let refused = try await company.console.send(confirmation, to: path, [:])
        #expect(refused.status == 422 && refused.error("acceptsTerms") != nil)
        #expect(try await company.storedProfile().status == .approved)
        let done = try await company.console.send(refused, to: path, ["acceptsTerms": "yes"])
        #expect(done.status == 200)
        let list = try await company.console.get("/profiles")
        #expect(list.body.contains("更新申込済み") && !list.body.contains(path))
    }

    private func renew(_ company: Company) async throws {
        let done = try await company.console.walk(
            "/profiles/renew?profile=\(company.profile)",
            [["confirmsInformation": "yes"], ["acceptsTerms": "yes"]]
        )
        try #require(done.status == 200, "not renewed: \(done.body)")
    }
}
