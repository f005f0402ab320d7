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
    private let sideWork: (any SideWork)?

    /// - Parameter sideWork: what the committer does while no commit is due.
    init(sideWork: (any SideWork)? = nil) {
        self.sideWork = sideWork
    }

    /// Offers the committer's thread to the side work; `leave` takes it back.
    func offerThread() {
        sideWork?.offer { [wake] in wake.signal() }
    }

    /// The committer's thread ends.
    func leave() {
        sideWork?.pause()
    }

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

    /// What the committer may do at a moment.
    private enum Outlook {
        /// No job comes before this.
        case due
        /// It may commit when there is nothing else to do.
        case ready
        /// Others are on their way: it waits for them, at most so many nanoseconds.
        case gathering(UInt64)
        case idle
        case ended
    }

    /// Waits for work, and does side work meanwhile. `nil` when the queue is closed and empty.
    ///
    /// A request that is alone is never held back. Where others are known to be on their way (open intents that will
    /// come back), the commit waits for them, but no longer than until `gatherUntil`. Jobs that lie ready come first,
    /// for they bring more requests, but they hold no commit back beyond `dueAt`, and not the end.
    func take(limit: Int, openIntents: Int, gatherUntil: UInt64, dueAt: UInt64) -> Work? {
        let bounds = Bounds(limit: limit, openIntents: openIntents, gatherUntil: gatherUntil, dueAt: dueAt)
        while true {
            switch state.withLock({ bounds.outlook(of: $0) }) {
            case .due: return drain(limit)
            case .ended: return nil
            case .ready, .gathering, .idle: break
            }
            if let job = sideWork?.next() {
                job()
                continue
            }
            let outlook = state.withLock { state in
                let outlook = bounds.outlook(of: state)
                state.wakeAt =
                    switch outlook {
                    case .idle: (1, Int.max)
                    case .gathering: (limit, openIntents)
                    case .due, .ready, .ended: nil
                    }
                return outlook
            }
            switch outlook {
            case .due, .ready: return drain(limit)
            case .gathering(let time): _ = wake.wait(timeout: .now() + .nanoseconds(Int(time)))
            case .idle: wake.wait()
            case .ended: return nil
            }
        }
    }

    private struct Bounds {
        let limit: Int
        let openIntents: Int
        let gatherUntil: UInt64
        let dueAt: UInt64

        func outlook(of state: State) -> Outlook {
            if state.trimWanted { return .due }
            if state.requests.isEmpty { return state.closed ? .ended : .idle }
            let now = monotonicNanoseconds()
            if state.closed || state.requests.count >= limit || now >= dueAt { return .due }
            let isAwaiting = openIntents > state.settling
            return isAwaiting && now < gatherUntil ? .gathering(gatherUntil - now) : .ready
        }
    }

    private func drain(_ limit: Int) -> Work {
        sideWork?.pause()
        return state.withLock { state in
            state.wakeAt = nil
            return CommitQueue.drain(&state, limit: limit)
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
