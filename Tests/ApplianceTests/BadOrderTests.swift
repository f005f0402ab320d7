import Foundation
import SignerAPI
import Testing
import Workbench

/// An order that must be refused: what is changed in a good one, and which rule says no.
struct BadOrder: Sendable, CustomTestStringConvertible {
    let name: String
    let error: String
    let rule: String
    let change: @Sendable (inout CertificateOrder) -> Void
    var testDescription: String { name }

    static func rejected(
        _ name: String,
        _ rule: String,
        _ change: @escaping @Sendable (inout CertificateOrder) -> Void
    ) -> BadOrder {
        BadOrder(name: name, error: "RequestRejected", rule: rule, change: change)
    }

    static func violating(
        _ name: String,
        _ rule: String,
        _ change: @escaping @Sendable (inout CertificateOrder) -> Void
    ) -> BadOrder {
        BadOrder(name: name, error: "PolicyViolation", rule: rule, change: change)
    }

    /// The good order, made bad, under an identifier of its own.
    func order(_ prefix: String, _ good: (String) throws -> CertificateOrder) throws -> CertificateOrder {
        let words = name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let number = name.unicodeScalars.reduce(5381) { ($0 &* 33) ^ UInt64($1.value) }
        var order = try good("\(prefix)-\(String(words.prefix(32)))-\(String(number, radix: 16))")
        change(&order)
        return order
    }
}

extension CertificateOrder {
    /// Replaces an attribute's value, or adds the attribute.
    mutating func set(_ type: String, _ value: String) {
        if let index = subject.firstIndex(where: { $0.kind == type }) {
            subject[index].value = value
        } else {
            subject.append(.init(type, value))
        }
    }

    mutating func remove(_ type: String) {
        subject.removeAll { $0.kind == type }
    }
}

/// Orders whose facts no profile, or no rule of the day, allows. The good order of each suite is fulfilled, so that it is
/// the change that is refused.
@Suite(.sharedAppliance) struct BadOrderTests {
    static let unknownNames: [BadOrder] = [
        .violating("unknown profile", "profile.unknown") { $0.profile = "no-such-profile" },
        .violating("empty profile", "profile.unknown") { $0.profile = "" },
        .violating("unknown issuer", "issuer.not-allowed") { $0.issuer = "no-such-issuer" },
        .violating("issuer of another profile", "issuer.not-allowed") { $0.issuer = "smime-p256" },
        .violating("a root as issuer", "issuer.not-allowed") { $0.issuer = "root-p256" },
        .violating("empty issuer", "issuer.not-allowed") { $0.issuer = "" },
        .rejected("unknown attribute", "request.name") { $0.set("favouriteColour", "blue") },
        .rejected("attribute by its short name", "request.name") { $0.set("CN", "Taro") },
        .rejected("attribute by its object identifier", "request.name") { $0.set("2.5.4.3", "Taro") },
        .rejected("unknown kind of alternative name", "request.name") {
            $0.alternativeNames = [.init("dNSName", "evil.example")]
        },
        .rejected("a SID in a URI", "request.name") {
            let sid = "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-1105"
            $0.alternativeNames = [.init("uniformResourceIdentifier", sid)]
        },
        .rejected("directory name", "request.name") { $0.alternativeNames = [.init("directoryName", "CN=evil")] },
        .rejected("unknown purpose", "request.name") { $0.extendedKeyUsages = ["everything"] },
        .rejected("purpose by its object identifier", "request.name") { $0.extendedKeyUsages = ["2.5.29.37.0"] },
        .rejected("unknown algorithm", "request.name") { $0.signatureAlgorithm = "sha1WithRSA" },
        .violating("purpose that the profile lacks", "eku.not-allowed") { $0.extendedKeyUsages = ["emailProtection"] },
        .violating("smart-card log-on with no name to log on as", "eku.smart-card-needs-principal") {
            $0.extendedKeyUsages = ["smartCardLogon"]
        },
        .violating("OCSP signing", "eku.not-allowed") { $0.extendedKeyUsages = ["ocspSigning"] },
        .violating("algorithm of another key", "signature.algorithm-not-allowed") {
            $0.signatureAlgorithm = "sha256WithRSA"
        },
        .violating("algorithm that the profile lacks", "signature.algorithm-not-allowed") {
            $0.issuer = "access-rsa"
            $0.signatureAlgorithm = "rsassaPSSSHA256"
        },
    ]

