import Glibc
import PKCS11
import Secrets
import Synchronization
import Tokens

/// The way to one token: its module, its slot for the time being, and the log-in. Log-in belongs to the process; it is
/// held by an anchor session that never signs, so that no fault of a signing session can end it.
final class TokenLink: Sendable {
    let uri: TokenURI
    let gate = AccessGate()
    private let module: Module
    private let notify: @Sendable (WorkerReply) -> Void
    private let state: Mutex<State>

    private struct State {
        var slot: Slot?
        var anchor: Session?
        /// Counts the times that the module was started; handles of another epoch mean nothing.
        var epoch = 0
        var pin: Secret?
        var isPINProven = false
        /// A log-in may have cost a try of the PIN without our knowing.
        var isCautious: Bool
        /// Why there will be no further log-in.
        var lock: TokenError?
        var needsLogin = true
    }

    /// - Parameter notify: hears of each log-in before it happens and when its outcome is known.
    init(_ request: OpenRequest, notify: @escaping @Sendable (WorkerReply) -> Void) throws(TokenError) {
        do throws(PKCS11Error) {
            uri = try TokenURI(request.uri)
            module = try Module(path: uri.modulePath)
        } catch {
            throw TokenError(error)
        }
        self.notify = notify
        state = Mutex(State(isCautious: request.isCautious))
    }

    var epoch: Int { state.withLock { $0.epoch } }
    var interfaceVersion: String { module.interfaceVersion }

    /// The PIN that was proven by a log-in, for keys that want it again before each signature.
    var provenPIN: Secret? { state.withLock { $0.isPINProven ? $0.pin : nil } }

    private func slot() throws(PKCS11Error) -> Slot {
        guard let slot = state.withLock({ $0.slot }) else {
            throw .call(function: "C_GetSlotList", answer: .tokenNotPresent)
        }
        return slot
    }

    func tokenInfo() throws(OperationFailure) -> TokenInfo {
        try calling { () throws(PKCS11Error) in try slot().tokenInfo() }
    }

    /// Opens a session that shares the log-in. Throws a transient failure when the token says that nobody is logged in.
    func openSession(readWrite: Bool = false) throws(OperationFailure) -> Session {
        try calling { () throws(PKCS11Error) in
            let session = try slot().openSession(readWrite: readWrite)
            try checkLogin(session)
            return session
        }
    }

    /// Private keys cannot be seen without a log-in: a key that is not found may be a log-in that was lost.
    func checkLogin(_ session: Session) throws(PKCS11Error) {
        if state.withLock({ $0.needsLogin }), !(try session.state().isUser) {
            throw .call(function: "C_GetSessionInfo", answer: .userNotLoggedIn)
        }
    }

    // MARK: Connecting

    /// How long to wait before each further try, in milliseconds. SoftHSM shows no token while another process logs in.
    private static let pauses: [UInt32] = [20, 40, 80, 160, 320, 640]

    /// Starts the module, finds the token and logs in. What may pass by itself is tried again; a PIN never is.
    func connect() throws(OperationFailure) {
        for pause in TokenLink.pauses {
            do throws(OperationFailure) {
                return try connectOnce()
            } catch {
                guard error.consequence == .transient else { throw error }
                WorkerLog.write("connect-failed", ["error": error.error.message, "retry_ms": "\(pause)"])
                disconnect()
                usleep(pause * 1000)
            }
        }
        try connectOnce()
    }

    private func connectOnce() throws(OperationFailure) {
        do throws(PKCS11Error) {
            try module.initialize()
        } catch {
            guard error.answer == .cryptokiAlreadyInitialized else { throw OperationFailure(error) }
        }
        let slot = try findSlot()
        let anchor = try calling { () throws(PKCS11Error) in try slot.openSession() }
        state.withLock { state in
            state.epoch += 1
            state.slot = slot
            state.anchor = anchor
        }
        try logIn(anchor, slot)
    }

    private func findSlot() throws(OperationFailure) -> Slot {
        var matches: [Slot] = []
        var unreadable: PKCS11Error?
        for slot in try calling({ () throws(PKCS11Error) in try module.slots() }) {
            do throws(PKCS11Error) {
                if uri.matches(try slot.tokenInfo()) { matches.append(slot) }
            } catch {
                unreadable = error
            }
        }
        if matches.count > 1 {
            let mend = "name the token by its serial in the URI"
            throw OperationFailure(
                TokenError(.configuration, "\(matches.count) tokens have this name", mend: mend),
                .permanent
            )
        }
        if let match = matches.first { return match }
        if let unreadable { throw OperationFailure(unreadable) }
        let message = "no slot of \(uri.modulePath) holds the token \(uri.serial ?? uri.label ?? "")"
        throw OperationFailure(
            TokenError(.tokenMissing, message, mend: "put the token in, or correct its URI"),
            .transient
        )
    }

