import Clocks
import Threads

/// The keeper of one worker: starts it, watches its deadlines, buries and replaces it. One thread runs `keep`; it is
/// also the parent that the worker dies with.
final class WorkerLife: Sendable {
    private let supervisor: TokenWorkerSupervisor
    private var settings: TokenSettings { supervisor.settings }
    private var monitor: Guarded<SupervisorState> { supervisor.monitor }

    init(_ supervisor: TokenWorkerSupervisor) {
        self.supervisor = supervisor
    }

    enum Step {
        case stop
        case lookAgain
        case start
        case replace(why: String)
        case say([() -> Void])
    }

    func keep() {
        var reader: JoinableThread?
        while true {
            switch nextStep() {
            case .lookAgain: continue
            case .say(let answers):
                for answer in answers { answer() }
            case .start:
                reader = startWorker()
            case .replace(let why):
                endWorker(reader, why: why)
                reader = nil
            case .stop:
                stop(reader)
                return
            }
        }
    }

    private func nextStep() -> Step {
        let alarm = monitor.withLock { $0.keeperWakesAt }
        let look = { (state: inout SupervisorState) -> Step? in
            // When the alarm has moved, the wait must begin anew.
            state.nextStep(now: monotonicNanoseconds()) ?? (state.keeperWakesAt == alarm ? nil : .lookAgain)
        }
        guard let alarm else { return monitor.wait(look) }
        return monitor.wait(until: alarm, look) ?? .lookAgain
    }

    // MARK: Start

    private func startWorker() -> JoinableThread? {
        WorkerProcess.buryLate()
        let turn = StartTurn.take(settings) { [self] in attendWhileStarting() }
        defer { turn.giveBack() }
        let (number, request) = monitor.withLock { state in
            state.starts += 1
            let request = OpenRequest(
                uri: settings.uri,
                allows: settings.allows,
                sessions: settings.sessions ?? 0,
                isCautious: state.isCautious,
                provenPINFile: state.provenPINFile,
                keys: state.keys.keysForOpening
            )
            return (state.starts, request)
        }
        do throws(TokenError) {
            let process = try WorkerProcess(
                launcher: supervisor.launcher,
                environment: settings.environment,
                standardError: settings.standardError
            )
            report(.started, "worker \(process.identifier) started, number \(number)")
            return welcome(process, try open(process, request))
        } catch {
            startFailed(error)
            return nil
        }
    }

    /// Has the worker open the token, and waits for its answer.
    private func open(_ process: WorkerProcess, _ request: OpenRequest) throws(TokenError) -> OpenAnswer {
        var writer = MessageWriter()
        writer.beginFrame(id: 0, kind: WorkerOperation.open.rawValue)
        request.write(to: &writer)
        writer.endFrame()
        var isLoggingIn = false
        do throws(TokenError) {
            guard process.connection.send(writer.bytes, waits: false) else {
                throw .workerDied(settings.name, "ended at its start")
            }
            let answer = try awaitOpening(process, &isLoggingIn)
            try answer.check(keys: request.keys.count)
            return answer
        } catch {
            let end = process.end()
            if isLoggingIn, monitor.withLock({ $0.logInWasCutShort() }) {
                throw .logInCutShort(settings.name)
            }
            guard error.code == .workerDied else { throw error }
            throw .workerDied(settings.name, "\(end) while it opened the token")
        }
    }

