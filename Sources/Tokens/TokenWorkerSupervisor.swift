import Clocks
import Threads

/// Serves one token through a worker process of its own. No vendor code runs in this process: a worker that hangs or
/// dies is killed and replaced, and every call is answered, once, whatever happens.
///
/// Threads: one that keeps the worker alive and watches deadlines, one that reads its answers. Calls are sent by the
/// thread that makes them; completions run on the reading thread and must be quick. After `start` a supervisor lives
/// until `stop`.
package final class TokenWorkerSupervisor: Sendable {
    package let settings: TokenSettings
    let launcher: WorkerLauncher
    let log: @Sendable (TokenEvent) -> Void
    let monitor: Guarded<SupervisorState>
    private let keeper = Guarded<JoinableThread?>(nil)

    /// - Parameters:
    ///   - launcher: starts the workers.
    ///   - log: hears what operators want to know; called from the supervisor's threads.
    package init(
        settings: TokenSettings,
        launcher: WorkerLauncher,
        log: @escaping @Sendable (TokenEvent) -> Void
    ) {
        self.settings = settings
        self.launcher = launcher
        self.log = log
        monitor = Guarded(SupervisorState(settings: settings))
    }

    /// A supervisor whose process starts its workers itself.
    ///
    /// - Parameter workerExecutable: the path of `inkan-tokend`.
    package convenience init(
        settings: TokenSettings,
        workerExecutable: String,
        log: @escaping @Sendable (TokenEvent) -> Void
    ) {
        self.init(settings: settings, launcher: .here(executable: workerExecutable), log: log)
    }

    // MARK: Life

    /// Starts to serve the token and returns at once; calls wait until the worker is ready.
    ///
    /// - Parameter officerIsPresent: an officer has just put the PIN in place, so it may be tried although the token
    ///   counts a wrong one. Without that the token stays locked until `unlock`.
    package func start(officerIsPresent: Bool = false) {
        keeper.withLock { thread in
            guard thread == nil else { return }
            monitor.withLock { state in
                state.phase = .starting
                state.isStopping = false
                state.startAt = 0
                state.failures = 0
                if officerIsPresent { state.isCautious = false }
            }
            let life = WorkerLife(self)
            thread = JoinableThread(named: "token-keeper") { life.keep() }
        }
    }

    /// Stops: whatever is unanswered is answered `stopped`, the worker ends. Returns when it has.
    package func stop() {
        keeper.withLock { thread in
            monitor.withLock { $0.isStopping = true }
            monitor.broadcast()
            thread?.join()
            thread = nil
        }
    }

    package var status: TokenStatus {
        monitor.withLock { $0.status }
    }

    /// Waits until the token is ready, locked, missing or failed, at most so many nanoseconds.
    package func waitUntilSettled(nanoseconds: UInt64) -> TokenStatus {
        let deadline = monotonicNanoseconds() + nanoseconds
        let settled: TokenStatus? = monitor.wait(until: deadline) { state in
            if case .starting = state.phase { return nil }
            return state.status
        }
        return settled ?? status
    }

    /// An officer says that the token may be tried again: the PIN's file was mended, or the token unblocked.
    package func unlock() {
        let wasLocked = monitor.withLock { state in
            let couldMakeNoKeys = state.keyMakingLock != nil
            state.keyMakingLock = nil
            guard case .locked = state.phase else { return couldMakeNoKeys }
            state.phase = .starting
            state.failures = 0
            state.isCautious = false
            state.startAt = 0
            return true
        }
        guard wasLocked else { return }
        log(TokenEvent(kind: .unlocked, token: settings.name, detail: "an officer unlocked the token"))
        monitor.broadcast()
    }

    // MARK: Signing

    /// Makes a raw signature. Many may be under way at once; they are answered in no particular order.
    ///
    /// - Parameters:
    ///   - spki: the key's SubjectPublicKeyInfo in DER; the key is looked for by it.
    ///   - input: what the mechanism takes: see `TokenMechanism`.
    ///   - urgency: whether it goes before the others that wait.
    package func sign(
        spki: [UInt8],
        mechanism: TokenMechanism,
        input: [UInt8],
        urgency: Urgency = .ordinary,
        completion: @escaping @Sendable (Result<TokenSignature, TokenError>) -> Void
    ) {
        guard input.count <= WireLimits.inputBytes, spki.count <= WireLimits.keyBytes else {
            completion(.failure(.inputTooLong))
            return
        }
        submit(allowance: settings.callDeadline, urgency: urgency, listener: .signature(completion)) { state in
            .sign(key: state.keys.number(of: spki), mechanism: mechanism, input: input)
        }
    }

    /// Makes a raw signature and waits for it.
    package func signature(
        spki: [UInt8],
        mechanism: TokenMechanism,
        input: [UInt8]
    ) throws(TokenError) -> TokenSignature {
        try waitForAnswer { sign(spki: spki, mechanism: mechanism, input: input, completion: $0) }
    }

    // MARK: Keys

    /// Puts keys on the list of those that are looked for at each start of a worker, and looks for them now.
    package func prepare(keys: [[UInt8]]) {
        // Whoever wants to sign with one that is too long is told so.
        for spki in keys where spki.count <= WireLimits.keyBytes {
            submit(allowance: settings.callDeadline, listener: nil) { state in
                .prepareKey(state.keys.number(of: spki), spki: spki)
            }
        }
    }

    /// Looks for a key pair and waits. Throws `keyMissing` or `keyAmbiguous` where it is not to be used.
    package func locate(spki: [UInt8]) throws(TokenError) {
        guard spki.count <= WireLimits.keyBytes else { throw .inputTooLong }
        let _: [UInt8] = try waitForAnswer { hear in
            submit(allowance: settings.callDeadline, listener: .body(hear)) { state in
                .prepareKey(state.keys.number(of: spki), spki: spki)
            }
        }
    }

    /// Makes a key pair in the token. Its attributes are read back; a key that is not as it must be is destroyed and
    /// the call fails with `attributesRefused`.
    package func generateKeyPair(
        _ request: KeyPairRequest,
        completion: @escaping @Sendable (Result<GeneratedKeyPair, TokenError>) -> Void
    ) {
        var writer = MessageWriter()
        request.write(to: &writer)
        let body = writer.bytes
        let listener = PendingCall.Listener.body { answer in
            completion(
                answer.flatMap { bytes in
                    bytes.withUnsafeBytes { memory in
                        var reader = MessageReader(memory)
                        return Result { () throws(TokenError) in try GeneratedKeyPair(from: &reader) }
                    }
                }
            )
        }
        submit(allowance: settings.generationDeadline, listener: listener) { _ in
            .control(.generateKeyPair, body: body)
        }
    }

    /// Makes a key pair in the token and waits for it.
    package func keyPair(_ request: KeyPairRequest) throws(TokenError) -> GeneratedKeyPair {
        try waitForAnswer { generateKeyPair(request, completion: $0) }
    }

    // MARK: Random bytes

    /// Bytes of the token's random source, at most `WireLimits.randomBytes`.
    package func randomBytes(
        _ count: Int,
        completion: @escaping @Sendable (Result<[UInt8], TokenError>) -> Void
    ) {
        guard (1...WireLimits.randomBytes).contains(count) else {
            completion(.failure(.inputTooLong))
            return
        }
        var writer = MessageWriter()
        writer.number(UInt32(count))
        let body = writer.bytes
        submit(allowance: settings.callDeadline, listener: .body(completion)) { _ in .control(.random, body: body) }
    }

    /// Bytes of the token's random source; waits for them.
    package func randomBytes(_ count: Int) throws(TokenError) -> [UInt8] {
        try waitForAnswer { randomBytes(count, completion: $0) }
    }

    // MARK: Ways

    /// From here to `endGathering` calls only wait, so that those that are made together go to the worker together. Both
    /// return at once, and what is between them must.
    package func beginGathering() {
        monitor.withLock { $0.gatherers += 1 }
    }

    /// What has gathered goes to the worker, unless somebody else gathers still.
    package func endGathering() {
        let outcome = monitor.withLock { state in
            state.gatherers -= 1
            return state.dispatch(now: monotonicNanoseconds())
        }
        outcome.carryOut()
    }

    func submit(
        allowance: UInt64,
        urgency: Urgency = .ordinary,
        listener: PendingCall.Listener?,
        _ work: (inout SupervisorState) -> PendingCall.Work
    ) {
        let now = monotonicNanoseconds()
        let outcome = monitor.withLock { state in
            let work = work(&state)
            return state.submit(work, allowance: allowance, urgency: urgency, now: now, listener: listener)
        }
        if outcome.mustWakeKeeper { monitor.broadcast() }
        outcome.carryOut()
    }

    /// Turns a completion into an answer. Every call is answered by its deadline, so this wait has an end.
    func waitForAnswer<Answer: Sendable>(
        _ begin: (@escaping @Sendable (Result<Answer, TokenError>) -> Void) -> Void
    ) throws(TokenError) -> Answer {
        let box = Guarded<Result<Answer, TokenError>?>(nil)
        begin { answer in
            box.withLock { $0 = answer }
            box.signal()
        }
        return try box.wait { $0 }.get()
    }
}

extension TokenError {
    static let inputTooLong = TokenError(
        .requestRefused,
        "the request is empty or longer than the worker takes",
        mend: "sign a digest; only Ed25519 takes messages, of at most \(WireLimits.inputBytes) bytes"
    )
}
