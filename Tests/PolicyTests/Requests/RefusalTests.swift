import Clocks
import Foundation
import Testing
import X509Building

@testable import Policy

/// One request that must be refused, and by which rule.
struct Refusal: Sendable, CustomTestStringConvertible {
    let rule: PolicyRule
    let what: String
    let spoil: @Sendable (inout CertificateRequestFacts) -> Void
    var base = GoodRequest.personal

    init(
        _ rule: PolicyRule,
        _ what: String,
        of base: CertificateRequestFacts = GoodRequest.personal,
        _ spoil: @escaping @Sendable (inout CertificateRequestFacts) -> Void
    ) {
        self.rule = rule
        self.what = what
        self.base = base
        self.spoil = spoil
    }

    /// Another value for an attribute that the base has.
    static func value(_ rule: PolicyRule, _ type: AttributeType, _ value: String) -> Refusal {
        Refusal(rule, "\(type.rawValue) “\(value.unicodeScalars.map { $0.escaped(asASCII: true) }.joined())”") {
            facts in
            facts.subject.removeAll { $0.type == type }
            facts.subject.append(.init(type, value))
        }
    }

    /// Another address among the names.
    static func address(_ rule: PolicyRule, _ address: String) -> Refusal {
        Refusal(rule, "address \(address)") { facts in
            facts.subject.removeAll { $0.type == .emailAddress }
            facts.alternativeNames = [.rfc822Name(address)]
        }
    }

    static func principal(_ name: String) -> Refusal {
        Refusal(.principalSyntax, "principal \(name)", of: GoodRequest.smartCard) { facts in
            facts.alternativeNames = [.userPrincipalName(name)]
        }
    }

    static func sid(_ rule: PolicyRule, _ sid: String) -> Refusal {
        Refusal(rule, "SID \(sid)", of: GoodRequest.smartCard) { $0.securityIdentifier = sid }
    }

    var testDescription: String { "\(rule.rawValue): \(what)" }
}

private let refusals: [Refusal] = requestRefusals + textRefusals + nameRefusals + validityRefusals

private let requestRefusals: [Refusal] = [
    Refusal(.profileUnknown, "no such profile") { $0.profile = "tls-server" },
    Refusal(.issuerNotAllowed, "issuer of another use") { $0.issuer = "access-rsa" },
    Refusal(.issuerNotAllowed, "unknown issuer") { $0.issuer = "nobody" },
    Refusal(.signatureAlgorithm, "algorithm of another key") { $0.signatureAlgorithm = .ecdsaP256SHA256 },
    Refusal(.signatureAlgorithm, "PSS in a profile without it") { $0.signatureAlgorithm = .rsassaPSSSHA256 },
    Refusal(.attributeNotAllowed, "OU in S/MIME") { $0.subject.append(.init(.organizationalUnitName, "総務部")) },
    Refusal(.attributeMissing, "no organisation") { $0.subject.removeAll { $0.type == .organizationName } },
    Refusal(.attributeRepeated, "two common names") { $0.subject.append(.init(.commonName, "山田")) },
    Refusal(.attributeRepeated, "four OUs", of: GoodRequest.access) { facts in
        facts.subject += [.init(.organizationalUnitName, "3"), .init(.organizationalUnitName, "4")]
    },
    Refusal(.attributeRepeated, "the same OU twice", of: GoodRequest.access) { facts in
        facts.subject.append(.init(.organizationalUnitName, "Team A"))
    },
    Refusal(.attributeCombination, "given name alone") { facts in
        facts.subject.removeAll { $0.type == .surname }
    },
    Refusal(.attributeCombination, "pseudonym beside a name") { $0.subject.append(.init(.pseudonym, "社員 7")) },
    Refusal(.attributeCombination, "no name at all") { facts in
        facts.subject.removeAll { $0.type == .surname || $0.type == .givenName }
    },
    Refusal(.extendedKeyUsage, "EFS in S/MIME") { $0.extendedKeyUsages = [.encryptingFileSystem] },
    Refusal(.extendedKeyUsage, "a purpose of one's own") { $0.extendedKeyUsages = [.other([2, 5, 29, 37, 0])] },
    Refusal(.extendedKeyUsage, "responder", of: GoodRequest.access) { $0.extendedKeyUsages = [.ocspSigning] },
    Refusal(.securityIdentifierNotAllowed, "SID in S/MIME") { $0.securityIdentifier = "S-1-5-21-1-2-3-1105" },
    Refusal(.securityIdentifierMissing, "smart card without SID", of: GoodRequest.smartCard) {
        $0.securityIdentifier = nil
    },
]

