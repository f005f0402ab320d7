import Clocks
import Office
import Testing

/// What an order says of a person, and what the appliance is asked for it (sections 4.2 to 4.8).
@Suite("Orders' subjects: the rules")
struct OrderSubjectTests {
    private func check(
        _ use: CertificateUse,
        _ change: (inout OrderSubject.Input) -> Void
    ) throws -> OrderSubject {
        var input = OrderSubject.Input()
        (input.mail, input.commonName, input.commonNameChoice) = ("taro@example.com", "山田 太郎", "mail")
        change(&input)
        return try OrderSubject.checked(
            input,
            profile: Samples.usableProfile(use, units: use == .access ? ["営業部"] : []),
            licence: .personal,
            domains: [Samples.approvedDomain(at: Samples.noon)]
        )
    }

    private func fields(_ use: CertificateUse, _ change: (inout OrderSubject.Input) -> Void) throws -> [String] {
        do {
            _ = try check(use, change)
            return []
        } catch let refusal as Refusal {
            return refusal.problems.map(\.field)
        }
    }

    @Test("CA-05 One of surname, both names, or pseudonym; chosen and typed are the same")
    func combinations() throws {
        for (surname, given, pseudonym, kind, field) in [
            ("山田", "", "", "", nil), ("山田", "太郎", "", "personalName", nil), ("", "", "社員4711", "pseudonym", nil),
            ("", "太郎", "", "personalName", "surname"), ("", "", "", "personalName", "surname"),
            ("", "", "", "pseudonym", "surname"), ("山田", "太郎", "社員4711", "personalName", "pseudonym"),
            ("", "太郎", "社員4711", "", "pseudonym"), ("山田", "", "", "pseudonym", "nameKind"),
            ("", "", "社員4711", "personalName", "nameKind"), ("山田", "", "", "nickname", "nameKind"),
        ] as [(String, String, String, String, String?)] {
            for choice in ["mail", "personalName"] {
                let found = try fields(.smime) {
                    ($0.surname, $0.givenName, $0.pseudonym) = (surname, given, pseudonym)
                    ($0.nameKind, $0.commonNameChoice) = (kind, choice)
                }
                #expect(found == (field.map { [$0] } ?? []), "\(surname) \(given) \(pseudonym) \(kind)")
            }
        }
    }

    @Test(
        "CA-11 What is no account of a domain, or a built-in one, is refused when the order is made",
        arguments: [
            "S-1-5-21-1004336348-1177238915-682003330-500", "S-1-5-21-1004336348-1177238915-682003330-999",
            "S-1-5-21-1004336348-1177238915-682003330-0", "S-1-5-18", "S-1-5-32-544", "S-1-1-0", "S-1-5-21-1-2-3",
            "S-1-5-21-1004336348-1177238915-682003330-4294967296", "S-1-5-21-01-2-3-1105", "S-1-5-21-1-2-3-1105-7",
            "s-1-5-21-1-2-3-1105", "S-1-5-21-1-2--3-1105", "S-1-5-21-1-2-3-1105x",
        ]
    )
    func securityIdentifiers(sid: String) throws {
        #expect(try fields(.access) { $0.securityIdentifier = sid } == ["securityIdentifier"])
    }

    @Test("CA-11 The SID of somebody's account passes, and a UPN is user@domain")
    func directoryNames() throws {
        let subject = try check(.access) {
            $0.securityIdentifier = " S-1-5-21-0-4294967295-1-1000 "
            $0.userPrincipalName = "o'taro-y.1_2#3&4+5@a.b.corp.example"
        }
        #expect(subject.securityIdentifier == "S-1-5-21-0-4294967295-1-1000")
        for name in [
            "taro", "taro@", "@corp", "a@b@c", ".taro@corp", "taro.@corp", "山田@corp", "taro@-corp", "ta/ro@corp",
        ] {
            #expect(try fields(.access) { $0.userPrincipalName = name } == ["userPrincipalName"], "\(name)")
        }
    }

