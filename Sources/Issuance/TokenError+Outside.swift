import Tokens

/// What callers outside may read of a token's trouble. The full text can name files and modules of the machine; it is in
/// the service's log and in what `inkan doctor` says at the machine.
extension TokenError {
    package var outsideMessage: String {
        switch code {
        case .tokenMissing: "it is in no slot"
        case .tokenLocked: "it is locked until an officer acts"
        case .wrongPIN: "its PIN was refused; it is locked until an officer acts"
        case .pinFinalTry: "one more wrong PIN would lock it for ever, so none is tried"
        case .pinUnavailable: "its PIN cannot be read"
        case .keyMissing: "the key is not in it"
        case .keyAmbiguous: "more than one key in it has this public half"
        case .mechanismUnavailable: "it does not make this kind of signature"
        case .attributesRefused: "it made a key with attributes that are not acceptable"
        case .timedOut: "it did not answer in time"
        case .workerDied: "its worker ended during the call"
        case .busy: "more calls wait for it than the service takes"
        case .stopped: "it is not being served"
        case .moduleError: "its module answered an error"
        case .requestRefused: "it cannot do what was asked, whatever its state"
        case .configuration: "its settings cannot be used"
        case .workerUnusable: "its worker cannot be started"
        case .tokenAmbiguous: "more than one token has its serial number"
        case .tokenFull: "it has no room left"
        case .pinLength: "the PIN is shorter or longer than any of its PINs; it was not tried"
        case .tokenBlank: "it is not initialised, or has no user PIN"
        }
    }

    package var outsideMend: String {
        switch code {
        case .timedOut, .workerDied, .busy, .moduleError:
            "ask again with the same order; the service recovers by itself"
        case .tokenLocked, .wrongPIN, .pinFinalTry, .pinUnavailable:
            "an officer mends the PIN's file, then: inkan token unlock"
        default: "an officer finds more in the service's log, and with inkan doctor"
        }
    }
}