    @Test("an unknown name, or one that the profile lacks, is refused", arguments: unknownNames)
    func unknownName(_ bad: BadOrder) throws {
        try refuse(bad)
    }

    static let subjects: [BadOrder] = [
        .violating("no attributes at all", "subject.attribute-missing") { $0.subject = [] },
        .violating("no country", "subject.attribute-missing") { $0.remove("countryName") },
        .violating("no common name", "subject.attribute-missing") { $0.remove("commonName") },
        .violating("attribute of another profile", "subject.attribute-not-allowed") { $0.set("title", "Dr") },
        .violating("domain components", "subject.attribute-not-allowed") { $0.set("domainComponent", "evil") },
        .violating("two common names", "subject.attribute-repeated") { $0.subject.append(.init("commonName", "Jiro")) },
        .violating("a thousand common names", "subject.attribute-repeated") {
            $0.subject += (0..<1000).map { .init("commonName", "Jiro \($0)") }
        },
        .violating("four departments", "subject.attribute-repeated") {
            $0.subject += (0..<4).map { .init("organizationalUnitName", "Department \($0)") }
        },
        .violating("the same department twice", "subject.attribute-repeated") {
            $0.subject += (0..<2).map { _ in .init("organizationalUnitName", "Sales") }
        },
        .violating("65 characters", "subject.attribute-too-long") {
            $0.set("commonName", String(repeating: "あ", count: 65))
        },
        .violating("a hundred accents on one letter", "subject.attribute-too-long") {
            $0.set("commonName", "e" + String(repeating: "\u{301}", count: 100))
        },
        .violating("empty", "text.empty") { $0.set("commonName", "") },
        .violating("a hyphen alone", "text.meaningless") { $0.set("organizationName", "-") },
        .violating("leading space", "text.edge-space") { $0.set("commonName", " Taro") },
        .violating("trailing wide space", "text.edge-space") { $0.set("commonName", "太郎\u{3000}") },
        .violating("dollar", "text.forbidden-character") { $0.set("commonName", "$(id)") },
        .violating("template", "text.forbidden-character") { $0.set("commonName", "<% 1 %>") },
        .violating("letters beyond ASCII in a country", "subject.characters") { $0.set("countryName", "ＪＰ") },
        .violating("wrong country", "subject.country") { $0.set("countryName", "ZZ") },
        .violating("country in small letters", "subject.country") { $0.set("countryName", "jp") },
        .violating("the United Kingdom's other code", "subject.country") { $0.set("countryName", "UK") },
    ]

    @Test("a subject that the profile does not allow is refused", arguments: subjects)
    func subject(_ bad: BadOrder) throws {
        try refuse(bad)
    }

    /// Characters that nobody sees, or that change what others see.
    static let hiddenCharacters = [
        "\0", "\n", "\r\nBcc: all@evil.example", "\t", "\u{7}", "\u{1b}[31m", "\u{7f}", "\u{85}", "\u{ad}", "\u{a0}",
        "\u{200b}", "\u{200d}", "\u{200e}", "\u{202e}", "\u{2028}", "\u{2066}", "\u{2060}", "\u{feff}", "\u{fff9}",
        "\u{e0041}", "\u{e000}", "\u{3164}", "\u{2800}", "\u{115f}", "\u{378}", "\u{fffd}", "\u{1d173}",
    ]

