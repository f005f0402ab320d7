import Clocks
import StrictYAML
import Testing
import X509Building

@testable import Policy

/// A small file with everything in order.
private let goodFile = """
    version: "test"
    follows: ["RFC 5280"]
    issuers:
      - name: mail-ca
        use: smime
        crl: ["http://pki.inkan.example.com/crl/mail.crl"]
      - name: log-in-ca
        use: access
        crl: ["http://pki.inkan.example.com/crl/log-in.crl"]
      - name: top
        use: root
        crl: ["http://pki.inkan.example.com/crl/top.crl"]
    profiles:
      - name: mail
        description: "Mail"
        issuers: [mail-ca]
        signatureAlgorithms: [sha256WithRSA]
        subject:
          attributes:
            - {type: organizationName, presence: required, maximumLength: 60}
            - {type: organizationIdentifier, presence: fixed, value: "GOVJP"}
            - {type: surname, presence: optional}
            - {type: commonName, presence: optional}
          combinations:
            - [surname]
          commonName: [mailbox]
        alternativeNames:
          rfc822Name: {minimum: 1, maximum: 2}
          repeatsEmailAddress: true
        securityIdentifier: forbidden
        extendedKeyUsage:
          always: [emailProtection]
          optional: [clientAuth]
        keys: [rsa-2048]
        keyUsage:
          rsa: [digitalSignature]
        keyOrigins: [csr]
        policies:
          - {oid: "2.23.140.1.5.3.2", cps: "https://pki.inkan.example.com/cps"}
        validity: {maximumDays: 825, defaultDays: 365, backdatingSeconds: 3600}
        revocation:
          reasons: [keyCompromise]
          hold: true
        rules: [rfc5280, smime-sponsor-multipurpose]
    authorities:
      - name: top-ca
        description: "Root"
        use: root
        subject:
          attributes:
            - {type: commonName, presence: required}
        keys: [p-256]
        signatureAlgorithms: [ecdsaP256SHA256]
        keyUsage: [keyCertSign, cRLSign]
        extendedKeyUsage: []
        policies: []
        maximumYears: 20
        defaultYears: 10
    """

/// One way to spoil the file: what is replaced, where the error must stand and what it must say.
struct SpoiltFile: Sendable, CustomTestStringConvertible {
    let what: String
    let from: String
    let to: String
    let code: YAMLError.Code
    /// The error's line is the one with this text.
    let place: String
    let path: String

    init(_ what: String, _ from: String, _ to: String, _ code: YAMLError.Code, at place: String? = nil, _ path: String)
    {
        self.what = what
        self.from = from
        self.to = to
        self.code = code
        self.place = place ?? to
        self.path = path
    }

    var testDescription: String { what }
}

