import Tokens
import X509Building

extension SigningKey {
    /// A signature as X.509 carries it, and what the token said of its time.
    typealias Signed = (value: [UInt8], token: TokenSignature)

    /// Has the token sign: certificates, CRLs and OCSP answers all come through here. Whether the signature is right is not
    /// known yet. The completion runs on the thread that reads the token's answers.
    ///
    /// - Parameter input: what the algorithm's mechanism takes (`SignatureAlgorithm.tokenInput`).
    func sign(
        _ input: [UInt8],
        _ algorithm: SignatureAlgorithm,
        urgency: Urgency,
        completion: @escaping @Sendable (Result<Signed, IssuanceError>) -> Void
    ) {
        token.sign(
            spki: publicKey.derEncoded,
            mechanism: algorithm.tokenMechanism,
            input: input,
            urgency: urgency
        ) { [load, tokenName] result in
            switch result {
            case .success(let token):
                load.observe(token)
                do throws(X509Error) {
                    completion(.success((try algorithm.signatureValue(fromToken: token.raw), token)))
                } catch {
                    completion(.failure(.badSignature(token: tokenName, detail: error.reason)))
                }
            case .failure(let error): completion(.failure(IssuanceError(error, token: tokenName)))
            }
        }
    }
}
