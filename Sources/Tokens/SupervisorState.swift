/// What a supervisor knows, changed only under its lock. No input or output happens here: events go in, and what is to
/// be sent or said comes out.
struct SupervisorState {
    enum Phase {
        case stopped
        case starting
        case ready
        case locked(TokenError)
        case missing(TokenError)
        case failed(TokenError)
    }

    let settings: TokenSettings
    var phase = Phase.stopped
    var isStopping = false
    var book = CallBook()
    var keys = KeyTable()
    var worker: WorkerProcess?
    /// The worker's end of the socket is gone.
    var isConnectionLost = false
    /// When the next start may happen, in monotonic nanoseconds.
    var startAt: UInt64 = 0
    /// Starts that went wrong, or workers that died young, in a row.
    var failures = 0
    var readySince: UInt64 = 0
    var starts = 0
    /// The file whose PIN was right (`OpenAnswer.pinFile`); empty before that and after a refusal.
    var provenPINFile = ""
    /// Why the workers that make keys for people (`KeyMakingSession`) do not log in until an officer has acted.
    var keyMakingLock: TokenError?
    /// The next worker shall not log in while the token counts a wrong PIN: who entered it is not known, and it may have
    /// been a process before this one. An officer's word or a PIN that was proven ends the caution.
    var isCautious = true
    var lastError: TokenError?
    /// When keys that were looked for in vain are looked for again, and how often that has been done in a row.
    var keysDueAt: UInt64?
    var keyRounds = 0
    var token: TokenDescription?
    var landlockVersion: Int?
    var callsAnswered = 0
    var callsFailed = 0
    /// When the keeper looks again by itself; `nil` when only a signal wakes it.
    var keeperWakesAt: UInt64?
    /// Callers that have further calls to make at once.
    var gatherers = 0
    private var nextID: UInt64 = 1

    init(settings: TokenSettings) {
        self.settings = settings
    }

    /// Packets to send and callers to answer, after the lock is given back.
    struct Outcome {
        var connection: WorkerConnection?
        var packets: [[UInt8]] = []
        var answers: [() -> Void] = []
        var mustWakeKeeper = false

        func carryOut() {
            for packet in packets where connection?.send(packet, waits: false) == false {
                // The worker is gone, or does not take what it asked for: its reader hears the end and answers the calls.
                connection?.shutDown()
            }
            for answer in answers { answer() }
        }
    }

    // MARK: Calls

    mutating func submit(
        _ work: PendingCall.Work,
        allowance: UInt64,
        urgency: Urgency = .ordinary,
        now: UInt64,
        listener: PendingCall.Listener?
    ) -> Outcome {
        let call = PendingCall(
            id: nextID,
            work: work,
            submitted: now,
            allowance: allowance,
            urgency: urgency,
            listener: listener
        )
        nextID += 1
        if let refusal = refusal(of: urgency) {
            return Outcome(answers: [call.failure(refusal)].compactMap { $0 })
        }
        // A key that was not there may have been made or imported since.
        if case .sign(let key, _, _) = work, case .failed = keys[key] { keys[key] = .unknown }
        book.enqueue(call)
        var outcome = dispatch(now: now)
        outcome.mustWakeKeeper = keeperWakesAt.map { call.deadline < $0 } ?? true
        return outcome
    }

    /// Why no such call can be taken now. An urgent one does not hear of a queue full of ordinary ones.
    private func refusal(of urgency: Urgency) -> TokenError? {
        let waiting = urgency == .urgent ? book.urgentWaitingCount : waitingCount
        return switch phase {
        case .stopped: .stopped(settings.name)
        case .locked(let cause):
            TokenError(
                .tokenLocked,
                "token \(settings.name) is locked: \(cause.message)",
                mend: cause.mend,
                returnValue: cause.returnValue
            )
        case .missing(let cause), .failed(let cause): cause
        case .starting, .ready:
            isStopping
                ? .stopped(settings.name)
                : waiting >= settings.queueLimit
                    ? .busy(settings.name, limit: settings.queueLimit) : nil
        }
    }

    private var waitingCount: Int { book.waitingCount + keys.parkedCount }

    /// Gives the worker what it can take.
    mutating func dispatch(now: UInt64) -> Outcome {
        var outcome = Outcome(connection: worker?.connection)
        guard case .ready = phase, !isConnectionLost, gatherers == 0 else { return outcome }
        while book.wantsPacket {
            var refused: [(PendingCall, TokenError)] = []
            var asked: [Int] = []
            var table = keys
            let packet = book.takePacket(now: now) { call in table.admit(call, refused: &refused, asked: &asked) }
            keys = table
            for (call, error) in refused { outcome.answers += [call.failure(error)].compactMap { $0 } }
            for key in asked { enqueuePreparation(key, now: now) }
            if let packet { outcome.packets.append(packet) }
        }
        return outcome
    }

    /// Has the keys looked for that had no room in the worker's first packet.
    mutating func prepareRest(from first: Int, now: UInt64) {
        for key in min(first, keys.count)..<keys.count {
            keys[key] = .preparing
            enqueuePreparation(key, now: now)
        }
    }

    mutating func enqueuePreparation(_ key: Int, now: UInt64) {
        let work = PendingCall.Work.prepareKey(key, spki: keys.spkis[key])
        book.enqueue(
            PendingCall(
                id: nextID,
                work: work,
                submitted: now,
                allowance: settings.callDeadline,
                // Whoever waits for the key may be urgent.
                urgency: .urgent,
                listener: nil
            )
        )
        nextID += 1
    }

    // MARK: Answers

