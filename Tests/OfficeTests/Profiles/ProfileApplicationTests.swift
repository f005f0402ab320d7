import Testing

/// Applying for profiles, their names, and their vetting (chapters 1-①, 7-1).
struct ProfileApplicationTests {
    private static let flow = "/profiles/new"

    /// What the second page of the flow answers to the names.
    private func answer(_ names: [String: String], in company: Company) async throws -> OfficeBrowser.Answer {
        try await company.console.walk(Self.flow, [["confirmsInformation": "yes"], names])
    }

    @Test("PRO-01 C and O are mandatory; S and L take 128 characters, O and OU 64, full width too")
    func limits() async throws {
        let company = try await Company()
        for (field, limit) in [("state", 128), ("locality", 128), ("unit", 64)] {
            var names = Company.access
            names[field] = String(repeating: "あ", count: limit)
            #expect(try await answer(names, in: company).status == 200, "\(field)")
            names[field] = String(repeating: "あ", count: limit + 1)
            let refused = try await answer(names, in: company)
            #expect(refused.status == 422 && refused.error(field)?.contains("\(limit)") == true, "\(field)")
        }
        for field in ["country", "organisation"] {
            var names = Company.access
            names[field] = ""
            #expect(try await answer(names, in: company).error(field) != nil)
        }
        var long = Company.access
        long["organisation"] = String(repeating: "a", count: 65)
        #expect(try await answer(long, in: company).error("organisation")?.contains("64") == true)
    }

    @Test("PRO-02 Characters that names may not have are refused in every field, with a message beside it")
    func forbidden() async throws {
        let company = try await Company()
        for character in ["$", ";", "!", "%", "`", "?", "~", "\r", "\n", "\u{0}"] {
            var names = Company.access
            for field in ["state", "locality", "organisation", "unit"] { names[field] = "a\(character)b" }
            let refused = try await answer(names, in: company)
            #expect(refused.status == 422)
            for field in ["state", "locality", "organisation", "unit"] {
                #expect(refused.error(field) != nil, "\(character.debugDescription) in \(field)")
            }
        }
    }

    @Test("PRO-03 O has to be the contract holder's name")
    func organisation() async throws {
        let company = try await Company()
        var names = Company.access
        names["organisation"] = "別の会社"
        let refused = try await answer(names, in: company)
        #expect(refused.error("organisation")?.contains(OfficeFixture.organisation) == true)
        #expect(refused.shown["organisation"] == "別の会社", "what was typed is still there")
    }

    @Test("PRO-04 BaseDN needs an OU and is not for the S/MIME CA")
    func baseDN() async throws {
        let company = try await Company()
        var names = Company.names("access")
        names["isExclusive"] = "yes"
        #expect(try await answer(names, in: company).error("unit") != nil)
        var smime = Company.smime
        smime["isExclusive"] = "yes"
        #expect(try await answer(smime, in: company).error("isExclusive") != nil)
    }

    @Test("PRO-05 Another contract holder's BaseDN is refused, and the owner is not touched")
    func exclusive() async throws {
        var names = Company.names("access", unit: "専用部")
        names["isExclusive"] = "yes"
        let company = try await Company(names: names)
        // The same organisation under a second contract.
        try await Company.open("PAR55555", in: company.office)
        let twin = try await company.office.browser(of: "PAR55555_hanako")
        for unit in ["専用部", " 専用部 "] {
            names["unit"] = unit
            let refused = try await twin.walk(
                "/licences/purchase",
                [["product": "personal-10"], ["term": "oneYear"], ["confirmsInformation": "yes"], names]
            )
            #expect(refused.status == 422 && refused.error("unit")?.contains("BaseDN") == true)
        }
        let mine = try await company.console.get("/profiles/\(company.profile)")
        #expect(mine.status == 200 && mine.body.contains("認証済み"))
        #expect(try await answer(names, in: company).status == 200, "the owner may use it again")
    }

    @Test("PRO-06 The S/MIME CA takes no OU")
    func unitWithSMIME() async throws {
        let company = try await Company()
        var names = Company.smime
        names["unit"] = "営業部"
        #expect(try await answer(names, in: company).error("unit") != nil)
    }

    @Test("PRO-07 The S/MIME CA needs an organizationIdentifier, the access CA does not")
    func identifier() async throws {
        let company = try await Company()
        #expect(try await answer(Company.names("smime"), in: company).error("identifierScheme") != nil)
        #expect(try await answer(Company.names("access"), in: company).status == 200)
    }

    @Test("PRO-08 VAT needs a country and 13 digits; GOV a country alone, and is shown as GOVJP; NTR is kept")
    func identifierClasses() async throws {
        let company = try await Company()
        for number in ["", "101100104018", "10110010401812", "101100104018a"] {
            let refused = try await answer(Company.names("smime", identifier: "VAT", number: number), in: company)
            #expect(refused.error("identifierNumber") != nil, "\(number)")
        }
        var noCountry = Company.smime
        noCountry["identifierCountry"] = ""
        #expect(try await answer(noCountry, in: company).error("identifierCountry") != nil)
        var numbered = Company.names("access", identifier: "GOV")
        numbered["identifierNumber"] = "1011001040181"
        #expect(try await answer(numbered, in: company).error("identifierNumber")?.contains("VAT") == true)

        let steps = [["confirmsInformation": "yes"], Company.names("access", identifier: "GOV"), ["name": ""]]
        let confirmation = try await company.console.walk(Self.flow, steps)
        #expect(confirmation.body.contains("GOVJP"))
        var register = Company.names("access", identifier: "NTR")
        register["identifierNumber"] = "12345"
        let done = try await company.console.walk(
            Self.flow,
            [["confirmsInformation": "yes"], register, ["name": ""], [:]]
        )
        let id = try #require(done.firstGroup("(MP\\d{12})<"))
        #expect(try await company.storedProfile(id).subject.identifier?.encoded == "NTRJP-12345")
    }

