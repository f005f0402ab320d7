import TextForms
import X509Building

/// What RFC 5280, and the documents on algorithms that it rests on, demand of every certificate here.
enum RFC5280Rules {
    static let all: [LintRule] = serial + signature + validity + names + extensions + identifiers + usage + points

    private static let serial: [LintRule] = [
        LintRule("rfc5280.serial-positive", "RFC 5280 4.1.2.2") { subject in
            subject.tbs.serialNumber.allSatisfy { $0 == 0 } ? "the serial is zero" : nil
        },
        LintRule("rfc5280.serial-length", "RFC 5280 4.1.2.2") { subject in
            let digits = subject.tbs.serialNumber
            let octets = digits.count + (digits.first.map { $0 >= 0x80 ? 1 : 0 } ?? 0)
            return octets > TBSCertificate.maximumSerialOctets ? "the serial takes \(octets) octets" : nil
        },
        LintRule("cabf.serial-entropy", "CA/B Forum S/MIME BR 7.1") { subject in
            subject.tbs.serialNumber.count < 9 ? "the serial has room for fewer than 64 random bits" : nil
        },
    ]

    private static let signature: [LintRule] = [
        LintRule("rfc5280.signature-algorithm", "RFC 5280 4.1.1.2; CA/B Forum S/MIME BR 7.1.3.2") { subject in
            subject.tbs.signatureAlgorithm.accepts(subject.issuer.publicKey)
                ? nil : "the CA's key does not make \(subject.tbs.signatureAlgorithm.rawValue)"
        },
        LintRule("rfc5280.issuer-name", "RFC 5280 4.1.2.4; CA/B Forum S/MIME BR 7.1.4.1") { subject in
            subject.tbs.issuerDER == subject.issuer.subjectDER
                ? nil : "the issuer is not the CA's subject, byte for byte"
        },
        LintRule("rfc5280.key-kind", "CA/B Forum S/MIME BR 6.1.5, 7.1.3.1") { subject in
            subject.tbs.publicKey.keyAlgorithm == nil ? "the key is of no kind that is used here" : nil
        },
        LintRule("rfc5280.key-of-issuer", "RFC 5280 3.2") { subject in
            !subject.isRoot && subject.tbs.publicKey == subject.issuer.publicKey ? "the key is the CA's own" : nil
        },
    ]

    private static let validity: [LintRule] = [
        LintRule("rfc5280.validity-order", "RFC 5280 4.1.2.5") { subject in
            subject.tbs.notBefore <= subject.tbs.notAfter ? nil : "the validity ends before it begins"
        },
        LintRule("rfc5280.validity-past", "RFC 5280 4.1.2.5") { subject in
            subject.tbs.notAfter >= subject.date.seconds ? nil : "the validity is over before the certificate is signed"
        },
        LintRule("rfc5280.validity-within-issuer", "RFC 5280 6.1.3") { subject in
            subject.tbs.notBefore >= subject.issuer.notBefore && subject.tbs.notAfter <= subject.issuer.notAfter
                ? nil : "the validity reaches beyond the CA's"
        },
    ]

    private static let names: [LintRule] = [
        LintRule("rfc5280.subject-empty", "RFC 5280 4.1.2.6") { subject in
            subject.tbs.subject.attributes.isEmpty ? "the subject is empty" : nil
        },
        LintRule("rfc5280.attribute-length", "RFC 5280 appendix A") { subject in
            firstAttribute(of: subject) { attribute in
                attribute.value.isEmpty
                    || attribute.value.utf8.count > attribute.type.upperBound
                        && attribute.value.unicodeScalars.count > attribute.type.upperBound
            }.map { "\($0.type.rawValue) is empty or longer than \($0.type.upperBound)" }
        },
        LintRule("rfc5280.attribute-form", "RFC 5280 4.1.2.4, appendix A") { subject in
            firstAttribute(of: subject) { $0.form != $0.type.form }
                .map { "\($0.type.rawValue) is not a \($0.type.form.rawValue)" }
        },
        LintRule("rfc5280.attribute-characters", "RFC 5280 appendix B") { subject in
            firstAttribute(of: subject) { attribute in
                attribute.value.unicodeScalars.contains { NameText.hidden($0) != nil }
                    || attribute.form != .utf8String && !attribute.value.octetsAllSatisfy { $0 < 0x80 }
            }.map { "\($0.type.rawValue) has characters that nobody sees or that its form cannot hold" }
        },
        LintRule("cabf.attribute-twice", "CA/B Forum S/MIME BR 7.1.4.2.2") { subject in
            let attributes = subject.tbs.subject.attributes
            let second = attributes.indices.first { place in
                let type = attributes[place].type
                return !type.mayRepeat && (0..<place).contains { attributes[$0].type == type }
            }
            return second.map { "\(attributes[$0].type.rawValue) stands twice" }
        },
        LintRule("rfc5280.country", "RFC 5280 appendix A; ISO 3166-1") { subject in
            firstAttribute(of: subject) { $0.type == .countryName && !Country.isKnown($0.value) }
                .map { "“\($0.value)” is no country" }
        },
    ]

