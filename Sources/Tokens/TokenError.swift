/// What went wrong with a token: a code that stays the same, a sentence for people, and what to do about it. The
/// number that the module answered is a detail. No secret is ever in it.
package struct TokenError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: UInt8, Sendable, CaseIterable {
        /// No slot holds the token that is meant.
        case tokenMissing = 1
        /// An officer must act before this token is used again.
        case tokenLocked = 2
        /// The PIN was tried once and refused.
        case wrongPIN = 3
        /// One more wrong PIN would lock the token for ever, so none is tried.
        case pinFinalTry = 4
        /// There is no PIN to log in with.
        case pinUnavailable = 5
        case keyMissing = 6
        case keyAmbiguous = 7
        case mechanismUnavailable = 8
        /// The token made a key whose attributes are not acceptable. The key is destroyed.
        case attributesRefused = 9
        /// The caller's deadline passed.
        case timedOut = 10
        /// The worker process ended while it had the call. Nothing is known about the call's effect in the token.
        case workerDied = 11
        /// More calls wait than the supervisor accepts.
        case busy = 12
        /// The supervisor was stopped, or never started.
        case stopped = 13
        /// The module answered an error that recovery did not mend.
        case moduleError = 14
        /// The request is not one that a token can do, whatever its state.
        case requestRefused = 15
        /// URI, module path or PIN file cannot be used as they are.
        case configuration = 16
        /// Supervisor and worker do not understand each other, or the worker cannot be started.
        case workerUnusable = 17
        /// More than one token of the reader has this serial number.
        case tokenAmbiguous = 32
        /// The token has no room for what shall be written.
        case tokenFull = 33
        /// The PIN is shorter or longer than any PIN of this token; it was not tried.
        case pinLength = 34
        /// The token is not initialised, or has no user PIN.
        case tokenBlank = 35

        /// Whether the token stays locked after this until an officer acts.
        package var locksToken: Bool {
            self == .wrongPIN || self == .pinFinalTry || self == .pinUnavailable || self == .tokenLocked
        }
    }

    package let code: Code
    /// What happened.
    package let message: String
    /// What to do about it.
    package let mend: String
    /// The `CKR_…` number, where a module answered one.
    package let returnValue: UInt?

    package init(_ code: Code, _ message: String, mend: String, returnValue: UInt? = nil) {
        self.code = code
        self.message = message
        self.mend = mend
        self.returnValue = returnValue
    }

    package var description: String {
        "\(code): \(message); \(mend)"
    }
}

extension TokenError {
    static func stopped(_ name: String) -> TokenError {
        TokenError(.stopped, "token \(name) is not being served", mend: "start the service")
    }

    static func busy(_ name: String, limit: Int) -> TokenError {
        TokenError(.busy, "\(limit) calls already wait for token \(name)", mend: "send fewer at a time, or try later")
    }

    static func timedOut(_ name: String) -> TokenError {
        TokenError(
            .timedOut,
            "token \(name) did not answer in time",
            mend: "look at the token's status; a worker that hangs is replaced by itself"
        )
    }

    static func workerDied(_ name: String, _ why: String) -> TokenError {
        TokenError(.workerDied, "the worker of token \(name) \(why)", mend: "ask again; the worker is being replaced")
    }

    static func logInCutShort(_ name: String) -> TokenError {
        TokenError(
            .tokenLocked,
            "the worker of token \(name) ended in the middle of a log-in, and nobody knows whether the PIN was right",
            mend: "check the PIN file and the token, then unlock the token"
        )
    }

    static func protocolBroken(_ what: String) -> TokenError {
        TokenError(
            .workerUnusable,
            "the worker sent a message that cannot be read (\(what))",
            mend: "install inkan-tokend and the service from the same package"
        )
    }
}
