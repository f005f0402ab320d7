internal import CTokenProof
package import Secrets

/// What a personalised token has shown: that it works in the hands of its user's software, OpenSSL with libp11
/// (USB-06). For the officer's desk and the user's machine; the service never comes here.
package struct TokenProof: Sendable {
    /// The certificate's subject, as OpenSSL writes it.
    package let subject: String
    /// Protocol and cipher of the log-in.
    package let session: String

    /// Why a token has not shown it.
    package struct Failure: Error, CustomStringConvertible {
        /// What was proven before: nothing, that certificate and key are there, the log-in.
        package let steps: Int
        package let problem: String

        package var description: String {
            let proven = ["nothing", "certificate and key are in the token", "the log-in"]
            return "\(problem) (proven before: \(proven[min(max(steps, 0), 2)]))"
        }
    }

    /// Finds the token, logs in with its certificate to a TLS server inside this process that demands one, signs a
    /// message and verifies it. The PIN is tried once.
    ///
    /// - Parameters:
    ///   - serial: of the token; the label may be given instead, or beside it.
    ///   - roots: a PEM file with the roots that server and reader trust.
    package static func prove(
        module: String,
        serial: String?,
        label: String?,
        pin: Secret,
        roots: String
    ) throws(Failure) -> TokenProof {
        // libp11 takes the PIN as text of C.
        let terminated = pin.withUnsafeBytes { bytes in
            Secret(count: bytes.count + 1) { buffer in
                buffer.copyMemory(from: bytes)
                buffer[bytes.count] = 0
            }
        }
        var proof = inkan_token_proof()
        let result = terminated.withUnsafeBytes { pin in
            inkan_prove_token(
                module,
                serial,
                label,
                pin.baseAddress?.assumingMemoryBound(to: CChar.self),
                roots,
                &proof
            )
        }
        guard result == 0 else { throw Failure(steps: Int(proof.steps), problem: text(of: proof.problem)) }
        return TokenProof(subject: text(of: proof.subject), session: text(of: proof.session))
    }

    private static func text<Field>(of field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
