import Clocks
import X509Building

/// A certificate type of the CA/Browser Forum's S/MIME Baseline Requirements: who is validated, and which generation of
/// the profile is followed (1.2, 7.1.6.1).
package struct SMIMEType: Hashable, Sendable, CaseIterable {
    package enum Level: String, Hashable, Sendable, CaseIterable {
        case mailbox
        case organization
        case sponsor
        case individual
    }

    package enum Generation: String, Hashable, Sendable, CaseIterable {
        case legacy
        case multipurpose
        case strict
    }

    package var level: Level
    package var generation: Generation

    package init(_ level: Level, _ generation: Generation) {
        self.level = level
        self.generation = generation
    }

    package static let allCases = Level.allCases.flatMap { level in Generation.allCases.map { SMIMEType(level, $0) } }

    /// The reserved policy identifier, `2.23.140.1.5.<level>.<generation>`.
    package var policy: OID { Self.policies[level.position * Generation.allCases.count + generation.position] }

    /// In the order of `allCases`.
    private static let policies: [OID] = allCases.map { type in
        [2, 23, 140, 1, 5, UInt64(type.level.position) + 1, UInt64(type.generation.position) + 1]
    }

    /// Whether an identifier is one of the reserved ones.
    package static func isReserved(_ policy: OID) -> Bool {
        policies.contains(policy)
    }

    /// The longest validity in days of 86,400 seconds, any excess second counted as a further day (6.3.2).
    package var maximumDays: Int { generation == .legacy ? 1185 : 825 }

    /// From this moment on no certificate of the Legacy generation may be issued (1.2.1, ballot SMC08).
    package static let legacyEnd = Timestamp(seconds: 1_752_537_600)

    /// Whether certificates of this type may be issued at a date.
    package func mayBeIssued(at date: Timestamp) -> Bool {
        generation != .legacy || date < Self.legacyEnd
    }

    /// certificateHold must not be used with Strict (4.9.13).
    package var allowsHold: Bool { generation != .strict }
}

/// A document whose rules a certificate is checked by.
package enum RuleSet: Hashable, Sendable {
    /// RFC 5280: every certificate.
    case rfc5280
    /// What holds for certificates that only log in.
    case access
    case smime(SMIMEType)
    /// A root's own certificate.
    case rootAuthority
    /// The certificate of a CA that issues to people.
    case issuingAuthority(IssuerUse)
    /// The certificate of an issuer's OCSP responder.
    case responder

    /// As profiles write it, such as `smime-sponsor-multipurpose`.
    package var name: String {
        switch self {
        case .rfc5280: "rfc5280"
        case .access: "access"
        case .smime(let type): "smime-\(type.level.rawValue)-\(type.generation.rawValue)"
        case .rootAuthority: "root-authority"
        case .issuingAuthority(let use): "issuing-authority-\(use.rawValue)"
        case .responder: "responder"
        }
    }

    /// The sets that a profile for people can name.
    package static let selectable: [RuleSet] = [.rfc5280, .access] + SMIMEType.allCases.map { .smime($0) }
}

/// What the certificates of an issuer are for.
package enum IssuerUse: String, Hashable, Sendable, CaseIterable {
    /// Log-in to systems.
    case access
    /// Mail under the S/MIME Baseline Requirements.
    case smime
    /// CA certificates alone.
    case root
    /// No certificates: an issuer's OCSP responder.
    case responder
}

extension SMIMEType.Level {
    fileprivate var position: Int {
        switch self {
        case .mailbox: 0
        case .organization: 1
        case .sponsor: 2
        case .individual: 3
        }
    }
}

extension SMIMEType.Generation {
    fileprivate var position: Int {
        switch self {
        case .legacy: 0
        case .multipurpose: 1
        case .strict: 2
        }
    }
}