private let spoiltFiles: [SpoiltFile] = [
    SpoiltFile("unknown key at the top", "follows:", "color: red\nfollows:", .unknownKey, at: "color", "color"),
    SpoiltFile("unknown key", "use: smime", "use: smime\n    size: 3", .unknownKey, at: "size", "issuers[0].size"),
    SpoiltFile("key twice", "use: smime", "use: smime\n    use: smime", .duplicateKey, at: "use: smime", "use"),
    SpoiltFile(
        "missing key",
        "    keyOrigins: [csr]\n",
        "",
        .missingKey,
        at: "- name: mail\n",
        "profiles[0].keyOrigins"
    ),
    SpoiltFile("number for text", "\"test\"", "3", .wrongType, at: "version", "version"),
    SpoiltFile(
        "text for number",
        "maximumDays: 825",
        "maximumDays: many",
        .wrongType,
        "profiles[0].validity.maximumDays"
    ),
    SpoiltFile("text for truth", "hold: true", "hold: yes", .wrongType, "profiles[0].revocation.hold"),
    SpoiltFile("list for mapping", "{minimum: 1, maximum: 2}", "[1, 2]", .wrongType, "profiles[0].alternativeNames"),
    SpoiltFile("mapping for list", "follows: [\"RFC 5280\"]", "follows: {a: b}", .wrongType, "follows"),
    SpoiltFile("not YAML", "  - name: mail-ca", "  - name: [mail-ca", .syntax, at: "", ""),
    SpoiltFile("anchor", "use: smime", "use: &x smime", .notAllowed, ""),
    SpoiltFile("empty version", "\"test\"", "\" \"", .invalidValue, at: "version", "version"),
    SpoiltFile("bad identifier", "name: top-ca", "name: Top CA", .invalidValue, "authorities[0].name"),
    SpoiltFile(
        "issuer twice",
        "name: log-in-ca",
        "name: mail-ca",
        .invalidValue,
        at: "name: mail-ca\n    use: access",
        "issuers[1]"
    ),
    SpoiltFile("use unknown", "use: smime", "use: tls", .invalidValue, "issuers[0].use"),
    SpoiltFile(
        "a key's hash that is none",
        "use: smime",
        "use: smime\n    keySHA256: \"0011\"",
        .invalidValue,
        at: "\"0011\"",
        "issuers[0].keySHA256"
    ),
    SpoiltFile(
        "a root's key",
        "use: root\n    crl",
        "use: root\n    keySHA256: \"\(String(repeating: "0a", count: 32))\"\n    crl",
        .invalidValue,
        at: "\"0a0a",
        "issuers[2].keySHA256"
    ),
    SpoiltFile(
        "a CRL in one part",
        "use: smime",
        "use: smime\n    crlPartitions: {count: 1, base: \"http://a.example/crl/x\"}",
        .invalidValue,
        at: "count: 1",
        "issuers[0].crlPartitions.count"
    ),
    SpoiltFile(
        "the base of a CRL's parts with its ending",
        "use: smime",
        "use: smime\n    crlPartitions: {count: 4, base: \"http://a.example/crl/x.crl\"}",
        .invalidValue,
        at: "x.crl",
        "issuers[0].crlPartitions.base"
    ),
    SpoiltFile(
        "a root's CRL in parts",
        "use: root\n    crl",
        "use: root\n    crlPartitions: {count: 4, base: \"http://a.example/crl/x\"}\n    crl",
        .invalidValue,
        at: "crlPartitions",
        "issuers[2].crlPartitions"
    ),
    SpoiltFile(
        "an issuer with the name of another's part",
        "/mail.crl\"]\n  - name: log-in-ca",
        "/mail.crl\"]\n    crlPartitions: {count: 4, base: \"http://a.example/crl/x\"}\n  - name: mail-ca-2",
        .invalidValue,
        at: "- name: mail-ca\n",
        "issuers"
    ),
    SpoiltFile(
        "https for CRLs",
        "http://pki.inkan.example.com/crl/mail",
        "https://pki.inkan.example.com/crl/mail",
        .invalidValue,
        "issuers[0].crl[0]"
    ),
    SpoiltFile("unknown issuer", "issuers: [mail-ca]", "issuers: [mail-xx]", .invalidValue, "profiles[0].issuers[0]"),
    SpoiltFile("root as issuer", "issuers: [mail-ca]", "issuers: [top]", .invalidValue, "profiles[0].issuers[0]"),
    SpoiltFile(
        "issuer of another use",
        "issuers: [mail-ca]",
        "issuers: [log-in-ca]",
        .invalidValue,
        at: "rules:",
        "profiles[0].rules"
    ),
    SpoiltFile("no issuers", "issuers: [mail-ca]", "issuers: []", .invalidValue, "profiles[0].issuers"),
    SpoiltFile(
        "algorithm unknown",
        "[sha256WithRSA]",
        "[sha1WithRSA]",
        .invalidValue,
        "profiles[0].signatureAlgorithms[0]"
    ),
    SpoiltFile(
        "algorithm twice",
        "[sha256WithRSA]",
        "[sha256WithRSA, sha256WithRSA]",
        .invalidValue,
        "profiles[0].signatureAlgorithms[1]"
    ),
    SpoiltFile(
        "attribute unknown",
        "type: surname",
        "type: nickname",
        .invalidValue,
        "profiles[0].subject.attributes[2].type"
    ),
    SpoiltFile(
        "attribute twice",
        "type: surname",
        "type: organizationName",
        .invalidValue,
        at: "organizationName, presence: optional",
        "profiles[0].subject.attributes[2]"
    ),
    SpoiltFile(
        "length beyond the bound",
        "maximumLength: 60",
        "maximumLength: 65",
        .invalidValue,
        "profiles[0].subject.attributes[0].maximumLength"
    ),
    SpoiltFile(
        "count of a single attribute",
        "maximumLength: 60",
        "count: 2",
        .invalidValue,
        "profiles[0].subject.attributes[0].count"
    ),
    SpoiltFile(
        "fixed value that is refused",
        "\"GOVJP\"",
        "\"GOVXX1\"",
        .invalidValue,
        "profiles[0].subject.attributes[1].value"
    ),
    SpoiltFile(
        "value without fixed",
        "presence: required, maximumLength",
        "presence: required, value: a, maximumLength",
        .unknownKey,
        "profiles[0].subject.attributes[0].value"
    ),
    SpoiltFile(
        "combination of a missing attribute",
        "- [surname]",
        "- [pseudonym]",
        .invalidValue,
        at: "attributes:\n        - {type: organizationName",
        "profiles[0].subject"
    ),
    SpoiltFile(
        "minimum above maximum",
        "{minimum: 1, maximum: 2}",
        "{minimum: 3, maximum: 2}",
        .invalidValue,
        "profiles[0].alternativeNames.rfc822Name.maximum"
    ),
    SpoiltFile(
        "no address in S/MIME",
        "{minimum: 1, maximum: 2}",
        "{minimum: 0, maximum: 2}",
        .invalidValue,
        "profiles[0].alternativeNames"
    ),
    SpoiltFile(
        "address not repeated",
        "repeatsEmailAddress: true",
        "repeatsEmailAddress: false",
        .invalidValue,
        at: "rfc822Name:",
        "profiles[0].alternativeNames"
    ),
    SpoiltFile(
        "purpose unknown",
        "always: [emailProtection]",
        "always: [serverAuth]",
        .invalidValue,
        "profiles[0].extendedKeyUsage.always[0]"
    ),
    SpoiltFile(
        "purpose missing",
        "always: [emailProtection]",
        "always: [smartCardLogon]",
        .invalidValue,
        "profiles[0].extendedKeyUsage"
    ),
    SpoiltFile(
        "purpose twice",
        "optional: [clientAuth]",
        "optional: [emailProtection]",
        .invalidValue,
        at: "always:",
        "profiles[0].extendedKeyUsage"
    ),
    SpoiltFile(
        "purpose of responders",
        "optional: [clientAuth]",
        "optional: [ocspSigning]",
        .invalidValue,
        at: "always:",
        "profiles[0].extendedKeyUsage"
    ),
    SpoiltFile("key without usage", "keys: [rsa-2048]", "keys: [rsa-2048, p-256]", .invalidValue, "profiles[0].keys"),
    SpoiltFile(
        "key usage unknown",
        "rsa: [digitalSignature]",
        "rsa: [everything]",
        .invalidValue,
        "profiles[0].keyUsage.rsa[0]"
    ),
    SpoiltFile(
        "policy no identifier",
        "\"2.23.140.1.5.3.2\"",
        "\"2.23.x\"",
        .invalidValue,
        "profiles[0].policies[0].oid"
    ),
    SpoiltFile("policy without quotes", "\"2.23.140.1.5.3.2\"", "2.23", .wrongType, "profiles[0].policies[0].oid"),
    SpoiltFile(
        "policy of another type",
        "\"2.23.140.1.5.3.2\"",
        "\"2.23.140.1.5.1.2\"",
        .invalidValue,
        "profiles[0].policies"
    ),
    SpoiltFile(
        "CPS by ftp",
        "https://pki.inkan.example.com/cps",
        "ftp://pki.inkan.example.com/cps",
        .invalidValue,
        "profiles[0].policies[0].cps"
    ),
    SpoiltFile(
        "validity beyond the rules",
        "maximumDays: 825",
        "maximumDays: 826",
        .invalidValue,
        "profiles[0].validity"
    ),
    SpoiltFile(
        "default above maximum",
        "defaultDays: 365",
        "defaultDays: 900",
        .invalidValue,
        "profiles[0].validity.defaultDays"
    ),
    SpoiltFile(
        "rules unknown",
        "smime-sponsor-multipurpose",
        "smime-sponsor-lenient",
        .invalidValue,
        "profiles[0].rules[1]"
    ),
    SpoiltFile(
        "rules without RFC 5280",
        "[rfc5280, smime-sponsor-multipurpose]",
        "[smime-sponsor-multipurpose]",
        .invalidValue,
        "profiles[0].rules"
    ),
    SpoiltFile(
        "hold in Strict",
        "smime-sponsor-multipurpose",
        "smime-sponsor-strict",
        .invalidValue,
        at: "{oid:",
        "profiles[0].policies"
    ),
    SpoiltFile(
        "personal attribute in an organisation's profile",
        "smime-sponsor-multipurpose]",
        "smime-organization-multipurpose]",
        .invalidValue,
        at: "{oid:",
        "profiles[0].policies"
    ),
    SpoiltFile(
        "common name of another type",
        "commonName: [mailbox]",
        "commonName: [organizationName]",
        .invalidValue,
        at: "attributes:\n        - {type: organizationName",
        "profiles[0].subject"
    ),
    SpoiltFile(
        "CA that signs nothing",
        "[keyCertSign, cRLSign]",
        "[keyCertSign]",
        .invalidValue,
        at: "name: top-ca",
        "authorities[0]"
    ),
    SpoiltFile(
        "CA that does too much",
        "[keyCertSign, cRLSign]",
        "[keyCertSign, cRLSign, keyEncipherment]",
        .invalidValue,
        at: "name: top-ca",
        "authorities[0]"
    ),
    SpoiltFile(
        "root with purposes",
        "extendedKeyUsage: []",
        "extendedKeyUsage: [clientAuth]",
        .invalidValue,
        at: "name: top-ca",
        "authorities[0]"
    ),
]