    /// Takes one packet of the worker's. Whatever was answered before a frame that cannot be read stays answered.
    mutating func receive(_ packet: UnsafeRawBufferPointer, now: UInt64) -> ([() -> Void], TokenError?) {
        var answers: [() -> Void] = []
        var reader = MessageReader(packet)
        do throws(TokenError) {
            while !reader.isAtEnd { try receiveFrame(&reader, now: now, &answers) }
        } catch {
            return (answers, error)
        }
        return (answers, nil)
    }

    private mutating func receiveFrame(
        _ reader: inout MessageReader,
        now: UInt64,
        _ answers: inout [() -> Void]
    ) throws(TokenError) {
        var frame = try reader.frame()
        guard let reply = WorkerReply(rawValue: frame.kind) else { throw .protocolBroken("an unknown reply") }
        switch reply {
        case .loggingIn, .loggedIn: return
        case .done, .failed:
            guard let call = book.finish(frame.id) else { throw .protocolBroken("an answer to nothing") }
            do throws(TokenError) {
                let error = reply == .failed ? try TokenError(from: &frame.body) : nil
                answers += try answer(call, error: error, body: &frame.body, now: now)
            } catch {
                // The book knows the call no more, so nobody else would answer it.
                answers += [call.failure(error)].compactMap { $0 }
                throw error
            }
        }
    }

    private mutating func answer(
        _ call: PendingCall,
        error: TokenError?,
        body: inout MessageReader,
        now: UInt64
    ) throws(TokenError) -> [() -> Void] {
        callsAnswered += 1
        if let error {
            callsFailed += 1
            noteFailure(error)
        }
        var answers: [() -> Void] = []
        if case .prepareKey(let key, _) = call.work { answers = keyAnswered(key, error: error) }
        if let error { return answers + [call.failure(error)].compactMap { $0 } }
        switch call.listener {
        case .signature(let hear):
            // The worker runs a vendor's code: a number of its is believed only as far as it can be true.
            let elapsed = now > call.sent ? now - call.sent : 0
            let tokenTime = min(try body.number(UInt64.self), elapsed)
            let raw = try body.data()
            book.noteTokenTime(tokenTime)
            let total = now &- call.submitted
            let signature = TokenSignature(
                raw: raw,
                waitNanoseconds: total > tokenTime ? total - tokenTime : 0,
                tokenNanoseconds: tokenTime
            )
            answers.append { hear(.success(signature)) }
        case .body(let hear):
            let bytes = try body.data()
            answers.append { hear(.success(bytes)) }
        case nil: break
        }
        call.listener = nil
        return answers
    }

    private mutating func keyAnswered(_ key: Int, error: TokenError?) -> [() -> Void] {
        keys[key] = error.map { .failed($0) } ?? .found
        var answers: [() -> Void] = []
        for call in keys.takeParked(key) {
            guard let error else {
                book.enqueue(call)
                continue
            }
            answers += [call.failure(error)].compactMap { $0 }
        }
        return answers
    }

    private mutating func noteFailure(_ error: TokenError) {
        lastError = error
        // The worker met a refused PIN while it was mending its connection; it must not be given another chance.
        if error.code.locksToken { lock(error) }
    }

    mutating func lock(_ cause: TokenError) {
        phase = .locked(cause)
        provenPINFile = ""
        isCautious = true
        lastError = cause
    }

    // MARK: Ends

    /// The worker is gone or about to be: nobody will answer what it had.
    mutating func loseWorker(_ error: TokenError) -> [() -> Void] {
        isConnectionLost = true
        let answers = book.loseWorker().compactMap { $0.failure(error) }
        for call in keys.loseWorker() { book.enqueue(call) }
        return answers
    }

    /// Answers everything that waits here.
    mutating func refuseWaiting(_ error: TokenError) -> [() -> Void] {
        (book.takeWaiting() + keys.loseWorker()).compactMap { $0.failure(error) }
    }

    /// Answers the callers whose time is over.
    mutating func expire(now: UInt64) -> [() -> Void] {
        let expired = book.takeExpired(now: now) + keys.takeExpired(now: now)
        for call in expired { reviveKey(call) }
        if expired.contains(where: { $0.listener != nil }) { lastError = .timedOut(settings.name) }
        return expired.compactMap { $0.failure(.timedOut(settings.name)) }
    }

    /// A search for a key that never came to the worker: those who wait for the key go back into the queue, and the
    /// first of them has it looked for again.
    private mutating func reviveKey(_ call: PendingCall) {
        guard case .prepareKey(let key, _) = call.work, case .preparing = keys[key], !book.isInWorker(call) else {
            return
        }
        keys[key] = .unknown
        for waiting in keys.takeParked(key) { book.enqueue(waiting) }
    }

    var status: TokenStatus {
        let state: TokenStatus.State =
            switch phase {
            case .stopped: .stopped
            case .starting: .starting
            case .ready: .ready
            case .locked(let error): .locked(error)
            case .missing(let error): .missing(error)
            case .failed(let error): .failed(error)
            }
        return TokenStatus(
            state: state,
            token: token,
            sessions: book.sessions,
            keysFound: keys.foundCount,
            keysAsked: keys.count,
            keyProblem: keys.lost.reason,
            restarts: max(starts - 1, 0),
            lastError: lastError,
            workerID: worker?.identifier,
            landlockVersion: worker == nil ? nil : landlockVersion,
            callsWaiting: waitingCount,
            urgentCallsWaiting: book.urgentWaitingCount,
            callsInWorker: book.inWorkerCount,
            callsAnswered: callsAnswered,
            callsFailed: callsFailed
        )
    }
}
