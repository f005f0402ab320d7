import X509Building

/// Step 8. The signature verifies under the issuer's public key (TOK-11), and the certificate is whole.
package final class VerifiedCertificate: Sendable {
    package let signed: SignedCertificate
    /// The certificate in DER.
    package let certificate: [UInt8]

    fileprivate init(signed: SignedCertificate, certificate: [UInt8]) {
        self.signed = signed
        self.certificate = certificate
    }
}

extension SignedCertificate {
    /// Checks the signature over the very bytes that were linted.
    package func verify() throws(IssuanceError) -> VerifiedCertificate {
        let built = intended.linted.built
        let signer = built.authorised.signer
        let algorithm = built.authorised.plan.signatureAlgorithm
        guard signer.publicKey.isValidSignature(signature, for: built.bytes, algorithm: algorithm) else {
            throw .badSignature(token: signer.tokenName, detail: "it does not verify under the issuer's public key")
        }
        signer.load.noteVerified()
        return VerifiedCertificate(
            signed: self,
            certificate: Certificate.assemble(tbsDER: built.bytes, algorithm: algorithm, signature: signature)
        )
    }
}