@Suite("Reading profile files strictly (POL-01)")
struct ProfileReadingTests {
    @Test("A file in order is read")
    func good() throws {
        let set = try ProfileSet(yaml: Array(goodFile.utf8))
        #expect(set.profiles[0].subject.attributes[1].kind == .fixed("GOVJP"))
        #expect(set.profiles[0].policies[0].cps == "https://pki.inkan.example.com/cps")
        #expect(set.profiles[0].ruleSets == [.rfc5280, .smime(SMIMEType(.sponsor, .multipurpose))])
        #expect(set.authorities[0].pathLength == nil)
    }

    @Test("What is wrong is refused where it stands", arguments: spoiltFiles)
    func spoilt(file: SpoiltFile) throws {
        let text = goodFile.replacing(file.from, with: file.to, maxReplacements: 1)
        try #require(text != goodFile, "nothing was replaced")
        let error = #expect(throws: YAMLError.self) { try ProfileSet(yaml: Array(text.utf8)) }
        #expect(error?.code == file.code, "\(String(describing: error))")
        #expect(error?.path.hasPrefix(file.path) == true, "\(String(describing: error))")
        #expect(error?.reason.isEmpty == false)
        if let range = text.firstRange(of: file.place), !file.place.isEmpty {
            let line = text[..<range.lowerBound].count { $0 == "\n" } + 1
            #expect(error?.line == line, "\(String(describing: error))")
        }
    }

