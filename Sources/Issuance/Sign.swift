import Tokens
import X509Building

/// Step 7. The token has signed the linted bytes. Whether it has done so rightly is not known yet.
package final class SignedCertificate: Sendable {
    package let intended: IntendedCertificate
    /// As X.509 carries it.
    package let signature: [UInt8]
    package let waitNanoseconds: UInt64
    package let tokenNanoseconds: UInt64

    fileprivate init(intended: IntendedCertificate, signature: [UInt8], token: TokenSignature) {
        self.intended = intended
        self.signature = signature
        waitNanoseconds = token.waitNanoseconds
        tokenNanoseconds = token.tokenNanoseconds
    }
}

extension IntendedCertificate {
    /// Has the token sign. The completion runs on the thread that reads the worker's answers.
    package func sign(
        urgency: Urgency = .ordinary,
        completion: @escaping @Sendable (Result<SignedCertificate, IssuanceError>) -> Void
    ) {
        let built = linted.built
        let authorised = built.authorised
        let algorithm = authorised.plan.signatureAlgorithm
        authorised.signer.sign(
            algorithm.tokenInput(for: built.bytes, sha256: built.sha256),
            algorithm,
            urgency: urgency
        ) { result in
            completion(
                result.map { SignedCertificate(intended: self, signature: $0.value, token: $0.token) }
            )
        }
    }
}