private let textRefusals: [Refusal] = [
    .value(.textEmpty, .organizationName, ""),
    .value(.textHiddenCharacter, .organizationName, "A\u{0}B"),
    .value(.textHiddenCharacter, .organizationName, "A\nB"),
    .value(.textHiddenCharacter, .organizationName, "A\rB"),
    .value(.textHiddenCharacter, .organizationName, "A\tB"),
    .value(.textHiddenCharacter, .organizationName, "A\u{7f}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{85}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{202e}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{2066}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{200b}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{200d}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{ad}B"),
    .value(.textHiddenCharacter, .organizationName, "\u{feff}AB"),
    .value(.textHiddenCharacter, .organizationName, "A\u{2028}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{e000}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{f0000}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{378}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{fffe}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{fffd}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{a0}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{3164}B"),
    .value(.textHiddenCharacter, .organizationName, "A\u{e0041}B"),
    .value(.textHiddenCharacter, .organizationName, "か\u{3099}"),
    .value(.textForbiddenCharacter, .organizationName, "A$B"),
    .value(.textForbiddenCharacter, .organizationName, "A;B"),
    .value(.textForbiddenCharacter, .organizationName, "A!B"),
    .value(.textForbiddenCharacter, .organizationName, "A%B"),
    .value(.textForbiddenCharacter, .organizationName, "A`B"),
    .value(.textForbiddenCharacter, .organizationName, "A?B"),
    .value(.textForbiddenCharacter, .organizationName, "A~B"),
    .value(.textEdgeSpace, .organizationName, " AB"),
    .value(.textEdgeSpace, .organizationName, "AB\u{3000}"),
    .value(.textMeaningless, .organizationName, "."),
    .value(.textMeaningless, .organizationName, "- -"),
    .value(.textMeaningless, .organizationName, "．"),
    .value(.attributeTooLong, .organizationName, String(repeating: "あ", count: 65)),
    .value(.attributeTooLong, .surname, String(repeating: "a", count: 32)),
    .value(.attributeTooLong, .organizationName, String(repeating: "a", count: 100_000)),
]

