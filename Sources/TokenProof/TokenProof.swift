internal import CTokenProof
package import Secrets

/// What a personalised token has shown: that it works in the hands of its user's software, OpenSSL with libp11
/// (USB-06). For the officer's desk and the user's machine; the service never comes here.
package struct TokenProof: Sendable {
    /// The certificate's subject, as OpenSSL writes it.
    package let subject: String
    /// Protocol and cipher of the log-in; `nil` when the certificate is not for log-ins.
    package let session: String?
    /// Whether the message was verified as a mail, because the certificate is for mail.
    package let isForMail: Bool

    /// Why a token has not shown it.
    package struct Failure: Error, CustomStringConvertible {
        /// What was proven before: nothing, that certificate and key are there, the log-in where it applies.
        package let steps: Int
        package let problem: String

        package var description: String {
            let proven = ["nothing", "certificate and key are in the token", "all but the message"]
            return "\(problem) (proven before: \(proven[min(max(steps, 0), 2)]))"
        }
    }

    /// Finds the token, logs in with its certificate to a TLS server inside this process that demands one (if the
    /// certificate is for that), signs a message and verifies it. The PIN is tried once.
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
        let terminated = pin.terminated()
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
        return TokenProof(
            subject: text(of: proof.subject),
            session: proof.is_for_login != 0 ? text(of: proof.session) : nil,
            isForMail: proof.is_for_mail != 0
        )
    }

    private static func text<Field>(of field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
