import X509Building

/// What the certificate of an OCSP responder must be (RFC 6960 4.2.2.2, S/MIME BR 4.9.9).
enum ResponderRules {
    static let all: [LintRule] = [
        LintRule("responder.extended-key-usage", "RFC 6960 4.2.2.2") { subject in
            subject.extendedKeyUsage == [.ocspSigning] ? nil : "a responder has the purpose ocspSigning and no other"
        },
        LintRule("responder.key-usage", "RFC 5280 4.2.1.3, 4.2.1.12") { subject in
            subject.keyUsage == [.digitalSignature] ? nil : "a responder's key has the usage digitalSignature alone"
        },
        LintRule("responder.no-check", "RFC 6960 4.2.2.2.1; CA/B Forum S/MIME BR 4.9.9") { subject in
            subject.hasNoCheck ? nil : "ocsp-nocheck is missing"
        },
        LintRule("responder.no-authority", "RFC 5280 4.2.1.9") { subject in
            subject.tbs.extension(.basicConstraints) == nil ? nil : "a responder's certificate speaks of a CA"
        },
        LintRule("responder.no-alternative-names", "Inkan STS-03") { subject in
            subject.tbs.extension(.subjectAlternativeName) == nil && subject.tbs.extension(.securityIdentifier) == nil
                ? nil : "a responder has no alternative names"
        },
        LintRule("responder.validity", "Inkan STS-03") { subject in
            // Nobody asks for its status, so that it must not live long.
            subject.tbs.notAfter - subject.tbs.notBefore < 398 * 86_400
                ? nil : "a responder's certificate is valid for 398 days at most"
        },
    ]
}
