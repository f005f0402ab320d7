import PKCS11
import Secrets
import Tokens

/// An operation that went wrong: what the caller is told, and what may be tried next.
struct OperationFailure: Error {
    let error: TokenError
    let consequence: ReturnValue.Consequence

    init(_ cause: PKCS11Error) {
        error = TokenError(cause)
        consequence =
            switch cause {
            case .call(_, let answer): answer.consequence
            // What cannot be read may be a fault on the line to the token.
            case .malformed: .transient
            default: .permanent
            }
    }

    init(_ error: TokenError, _ consequence: ReturnValue.Consequence) {
        self.error = error
        self.consequence = consequence
    }
}

/// Runs calls of the module and gives their errors the worker's form.
@inline(__always)
func calling<Answer>(_ body: () throws(PKCS11Error) -> Answer) throws(OperationFailure) -> Answer {
    do throws(PKCS11Error) { return try body() } catch { throw OperationFailure(error) }
}

extension TokenError {
    init(_ cause: PKCS11Error) {
        switch cause {
        case .moduleUnusable: self.init(.configuration, cause.description, mend: "check module-path in the token's URI")
        case .uri: self.init(.configuration, cause.description, mend: "correct the token's URI (RFC 7512)")
        case .keyMissing:
            self.init(
                .keyMissing,
                cause.description,
                mend: "check that this is the right token; for EC and Ed25519 the public key must be in it too"
            )
        case .keyAmbiguous:
            self.init(.keyAmbiguous, cause.description, mend: "remove the key that does not belong there")
        case .attributesRefused:
            self.init(.attributesRefused, cause.description, mend: "use a token that makes keys which cannot leave it")
        case .unsupported: self.init(.requestRefused, cause.description, mend: "use a supported key type")
        case .malformedObject:
            self.init(.moduleError, cause.description, mend: "repair or remove the key's objects in the token")
        case .malformed: self.init(.moduleError, cause.description, mend: "look at the token and its module")
        case .call(_, let answer): self.init(answer, cause.description)
        }
    }

    private init(_ answer: ReturnValue, _ message: String) {
        let value = answer.rawValue
        switch answer {
        case .pinLocked:
            self.init(.tokenLocked, message, mend: "unblock the PIN with the SO PIN, then unlock", returnValue: value)
        case _ where answer.consequence == .pinDangerous:
            self.init(.wrongPIN, message, mend: "correct the PIN file, then unlock the token", returnValue: value)
        case .tokenNotPresent: self.init(.tokenMissing, message, mend: "put the token in", returnValue: value)
        case .mechanismInvalid, .functionNotSupported, .keyTypeInconsistent, .curveNotSupported:
            self.init(
                .mechanismUnavailable,
                message,
                mend: "choose an algorithm that this token and key have",
                returnValue: value
            )
        case _ where answer.consequence == .permanent:
            self.init(.requestRefused, message, mend: "the token cannot do this request", returnValue: value)
        default:
            self.init(.moduleError, message, mend: "look at the token and its module", returnValue: value)
        }
    }

    init(_ cause: SecretFileError) {
        self.init(.pinUnavailable, cause.description, mend: "put the PIN in place, then unlock the token")
    }
}
