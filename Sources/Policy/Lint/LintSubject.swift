import Clocks
import X509Building

/// A certificate body with its extensions read once, and what it is judged against.
///
/// A class, so that a hundred rules look at the same without copying it.
final class LintSubject {
    enum Kind {
        case person
        case root
        case issuing(IssuerUse)
        case responder
    }

    let tbs: TBSCertificate
    let plan: CertificatePlan
    /// The serial number that was drawn, without leading zeros.
    let serial: ArraySlice<UInt8>
    let issuer: IssuerFacts
    let date: Timestamp
    let kind: Kind
    let smime: SMIMEType?

    private(set) var authorityKeyIdentifier: [UInt8]?
    private(set) var subjectKeyIdentifier: [UInt8]?
    private(set) var keyUsage: KeyUsage?
    private(set) var extendedKeyUsage: [ExtendedKeyUsage]?
    private(set) var basicConstraints: BasicConstraints?
    private(set) var policies: [CertificatePolicy]?
    private(set) var alternativeNames: [GeneralName]?
    private(set) var securityIdentifier: String?
    private(set) var crlDistributionPoints: [String]?
    private(set) var access: AuthorityInformationAccess?
    private(set) var hasNoCheck = false
    /// The subject's organizationIdentifier, and what it says when it is well-formed.
    private(set) var organizationIdentifier: String?
    private(set) var registration: RegistrationReference?
    /// Whether the extensions are others than planned, octet by octet.
    let hasOtherExtensions: Bool
    /// Extensions of known types whose contents don't parse, by name.
    private(set) var malformed: [String] = []
    /// Extensions of types that no rule here knows.
    private(set) var unknown: [OID] = []

    init(tbs: TBSCertificate, plan: CertificatePlan, serial: [UInt8], issuer: IssuerFacts, date: Timestamp) {
        self.tbs = tbs
        self.plan = plan
        self.serial = serial.drop { $0 == 0 }
        self.issuer = issuer
        self.date = date
        hasOtherExtensions = tbs.extensions != plan.extensions
        var kind = Kind.person
        var smime: SMIMEType?
        for set in plan.ruleSets {
            switch set {
            case .smime(let type): smime = type
            case .rootAuthority: kind = .root
            case .issuingAuthority(let use): kind = .issuing(use)
            case .responder: kind = .responder
            case .rfc5280, .access: break
            }
        }
        self.kind = kind
        self.smime = smime
        organizationIdentifier = value(.organizationIdentifier)
        registration = organizationIdentifier.flatMap { RegistrationReference($0) }
        for one in tbs.extensions {
            do throws(X509Error) {
                try read(one)
            } catch {
                malformed.append("\(one.name): \(error.reason)")
            }
        }
    }

    private func read(_ one: Extension) throws(X509Error) {
        switch one.oid {
        case .authorityKeyIdentifier: authorityKeyIdentifier = try one.readAuthorityKeyIdentifier()
        case .subjectKeyIdentifier: subjectKeyIdentifier = try one.readSubjectKeyIdentifier()
        case .keyUsage: keyUsage = try one.readKeyUsage()
        case .extendedKeyUsage: extendedKeyUsage = try one.readExtendedKeyUsage()
        case .basicConstraints: basicConstraints = try one.readBasicConstraints()
        case .certificatePolicies: policies = try one.readCertificatePolicies()
        case .subjectAlternativeName: alternativeNames = try one.readSubjectAlternativeName()
        case .securityIdentifier: securityIdentifier = try one.readSecurityIdentifier()
        case .crlDistributionPoints: crlDistributionPoints = try one.readCRLDistributionPoints()
        case .authorityInformationAccess: access = try one.readAuthorityInformationAccess()
        case .ocspNoCheck where isResponder:
            try one.readOCSPNoCheck()
            hasNoCheck = true
        default: unknown.append(one.oid)
        }
    }

    var isPerson: Bool {
        if case .person = kind { true } else { false }
    }

    var isRoot: Bool {
        if case .root = kind { true } else { false }
    }

    var isResponder: Bool {
        if case .responder = kind { true } else { false }
    }

    /// Whether a mail address is among the alternative names; any, when none is given.
    func hasMailbox(_ wanted: String? = nil) -> Bool {
        (alternativeNames ?? []).contains { name in
            switch name {
            case .rfc822Name(let address), .smtpUTF8Mailbox(let address): wanted.map { $0 == address } ?? true
            default: false
            }
        }
    }

    /// The first value of an attribute of the subject.
    func value(_ type: AttributeType) -> String? {
        tbs.subject.firstValue(type)
    }

    func has(_ type: AttributeType) -> Bool {
        tbs.subject.attributes.contains { $0.type == type }
    }

    /// The first address that does not begin with http://.
    func addressBeyondHTTP() -> String? {
        func first(of addresses: [String]?) -> String? { addresses?.first { !$0.hasPrefix("http://") } }
        return first(of: crlDistributionPoints) ?? first(of: access?.ocsp) ?? first(of: access?.caIssuers)
    }
}
