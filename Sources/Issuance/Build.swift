import X509Building

/// Step 4. The bytes that would be signed, built from the plan and the public key alone. Of the caller's request nothing
/// is in them but that key.
package final class BuiltCertificate: Sendable {
    package let authorised: AuthorisedRequest
    package let serial: [UInt8]
    /// The TBSCertificate in DER.
    package let bytes: [UInt8]

    fileprivate init(authorised: AuthorisedRequest, serial: [UInt8], bytes: [UInt8]) {
        self.authorised = authorised
        self.serial = serial
        self.bytes = bytes
    }
}

extension ProvenRequest {
    /// Encodes.
    ///
    /// - Parameter serial: from the signing token's generator; see `SerialSource`.
    package func build(serial: [UInt8]) throws(IssuanceError) -> BuiltCertificate {
        do {
            let bytes = try authorised.plan.makeTBSCertificate(serialNumber: serial).derEncoded()
            return BuiltCertificate(authorised: authorised, serial: serial, bytes: bytes)
        } catch {
            throw IssuanceError(ownFault: error, rule: "certificate.encoding")
        }
    }
}
