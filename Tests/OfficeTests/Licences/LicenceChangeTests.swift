import Clocks
import Office
import Testing

/// Editing and cancelling licences (chapters 6-1, 6-3).
struct LicenceChangeTests {
    private static let start = BusinessCalendar.japan.start(of: Day(year: 2026, month: 3, day: 2)).seconds + 82_800

    @Test("LIC-07 Memo and technical contact are edited with a confirmation; the detail and its history show it")
    func edit() async throws {
        let company = try await Company()
        let path = "/licences/edit"
        let detail = "/licences/\(company.licence)"
        #expect(try await company.console.get(detail).body.contains(path + "?id=\(company.licence)"))
        let form = try await company.console.get(path + "?id=\(company.licence)")
        #expect(form.shown["memo"] == "よろしく")
        var values = form.shown
        (values["memo"], values["contactName"], values["contactMail"]) = ("変更後", "鈴木 一郎", "no address")
        let refused = try await company.console.send(form, to: path, values)
        #expect(refused.status == 422 && refused.error("contactMail") != nil)
        values["contactMail"] = "suzuki@partner.example"
        let confirmation = try await company.console.send(form, to: path, values)
        #expect(confirmation.body.contains("鈴木 一郎"))
        #expect(try await !company.console.get(detail).body.contains("変更後"), "not before the completion")
        #expect(try await company.console.send(confirmation, to: path, [:]).status == 200)
        let after = try await company.console.get(detail)
        #expect(after.body.contains("変更後") && after.body.contains("suzuki@partner.example"))
        #expect(after.body.contains("ライセンス編集") && after.body.contains("ライセンス発行"))
    }

    @Test("LIC-11 On day 7 the licence is cancelled with a full refund; on day 8 there is no button and no way")
    func window() async throws {
        // Started at 23:00: the seventh day is six midnights later.
        for (days, isOpen) in [(Int64(6), true), (7, false)] {
            var company = try await Company(OfficeFixture(start: Self.start, hasAppliance: false))
            try await company.move(days: days)
            let link = "/licences/cancel?id=\(company.licence)"
            let detail = try await company.console.get("/licences/\(company.licence)")
            #expect(detail.body.contains(link) == isOpen)
            let first = try await company.console.get(link)
            #expect(first.status == (isOpen ? 200 : 409))
            // What the last step of the flow sends; forged where there was no first.
            let secret = try #require(detail.value("csrf"))
            let done = try await company.console.post(
                "/licences/cancel",
                ["csrf": secret, "id": company.licence, "step": "1", "go": "next"]
            )
            #expect(done.status == (isOpen ? 200 : 409))
            let id = company.licence
            let licence = try #require(try await company.records { try $0.licences.get(id) })
            #expect((licence.status == .cancelled) == isOpen)
            if isOpen {
                #expect(licence.refund?.amount == licence.amount && licence.amount == 99_000)
                #expect(done.body.contains("¥99,000"))
                #expect(!licence.isUsable(at: Timestamp(seconds: Self.start)))
            }
        }
    }

    @Test("LIC-12 The refund's bank may stay empty or be given; the transfer fee is the customer's")
    func bank() async throws {
        let company = try await Company()
        let path = "/licences/cancel"
        let form = try await company.console.get(path + "?id=\(company.licence)")
        #expect(form.body.contains("振込手数料はお客様のご負担"))
        let wrong = try await company.console.send(
            form,
            to: path,
            ["accountNumber": "12a", "accountType": "", "bank": "a$"]
        )
        #expect(wrong.error("accountNumber") != nil && wrong.error("bank") != nil)
        #expect(wrong.shown["accountNumber"] == "12a")
        let account = [
            "bank": "みほん銀行", "branch": "本店", "accountType": "普通", "accountNumber": "1234567", "holder": "インカン",
        ]
        let confirmation = try await company.console.send(form, to: path, account)
        #expect(confirmation.body.contains("振込手数料はお客様のご負担") && confirmation.body.contains("1234567"))
        #expect(try await company.console.send(confirmation, to: path, [:]).status == 200)
        let id = company.licence
        let refund = try #require(try await company.records { try $0.licences.get(id)?.refund })
        #expect(refund.bank == "みほん銀行" && refund.accountNumber == "1234567" && refund.holder == "インカン")
    }

    @Test("LIC-11 Staff without the right to buy, and other tenants, cancel nothing")
    func permission() async throws {
        let company = try await Company()
        let link = "/licences/cancel?id=\(company.licence)"
        let staff = try await company.user("tanto", role: "staff")
        #expect(try await staff.browser.get(link).status == 403)
        #expect(try await !staff.browser.get("/licences/\(company.licence)").body.contains(link))
        let stranger = try await company.office.browser(of: "PAR99999_hanako")
        #expect(try await stranger.get(link).status == 404)
        #expect(try await stranger.get("/licences/edit?id=\(company.licence)").status == 404)
    }
}
