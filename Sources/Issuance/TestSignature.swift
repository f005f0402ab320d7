import Threads
import Tokens
import X509Building

/// The one text that a key signs to show that it can (SRV-05). It is fixed, says what it is, and begins with a letter: a
/// certificate's body, a CRL, an OCSP response, a request and a checkpoint all begin with other octets, so a signature
/// over it is good for nothing else.
package enum TestSignature {
    static let message = Array(
        "Inkan test signature, version 1. It stands for nothing: no certificate, no list, no answer.\n".utf8
    )

    /// Has a key sign the text and verifies it.
    ///
    /// - Parameter completion: `nil` when the signature is right; otherwise why it is not, with what to do. Runs on the
    ///   thread that reads the worker's answers.
    package static func make(_ key: SigningKey, completion: @escaping @Sendable (TokenError?) -> Void) {
        let publicKey = key.publicKey
        guard let algorithm = SignatureAlgorithm.allCases.first(where: { $0.accepts(publicKey) }) else {
            return completion(
                TokenError(
                    .mechanismUnavailable,
                    "no signature algorithm fits the key",
                    mend: "make an authority with another key"
                )
            )
        }
        key.token.sign(
            spki: publicKey.derEncoded,
            mechanism: algorithm.tokenMechanism,
            input: algorithm.tokenInput(for: message)
        ) { result in
            switch result {
            case .failure(let error): completion(error)
            case .success(let made): completion(isValid(made.raw, publicKey, algorithm) ? nil : wrong)
            }
        }
    }

    /// The same, waiting for it.
    static func show(_ key: SigningKey) throws(TokenError) -> KeyThatSigns {
        let made = Guarded<Result<Void, TokenError>?>(nil)
        make(key) { problem in
            made.withLock { $0 = problem.map { .failure($0) } ?? .success(()) }
            made.broadcast()
        }
        try made.wait { $0 }.get()
        return KeyThatSigns(publicKey: key.publicKey)
    }

    private static func isValid(_ raw: [UInt8], _ key: SubjectPublicKey, _ algorithm: SignatureAlgorithm) -> Bool {
        do throws(X509Error) {
            return key.isValidSignature(
                try algorithm.signatureValue(fromToken: raw),
                for: message,
                algorithm: algorithm
            )
        } catch {
            // A signature that has not even the form of one.
            return false
        }
    }

    private static let wrong = TokenError(
        .moduleError,
        "its test signature does not verify",
        mend: "take the token out of service and examine it"
    )
}

/// A key of the service's own that has just signed the text. Nothing else makes one.
package struct KeyThatSigns: Sendable {
    package let publicKey: SubjectPublicKey

    fileprivate init(publicKey: SubjectPublicKey) {
        self.publicKey = publicKey
    }
}
