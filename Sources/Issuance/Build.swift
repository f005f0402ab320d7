import Policy
import X509Building

/// Step 4. The bytes that would be signed, built from the plan and the public key alone. Of the caller's request nothing
/// is in them but that key.
package final class BuiltCertificate: Sendable {
    package let authorised: AuthorisedRequest
    package let serial: [UInt8]
    /// The plan of the authorised request, with the CRL of the part that the serial falls to.
    let plan: CertificatePlan
    /// The TBSCertificate in DER.
    package let bytes: [UInt8]
    /// SHA-256 of these bytes: what the intent says will be signed, and what most algorithms have the token sign.
    let sha256: [UInt8]

    fileprivate init(authorised: AuthorisedRequest, serial: [UInt8], plan: CertificatePlan, bytes: [UInt8]) {
        self.authorised = authorised
        self.serial = serial
        self.plan = plan
        self.bytes = bytes
        sha256 = DigestAlgorithm.sha256.digest(bytes)
    }
}

extension ProvenRequest {
    /// Encodes.
    ///
    /// - Parameter serial: from the signing token's generator; see `SerialSource`.
    package func build(serial: [UInt8]) throws(IssuanceError) -> BuiltCertificate {
        do {
            var plan = authorised.plan
            if let address = authorised.partitions.address(of: serial) { plan = try plan.naming(crlAt: address) }
            let bytes = try plan.makeTBSCertificate(serialNumber: serial).derEncoded()
            return BuiltCertificate(authorised: authorised, serial: serial, plan: plan, bytes: bytes)
        } catch {
            throw IssuanceError(ownFault: error, rule: "certificate.encoding")
        }
    }
}
