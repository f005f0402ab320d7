import Clocks
import X509Building

/// How grave a finding is. Nothing with an error is signed.
package enum LintSeverity: String, Hashable, Sendable, CaseIterable {
    /// The document says SHALL or MUST.
    case error
    /// The document says SHOULD.
    case warning
}

/// Judges a certificate before it is signed (SGN-08): every rule of the documents that it follows, at a date, and
/// every field against its plan.
package enum Lint {
    /// What is wrong with a certificate.
    package struct Finding: Hashable, Sendable, CustomStringConvertible {
        /// The stable id of the rule.
        package var rule: String
        /// What breaks it, for people.
        package var message: String
        package var clause: String
        package var severity: LintSeverity

        package var description: String { "\(severity.rawValue) \(rule): \(message) [\(clause)]" }
    }

    /// Everything that is wrong with a body, parsed again from the very bytes that are to be signed.
    ///
    /// - Parameters:
    ///   - tbs: what a strict parser made of the bytes.
    ///   - plan: what they were built from.
    ///   - serial: the serial number that was drawn for it, big-endian.
    ///   - issuer: the CA; nil for a root, which signs itself.
    ///   - date: the moment whose rules apply (POL-05).
    package static func findings(
        for tbs: TBSCertificate,
        against plan: CertificatePlan,
        serial: [UInt8],
        issuer: IssuerFacts?,
        at date: Timestamp
    ) -> [Finding] {
        let signer =
            issuer
            ?? IssuerFacts(
                root: plan.issuer,
                subjectDER: plan.issuerDER,
                key: plan.publicKey,
                notBefore: plan.notBefore,
                notAfter: plan.notAfter,
                path: nil
            )
        let subject = LintSubject(tbs: tbs, plan: plan, serial: serial, issuer: signer, date: date)
        var findings: [Finding] = []
        for set in plan.ruleSets { subject.judge(by: rules(of: set), &findings) }
        subject.judge(by: PlanRules.all, &findings)
        return findings
    }

    /// Parses the bytes that are to be signed and judges them. The parser takes only what a strict encoder writes;
    /// anything else is a finding of its own.
    package static func findings(
        forBytes tbsDER: [UInt8],
        against plan: CertificatePlan,
        serial: [UInt8],
        issuer: IssuerFacts?,
        at date: Timestamp
    ) -> [Finding] {
        do throws(X509Error) {
            let tbs = try TBSCertificate(derEncoded: tbsDER, expectedKey: plan.publicKey)
            return findings(for: tbs, against: plan, serial: serial, issuer: issuer, at: date)
        } catch {
            let clause = error.clause ?? "RFC 5280 4.1"
            return [Finding(rule: unparsable, message: error.reason, clause: clause, severity: .error)]
        }
    }

    /// The id of the finding for bytes that are no certificate body.
    package static let unparsable = "rfc5280.encoding"

    static func rules(of set: RuleSet) -> [LintRule] {
        switch set {
        case .rfc5280: RFC5280Rules.all
        case .access: AccessRules.all
        case .smime: SMIMERules.all
        case .rootAuthority: AuthorityRules.root
        case .issuingAuthority: AuthorityRules.issuing
        case .responder: ResponderRules.all
        }
    }

    /// Every rule that there is, for listings and tests.
    package static var ruleIdentifiers: [(id: String, clause: String)] {
        let tables = [
            RFC5280Rules.all, AccessRules.all, SMIMERules.all, AuthorityRules.root, AuthorityRules.issuing,
            ResponderRules.all, PlanRules.all,
        ]
        var seen: Set<String> = []
        return tables.joined().filter { seen.insert($0.id).inserted }.map { ($0.id, $0.clause) }
    }
}

/// One rule of a document: a small value with its clause and the dates between which it holds.
struct LintRule: Sendable {
    let id: String
    let clause: String
    var severity = LintSeverity.error
    /// First moment at which the rule holds; nil: always did.
    var from: Timestamp?
    /// What is wrong, or nil.
    let check: @Sendable (LintSubject) -> String?

    init(
        _ id: String,
        _ clause: String,
        _ severity: LintSeverity = .error,
        from: Timestamp? = nil,
        check: @escaping @Sendable (LintSubject) -> String?
    ) {
        self.id = id
        self.clause = clause
        self.severity = severity
        self.from = from
        self.check = check
    }
}

extension LintSubject {
    func judge(by rules: [LintRule], _ findings: inout [Lint.Finding]) {
        // By index: a copy of each rule would cost more than most checks.
        for index in rules.indices {
            if let from = rules[index].from, date < from { continue }
            guard let what = rules[index].check(self) else { continue }
            let rule = rules[index]
            findings.append(Lint.Finding(rule: rule.id, message: what, clause: rule.clause, severity: rule.severity))
        }
    }
}
