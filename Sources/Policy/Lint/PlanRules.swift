import X509Building

/// The certificate says what its plan says, all of it, and nothing else (SGN-02).
enum PlanRules {
    private static let clause = "Inkan SGN-02"

    static let all: [LintRule] = [
        LintRule("plan.serial", clause) { subject in
            subject.tbs.serialNumber[...] == subject.serial ? nil : "another serial"
        },
        LintRule("plan.signature-algorithm", clause) { subject in
            subject.tbs.signatureAlgorithm == subject.plan.signatureAlgorithm ? nil : "another signature algorithm"
        },
        LintRule("plan.issuer", clause) { subject in
            subject.tbs.issuerDER == subject.plan.issuerDER ? nil : "another issuer"
        },
        LintRule("plan.not-before", clause) { subject in
            subject.tbs.notBefore == subject.plan.notBefore ? nil : "another first second"
        },
        LintRule("plan.not-after", clause) { subject in
            subject.tbs.notAfter == subject.plan.notAfter ? nil : "another last second"
        },
        LintRule("plan.subject", clause) { subject in
            // Octet by octet: equal strings of Swift may be different octets.
            let isSame = subject.tbs.subject.attributes.elementsEqual(subject.plan.subject.attributes) { left, right in
                left.type == right.type && left.form == right.form && NameText.haveSameOctets(left.value, right.value)
            }
            return isSame ? nil : "another subject"
        },
        LintRule("plan.public-key", clause) { subject in
            subject.tbs.publicKey == subject.plan.publicKey ? nil : "another key"
        },
        LintRule("plan.extension-missing", clause) { subject in
            guard subject.hasOtherExtensions else { return nil }
            return subject.plan.extensions.first { subject.tbs.extension($0.oid) == nil }.map {
                "\($0.name) is missing"
            }
        },
        LintRule("plan.extension-unplanned", clause) { subject in
            guard subject.hasOtherExtensions else { return nil }
            return subject.tbs.extensions.first { one in !subject.plan.extensions.contains { $0.oid == one.oid } }
                .map { "\($0.name) is not planned" }
        },
        LintRule("plan.extension-differs", clause) { subject in
            guard subject.hasOtherExtensions else { return nil }
            return subject.tbs.extensions.first { one in
                subject.plan.extensions.contains { $0.oid == one.oid && $0 != one }
            }.map { "\($0.name) says something else" }
        },
        LintRule("plan.extension-order", clause) { subject in
            guard subject.hasOtherExtensions else { return nil }
            return subject.tbs.extensions.map(\.oid) == subject.plan.extensions.map(\.oid)
                ? nil : "the extensions stand in another order, or are others"
        },
    ]
}