    private func awaitOpening(_ process: WorkerProcess, _ isLoggingIn: inout Bool) throws(TokenError) -> OpenAnswer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: WireLimits.packetBytes, alignment: 16)
        defer { memory.deallocate() }
        let deadline = monotonicNanoseconds() + settings.startDeadline
        while true {
            let now = monotonicNanoseconds()
            guard now < deadline else { throw .timedOut(settings.name) }
            guard attendWhileStarting() else { throw .stopped(settings.name) }
            guard process.connection.isReadable(before: deadline, now: now) else { continue }
            guard let packet = process.connection.receive(into: memory) else {
                throw .workerDied(settings.name, "ended")
            }
            var reader = MessageReader(packet)
            while !reader.isAtEnd {
                var frame = try reader.frame()
                switch WorkerReply(rawValue: frame.kind) {
                case .loggingIn: isLoggingIn = true
                case .loggedIn: isLoggingIn = false
                case .failed: throw try TokenError(from: &frame.body)
                case .done: return try OpenAnswer(from: &frame.body)
                case nil: throw .protocolBroken("an unknown reply")
                }
            }
        }
    }

    /// The worker is ready: its answers are read from here on, and it gets what waits.
    private func welcome(_ process: WorkerProcess, _ answer: OpenAnswer) -> JoinableThread {
        let outcome = monitor.withLock { state in state.welcome(process, answer, now: monotonicNanoseconds()) }
        outcome.carryOut()
        monitor.broadcast()
        let found = answer.keys.count { $0 == nil }
        let reader = JoinableThread(named: "token-reader") { [self] in read(process.connection) }
        report(
            .ready,
            "token serial \(answer.token.serial), \(answer.sessions) sessions, \(found) of \(answer.keys.count) keys"
        )
        return reader
    }

    private func startFailed(_ error: TokenError) {
        let (answers, kind) = monitor.withLock { $0.startFailed(error, now: monotonicNanoseconds()) }
        for answer in answers { answer() }
        monitor.broadcast()
        report(kind, error.description, error.code)
    }

    /// While a start takes its time, callers still get their answers. `false` when the start is to be given up.
    private func attendWhileStarting() -> Bool {
        let (answers, goesOn) = monitor.withLock { state in
            (state.expire(now: monotonicNanoseconds()), !state.isStopping)
        }
        for answer in answers { answer() }
        return goesOn
    }

    // MARK: Answers

    private func read(_ connection: WorkerConnection) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: WireLimits.packetBytes, alignment: 16)
        defer { memory.deallocate() }
        while let packet = connection.receive(into: memory) {
            let now = monotonicNanoseconds()
            let (outcome, isWell) = monitor.withLock { state in state.take(packet, now: now) }
            if outcome.mustWakeKeeper { monitor.broadcast() }
            outcome.carryOut()
            guard isWell else { break }
        }
        let answers = monitor.withLock { $0.loseWorker(.workerDied(settings.name, "ended while it had calls")) }
        monitor.broadcast()
        for answer in answers { answer() }
    }

    // MARK: End

    private func endWorker(_ reader: JoinableThread?, why: String) {
        guard let process = monitor.withLock({ $0.worker }) else { return }
        let end = process.end()
        process.connection.shutDown()
        reader?.join()
        let (pause, lock) = monitor.withLock { state in
            let pause = state.workerEnded(now: monotonicNanoseconds())
            guard case .locked(let cause) = state.phase else { return (pause, TokenError?.none) }
            return (pause, cause)
        }
        report(.workerEnded, "worker \(process.identifier) \(end): \(why)")
        if let lock {
            report(.locked, lock.description, lock.code)
        } else if pause > 0 {
            report(.startPutOff, "the next worker starts in \(pause / 1_000_000) ms")
        }
    }

    private func stop(_ reader: JoinableThread?) {
        let (process, answers) = monitor.withLock { state in
            state.phase = .stopped
            let error = TokenError.stopped(settings.name)
            return (state.worker, state.loseWorker(error) + state.refuseWaiting(error))
        }
        for answer in answers { answer() }
        if let process {
            process.connection.finishSending()
            if !process.hasEnded(withinMilliseconds: 2000) { process.kill() }
            _ = process.reap()
        }
        reader?.join()
        monitor.withLock { state in
            state.worker = nil
            state.isConnectionLost = false
        }
        monitor.broadcast()
        report(.stopped, "the token is not served any more")
    }

    private func report(_ kind: TokenEvent.Kind, _ detail: String, _ code: TokenError.Code? = nil) {
        supervisor.log(TokenEvent(kind: kind, token: settings.name, detail: detail, code: code))
    }
}