    private static let extensions: [LintRule] = [
        LintRule("rfc5280.extension-twice", "RFC 5280 4.2") { subject in
            let list = subject.tbs.extensions
            let second = list.indices.first { place in (0..<place).contains { list[$0].oid == list[place].oid } }
            return second.map { "\(list[$0].name) stands twice" }
        },
        LintRule("rfc5280.extension-malformed", "RFC 5280 4.2") { subject in
            subject.malformed.first
        },
        LintRule("rfc5280.extension-unknown", "RFC 5280 4.2; CA/B Forum S/MIME BR 7.1.2.4") { subject in
            subject.unknown.first.map { "an extension of type \($0), which nobody asked for" }
        },
        criticality("authorityKeyIdentifier", .authorityKeyIdentifier, "4.2.1.1", critical: false),
        criticality("subjectKeyIdentifier", .subjectKeyIdentifier, "4.2.1.2", critical: false),
        criticality("keyUsage", .keyUsage, "4.2.1.3", critical: true),
        criticality("certificatePolicies", .certificatePolicies, "4.2.1.4", critical: false),
        criticality("subjectAltName", .subjectAlternativeName, "4.2.1.6", critical: false),
        criticality("extKeyUsage", .extendedKeyUsage, "4.2.1.12", critical: false),
        criticality("cRLDistributionPoints", .crlDistributionPoints, "4.2.1.13", critical: false),
        criticality("authorityInfoAccess", .authorityInformationAccess, "4.2.2.1", critical: false),
        LintRule("rfc5280.critical-securityIdentifier", "MS-WCCE 2.2.2.7.7.4") { subject in
            subject.tbs.isCritical(.securityIdentifier) == true ? "the SID extension is critical" : nil
        },
        LintRule("rfc5280.critical-basicConstraints", "RFC 5280 4.2.1.9") { subject in
            subject.tbs.isCritical(.basicConstraints) == subject.isPerson
                ? "basicConstraints is critical in CA certificates and in no others" : nil
        },
    ]

    private static let identifiers: [LintRule] = [
        LintRule("rfc5280.authority-key-identifier", "RFC 5280 4.2.1.1") { subject in
            guard let identifier = subject.authorityKeyIdentifier else {
                return subject.isRoot ? nil : "the authority key identifier is missing"
            }
            return identifier == subject.issuer.subjectKeyIdentifier
                ? nil : "the authority key identifier is not the CA's subject key identifier"
        },
        LintRule("rfc5280.subject-key-identifier", "RFC 5280 4.2.1.2; RFC 7093 2") { subject in
            guard let identifier = subject.subjectKeyIdentifier else { return "the subject key identifier is missing" }
            return identifier == subject.tbs.publicKey.subjectKeyIdentifier
                ? nil : "the subject key identifier is not made of the key"
        },
    ]