    @Test("a character that hides or that turns the writing is refused wherever it stands", arguments: hiddenCharacters)
    func hiddenCharacter(_ character: String) throws {
        let name = character.unicodeScalars.map { String($0.value, radix: 16) }.joined(separator: ".")
        var order = try Stage.order("hidden-\(name.prefix(40))")
        order.set("commonName", "Ta\(character)ro")
        try expectRefusal(of: order, by: SharedAppliance.current, "PolicyViolation", "text.hidden-character")
    }

    private static let windowsNames: [BadOrder] = [
        .violating("no user principal name", "san.too-few") { $0.alternativeNames = [] },
        .violating("two user principal names", "san.too-many") {
            $0.alternativeNames.append(.init("userPrincipalName", "jiro@corp.example"))
        },
        .violating("a mail address as well", "san.kind-not-allowed") {
            $0.alternativeNames.append(.init("rfc822Name", "taro@example.jp"))
        },
        .violating("no SID", "sid.missing") { $0.securityIdentifier = nil },
        .violating("administrator's SID", "sid.built-in") { $0.securityIdentifier = "S-1-5-21-1-2-3-500" },
        .violating("domain admins' SID", "sid.built-in") { $0.securityIdentifier = "S-1-5-21-1-2-3-512" },
    ]

    private static let securityIdentifiers: [BadOrder] =
        [
            "", "S-1-5-18", "S-1-5-21-1-2-3", "S-1-5-21-1-2-3-1105-1", "s-1-5-21-1-2-3-1105", "S-1-5-21-1-2-3-01105",
            "S-1-5-21-1-2-3-4294967296", "S-1-5-21-1-2-3--1105", "S-1-5-21-1-2-3-1105 ", "S-1-5-32-1-2-3-1105",
            "S-1-5-21-1-2-3-１１０５",
        ].map { (sid: String) in
            .violating("SID “\(sid)”", "sid.syntax") { $0.securityIdentifier = sid }
        }

    private static let principals: [BadOrder] =
        [
            "", "taro", "taro@", "@corp.example", "taro@corp@example", "taro @corp.example", "taro@corp..example",
            ".taro@corp.example", "taro@-corp.example", "tаro@corp.example", "taro@corp.example\0",
            "\(String(repeating: "t", count: 120))@corp.example",
        ].map { (principal: String) in
            .violating("principal “\(principal)”", "principal.syntax") {
                $0.alternativeNames = [.init("userPrincipalName", principal)]
            }
        }

    @Test(
        "a Windows account is named in one form, and built-in accounts not at all",
        arguments: windowsNames + securityIdentifiers + principals
    )
    func windowsName(_ bad: BadOrder) throws {
        try refuse(bad, prefix: "windows") { id in
            var order = try Stage.order(id)
            order.profile = "access-smartcard-1y"
            order.alternativeNames = [.init("userPrincipalName", "taro@corp.example")]
            order.securityIdentifier = "S-1-5-21-1004336348-1177238915-682003330-1105"
            return order
        }
    }

    private static let mailNames: [BadOrder] = [
        .violating("no address", "san.too-few") { $0.alternativeNames = [] },
        .violating("four addresses", "san.too-many") {
            $0.alternativeNames = (0..<4).map { .init("rfc822Name", "taro\($0)@example.jp") }
        },
        .violating("the same address twice", "san.twice") { $0.alternativeNames += $0.alternativeNames },
        .violating("a user principal name", "san.kind-not-allowed") {
            $0.alternativeNames.append(.init("userPrincipalName", "taro@corp.example"))
        },
        .violating("a SID", "sid.not-allowed") { $0.securityIdentifier = "S-1-5-21-1-2-3-1105" },
        .violating("an address in the subject alone", "subject.email-not-in-alternative-names") {
            $0.set("emailAddress", "other@example.jp")
        },
        .violating("a common name of nobody", "subject.common-name") { $0.set("commonName", "Hanako Suzuki") },
        .violating("a given name alone", "subject.combination") { $0.remove("surname") },
        .violating("a pseudonym beside the name", "subject.combination") { $0.set("pseudonym", "Taro") },
        .violating("no registration", "subject.attribute-missing") { $0.remove("organizationIdentifier") },
        .violating("a registration in another country", "subject.organization-identifier") {
            $0.set("organizationIdentifier", "NTRUS+CA-123")
        },
        .violating("purposes of log-on", "eku.not-allowed") { $0.extendedKeyUsages = ["encryptingFileSystem"] },
    ]