private let nameRefusals: [Refusal] = [
    .value(.country, .countryName, "jp"),
    .value(.country, .countryName, "UK"),
    .value(.attributeTooLong, .countryName, "JPN"),
    .value(.attributeCharacters, .countryName, "Ｊ"),
    .value(.commonName, .commonName, "佐藤"),
    .value(.commonName, .commonName, "other@inkan.example"),
    .value(.organizationIdentifier, .organizationIdentifier, "1234567890123"),
    .value(.organizationIdentifier, .organizationIdentifier, "VATJP-123"),
    .value(.organizationIdentifier, .organizationIdentifier, "VATZZ-1234567890123"),
    .value(.organizationIdentifier, .organizationIdentifier, "GOVJP-1"),
    .value(.organizationIdentifier, .organizationIdentifier, "NTRJP-"),
    .value(.organizationIdentifier, .organizationIdentifier, "NTRUS+CALI-1"),
    .value(.organizationIdentifier, .organizationIdentifier, "LEIJP-5493001KJTIIGC8Y1R12"),
    .value(.organizationIdentifier, .organizationIdentifier, "NTRDE-HRB1"),
    .value(.emailAddressNotRepeated, .emailAddress, "jiro@inkan.example"),
    .value(.mailboxForm, .emailAddress, "山田@inkan.example"),
    .value(.mailboxSyntax, .emailAddress, "taro"),
    .address(.mailboxSyntax, "taro"),
    .address(.mailboxSyntax, "@inkan.example"),
    .address(.mailboxSyntax, "a@b@inkan.example"),
    .address(.mailboxSyntax, ".taro@inkan.example"),
    .address(.mailboxSyntax, "taro.@inkan.example"),
    .address(.mailboxSyntax, "ta..ro@inkan.example"),
    .address(.mailboxSyntax, "\"taro\"@inkan.example"),
    .address(.mailboxSyntax, "ta ro@inkan.example"),
    .address(.mailboxSyntax, "taro%x@inkan.example"),
    .address(.mailboxSyntax, "taro\u{200b}@inkan.example"),
    .address(.mailboxSyntax, String(repeating: "a", count: 65) + "@inkan.example"),
    .address(.mailboxSyntax, "taro@" + String(repeating: "abcdefg.", count: 40) + "example"),
    .address(.mailboxForm, "山田@inkan.example"),
    .address(.domainCase, "taro@Inkan.example"),
    .address(.domainSyntax, "taro@inkan"),
    .address(.domainSyntax, "taro@印鑑.example"),
    .address(.domainSyntax, "taro@inkan..example"),
    .address(.domainSyntax, "taro@-inkan.example"),
    .address(.domainSyntax, "taro@ab--cd.example"),
    .address(.domainSyntax, "taro@inkan.example."),
    .address(.domainSyntax, "taro@192.0.2.1"),
    .address(.domainSyntax, "taro@[192.0.2.1]"),
    Refusal(.mailboxForm, "ASCII in SmtpUTF8Mailbox") { facts in
        facts.alternativeNames.append(.smtpUTF8Mailbox("jiro@inkan.example"))
    },
    Refusal(.alternativeNameTooFew, "no mail address") { facts in
        facts.alternativeNames = []
        facts.subject.removeAll { $0.type == .emailAddress }
    },
    Refusal(.alternativeNameTooFew, "no principal", of: GoodRequest.smartCard) { $0.alternativeNames = [] },
    Refusal(.alternativeNameTooMany, "four addresses") { facts in
        facts.alternativeNames += (1...3).map { .rfc822Name("taro\($0)@inkan.example") }
    },
    Refusal(.alternativeNameTwice, "an address twice") { $0.alternativeNames += $0.alternativeNames },
    Refusal(.alternativeNameNotAllowed, "principal in S/MIME") { facts in
        facts.alternativeNames.append(.userPrincipalName("taro@corp.example"))
    },
    Refusal(.alternativeNameNotAllowed, "DNS name") { $0.alternativeNames.append(.dnsName("www.inkan.example")) },
    Refusal(.alternativeNameNotAllowed, "URI") { facts in
        facts.alternativeNames.append(.uniformResourceIdentifier("https://inkan.example/"))
    },
    Refusal(.alternativeNameNotAllowed, "directory name") { facts in
        facts.alternativeNames.append(.directoryName(DistinguishedName(facts.subject)))
    },
    Refusal(.securityIdentifierURI, "the SID as a URI", of: GoodRequest.smartCard) { facts in
        facts.alternativeNames.append(
            .uniformResourceIdentifier("TAG:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-500")
        )
    },
    .principal("taro"), .principal("@corp.example"), .principal("taro@"), .principal("taro@corp..example"),
    .principal("ta ro@corp.example"), .principal("山田@corp.example"), .principal(".taro@corp.example"),
    .principal("a@b@corp.example"), .principal("taro@-corp.example"),
    .principal(String(repeating: "a", count: 120) + "@corp.example"),
    .sid(.securityIdentifierSyntax, "S-1-1-0"),
    .sid(.securityIdentifierSyntax, "S-1-5-32-544"),
    .sid(.securityIdentifierSyntax, "s-1-5-21-1-2-3-1105"),
    .sid(.securityIdentifierSyntax, "S-1-5-21-1-2-1105"),
    .sid(.securityIdentifierSyntax, "S-1-5-21-1-2-3-4-1105"),
    .sid(.securityIdentifierSyntax, "S-1-5-21-01-2-3-1105"),
    .sid(.securityIdentifierSyntax, "S-1-5-21-1-2-4294967296-1105"),
    .sid(.securityIdentifierSyntax, "S-1-5-21-1-2-3-"),
    .sid(.securityIdentifierSyntax, "S-1-5-21-1-2-3-+1105"),
    .sid(.securityIdentifierSyntax, "S-1-5-21-1-2-3-1105 "),
    .sid(.securityIdentifierBuiltIn, "S-1-5-21-1-2-3-500"),
    .sid(.securityIdentifierBuiltIn, "S-1-5-21-1-2-3-999"),
]

