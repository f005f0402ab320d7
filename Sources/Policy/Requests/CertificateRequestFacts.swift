import Clocks
import X509Building

/// What a caller may say of the certificate that it wants. The key comes apart from it, after its own checks; nothing
/// else of a PKCS#10 request is ever looked at (SGN-02).
package struct CertificateRequestFacts: Hashable, Sendable {
    package var profile: String
    /// nil: the profile's first issuer.
    package var issuer: String?
    /// In any order; the certificate has the profile's.
    package var subject: [DistinguishedName.Attribute]
    package var alternativeNames: [GeneralName]
    package var securityIdentifier: String?
    /// The optional purposes that are wanted.
    package var extendedKeyUsages: [ExtendedKeyUsage]
    /// nil: the present, less the profile's back-dating.
    package var notBefore: Timestamp?
    /// From notBefore, in days of 86,400 seconds; nil with a nil `notAfter`: the profile's default.
    package var validityDays: Int?
    /// The last second of the validity.
    package var notAfter: Timestamp?
    /// nil: the profile's first that the issuer's key makes.
    package var signatureAlgorithm: SignatureAlgorithm?
    package var keyOrigin: KeyOrigin

    package init(
        profile: String,
        issuer: String? = nil,
        subject: [DistinguishedName.Attribute],
        alternativeNames: [GeneralName] = [],
        securityIdentifier: String? = nil,
        extendedKeyUsages: [ExtendedKeyUsage] = [],
        notBefore: Timestamp? = nil,
        validityDays: Int? = nil,
        notAfter: Timestamp? = nil,
        signatureAlgorithm: SignatureAlgorithm? = nil,
        keyOrigin: KeyOrigin = .csr
    ) {
        self.profile = profile
        self.issuer = issuer
        self.subject = subject
        self.alternativeNames = alternativeNames
        self.securityIdentifier = securityIdentifier
        self.extendedKeyUsages = extendedKeyUsages
        self.notBefore = notBefore
        self.validityDays = validityDays
        self.notAfter = notAfter
        self.signatureAlgorithm = signatureAlgorithm
        self.keyOrigin = keyOrigin
    }
}

/// What has to be known of a CA to issue under it, taken from its certificate once. One object for all that it issues.
package final class IssuerFacts: Sendable {
    /// As the profile set calls it.
    package let name: String
    package let subjectDER: [UInt8]
    package let publicKey: SubjectPublicKey
    package let subjectKeyIdentifier: [UInt8]
    /// Seconds since 1970; first and last second of the CA certificate.
    package let notBefore: Int64
    package let notAfter: Int64
    /// nil when its certificate has no path length.
    package let pathLength: Int?
    /// nil when its certificate has none: then it may certify for every purpose.
    package let extendedKeyUsage: [ExtendedKeyUsage]?
    /// nil when its certificate has none, or anyPolicy: then it may certify under every policy.
    package let policies: Set<OID>?

    /// - Throws: when the certificate is not a CA's, or lacks its key identifier.
    package init(name: String, certificate: Certificate) throws(X509Error) {
        guard let constraints = try certificate.tbs.extension(.basicConstraints)?.readBasicConstraints(),
            constraints.isCA
        else { throw X509Error(.valueInvalid, "the certificate is not a CA's", clause: "RFC 5280 4.2.1.9") }
        guard let identifier = certificate.tbs.extension(.subjectKeyIdentifier) else {
            throw X509Error(.valueInvalid, "a CA certificate without a key identifier", clause: "RFC 5280 4.2.1.2")
        }
        self.name = name
        subjectDER = try certificate.subjectDER()
        publicKey = certificate.tbs.publicKey
        subjectKeyIdentifier = try identifier.readSubjectKeyIdentifier()
        notBefore = certificate.tbs.notBefore
        notAfter = certificate.tbs.notAfter
        pathLength = constraints.pathLength
        extendedKeyUsage = try certificate.tbs.extension(.extendedKeyUsage)?.readExtendedKeyUsage()
        let policies = try certificate.tbs.extension(.certificatePolicies)?.readCertificatePolicies().map(\.oid)
        self.policies = policies.flatMap { $0.contains(.anyPolicy) ? nil : Set($0) }
    }

    /// A root that is about to sign itself, for the plan of its own certificate.
    init(root name: String, subjectDER: [UInt8], key: SubjectPublicKey, notBefore: Int64, notAfter: Int64, path: Int?) {
        self.name = name
        self.subjectDER = subjectDER
        publicKey = key
        subjectKeyIdentifier = key.subjectKeyIdentifier
        self.notBefore = notBefore
        self.notAfter = notAfter
        pathLength = path
        extendedKeyUsage = nil
        policies = nil
    }
}

extension OID {
    static let anyPolicy: OID = [2, 5, 29, 32, 0]
}