    @Test("Bytes that are not UTF-8, an empty file and a missing one are refused")
    func unreadable() {
        #expect(throws: YAMLError.self) { try ProfileSet(yaml: [0x61, 0xff]) }
        #expect(throws: YAMLError.self) { try ProfileSet(yaml: []) }
        #expect(throws: YAMLError.self) { try ProfileSet(path: "/nonexistent/profiles.yaml") }
        #expect(throws: YAMLError.self) {
            try ProfileSet(yaml: Array(repeating: UInt8(ascii: "#"), count: YAMLValue.longestDocument + 1))
        }
    }

    @Test("A Legacy profile is read, and is a problem from 15 July 2025 on")
    func legacyEnds() throws {
        let text = goodFile.replacing("smime-sponsor-multipurpose", with: "smime-sponsor-legacy")
            .replacing("2.23.140.1.5.3.2", with: "2.23.140.1.5.3.1")
            .replacing("maximumDays: 825", with: "maximumDays: 1185")
        let set = try ProfileSet(yaml: Array(text.utf8))
        let lastSecond = CivilTime(year: 2025, month: 7, day: 14, hour: 23, minute: 59, second: 59)
        #expect(set.problems(at: Timestamp(seconds: lastSecond.secondsSinceEpoch)).isEmpty)
        #expect(set.problems(at: Timestamp(seconds: lastSecond.secondsSinceEpoch + 1)).map(\.profile) == ["mail"])
    }

    @Test("The rules of Strict: no hold, one purpose, no other names")
    func strict() throws {
        let strict = goodFile.replacing("smime-sponsor-multipurpose", with: "smime-sponsor-strict")
            .replacing("2.23.140.1.5.3.2", with: "2.23.140.1.5.3.3")
        let right = strict.replacing("      optional: [clientAuth]\n", with: "").replacing(
            "hold: true",
            with: "hold: false"
        )
        #expect(try ProfileSet(yaml: Array(right.utf8)).profiles.count == 1)
        for (from, to, path) in [
            ("hold: false", "hold: true", "profiles[0].revocation"),
            ("[emailProtection]", "[emailProtection, clientAuth]", "profiles[0].extendedKeyUsage"),
            (
                "repeatsEmailAddress", "userPrincipalName: {minimum: 0, maximum: 1}\n      repeatsEmailAddress",
                "profiles[0].alternativeNames"
            ),
        ] {
            let text = right.replacing(from, with: to)
            let error = #expect(throws: YAMLError.self) { try ProfileSet(yaml: Array(text.utf8)) }
            #expect(error?.path == path)
        }
    }
}
