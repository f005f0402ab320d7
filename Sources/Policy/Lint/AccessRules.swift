import X509Building

/// What certificates that only log in must be, so that nobody takes them for mail certificates, and nobody logs on as
/// somebody else with them.
enum AccessRules {
    private static let clause = "Inkan access profile"

    static let all: [LintRule] = [
        LintRule("access.client-authentication", clause) { subject in
            subject.extendedKeyUsage?.contains(.clientAuth) == true ? nil : "clientAuth is missing"
        },
        LintRule("access.no-mail", clause) { subject in
            subject.extendedKeyUsage?.contains(.emailProtection) == true
                ? "an access certificate must not protect mail" : nil
        },
        LintRule("access.no-reserved-policy", "CA/B Forum S/MIME BR 7.1.6.1") { subject in
            (subject.policies ?? []).first { SMIMEType.isReserved($0.oid) }
                .map { "\($0.oid) says that this is an S/MIME certificate" }
        },
        LintRule("access.signature", clause) { subject in
            subject.keyUsage?.contains(.digitalSignature) == true ? nil : "logging in needs digitalSignature"
        },
        LintRule("access.alternative-names", clause) { subject in
            for name in subject.alternativeNames ?? [] {
                switch name {
                case .rfc822Name, .smtpUTF8Mailbox, .userPrincipalName: continue
                case .dnsName, .uniformResourceIdentifier, .directoryName:
                    return "a name of the form \(name.kind) is not taken"
                }
            }
            return nil
        },
        LintRule("access.security-identifier", "Microsoft KB5014754; MS-DTYP 2.4.2.1") { subject in
            guard let sid = subject.securityIdentifier else { return nil }
            return WindowsNames.securityIdentifierProblem(in: sid)?.reason
        },
        LintRule("access.smart-card-principal", "MS-PKCA 3.1.5.2.1") { subject in
            guard subject.extendedKeyUsage?.contains(.smartCardLogon) == true, subject.securityIdentifier == nil else {
                return nil
            }
            let hasPrincipal = (subject.alternativeNames ?? []).contains { name in
                if case .userPrincipalName = name { true } else { false }
            }
            return hasPrincipal ? nil : "smart-card log-on without a name to log on as"
        },
    ]
}
