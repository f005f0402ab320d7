import PKCS11
import Tokens

extension TokenError {
    static let blank = TokenError(
        .tokenBlank,
        "the token is not initialised, or has no user PIN",
        mend: "initialise it first"
    )

    /// What a module answered about a user's token, with what the officer at the desk can do.
    init(desk cause: PKCS11Error) {
        let answer = cause.answer
        switch answer {
        case .pinLocked?:
            self.init(
                .tokenLocked,
                "\(cause.description): the PIN is locked",
                mend: "reset the PIN with the token's SO PIN",
                returnValue: answer?.rawValue
            )
        case .pinLengthRange?, .pinInvalid?, .pinTooWeak?:
            self.init(
                .pinLength,
                "\(cause.description): the token takes no such PIN",
                mend: "set userPIN and officerPIN of the reader to what the token takes",
                returnValue: answer?.rawValue
            )
        case let value? where value.consequence == .pinDangerous:
            self.init(
                .wrongPIN,
                "\(cause.description): the PIN is wrong; it was tried once",
                mend: "give the right PIN, or reset it with the token's SO PIN",
                returnValue: value.rawValue
            )
        case .deviceMemory?:
            self.init(
                .tokenFull,
                "\(cause.description): the token has no room left",
                mend: "take another token, or retire this one",
                returnValue: answer?.rawValue
            )
        case .tokenNotPresent?, .deviceRemoved?, .tokenNotRecognized?, .slotIDInvalid?:
            self.init(
                .tokenMissing,
                "\(cause.description): the token was pulled out",
                mend: "put it in again, and ask again with the same order",
                returnValue: answer?.rawValue
            )
        default: self.init(cause)
        }
    }
}

extension KeyPairRequest.Algorithm {
    var isRSA: Bool {
        switch self {
        case .rsa2048, .rsa3072, .rsa4096: true
        case .p256, .p384, .ed25519: false
        }
    }
}
