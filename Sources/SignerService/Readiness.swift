import Clocks
import Issuance
import OpenMetrics
import Threads
import Tokens

/// Keeps knowing that each key can sign, by real signatures (SRV-05): one over a fixed text when a worker has become
/// ready, and again when a key has signed nothing for a minute. Certificates count as well as tests do.
///
/// One thread waits for what is due; the tokens answer on threads of their own.
final class Readiness: Sendable {
    /// A key without a signature for so long is asked for one. Nanoseconds.
    private static let interval: UInt64 = 60_000_000_000
    private static let firstPause: UInt64 = 1_000_000_000

    private struct Trial {
        let issuer: Issuer
        /// The worker that the key was last proven in; workers come and go.
        var provenWorker: Int32?
        var provenAt: UInt64 = 0
        var isUnderWay = false
        /// Not to be asked again before this moment, after a failure.
        var notBefore: UInt64 = 0
        var failures = 0
        var problem: TokenError?
    }

    private struct State {
        var trials: [Trial]
        var hasNews = true
        var isStopping = false
    }

    private let state: Guarded<State>
    private let thread = Guarded<JoinableThread?>(nil)
    let succeeded = Counter()
    let failed = Counter()

    init(_ issuers: [Issuer]) {
        state = Guarded(State(trials: issuers.map { Trial(issuer: $0) }))
    }

    func start() {
        thread.withLock { $0 = JoinableThread(named: "readiness") { [self] in run() } }
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        state.broadcast()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    /// Something has happened to a token.
    func look() {
        state.withLock { $0.hasNews = true }
        state.broadcast()
    }

    /// What keeps a token from being called ready although its worker is.
    enum Trouble {
        case unproven
        case failed(TokenError)
    }

    /// Whether a key of the token has not proven itself.
    func trouble(of token: TokenWorkerSupervisor) -> Trouble? {
        let worker = token.status.workerID
        return state.withLock { state in
            for trial in state.trials where trial.issuer.key.token === token {
                if let problem = trial.problem { return .failed(problem) }
                if trial.provenWorker != worker { return .unproven }
            }
            return nil
        }
    }

    private func run() {
        while true {
            let due = state.withLock { $0.isStopping ? nil : nextMoment($0) }
            guard let due else { return }
            _ = state.wait(until: due) { $0.hasNews || $0.isStopping ? true : nil }
            for number in takeDue() { ask(number) }
        }
    }

    private func nextMoment(_ state: State) -> UInt64 {
        let now = monotonicNanoseconds()
        let moments = state.trials.filter { !$0.isUnderWay }.map { trial in
            trial.problem == nil ? Self.lastSignature(trial) + Self.interval : trial.notBefore
        }
        // A token that is not ready is looked at again when there is news of it; the clock is for the others.
        return max(moments.min() ?? .max, now + Self.firstPause / 4)
    }

    private static func lastSignature(_ trial: Trial) -> UInt64 {
        max(trial.provenAt, trial.issuer.key.lastVerifiedSignature)
    }

    /// The keys that are to sign now.
    private func takeDue() -> [Int] {
        let now = monotonicNanoseconds()
        return state.withLock { state in
            state.hasNews = false
            guard !state.isStopping else { return [] }
            var due: [Int] = []
            for index in state.trials.indices where !state.trials[index].isUnderWay {
                let trial = state.trials[index]
                let status = trial.issuer.key.token.status
                guard case .ready = status.state, let worker = status.workerID else { continue }
                let isNew = trial.provenWorker != worker && trial.problem == nil
                let isOld = Self.lastSignature(trial) + Self.interval <= now
                guard isNew || isOld || trial.problem != nil, trial.notBefore <= now else { continue }
                state.trials[index].isUnderWay = true
                due.append(index)
            }
            return due
        }
    }

    private func ask(_ index: Int) {
        let key = state.withLock { $0.trials[index].issuer.key }
        let worker = key.token.status.workerID
        TestSignature.make(key) { [self] problem in
            let now = monotonicNanoseconds()
            state.withLock { state in
                var trial = state.trials[index]
                trial.isUnderWay = false
                trial.problem = problem
                if problem == nil {
                    trial.provenWorker = worker
                    trial.provenAt = now
                    trial.failures = 0
                    trial.notBefore = 0
                } else {
                    trial.provenWorker = nil
                    trial.failures += 1
                    trial.notBefore = now + min(Self.firstPause << UInt64(min(trial.failures - 1, 6)), Self.interval)
                }
                state.trials[index] = trial
                state.hasNews = true
            }
            (problem == nil ? succeeded : failed).add()
            state.broadcast()
        }
    }
}
