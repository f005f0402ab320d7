import Policy
import X509Building

/// Step 3. The bytes that would be signed, built from the plan and the public key alone. Of the caller's request nothing
/// is in them but that key, which has proven its possession and passed the weak-key checks.
package struct BuiltCertificate: Sendable {
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

extension AuthorisedRequest {
    /// Checks the key, takes a serial, encodes.
    package func build(compromisedKeys: CompromisedKeyList?) throws(IssuanceError) -> BuiltCertificate {
        try checkPossession()
        if let finding = WeakKeys.check(plan.publicKey, compromised: compromisedKeys).first {
            throw IssuanceError(
                .requestRejected,
                rule: finding.id,
                message: finding.what,
                mend: finding.rule.mend,
                detail: finding.clause
            )
        }
        let serial: [UInt8]
        do {
            serial = try signer.serials.next(at: judgedAt.seconds)
        } catch {
            throw IssuanceError(error, token: signer.tokenName)
        }
        do {
            let bytes = try plan.makeTBSCertificate(serialNumber: serial).derEncoded()
            return BuiltCertificate(authorised: self, serial: serial, bytes: bytes)
        } catch {
            throw IssuanceError(error, rule: "certificate.encoding")
        }
    }

    private func checkPossession() throws(IssuanceError) {
        guard case .provenBy(let request) = possession else { return }
        do {
            try request.verifyProofOfPossession()
        } catch {
            throw IssuanceError(
                .requestRejected,
                rule: "request.proof-of-possession",
                message: error.reason,
                mend: "sign the request with the private half of the key that is in it",
                detail: error.clause
            )
        }
    }
}