private let validityRefusals: [Refusal] = [
    Refusal(.validityAmbiguous, "days and an end") { facts in
        facts.validityDays = 30
        facts.notAfter = Timestamp(seconds: testDate.seconds + 86_400)
    },
    Refusal(.validityTooLong, "no day") { $0.validityDays = 0 },
    Refusal(.validityTooLong, "fewer than none") { $0.validityDays = -1 },
    Refusal(.validityTooLong, "a day too many") { $0.validityDays = 826 },
    Refusal(.validityTooLong, "days without end") { $0.validityDays = .max },
    Refusal(.validityTooLong, "a second too many") { facts in
        facts.notAfter = Timestamp(seconds: testDate.seconds - 3600 + 825 * 86_400)
    },
    Refusal(.validityStart, "a second too early") { facts in
        facts.notBefore = Timestamp(seconds: testDate.seconds - 3601)
    },
    Refusal(.validityStart, "in the future") { $0.notBefore = Timestamp(seconds: testDate.seconds + 1) },
    Refusal(.validityStart, "a part of a second") { $0.notBefore = Timestamp(milliseconds: testDate.milliseconds - 1) },
    Refusal(.validityEnd, "over already") { $0.notAfter = testDate },
    Refusal(.validityEnd, "before it begins") { $0.notAfter = Timestamp(seconds: 0) },
    Refusal(.validityEnd, "a part of a second") { facts in
        facts.notAfter = Timestamp(milliseconds: testDate.milliseconds + 86_400_001)
    },
]

@Suite("Requests that are refused (POL-01)")
struct RefusalTests {
    let authorities: TestAuthorities

    init() throws {
        authorities = try TestAuthorities.shared.get()
    }

    private func resolve(
        _ facts: CertificateRequestFacts,
        key: SubjectPublicKey? = nil,
        at date: Timestamp = testDate
    ) throws(PolicyViolation) -> CertificatePlan {
        let name = try authorities.profiles.issuerName(for: facts)
        guard let issuer = authorities.issuers[name] else {
            throw PolicyViolation(.issuerMismatch, field: "issuer", "no test CA “\(name)”")
        }
        return try authorities.profiles.resolve(facts, key: key ?? authorities.personRSA, issuer: issuer, at: date)
    }

    @Test("The bases are accepted", arguments: [GoodRequest.personal, GoodRequest.access, GoodRequest.smartCard])
    func good(facts: CertificateRequestFacts) throws {
        #expect(throws: Never.self) { try resolve(facts) }
    }

    @Test("Each spoilt request is refused by its rule, with what to do instead", arguments: refusals)
    func refused(refusal: Refusal) throws {
        var facts = refusal.base
        refusal.spoil(&facts)
        let violation = #expect(throws: PolicyViolation.self) { try resolve(facts) }
        #expect(violation?.rule == refusal.rule, "\(String(describing: violation))")
        #expect(violation?.mend.isEmpty == false && violation?.reason.isEmpty == false)
    }

    @Test("Key, origin and issuer")
    func keysAndIssuers() throws {
        let profiles = authorities.profiles
        let issuer = try #require(authorities.issuers["smime-rsa"])
        let other = try #require(authorities.issuers["smime-p256"])
        func rule(
            _ facts: CertificateRequestFacts,
            key: SubjectPublicKey,
            issuer: IssuerFacts,
            at date: Timestamp = testDate
        ) -> PolicyRule? {
            do throws(PolicyViolation) {
                _ = try profiles.resolve(facts, key: key, issuer: issuer, at: date)
                return nil
            } catch {
                return error.rule
            }
        }
        let facts = GoodRequest.personal
        let key = authorities.personRSA
        #expect(rule(facts, key: key, issuer: issuer) == nil)
        #expect(rule(facts, key: key, issuer: other) == .issuerMismatch)
        #expect(rule(facts, key: issuer.publicKey, issuer: issuer) == .keyOfIssuer)
        #expect(rule(facts, key: key, issuer: issuer, at: Timestamp(seconds: issuer.notBefore - 1)) == .issuerNotValid)
        #expect(rule(facts, key: key, issuer: issuer, at: Timestamp(seconds: issuer.notAfter + 1)) == .issuerNotValid)
        let late = Timestamp(seconds: issuer.notAfter - 86_400)
        #expect(rule(facts, key: key, issuer: issuer, at: late) == .validityBeyondIssuer)
        var lastSecond = facts
        lastSecond.notAfter = Timestamp(seconds: issuer.notAfter)
        #expect(rule(lastSecond, key: key, issuer: issuer, at: late) == nil)
    }

