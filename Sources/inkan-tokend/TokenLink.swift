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
    /// Held while the token has a PIN to look at.
    private let pinTurn = Mutex(())
    /// Held from the beginning to the end of a signature that has a log-in of its own.
    private let contextTurn = Mutex(())

    private struct State {
        var slot: Slot?
        var anchor: Session?
        /// Counts the times that the module was started; handles of another epoch mean nothing.
        var epoch = 0
        var pin: Secret?
        var isPINProven = false
        /// Which version of which file the PIN came from, and the one that an earlier worker's right PIN came from.
        var pinFile = ""
        var provenPINFile: String
        /// The PIN, or the file that it comes from, was right before.
        var isTrusted: Bool { isPINProven || (!pinFile.isEmpty && pinFile == provenPINFile) }
        /// A log-in may have cost a try of the PIN without our knowing.
        var isCautious: Bool
        /// Why there will be no further log-in.
        var lock: TokenError?
        var needsLogin = true
        /// A PIN that was not right before is not tried at all.
        let takesProvenPINOnly: Bool
    }

    /// - Parameter notify: hears of each log-in before it happens and when its outcome is known.
    init(
        _ request: OpenRequest,
        _ uri: TokenURI,
        notify: @escaping @Sendable (WorkerReply) -> Void
    ) throws(TokenError) {
        self.uri = uri
        do throws(PKCS11Error) {
            module = try Module(path: uri.modulePath)
        } catch {
            throw TokenError(error)
        }
        self.notify = notify
        state = Mutex(
            State(
                provenPINFile: request.provenPINFile,
                isCautious: request.isCautious,
                takesProvenPINOnly: request.takesProvenPINOnly
            )
        )
    }

    var epoch: Int { state.withLock { $0.epoch } }
    var interfaceVersion: String { module.interfaceVersion }

    /// Which version of which file the PIN came from: numbers that the file system gives it.
    var pinFile: String { state.withLock { $0.pinFile } }

    /// Why no PIN is given to the token any more.
    var lock: TokenError? { state.withLock { $0.lock } }

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
        var readable: [(slot: Slot, token: TokenInfo)] = []
        var unreadable: PKCS11Error?
        for slot in try calling({ () throws(PKCS11Error) in try module.slots() }) {
            do throws(PKCS11Error) {
                readable.append((slot, try slot.tokenInfo()))
            } catch {
                unreadable = error
            }
        }
        let matches = uri.matches(among: readable.map(\.token)).map { readable[$0].slot }
        if matches.count > 1 {
            let mend = "name the token by its serial in the URI, and by its label where several have one serial"
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
        try pinTurn.withLock { (_) throws(OperationFailure) in
            let pin = try permittedPIN(flags)
            if !state.withLock({ $0.isTrusted }) { notify(.loggingIn) }
            // Whatever the token answers, the outcome is known then.
            defer { notify(.loggedIn) }
            do throws(PKCS11Error) {
                try anchor.login(.user, pin: pin)
            } catch {
                if error.answer != .userAlreadyLoggedIn { throw loginFailed(error) }
            }
            state.withLock { state in
                state.isPINProven = true
                state.pin = pin
            }
        }
    }

    /// Makes one signature. Where the key wants a log-in of its own (`CKA_ALWAYS_AUTHENTICATE`), beginning, log-in and
    /// end are one unit that no other such signature comes into: a card forgets the PIN with the next signature,
    /// whosoever it is.
    func signing<Answer: Sendable>(
        _ mechanism: SigningMechanism,
        _ key: FoundKey,
        _ session: Session,
        finish: () throws(PKCS11Error) -> Answer
    ) throws(OperationFailure) -> Answer {
        guard key.alwaysAuthenticate else {
            return try calling { () throws(PKCS11Error) in
                try session.beginSigning(mechanism, key: key.privateHandle)
                return try finish()
            }
        }
        return try contextTurn.withLock { (_) throws(OperationFailure) in
            try calling { () throws(PKCS11Error) in try session.beginSigning(mechanism, key: key.privateHandle) }
            try contextLogin(session)
            return try calling(finish)
        }
    }

    /// Gives the token the proven PIN again, for one signature. It may have been changed meanwhile, so a refusal locks
    /// here as it does at the log-in; one at a time, so that a PIN which has become wrong is tried once.
    private func contextLogin(_ session: Session) throws(OperationFailure) {
        try pinTurn.withLock { (_) throws(OperationFailure) in
            let (lock, isProven, pin) = state.withLock { ($0.lock, $0.isPINProven, $0.pin) }
            if let lock { throw OperationFailure(lock, .pinDangerous) }
            // A token that wants no log-in has been given no PIN; what it says to the signature is the answer.
            guard isProven else { return }
            let flags = try calling { () throws(PKCS11Error) in try slot().tokenInfo().flags }
            if let refusal = refusal(flags) { throw refuse(refusal) }
            do throws(PKCS11Error) {
                try session.login(.contextSpecific, pin: pin)
            } catch {
                let failure = OperationFailure(error)
                throw failure.consequence == .pinDangerous ? refuse(failure.error) : failure
            }
        }
    }

    /// The PIN, if it may be tried at all: one that was refused is never tried again, and none is tried when the next
    /// wrong one would lock the token for ever. `nil` is for tokens with a keypad.
    private func permittedPIN(_ flags: TokenInfo.Flags) throws(OperationFailure) -> Secret? {
        let (lock, isProven, isCautious, known) = state.withLock { ($0.lock, $0.isPINProven, $0.isCautious, $0.pin) }
        if let lock { throw OperationFailure(lock, .pinDangerous) }
        if let refusal = refusal(flags) { throw refuse(refusal) }
        if isCautious, !isProven, flags.contains(.userPINCountLow) {
            throw refuse(
                TokenError(
                    .tokenLocked,
                    "the token counts a wrong PIN since the last right one, so none is tried",
                    mend: "check the PIN file, then unlock the token"
                )
            )
        }
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
        // Looked at first: a file that is replaced between the two is not taken for the one that was right.
        let file = TokenLink.version(of: path)
        let isTaken = state.withLock { state in
            state.pinFile = file
            return state.isTrusted || !state.takesProvenPINOnly
        }
        guard isTaken else {
            throw refuse(
                TokenError(
                    .pinUnavailable,
                    "the PIN's file has changed since the token was opened with it, and this worker tries no new PIN",
                    mend: "check the PIN file, then restart the service"
                )
            )
        }
        do throws(SecretFileError) { return try SecretFile.read(path) } catch { throw refuse(TokenError(error)) }
    }

    /// Changes whenever the file is written or replaced; empty when there is none.
    private static func version(of path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return "" }
        let times = [status.st_mtim, status.st_ctim].map { "\($0.tv_sec).\($0.tv_nsec)" }
        return "\(status.st_dev)/\(status.st_ino)/\(status.st_size)/\(times[0])/\(times[1])"
    }

    /// No PIN is tried whatever else is known when the token's flags forbid it.
    private func refusal(_ flags: TokenInfo.Flags) -> TokenError? {
        if flags.contains(.userPINLocked) {
            return TokenError(
                .tokenLocked,
                "the token says that its PIN is locked",
                mend: "unblock the PIN with the SO PIN, then unlock the token"
            )
        }
        guard flags.contains(.userPINFinalTry) else { return nil }
        return TokenError(
            .pinFinalTry,
            "the token says that one more wrong PIN would lock it for ever, so none is tried",
            mend: "enter the right PIN by hand once, correct the PIN file, then unlock the token"
        )
    }

    private func loginFailed(_ error: PKCS11Error) -> OperationFailure {
        let failure = OperationFailure(error)
        if failure.consequence == .pinDangerous { return refuse(failure.error) }
        let isTrusted = state.withLock { state in
            state.isCautious = true
            return state.isTrusted
        }
        // SoftHSM, for one, has no PIN for a moment while another process logs in.
        if error.answer?.meansNoPINWasSeen == true { return OperationFailure(failure.error, .transient) }
        if isTrusted { return failure }
        // A PIN that was never right is given to the token once, and it may have been looked at.
        return refuse(
            TokenError(
                .tokenLocked,
                "\(error.description), and nobody knows whether the PIN was right",
                mend: "check the PIN file and the token, then unlock the token",
                returnValue: error.answer?.rawValue
            )
        )
    }

    private func refuse(_ error: TokenError) -> OperationFailure {
        state.withLock { $0.lock = error }
        WorkerLog.write("locked", ["error": error.message])
        return OperationFailure(error, .pinDangerous)
    }
}
