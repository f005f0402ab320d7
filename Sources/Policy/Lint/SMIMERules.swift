import Clocks
import X509Building

/// What the CA/Browser Forum's S/MIME Baseline Requirements demand of a person's certificate, by type and generation
/// (numbers of version 1.0.12).
enum SMIMERules {
    static let all: [LintRule] = general + usage + names + subject

    /// Version 1.0.0 took effect on 1 September 2023.
    private static let start = Timestamp(seconds: 1_693_526_400)

    private static func rule(
        _ id: String,
        _ section: String,
        _ severity: LintSeverity = .error,
        from: Timestamp = start,
        _ check: @escaping @Sendable (LintSubject, SMIMEType) -> String?
    ) -> LintRule {
        LintRule("smime.\(id)", "CA/B Forum S/MIME BR \(section)", severity, from: from) { subject in
            subject.smime.flatMap { check(subject, $0) }
        }
    }

    private static let general: [LintRule] = [
        rule("legacy-ended", "1.2.1, 7.1.6.1", from: SMIMEType.legacyEnd) { _, type in
            type.generation == .legacy ? "the Legacy generation ended on 15 July 2025" : nil
        },
        rule("validity", "6.3.2") { subject, type in
            // The last second counts: n days are n × 86,400 seconds from the first to the last.
            let seconds = subject.tbs.notAfter - subject.tbs.notBefore + 1
            return seconds > Int64(type.maximumDays) * ValidityRules.secondsPerDay
                ? "the validity is longer than \(type.maximumDays) days" : nil
        },
        rule("policy", "7.1.2.3 a, 7.1.6.1") { subject, type in
            let policies = subject.policies ?? []
            let isAlone = policies.count { SMIMEType.isReserved($0.oid) } == 1
            return isAlone && policies.contains { $0.oid == type.policy }
                ? nil : "exactly one reserved policy is demanded, \(type.policy)"
        },
        rule("cps", "7.1.2.3 a") { subject, _ in
            let wrong = (subject.policies ?? []).compactMap(\.cps).first { !HTTPAddress.isWeb($0) }
            return wrong.map { "the CPS “\($0)” is no http or https address" }
        },
        rule("issuer-access", "7.1.2.3 c", .warning) { subject, _ in
            subject.access?.caIssuers.isEmpty == false ? nil : "nothing says where the CA's certificate is"
        },
        rule("extensions", "7.1.2.4") { subject, _ in
            subject.tbs.extension(.securityIdentifier) == nil
                ? nil : "a SID has meaning in one private network alone"
        },
    ]

    /// Signing or encryption: without one of them a key has no use for mail.
    private static let purposes: KeyUsage = [.digitalSignature, .keyEncipherment, .keyAgreement]

    private static let usage: [LintRule] = [
        rule("key-usage", "7.1.2.3 e") { subject, type in
            guard let usage = subject.keyUsage else { return "the key usage is missing" }
            guard KeyUsage.possible(for: subject.tbs.publicKey).hasAll(of: usage),
                type.generation != .strict || !usage.hasAny(of: .dataEncipherment)
            else { return "a key usage that is not allowed" }
            guard usage.hasAny(of: purposes) else { return "neither signing nor encryption" }
            if usage.hasAny(of: .nonRepudiation), !usage.hasAny(of: .digitalSignature) {
                return "nonRepudiation without digitalSignature"
            }
            return usage.hasAny(of: .dataEncipherment) && !usage.hasAny(of: .keyEncipherment)
                ? "dataEncipherment without keyEncipherment" : nil
        },
        rule("extended-key-usage", "7.1.2.3 f") { subject, _ in
            subject.extendedKeyUsage?.contains(.emailProtection) == true ? nil : "emailProtection is missing"
        },
        rule("extended-key-usage-strict", "7.1.2.3 f") { subject, type in
            guard type.generation == .strict, let usages = subject.extendedKeyUsage else { return nil }
            return usages.contains { $0 != .emailProtection } ? "Strict allows emailProtection alone" : nil
        },
    ]

    private static let names: [LintRule] = [
        rule("mailbox-present", "7.1.4.2.1") { subject, _ in
            subject.hasMailbox() ? nil : "no mail address is among the alternative names"
        },
        rule("alternative-names", "7.1.4.2.1") { subject, type in
            for name in subject.alternativeNames ?? [] {
                switch name {
                case .rfc822Name, .smtpUTF8Mailbox: continue
                case .userPrincipalName where type.generation != .strict: continue
                case .userPrincipalName, .dnsName, .uniformResourceIdentifier, .directoryName:
                    return "a name of the form \(name.kind) is not taken"
                }
            }
            return nil
        },
        rule("mailbox-repeated", "7.1.4.2.1") { subject, _ in
            for attribute in subject.tbs.subject.attributes {
                let isAddress =
                    attribute.type == .emailAddress
                    || attribute.type == .commonName && Mailbox.resembles(attribute.value)
                if isAddress, !subject.hasMailbox(attribute.value) {
                    return "“\(attribute.value)” is not repeated among the alternative names"
                }
            }
            return nil
        },
    ]

    private static let subject: [LintRule] = [
        rule("attributes-allowed", "7.1.4.2.3 to 7.1.4.2.6") { subject, type in
            let table = SMIMESubjectTable(type)
            return subject.tbs.subject.attributes.first { !table.allows($0.type) }
                .map { "\($0.type.rawValue) is not allowed (\(table.clause))" }
        },
        rule("attributes-required", "7.1.4.2.4, 7.1.4.2.5") { subject, type in
            SMIMESubjectTable(type).required.first { !subject.has($0) }.map { "\($0.rawValue) is missing" }
        },
        rule("personal-name", "7.1.4.2.5 note 2, 7.1.4.2.6 note 2") { subject, type in
            guard SMIMESubjectTable(type).needsPersonalName else { return nil }
            let isNamed = subject.has(.givenName) || subject.has(.surname) || subject.has(.pseudonym)
            return isNamed ? nil : "neither a personal name nor a pseudonym"
        },
        rule("pseudonym-alone", "7.1.4.2.2 e, f") { subject, _ in
            subject.has(.pseudonym) && (subject.has(.givenName) || subject.has(.surname))
                ? "a pseudonym beside a personal name" : nil
        },
        rule("common-name", "7.1.4.2.2 a") { subject, type in
            guard let name = subject.value(.commonName) else { return nil }
            let isSaid = SMIMESubjectTable(type).commonName.contains {
                $0.isSaid(by: name, of: subject.tbs.subject, subject.alternativeNames ?? [])
            }
            return isSaid ? nil : "“\(name)” is nothing that the common name may say"
        },
        rule("organization-identifier", "7.1.4.2.2 d") { subject, _ in
            guard let value = subject.organizationIdentifier, subject.registration == nil else { return nil }
            return "“\(value)” is no registration reference"
        },
        rule("organization-country", "7.1.4.2.2 d note 1") { subject, _ in
            guard let registration = subject.registration, let country = subject.value(.countryName) else { return nil }
            return registration.matches(country: country) ? nil : "the organisation is not registered in \(country)"
        },
        rule("place-without-country", "7.1.4.2.2 k, l") { subject, _ in
            let hasPlace = subject.has(.localityName) || subject.has(.stateOrProvinceName)
            return hasPlace && !subject.has(.countryName) ? "a place without its country" : nil
        },
        rule("meaningless-value", "7.1.4.2") { subject, _ in
            for attribute in subject.tbs.subject.attributes
            where NameText.isMeaningless(attribute.value) {
                return "\(attribute.type.rawValue) says nothing"
            }
            return nil
        },
    ]
}