    @Test("A profile that lists fewer keys and origins, or has ended")
    func narrowProfile() throws {
        let issuer = try #require(authorities.issuers["smime-rsa"])
        let text = try String(contentsOfFile: TestAuthorities.profilesPath, encoding: .utf8)
        let narrow = text.replacing(
            "keys: [rsa-2048, rsa-3072, rsa-4096, p-256, p-384, ed25519]\n    keyUsage:",
            with: "keys: [p-256]\n    keyUsage:"
        )
        .replacing("keyOrigins: [csr, token, service]", with: "keyOrigins: [token]")
        let set = try ProfileSet(yaml: Array(narrow.utf8))
        var facts = GoodRequest.personal
        #expect(throws: PolicyViolation.self) {
            try set.resolve(facts, key: authorities.personP256, issuer: issuer, at: testDate)
        }
        facts.keyOrigin = .token
        #expect(throws: Never.self) {
            try set.resolve(facts, key: authorities.personP256, issuer: issuer, at: testDate)
        }
        let violation = #expect(throws: PolicyViolation.self) {
            try set.resolve(facts, key: authorities.personRSA, issuer: issuer, at: testDate)
        }
        #expect(violation?.rule == .keyAlgorithm)

        let legacy = text.replacing("smime-sponsor-multipurpose", with: "smime-sponsor-legacy")
            .replacing("oid: \"2.23.140.1.5.3.2\", cps", with: "oid: \"2.23.140.1.5.3.1\", cps")
        let ended = try ProfileSet(yaml: Array(legacy.utf8))
        let refusal = #expect(throws: PolicyViolation.self) {
            try ended.resolve(GoodRequest.personal, key: authorities.personRSA, issuer: issuer, at: testDate)
        }
        #expect(refusal?.rule == .profileEnded)
    }

    @Test("Fixed values, character classes and purposes that a key cannot serve")
    func profileDetails() throws {
        let text = try String(contentsOfFile: TestAuthorities.profilesPath, encoding: .utf8)
            .replacing(
                "{type: stateOrProvinceName, presence: optional}",
                with: "{type: stateOrProvinceName, presence: fixed, value: 東京都}"
            )
            .replacing(
                "{type: localityName, presence: optional}",
                with: "{type: localityName, presence: optional, characters: alphanumeric}"
            )
            .replacing(
                "always: [clientAuth, smartCardLogon]",
                with: "always: [clientAuth]\n      optional: [smartCardLogon]"
            )
            .replacing(
                "userPrincipalName: {minimum: 1, maximum: 1}",
                with: "userPrincipalName: {minimum: 0, maximum: 1}"
            )
            .replacing("securityIdentifier: required", with: "securityIdentifier: optional")
            .replacing(
                "optional: [smartCardLogon]\n      optional: [encryptingFileSystem]",
                with: "optional: [smartCardLogon, encryptingFileSystem]"
            )
        let set = try ProfileSet(yaml: Array(text.utf8))
        let issuer = try #require(authorities.issuers["access-rsa"])
        func rule(_ facts: CertificateRequestFacts, key: SubjectPublicKey) -> PolicyRule? {
            do throws(PolicyViolation) {
                _ = try set.resolve(facts, key: key, issuer: issuer, at: testDate)
                return nil
            } catch {
                return error.rule
            }
        }
        var facts = GoodRequest.access
        #expect(
            try set.resolve(facts, key: authorities.personRSA, issuer: issuer, at: testDate)
                .subject.values(.stateOrProvinceName) == ["東京都"]
        )
        facts.subject.append(.init(.stateOrProvinceName, "大阪府"))
        #expect(rule(facts, key: authorities.personRSA) == .attributeFixed)
        facts = GoodRequest.access
        facts.subject.append(.init(.localityName, "千代田区"))
        #expect(rule(facts, key: authorities.personRSA) == .attributeCharacters)
        facts = GoodRequest.access
        facts.extendedKeyUsages = [.encryptingFileSystem]
        #expect(rule(facts, key: authorities.personRSA) == nil)
        #expect(rule(facts, key: authorities.personEd25519) == .extendedKeyUsage)
        facts.profile = "access-smartcard-1y"
        facts.extendedKeyUsages = [.smartCardLogon]
        #expect(rule(facts, key: authorities.personRSA) == .smartCardLogonPrincipal)
    }

    @Test("Requests of a ceremony")
    func authorityRefusals() throws {
        let set = authorities.profiles
        let key = authorities.personP256
        let name = TestAuthorities.name("New CA")
        func rule(
            _ request: AuthorityRequest,
            issuer: IssuerFacts?,
            key: SubjectPublicKey? = nil,
            at date: Timestamp = testDate
        ) -> PolicyRule? {
            do throws(PolicyViolation) {
                _ = try set.resolve(request, key: key ?? authorities.personP256, issuer: issuer, at: date)
                return nil
            } catch {
                return error.rule
            }
        }
        let good = AuthorityRequest(profile: "issuing-ca-access", subject: name)
        #expect(rule(good, issuer: authorities.root) == nil)
        #expect(rule(AuthorityRequest(profile: "x", subject: name), issuer: nil) == .profileUnknown)
        #expect(rule(good, issuer: nil) == .issuerMismatch)
        #expect(rule(AuthorityRequest(profile: "root-ca", subject: name), issuer: authorities.root) == .issuerMismatch)
        #expect(rule(good, issuer: authorities.issuers["access-rsa"]) == .issuerNotAllowed)
        #expect(
            rule(AuthorityRequest(profile: "issuing-ca-access", subject: name, years: 16), issuer: authorities.root)
                == .validityTooLong
        )
        #expect(
            rule(AuthorityRequest(profile: "issuing-ca-access", subject: name, years: 0), issuer: authorities.root)
                == .validityTooLong
        )
        #expect(rule(good, issuer: authorities.root, key: authorities.root.publicKey) == .keyOfIssuer)
        #expect(
            rule(
                AuthorityRequest(profile: "issuing-ca-access", subject: TestAuthorities.name("Test Root")),
                issuer: authorities.root,
                key: key
            ) == .attributeFixed
        )
        let late = Timestamp(seconds: authorities.root.notAfter - 86_400)
        #expect(rule(good, issuer: authorities.root, at: late) == .validityBeyondIssuer)
        #expect(
            rule(good, issuer: authorities.root, at: Timestamp(seconds: authorities.root.notBefore - 1))
                == .issuerNotValid
        )
        let wrongAlgorithm = AuthorityRequest(
            profile: "issuing-ca-access",
            subject: name,
            signatureAlgorithm: .sha256WithRSA
        )
        #expect(rule(wrongAlgorithm, issuer: authorities.root) == .signatureAlgorithm)
    }

    @Test(
        "Places of an issuer that no certificate can name are refused with each order",
        arguments: ["crl/access-rsa.crl", "ca/access-rsa.cer", "ocsp/access-rsa"]
    )
    func repeatedPlaces(place: String) throws {
        let text = try String(contentsOfFile: TestAuthorities.profilesPath, encoding: .utf8)
        let address = "\"http://pki.inkan.example.com/\(place)\""
        let set = try ProfileSet(yaml: Array(text.replacing("[\(address)]", with: "[\(address), \(address)]").utf8))
        let issuer = try #require(authorities.issuers["access-rsa"])
        let violation = #expect(throws: PolicyViolation.self) {
            try set.resolve(GoodRequest.access, key: authorities.personRSA, issuer: issuer, at: testDate)
        }
        #expect(violation?.rule == .encoding)
    }

    @Test("Every rule is tried somewhere here")
    func coverage() {
        let elsewhere: Set<PolicyRule> = [
            .profileEnded, .issuerMismatch, .issuerNotValid, .keyAlgorithm, .keyOrigin, .keyOfIssuer, .attributeFixed,
            .smartCardLogonPrincipal, .validityBeyondIssuer, .passwordNotAllowed, .passwordForm,
            .encoding,
        ]
        let tried = Set(refusals.map(\.rule)).union(elsewhere)
        #expect(Set(PolicyRule.allCases).subtracting(tried).isEmpty)
        for rule in PolicyRule.allCases { #expect(!rule.mend.isEmpty) }
    }
}