    /// Ends the module. Sessions and handles are void afterwards; their numbers may come back for other objects.
    func disconnect() {
        state.withLock { state in
            state.anchor?.abandon()
            state.anchor = nil
            state.slot = nil
        }
        do throws(PKCS11Error) {
            try module.finalize()
        } catch {
            WorkerLog.write("finalize-failed", ["error": error.description])
        }
    }

    /// Ends and restarts the module, unless somebody has done so since the epoch in which the fault was seen.
    func reconnect(after seenEpoch: Int) throws(OperationFailure) {
        try gate.alone { () throws(OperationFailure) in
            guard epoch == seenEpoch else { return }
            WorkerLog.write("module-restart", ["epoch": "\(seenEpoch)"])
            disconnect()
            try connect()
        }
    }

    // MARK: Log-in

    /// Logs in anew if the token says that nobody is, with a new anchor if the old one is dead.
    func logInAgain(after seenEpoch: Int) throws(OperationFailure) {
        try gate.alone { () throws(OperationFailure) in
            guard epoch == seenEpoch else { return }
            let slot = try calling { () throws(PKCS11Error) in try self.slot() }
            let anchor = try calling { () throws(PKCS11Error) in try slot.openSession() }
            // The old anchor goes only now: the last session's end would be the log-in's end too.
            let old = state.withLock { state in
                defer { state.anchor = anchor }
                return state.anchor
            }
            do throws(PKCS11Error) { try old?.close() } catch {
                WorkerLog.write("anchor-lost", ["error": error.description])
            }
            try logIn(anchor, slot)
        }
    }

    private func logIn(_ anchor: Session, _ slot: Slot) throws(OperationFailure) {
        let flags = try calling { () throws(PKCS11Error) in try slot.tokenInfo().flags }
        let needsLogin = flags.contains(.loginRequired)
        state.withLock { $0.needsLogin = needsLogin }
        guard needsLogin, !(try calling { () throws(PKCS11Error) in try anchor.state().isUser }) else { return }
        let pin = try permittedPIN(flags)
        notify(.loggingIn)
        do throws(PKCS11Error) {
            try anchor.login(.user, pin: pin)
        } catch {
            if error.answer != .userAlreadyLoggedIn { throw loginFailed(error) }
        }
        notify(.loggedIn)
        state.withLock { state in
            state.isPINProven = true
            state.pin = pin
        }
    }

    /// The PIN, if it may be tried at all: one that was refused is never tried again, and none is tried when the next
    /// wrong one would lock the token for ever. `nil` is for tokens with a keypad.
    private func permittedPIN(_ flags: TokenInfo.Flags) throws(OperationFailure) -> Secret? {
        let (lock, isProven, isCautious, known) = state.withLock { ($0.lock, $0.isPINProven, $0.isCautious, $0.pin) }
        if let lock { throw OperationFailure(lock, .pinDangerous) }
        var refusal: TokenError?
        if flags.contains(.userPINLocked) {
            refusal = TokenError(
                .tokenLocked,
                "the token says that its PIN is locked",
                mend: "unblock the PIN with the SO PIN, then unlock the token"
            )
        } else if flags.contains(.userPINFinalTry) {
            refusal = TokenError(
                .pinFinalTry,
                "the token says that one more wrong PIN would lock it for ever, so none is tried",
                mend: "enter the right PIN by hand once, correct the PIN file, then unlock the token"
            )
        } else if isCautious, !isProven, flags.contains(.userPINCountLow) {
            refusal = TokenError(
                .tokenLocked,
                "a log-in was cut short and the token counts a wrong PIN, so it is not tried again",
                mend: "check the PIN file, then unlock the token"
            )
        }
        if let refusal { throw refuse(refusal) }
        if isProven { return known }
        guard let path = uri.pinSource else {
            if flags.contains(.protectedAuthenticationPath) { return nil }
            throw refuse(
                TokenError(
                    .pinUnavailable,
                    "the token wants a PIN and its URI has no pin-source",
                    mend: "put the PIN into a file of mode 0600 and name it as pin-source"
                )
            )
        }
        do throws(SecretFileError) { return try SecretFile.read(path) } catch { throw refuse(TokenError(error)) }
    }

    private func loginFailed(_ error: PKCS11Error) -> OperationFailure {
        let failure = OperationFailure(error)
        if failure.consequence == .pinDangerous {
            // The outcome is known: the try is spent, and there will be no other.
            notify(.loggedIn)
            return refuse(failure.error)
        }
        state.withLock { $0.isCautious = true }
        // SoftHSM says so for a moment while another process logs in; no PIN was looked at.
        return error.answer == .userPINNotInitialized ? OperationFailure(failure.error, .transient) : failure
    }

    private func refuse(_ error: TokenError) -> OperationFailure {
        state.withLock { $0.lock = error }
        WorkerLog.write("locked", ["error": error.message])
        return OperationFailure(error, .pinDangerous)
    }
}