    private static let registrations: [BadOrder] =
        ["1234567890123", "VATJP-123", "VATJP", "XXXJP-1", "NTRJP-", "vatjp-1234567890123"].map { (text: String) in
            .violating("registration “\(text)”", "subject.organization-identifier") {
                $0.set("organizationIdentifier", text)
            }
        }

    private static let addresses: [BadOrder] =
        [
            ("", "mailbox.syntax"), ("taro", "mailbox.syntax"), ("taro@@example.jp", "mailbox.syntax"),
            ("@example.jp", "mailbox.syntax"), ("ta ro@example.jp", "mailbox.syntax"),
            ("\"taro\"@example.jp", "mailbox.syntax"), ("taro\0@example.jp", "mailbox.syntax"),
            ("taro\r\nBcc: x@example.jp", "mailbox.syntax"), ("taro..yamada@example.jp", "mailbox.syntax"),
            ("\(String(repeating: "t", count: 65))@example.jp", "mailbox.syntax"),
            ("taro@例え.jp", "mailbox.domain-syntax"), ("taro@example", "mailbox.domain-syntax"),
            ("taro@192.0.2.1", "mailbox.domain-syntax"), ("taro@[192.0.2.1]", "mailbox.domain-syntax"),
            ("taro@example.jp.", "mailbox.domain-syntax"), ("taro@exаmple.jp", "mailbox.domain-syntax"),
            ("taro@EXAMPLE.jp", "mailbox.domain-case"), ("taro@example.jp\u{202e}", "mailbox.domain-syntax"),
            ("太\u{202e}郎@example.jp", "mailbox.syntax"), ("太\u{200b}郎@example.jp", "mailbox.syntax"),
        ].map { (address: String, rule: String) in
            .violating("address “\(address)”", rule) { $0.alternativeNames = [.init("rfc822Name", address)] }
        }

    @Test(
        "a mail certificate names a mailbox and a person in the forms of the rules",
        arguments: mailNames + registrations + addresses
    )
    func mailName(_ bad: BadOrder) throws {
        try refuse(bad, prefix: "mail", good: Stage.mailOrder)
    }

    @Test("the orders that these tests make bad are good ones")
    func goodOrders() throws {
        let client = try SharedAppliance.current.client()
        _ = try client.issue(Stage.order("good-access"))
        _ = try client.issue(Stage.mailOrder("good-mail"))
    }

    private func refuse(
        _ bad: BadOrder,
        prefix: String = "bad",
        good: (String) throws -> CertificateOrder = { try Stage.order($0) }
    ) throws {
        try expectRefusal(of: bad.order(prefix, good), by: SharedAppliance.current, bad.error, bad.rule)
    }
}

extension Stage {
    private static let mailRequest = Result {
        try request(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
    }

    /// A mail order that the appliance fulfils: smime-personal, P-256 throughout.
    static func mailOrder(_ id: String) throws -> CertificateOrder {
        var order = CertificateOrder(
            order: id,
            profile: "smime-personal",
            request: try mailRequest.get(),
            subject: [
                .init("countryName", "JP"), .init("organizationName", "Inkan Example"),
                .init("organizationIdentifier", "VATJP-1234567890123"), .init("surname", "Yamada"),
                .init("givenName", "Taro"), .init("commonName", "Taro Yamada"),
            ]
        )
        order.issuer = "smime-p256"
        order.alternativeNames = [.init("rfc822Name", "taro.yamada@example.jp")]
        return order
    }
}