    @Test("PRO-10 Form, mail domain, validation, confirmation: then the IDs, a printable form, and a profile to choose")
    func addition() async throws {
        let company = try await Company()
        let refused = try await company.console.walk(
            Self.flow,
            [["confirmsInformation": "yes"], Company.smime, ["name": ""]]
        )
        #expect(refused.error("name")?.contains("S/MIME") == true, "S/MIME needs a domain")
        let done = try await company.console.walk(
            Self.flow,
            [
                ["confirmsInformation": "yes"], Company.smime, ["name": "Example.com", "domainUse": "smime"],
                ["method": "page", "approver": "", "whois": ""], [:],
            ]
        )
        let id = try #require(done.firstGroup("(MP\\d{12})<"), "\(done.body)")
        let domain = try #require(done.firstGroup("<dd>(\\d{14})</dd>"))
        #expect(done.body.contains(company.administrator))
        let form = try await company.console.get("/applications/\(id)")
        #expect(form.status == 200 && form.body.contains("VATJP-1011001040181") && form.body.contains("example.com"))

        #expect(try await company.stored(domain).status == .queued, "Q-05: it waits for the profile")
        #expect(try await !company.desk.get("/operator/domains").body.contains(domain))
        try await company.vet(id)
        #expect(try await company.stored(domain).status == .underReview)
        #expect(try await company.desk.get("/operator/domains").body.contains(domain))
        for chooser in ["/profiles", "/profiles/settings", "/wizard", "/domains/new"] {
            let page = try await company.console.get(chooser)
            #expect(page.body.contains(id) && page.body.contains(company.profile), "\(chooser)")
        }
    }

    @Test("PRO-11 No page changes a profile's names; it leads to a new application")
    func immutable() async throws {
        let company = try await Company()
        let before = try await company.storedProfile().subject
        let page = try await company.console.get("/profiles/\(company.profile)")
        #expect(page.body.contains("新しいプロファイルを申請") && page.body.contains("href=\"/profiles/new\""))
        let path = "/profiles/settings/edit"
        let form = try await company.console.get(path + "?profile=\(company.profile)")
        var values = form.shown
        for (name, value) in Company.names("access", unit: "別の部署") { values[name] = value }
        let confirmation = try await company.console.send(form, to: path, values)
        #expect(try await company.console.send(confirmation, to: path, [:]).status == 200)
        #expect(try await company.storedProfile().subject == before)
    }

    @Test(
        "PRO-19 An application stops where the administrator information is not confirmed, and leads to its edit page"
    )
    func information() async throws {
        let company = try await Company()
        let first = try await company.console.get(Self.flow)
        #expect(first.body.contains("href=\"/administrator-information\""))
        let refused = try await company.console.send(first, to: Self.flow, [:])
        #expect(refused.status == 422 && refused.error("confirmsInformation") != nil)
        let tenant = company.tenant
        // A forged last step is no way around.
        var forged = Company.access
        (forged["step"], forged["go"], forged["name"]) = ("3", "next", "")
        forged["csrf"] = first.value("csrf")
        #expect(try await company.console.post(Self.flow, forged).status == 422)
        #expect(try await company.records { try $0.profiles.count(.init().equal("tenant", tenant)) } == 1)
    }

    @Test("INI-05 The completion names user, licence and profile, and leads to a form that can be printed")
    func printable() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let console = try await office.browser(of: OfficeFixture.administrator)
        let done = try await console.walk("/licences/purchase", Company.purchase(Company.access))
        let licence = try #require(done.firstGroup("(ML\\d{12})<"), "\(done.body)")
        let profile = try #require(done.firstGroup("(MP\\d{12})<"))
        #expect(done.body.contains(OfficeFixture.administrator) && done.body.contains("申請書を印刷する"))
        let target = try #require(done.firstGroup("href=\"(/applications/[^\"]*)\""))
        let form = try await console.get(target)
        #expect(form.status == 200)
        for part in [licence, profile, OfficeFixture.organisation, "情報システム部", "03-1234-5678", "よろしく"] {
            #expect(form.body.contains(part), "\(part)")
        }
        let stranger = try await office.browser(of: "PAR99999_hanako")
        #expect(try await stranger.get(target).status == 404)
        #expect(try await stranger.get("/applications/\(profile)").status == 404)
    }

    @Test("INI-06 A profile is approved with every part of its vetting, not before")
    func vetting() async throws {
        let company = try await Company(isVetted: false)
        let path = "/operator/profiles/\(company.profile)"
        for field in ["numberSource", "numberEvidence", "telephone", "employmentConfirmedBy", "applicantConfirmed"] {
            var values = Company.vetting
            values[field] = ""
            let refused = try await company.desk.send(company.desk.get(path), to: path, values)
            #expect(refused.status == 422 && refused.error(field) != nil, "\(field)")
        }
        #expect(try await company.storedProfile().status == .vetting)
        try await company.vet(company.profile)
        let profile = try await company.storedProfile()
        #expect(profile.status == .approved)
        let vetting = try #require(profile.vettings.first)
        #expect(vetting.operatorID == "operator" && vetting.numberSource == .thirdPartyDatabase)
        #expect(vetting.telephone == "03-1234-5678" && vetting.employmentConfirmedBy == "総務部 佐藤")
        #expect(vetting.applicantConfirmed && vetting.subject == profile.subject)
    }
}