    @Test("What no name may have is refused when the order is made, not at the pick-up")
    func names() throws {
        for name in ["山\u{200B}田", "山田\u{202E}", "か\u{3099}", "\u{E000}田", "山\u{00A0}田", "...", "－　‐", "ー・。"] {
            #expect(
                try fields(.access) { $0.commonName = name } == ["commonName"],
                "\(name.unicodeScalars.map(\.value))"
            )
        }
        #expect(try fields(.access) { $0.units = ["営業部"] } == ["unit2"], "the profile's department again")
        #expect(try fields(.access) { $0.units = ["第一課", "第一課"] } == ["unit3"])
        #expect(try fields(.access) { ($0.mail, $0.usesMail) = ("ta#ro@example.com", true) } == ["mail"])
        #expect(try fields(.access) { $0.mail = "ta#ro@example.com" } == [], "it is in no certificate")
        #expect(
            try check(.smime) { ($0.mail, $0.surname) = ("Taro@Mail.Example.COM", "山田") }.mail
                == "Taro@mail.example.com"
        )
    }

    @Test("PRO-20, CA-09 Each combination of use, licence, term, address and algorithm has its issuance profile")
    func plans() throws {
        for (use, kind, term, usesMail, isPSS, name) in [
            (.access, .personal, .oneYear, false, false, "access-1y"),
            (.access, .personal, .oneYear, true, true, "access-1y-mail-pss"),
            (.access, .personal, .oneYear, false, true, "access-1y-pss"),
            (.access, .personal, .short, true, false, "access-short-mail"),
            (.access, .personal, .fourYears, true, false, "access-4y-mail"),
            // An order that was made before RSASSA-PSS was chosen keeps its years.
            (.access, .personal, .twoYears, true, true, "access-2y-mail"),
            (.smime, .personal, .oneYear, true, true, "smime-personal-1y-pss"),
            (.smime, .corporate, .oneYear, false, true, "smime-organization-1y-pss"),
            (.smime, .corporate, .twoYears, false, false, "smime-organization"),
        ] as [(CertificateUse, LicenceKind, CertificateTerm, Bool, Bool, String)] {
            var profile = try Samples.usableProfile(use)
            profile.settings.signature = isPSS ? .rsassaPSS : .sha256RSA
            let order = Samples.order(of: profile, kind: kind, term: term, usesMail: usesMail)
            let plan = IssuancePlan(order: order, profile: profile, shortTermDays: 7, issuer: "ca")
            #expect(plan.issuanceProfile == name)
            #expect((plan.signatureAlgorithm != nil) == name.hasSuffix("-pss"))
        }
    }

    @Test(
        "CA-03, CA-06, CA-10 S/MIME names have C, O, organizationIdentifier, the person's names and CN, never an OU; S, L and E where they are wanted"
    )
    func subjects() throws {
        var profile = try Samples.usableProfile(.smime)
        let names = ("山田", "太郎", "")
        func kinds(_ order: Order) -> [String] {
            IssuancePlan(order: order, profile: profile, shortTermDays: 7, issuer: "ca").subject.map(\.kind)
        }
        let person = ["organizationName", "organizationIdentifier", "surname", "givenName", "commonName"]
        #expect(kinds(Samples.order(of: profile, names: names)) == ["countryName", "stateOrProvinceName"] + person)
        profile.subject.state = ""
        #expect(kinds(Samples.order(of: profile, names: names)) == ["countryName"] + person)
        #expect(kinds(Samples.order(of: profile, names: names, usesMail: true)).last == "emailAddress")
        profile.settings.use = .access
        #expect(kinds(Samples.order(of: profile, names: names)) == ["countryName", "organizationName", "commonName"])
    }

    @Test("PKP-04 Where export is forbidden only a USB token is left; elsewhere every way is open")
    func exportForbidden() throws {
        var settings = try Samples.usableProfile().settings
        #expect(Order.KeyOption.allCases.allSatisfy(settings.allows))
        settings.forbidsExport = true
        #expect(Order.KeyOption.allCases.filter(settings.allows) == [.token])
    }
}