    private static let usage: [LintRule] = [
        LintRule("rfc5280.key-usage-present", "RFC 5280 4.2.1.3; CA/B Forum S/MIME BR 7.1.2.3 e") { subject in
            subject.keyUsage == nil ? "the key usage is missing" : nil
        },
        LintRule("rfc5280.key-usage-ca", "RFC 5280 4.2.1.3") { subject in
            guard subject.isPerson, let usage = subject.keyUsage else { return nil }
            return usage.hasAny(of: .ofAuthorities) ? "a person's key signs no certificates or CRLs" : nil
        },
        LintRule("rfc5280.key-usage-key", "RFC 3279 2.3.1; RFC 5480 3; RFC 8410 5") { subject in
            guard let usage = subject.keyUsage else { return nil }
            let possible = KeyUsage.possible(for: subject.tbs.publicKey).rawValue | KeyUsage.ofAuthorities.rawValue
            let wrong = KeyUsage(rawValue: usage.rawValue & ~possible)
            if wrong.rawValue != 0 {
                return "a key of this kind does not serve for \(wrong.names.joined(separator: ", "))"
            }
            return usage.hasAny(of: .oneDirection) && !usage.hasAny(of: .keyAgreement)
                ? "encipherOnly and decipherOnly mean nothing without keyAgreement" : nil
        },
        LintRule("rfc5280.extended-key-usage-served", "RFC 5280 4.2.1.12") { subject in
            guard subject.isPerson, let usage = subject.keyUsage else { return nil }
            let wrong = subject.extendedKeyUsage?.first { !$0.isServed(by: usage) }
            return wrong.map { "the key usage does not serve for \($0.name)" }
        },
        LintRule("rfc5280.basic-constraints-person", "RFC 5280 4.2.1.9; CA/B Forum S/MIME BR 7.1.2.3 d") { subject in
            guard subject.isPerson, let constraints = subject.basicConstraints else { return nil }
            return constraints == BasicConstraints(isCA: false) ? nil : "a person's certificate says that it is a CA's"
        },
        LintRule("cabf.extended-key-usage-forbidden", "CA/B Forum S/MIME BR 7.1.2.3 f") { subject in
            subject.extendedKeyUsage?.first {
                forbiddenUsages.contains($0.oid) || subject.isPerson && $0 == .ocspSigning
            }
            .map { "the purpose \($0.name) is for no certificate here" }
        },
        LintRule("cabf.extended-key-usage-nested", "CA/B Forum S/MIME BR 7.1.2.2 g, 7.1.5") { subject in
            guard let allowed = subject.issuer.extendedKeyUsage else { return nil }
            // RFC 6960 4.2.2.2 lets the issuer authorise a responder by signing its certificate: no CA has the purpose.
            return subject.extendedKeyUsage?.first {
                !allowed.contains($0) && !(subject.isResponder && $0 == .ocspSigning)
            }
            .map { "the CA's own certificate does not allow \($0.name)" }
        },
        LintRule("rfc5280.extended-key-usage-present", "CA/B Forum S/MIME BR 7.1.2.3 f") { subject in
            subject.extendedKeyUsage == nil && !subject.isRoot ? "the extended key usage is missing" : nil
        },
    ]

    private static let points: [LintRule] = [
        LintRule("rfc5280.alternative-names", "RFC 5280 4.2.1.6") { subject in
            for name in subject.alternativeNames ?? [] {
                switch name {
                case .rfc822Name(let address):
                    if Mailbox.problem(in: address) != nil || Mailbox.isInternational(address) {
                        return "“\(address)” is no rfc822Name"
                    }
                case .userPrincipalName(let name):
                    if WindowsNames.principalProblem(in: name) != nil { return "“\(name)” is no user principal name" }
                case .smtpUTF8Mailbox, .dnsName, .uniformResourceIdentifier, .directoryName:
                    break
                }
            }
            return nil
        },
        LintRule("rfc9598.mailbox", "RFC 9598 3") { subject in
            for case .smtpUTF8Mailbox(let address) in subject.alternativeNames ?? []
            where Mailbox.problem(in: address) != nil || !Mailbox.isInternational(address) {
                return "“\(address)” does not belong into a SmtpUTF8Mailbox"
            }
            return nil
        },
        LintRule("rfc5280.policies-present", "RFC 5280 4.2.1.4") { subject in
            subject.policies == nil && subject.isPerson ? "the certificate policies are missing" : nil
        },
        LintRule("rfc5280.any-policy", "RFC 5280 4.2.1.4; CA/B Forum S/MIME BR 7.1.6.4") { subject in
            guard subject.isPerson, let policies = subject.policies else { return nil }
            return policies.contains { $0.oid == .anyPolicy } ? "a person's certificate says anyPolicy" : nil
        },
        LintRule("rfc5280.policies-nested", "RFC 5280 6.1.3 d") { subject in
            guard let allowed = subject.issuer.policies else { return nil }
            return subject.policies?.first { !allowed.contains($0.oid) }
                .map { "the CA's own certificate does not allow the policy \($0.oid)" }
        },
        LintRule("rfc5280.crl-present", "RFC 5280 4.2.1.13; CA/B Forum S/MIME BR 7.1.2.3 b") { subject in
            subject.crlDistributionPoints == nil && !subject.isRoot && !subject.isResponder
                ? "nothing says where the CRL is" : nil
        },
        LintRule("cabf.http-only", "CA/B Forum S/MIME BR 7.1.2.3 b, c; RFC 5280 8") { subject in
            subject.addressBeyondHTTP().map { "“\($0)” is not reached by http" }
        },
    ]

