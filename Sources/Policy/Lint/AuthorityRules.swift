import X509Building

/// What the certificates of CAs must be (S/MIME BR 7.1.2.1, 7.1.2.2, 7.1.4.3; RFC 5280).
enum AuthorityRules {
    static let root: [LintRule] = common + rootOnly
    static let issuing: [LintRule] = common + issuingOnly

    private static let common: [LintRule] = [
        LintRule("authority.basic-constraints", "RFC 5280 4.2.1.9; CA/B Forum S/MIME BR 7.1.2.2 d") { subject in
            subject.basicConstraints?.isCA == true ? nil : "the certificate does not say that it is a CA's"
        },
        LintRule("authority.key-usage", "CA/B Forum S/MIME BR 7.1.2.1 b, 7.1.2.2 e") { subject in
            let usage = subject.keyUsage ?? []
            return usage.isSuperset(of: [.keyCertSign, .cRLSign])
                && usage.isSubset(of: [.keyCertSign, .cRLSign, .digitalSignature])
                ? nil : "keyCertSign and cRLSign are demanded, and nothing else but digitalSignature allowed"
        },
        LintRule("authority.name", "CA/B Forum S/MIME BR 7.1.4.3.1") { subject in
            [AttributeType.commonName, .organizationName, .countryName].first { !subject.has($0) }
                .map { "\($0.rawValue) is missing" }
        },
        LintRule("authority.no-alternative-names", "CA/B Forum S/MIME BR 7.1.2.4") { subject in
            subject.tbs.extension(.subjectAlternativeName) == nil && subject.tbs.extension(.securityIdentifier) == nil
                ? nil : "a CA has no alternative names"
        },
    ]

    private static let rootOnly: [LintRule] = [
        LintRule("root.self-issued", "RFC 5280 3.2") { subject in
            subject.tbs.publicKey == subject.issuer.publicKey ? nil : "a root carries the key that signs it"
        },
        LintRule("root.no-extended-key-usage", "CA/B Forum S/MIME BR 7.1.2.1") { subject in
            subject.tbs.extension(.extendedKeyUsage) == nil ? nil : "a root has no extended key usage"
        },
        LintRule("root.no-policies", "CA/B Forum S/MIME BR 7.1.6.2", .warning) { subject in
            subject.tbs.extension(.certificatePolicies) == nil ? nil : "a root should have no certificate policies"
        },
        LintRule("root.no-path-length", "CA/B Forum S/MIME BR 7.1.2.1 a", .warning) { subject in
            subject.basicConstraints?.pathLength == nil ? nil : "a root should have no path length"
        },
    ]

    private static let issuingOnly: [LintRule] = [
        LintRule("issuing.name", "RFC 5280 3.2") { subject in
            // The same name under another key would be a root's key change, never an issuing CA.
            encoding(of: subject.tbs.subject) == subject.tbs.issuerDER ? "the CA has its root's name" : nil
        },
        LintRule("issuing.path-length", "RFC 5280 4.2.1.9") { subject in
            guard subject.basicConstraints?.pathLength == 0 else { return "an issuing CA has the path length 0" }
            return subject.issuer.pathLength == 0 ? "the root's path length leaves no room for a CA" : nil
        },
        LintRule("issuing.mail", "CA/B Forum S/MIME BR 7.1.2.2 g") { subject in
            guard case .issuing(let use) = subject.kind else { return nil }
            let protectsMail = subject.extendedKeyUsage?.contains(.emailProtection) == true
            return protectsMail == (use == .smime) ? nil : "emailProtection belongs to S/MIME CAs and to no others"
        },
        LintRule("issuing.policies", "CA/B Forum S/MIME BR 7.1.6.3") { subject in
            subject.policies == nil ? "the certificate policies are missing" : nil
        },
        LintRule("issuing.issuer-access", "CA/B Forum S/MIME BR 7.1.2.2 c", .warning) { subject in
            subject.access?.caIssuers.isEmpty == false ? nil : "nothing says where the root's certificate is"
        },
    ]

    private static func encoding(of name: DistinguishedName) -> [UInt8]? {
        do throws(X509Error) {
            return try name.derEncoded()
        } catch {
            // What does not encode equals nothing; the rules on attributes find it.
            return nil
        }
    }
}
