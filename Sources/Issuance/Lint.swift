import Policy
import X509Building

/// Step 5. The very bytes that will be signed, parsed again and found to say what the plan says, and nothing that the
/// rules of the day forbid. Only this type can be signed.
package struct LintedCertificate: Sendable {
    package let built: BuiltCertificate

    fileprivate init(built: BuiltCertificate) {
        self.built = built
    }
}

extension BuiltCertificate {
    /// Parses and checks field by field (SGN-02, SGN-08).
    package func lint() throws(IssuanceError) -> LintedCertificate {
        let parsed: TBSCertificate
        do {
            parsed = try TBSCertificate(derEncoded: bytes, expectedKey: plan.publicKey)
        } catch {
            throw IssuanceError(ownFault: error, rule: "lint.parse")
        }
        let findings = Lint.findings(
            for: parsed,
            against: plan,
            serial: serial,
            issuer: authorised.issuer,
            at: authorised.judgedAt
        )
        if let finding = findings.first(where: { $0.severity == .error }) {
            throw IssuanceError(
                .policyViolation,
                rule: "lint.\(finding.rule)",
                message: finding.message,
                mend:
                    "change the request so that the rule holds; if it cannot, the profile needs mending by an officer",
                detail: finding.clause
            )
        }
        return LintedCertificate(built: self)
    }
}