    /// serverAuth, codeSigning, timeStamping, anyExtendedKeyUsage.
    private static let forbiddenUsages: Set<OID> = [
        [1, 3, 6, 1, 5, 5, 7, 3, 1], [1, 3, 6, 1, 5, 5, 7, 3, 3], [1, 3, 6, 1, 5, 5, 7, 3, 8], [2, 5, 29, 37, 0],
    ]

    private static func criticality(_ name: String, _ oid: OID, _ section: String, critical: Bool) -> LintRule {
        LintRule("rfc5280.critical-\(name)", "RFC 5280 \(section)") { subject in
            subject.tbs.isCritical(oid) == !critical ? "\(name) is \(critical ? "not critical" : "critical")" : nil
        }
    }

    private static func firstAttribute(
        of subject: LintSubject,
        where isWrong: (DistinguishedName.Attribute) -> Bool
    ) -> DistinguishedName.Attribute? {
        subject.tbs.subject.attributes.first(where: isWrong)
    }
}

extension KeyUsage {
    // Named once: making a set of options from a literal costs more than comparing two.
    private static let forRSA: KeyUsage = [.digitalSignature, .nonRepudiation, .keyEncipherment, .dataEncipherment]
    private static let forEC: KeyUsage = [
        .digitalSignature, .nonRepudiation, .keyAgreement, .encipherOnly, .decipherOnly,
    ]
    private static let forSigning: KeyUsage = [.digitalSignature, .nonRepudiation]
    static let ofAuthorities: KeyUsage = [.keyCertSign, .cRLSign]
    static let oneDirection: KeyUsage = [.encipherOnly, .decipherOnly]
    fileprivate static let logIn: KeyUsage = [.digitalSignature, .keyAgreement]
    fileprivate static let mail: KeyUsage = [.digitalSignature, .nonRepudiation, .keyEncipherment, .keyAgreement]
    fileprivate static let files: KeyUsage = [.keyEncipherment, .dataEncipherment, .keyAgreement]

    /// What keys of this kind can do for a person (a CA's purposes apart).
    static func possible(for key: SubjectPublicKey) -> KeyUsage {
        switch key.material {
        case .rsa: forRSA
        case .p256, .p384: forEC
        case .ed25519: forSigning
        }
    }

    func hasAny(of others: KeyUsage) -> Bool {
        rawValue & others.rawValue != 0
    }

    func hasAll(of others: KeyUsage) -> Bool {
        rawValue & others.rawValue == others.rawValue
    }
}

extension ExtendedKeyUsage {
    /// Whether one of the key usages is there without which the purpose is empty (RFC 5280 4.2.1.12).
    func isServed(by usage: KeyUsage) -> Bool {
        switch self {
        case .clientAuth: usage.hasAny(of: .logIn)
        case .emailProtection: usage.hasAny(of: .mail)
        case .ocspSigning, .smartCardLogon: usage.hasAny(of: .digitalSignature)
        case .encryptingFileSystem: usage.hasAny(of: .files)
        case .other: true
        }
    }
}
