import Testing

/// The first application, from the console to the operators (section 5.1).
struct FirstApplicationTests {
    @Test("INI-01 The first purchase applies for a licence and a profile together")
    func together() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let browser = try await office.browser(of: OfficeFixture.administrator)
        let done = try await browser.walk("/licences/purchase", Application.access)
        #expect(done.status == 200)
        let licence = try #require(done.firstGroup("(ML\\d{12})<"))
        let profile = try #require(done.firstGroup("(MP\\d{12})<"))
        let history = try await browser.get("/licences")
        #expect(history.body.contains(licence))
        #expect(history.body.contains("申請"))

        let desk = try await office.operatorBrowser()
        let open = try await desk.get("/operator/licences/\(licence)")
        // Nothing is decided by a form that names no decision of the page's.
        for other in [[:], ["decision": "aprove"]] {
            #expect(try await desk.send(open, to: "/operator/licences/\(licence)", other).status == 422)
            #expect(try await browser.get("/licences/\(licence)").body.contains("申請"))
        }
        let approved = try await desk.send(open, to: "/operator/licences/\(licence)", ["decision": "approve"])
        #expect(approved.status == 303)
        let after = try await browser.get("/licences/\(licence)")
        #expect(after.body.contains("ライセンス発行"))
        #expect(try await desk.get("/operator/profiles").body.contains(profile))
    }

    @Test("INI-03 A wrong code is said beside its field and changes nothing; a right one changes the amount")
    func codes() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let browser = try await office.browser(of: OfficeFixture.administrator)
        let details = try await browser.walk("/licences/purchase", [["product": "personal-10"]])
        let wrong = try await browser.send(
            details,
            to: "/licences/purchase",
            ["term": "oneYear", "coupon": "NOTHING"],
            go: "apply"
        )
        #expect(wrong.status == 422)
        #expect(wrong.error("coupon") != nil)
        #expect(!wrong.body.contains("¥79,200"))
        let right = try await browser.send(
            details,
            to: "/licences/purchase",
            ["term": "oneYear", "coupon": "WELCOME"],
            go: "apply"
        )
        #expect(right.status == 200)
        #expect(right.body.contains("¥79,200"))
    }

    @Test("INI-04 Without both acknowledgements nothing is applied for")
    func acknowledgements() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let browser = try await office.browser(of: OfficeFixture.administrator)
        let refused = try await browser.walk(
            "/licences/purchase",
            Application.access.dropLast() + [["acknowledgesYear": "yes"]]
        )
        #expect(refused.status == 422)
        #expect(refused.error("acceptsTerms") != nil)
        #expect(try await !browser.get("/licences").body.contains("ML2"))
    }
}

/// What the steps of a first application carry.
enum Application {
    static let access: [[String: String]] = [
        ["product": "personal-10"], ["term": "oneYear"], ["confirmsInformation": "yes"],
        [
            "use": "access", "country": "JP", "organisation": OfficeFixture.organisation, "unit": "情報システム部",
            "signature": "sha256RSA", "identifierScheme": "",
        ],
        ["payment": "transferAfter", "memo": "よろしく"], ["acknowledgesYear": "yes", "acceptsTerms": "yes"],
    ]
}
