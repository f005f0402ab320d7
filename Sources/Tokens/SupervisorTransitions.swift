/// How a supervisor's state changes as its workers come and go.
extension SupervisorState {
    /// A worker that lived longer than this did not die young: it is replaced at once. Nanoseconds.
    private static let youth: UInt64 = 10_000_000_000
    private static let shortestWait: UInt64 = 50_000_000
    private static let longestWait: UInt64 = 5_000_000_000
    /// Starts may go wrong this often before callers are told so; SoftHSM's do when another process logs in.
    private static let patience = 3

    /// What the keeper shall do now; `nil` to wait until `keeperWakesAt` or a wake-up.
    mutating func nextStep(now: UInt64) -> WorkerLife.Step? {
        if isStopping { return .stop }
        if worker != nil {
            if isConnectionLost { return .replace(why: lastError.map(\.message) ?? "its socket closed") }
            if case .locked(let cause) = phase { return .replace(why: cause.message) }
            if book.isHung(now: now) {
                let late = expire(now: now)
                let error = TokenError.workerDied(settings.name, "was killed because a call did not return")
                return .say(late + loseWorker(error))
            }
        } else if wantsStart, startAt <= now {
            return .start
        }
        let late = expire(now: now)
        if !late.isEmpty { return .say(late) }
        if let outcome = lookForLostKeys(now: now) { return .say([outcome.carryOut]) }
        keeperWakesAt = [deadlineToWatch(now: now), worker == nil && wantsStart ? startAt : nil, keysDueAt]
            .compactMap { $0 }.min()
        return nil
    }

    /// A key that was looked for in vain is looked for again from time to time: the token may have been in trouble at
    /// that moment, and a key can be brought in later.
    private mutating func lookForLostKeys(now: UInt64) -> Outcome? {
        let lost = keys.lost.numbers
        guard case .ready = phase, !isConnectionLost, !lost.isEmpty else {
            keysDueAt = nil
            if book.inWorkerCount == 0 { keyRounds = 0 }
            return nil
        }
        let due = keysDueAt ?? now + wait(after: keyRounds + 1)
        guard due <= now else {
            keysDueAt = due
            return nil
        }
        keysDueAt = nil
        keyRounds += 1
        for key in lost {
            keys[key] = .preparing
            enqueuePreparation(key, now: now)
        }
        return dispatch(now: now)
    }

    /// Whether the keeper does not know yet that it has to look for a key again.
    private var hasNewlyLostKeys: Bool { keysDueAt == nil && !keys.lost.numbers.isEmpty }

    private var wantsStart: Bool {
        switch phase {
        case .starting, .missing, .failed: true
        case .stopped, .ready, .locked: false
        }
    }

    /// Under overload many deadlines lie close together; the keeper looks at most a hundred times a second.
    private func deadlineToWatch(now: UInt64) -> UInt64? {
        [book.nextDeadline, keys.nextDeadline].compactMap { $0 }.min().map { max($0, now + 10_000_000) }
    }

    mutating func welcome(_ process: WorkerProcess, _ answer: OpenAnswer, now: UInt64) -> Outcome {
        worker = process
        isConnectionLost = false
        provenPINFile = answer.pinFile
        isCautious = false
        readySince = now
        token = answer.token
        landlockVersion = answer.landlockVersion
        book.sessions = answer.sessions
        for (number, error) in answer.keys.enumerated() { keys[number] = error.map { .failed($0) } ?? .found }
        prepareRest(from: answer.keys.count, now: now)
        phase = .ready
        return dispatch(now: now)
    }

    /// A worker ended between handing a PIN that was never right to the token and telling the outcome: nobody knows
    /// whether the token counts a wrong PIN. Answers whether that locks the token.
    mutating func logInWasCutShort() -> Bool {
        isCautious = true
        return !isStopping
    }

    /// Takes a packet of the worker's. The flag says whether the conversation can go on.
    mutating func take(_ packet: UnsafeRawBufferPointer, now: UInt64) -> (Outcome, Bool) {
        let (answers, failure) = receive(packet, now: now)
        var outcome: Outcome
        if let failure {
            lastError = failure
            outcome = Outcome(answers: answers + loseWorker(failure))
        } else {
            outcome = dispatch(now: now)
            outcome.answers = answers + outcome.answers
            outcome.mustWakeKeeper = hasNewlyLostKeys
        }
        guard case .locked(let cause) = phase else { return (outcome, failure == nil) }
        outcome.answers += refuseWaiting(cause)
        return (outcome, false)
    }

    mutating func startFailed(_ error: TokenError, now: UInt64) -> ([() -> Void], TokenEvent.Kind) {
        failures += 1
        lastError = error
        startAt = now + wait(after: failures)
        if error.code.locksToken {
            lock(error)
            return (refuseWaiting(error), .locked)
        }
        if error.code == .tokenMissing {
            phase = .missing(error)
            return (refuseWaiting(error), .missing)
        }
        if case .starting = phase, failures < SupervisorState.patience, error.code != .configuration {
            return ([], .startFailed)
        }
        phase = .failed(error)
        return (refuseWaiting(error), .startFailed)
    }

    /// The worker is buried. Answers how long the next start is put off, in nanoseconds.
    mutating func workerEnded(now: UInt64) -> UInt64 {
        worker = nil
        isConnectionLost = false
        failures = now - readySince > SupervisorState.youth ? 0 : failures
        let pause = failures == 0 ? 0 : wait(after: failures)
        failures += 1
        startAt = now + pause
        if case .ready = phase { phase = .starting }
        return pause
    }

    private func wait(after failures: Int) -> UInt64 {
        min(SupervisorState.shortestWait << UInt64(min(max(failures - 1, 0), 16)), SupervisorState.longestWait)
    }
}
