import X509Building

/// Everything that a certificate is going to say, but its serial: decided by profile and request, before anything is
/// built. What is built is compared with it field by field (SGN-02).
package struct CertificatePlan: Hashable, Sendable {
    /// The profile, or the CA profile, that it follows.
    package var profile: String
    /// The profile set's version and hash, for the record (POL-02).
    package var profileSetVersion: String
    package var profileSetSHA256: [UInt8]
    package var issuer: String
    package var issuerDER: [UInt8]
    package var signatureAlgorithm: SignatureAlgorithm
    /// Seconds since 1970; first and last second.
    package var notBefore: Int64
    package var notAfter: Int64
    package var subject: DistinguishedName
    package var publicKey: SubjectPublicKey
    /// In the order in which they are encoded.
    package var extensions: [Extension]
    package var ruleSets: [RuleSet]

    /// The body that is to be signed. Nothing is in it that the plan does not hold.
    ///
    /// - Parameter serialNumber: big-endian, positive; see SGN-05.
    package func makeTBSCertificate(serialNumber: [UInt8]) -> TBSCertificate {
        TBSCertificate(
            serialNumber: serialNumber,
            signatureAlgorithm: signatureAlgorithm,
            issuerDER: issuerDER,
            notBefore: notBefore,
            notAfter: notAfter,
            subject: subject,
            publicKey: publicKey,
            extensions: extensions
        )
    }
}
