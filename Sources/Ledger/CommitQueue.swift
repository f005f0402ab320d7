import Clocks
import Dispatch
import Synchronization

/// What the committer is asked to write, with whom to tell when it is durable.
enum Request: Sendable {
    typealias Answer<Value> = @Sendable (Result<Value, LedgerError>) -> Void

    case intend(Intent, Answer<IntendOutcome>)
    case record(CertificateRecord, Answer<CertificateReceipt>)
    case close(IntentReceipt, reason: String, wasSigned: Bool, Answer<EventReceipt>)
    case append(LedgerEvent, Answer<EventReceipt>)
    case authorityKey([UInt8], issuer: String, Answer<EventReceipt?>)
    /// What is written seldom, and beside the entries: checkpoints, cosignatures, log keys.
    case other(@Sendable (inout EntryWriter, EntryTime) throws -> Void, Answer<Void>)
    case status(StatusChange, Answer<StatusReceipt>)
    case crl(CRLIntent, Answer<EventReceipt>)

    /// Whether it ends an intent, so that one request fewer is on its way.
    var settlesIntent: Bool {
        switch self {
        case .record, .close: true
        default: false
        }
    }

    func fail(_ error: LedgerError) {
        switch self {
        case .intend(_, let answer): answer(.failure(error))
        case .record(_, let answer): answer(.failure(error))
        case .close(_, _, _, let answer): answer(.failure(error))
        case .append(_, let answer): answer(.failure(error))
        case .authorityKey(_, _, let answer): answer(.failure(error))
        case .other(_, let answer): answer(.failure(error))
        case .status(_, let answer): answer(.failure(error))
        case .crl(_, let answer): answer(.failure(error))
        }
    }
}

/// Requests on their way to the committer, in the order of arrival.
final class CommitQueue: Sendable {
    private struct State {
        var requests: [Request] = []
        var settling = 0
        var closed = false
        var trimWanted = false
        /// Set while the committer sleeps: it is woken by this many requests, or this many that settle intents.
        var wakeAt: (requests: Int, settling: Int)?
    }

    /// What the committer wakes up for.
    struct Work {
        var requests: [Request]
        var trim: Bool
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    /// Hands a request to the committer. `false` when the ledger was stopped.
    func submit(_ request: Request) -> Bool {
        let (accepted, mustWake) = state.withLock { state -> (Bool, Bool) in
            guard !state.closed else { return (false, false) }
            state.requests.append(request)
            if request.settlesIntent { state.settling += 1 }
            guard let wakeAt = state.wakeAt,
                state.requests.count >= wakeAt.requests || state.settling >= wakeAt.settling
            else { return (true, false) }
            state.wakeAt = nil
            return (true, true)
        }
        if mustWake { wake.signal() }
        return accepted
    }

    /// Asks the committer to finish a check-point between two commits.
    func wantTrim() {
        wakeUp { $0.trimWanted = true }
    }

    /// Takes no more requests; those that wait are still written.
    func close() {
        wakeUp { $0.closed = true }
    }

    private func wakeUp(_ change: (inout sending State) -> Void) {
        let mustWake = state.withLock { state in
            change(&state)
            defer { state.wakeAt = nil }
            return state.wakeAt != nil
        }
        if mustWake { wake.signal() }
    }

    /// Waits for work. `nil` when the queue is closed and empty.
    ///
    /// A request that is alone is never held back. Where others are known to be on their way (open intents that will
    /// come back), the commit waits for them, but no longer than until `gatherUntil`.
    func take(limit: Int, openIntents: Int, gatherUntil: UInt64) -> Work? {
        while true {
            let now = monotonicNanoseconds()
            let (work, ended, timeout) = state.withLock { state -> (Work?, Bool, UInt64?) in
                state.wakeAt = nil
                if state.requests.isEmpty, !state.trimWanted {
                    if state.closed { return (nil, true, nil) }
                    state.wakeAt = (1, Int.max)
                    return (nil, false, nil)
                }
                let awaited = openIntents - state.settling
                if awaited > 0, now < gatherUntil, state.requests.count < limit, !state.trimWanted, !state.closed {
                    state.wakeAt = (limit, openIntents)
                    return (nil, false, gatherUntil - now)
                }
                return (CommitQueue.drain(&state, limit: limit), false, nil)
            }
            if let work { return work }
            if ended { return nil }
            if let timeout {
                _ = wake.wait(timeout: .now() + .nanoseconds(Int(timeout)))
            } else {
                wake.wait()
            }
        }
    }

    private static func drain(_ state: inout State, limit: Int) -> Work {
        var work = Work(requests: [], trim: state.trimWanted)
        state.trimWanted = false
        if state.requests.count <= limit {
            swap(&work.requests, &state.requests)
            state.settling = 0
        } else {
            work.requests = Array(state.requests.prefix(limit))
            state.requests.removeFirst(limit)
            state.settling = state.requests.count(where: \.settlesIntent)
        }
        return work
    }
}
