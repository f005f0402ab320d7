import Clocks
import Ledger
import Threads
import Tokens

/// Writes to the ledger how the service's own tokens fare (LDG-01): locked, missing, their workers ended, and come
/// back, each with why. `TokenChronicle` bounds how much that can be.
///
/// One thread writes what had to wait for its turn.
final class TokenRecord: Sendable {
    /// Users' tokens have kinds of their own, which begin with `token-`.
    static let entryKind = "service-token"
    /// The beginning of a long text says enough.
    private static let longestReason = 400

    private struct State {
        var chronicles: [String: TokenChronicle] = [:]
        var isStopping = false

        var dueAt: UInt64? { chronicles.values.compactMap(\.dueAt).min() }
    }

    private let state = Guarded(State())
    private let thread = Guarded<JoinableThread?>(nil)
    private let ledger: LedgerStore
    private let log: ServiceLog

    init(ledger: LedgerStore, log: ServiceLog) {
        self.ledger = ledger
        self.log = log
    }

    func start() {
        thread.withLock { $0 = JoinableThread(named: "token-record") { [self] in run() } }
    }

    /// Writes what still waits.
    func stop() {
        state.withLock { $0.isStopping = true }
        state.broadcast()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
        state.withLock { state in
            for token in state.chronicles.keys.sorted() {
                if let entry = state.chronicles[token]?.takeRest() { write(entry, of: token) }
            }
        }
    }

    /// Takes what a supervisor reports.
    func note(_ event: TokenEvent) {
        let now = monotonicNanoseconds()
        state.withLock { state in
            let entry = state.chronicles[event.token, default: TokenChronicle(now: now)].note(event, now: now)
            if let entry { write(entry, of: event.token) }
        }
        state.broadcast()
    }

    private func run() {
        while true {
            let (dueAt, isStopping) = state.withLock { state in
                writeDue(&state)
                return (state.dueAt, state.isStopping)
            }
            if isStopping { return }
            let look = { (state: inout State) -> Void? in state.isStopping || state.dueAt != dueAt ? () : nil }
            if let dueAt { _ = state.wait(until: dueAt, look) } else { state.wait(look) }
        }
    }

    private func writeDue(_ state: inout State) {
        let now = monotonicNanoseconds()
        for token in state.chronicles.keys.sorted() {
            if let entry = state.chronicles[token]?.take(now: now) { write(entry, of: token) }
        }
    }

    /// Hands an entry to the ledger, which does not wait; under the lock, so that entries stand in the order of events.
    private func write(_ entry: TokenChronicle.Entry, of token: String) {
        let change = entry.change
        var fields: [(String, EventValue)] = [("token", .text(token)), ("state", .text(change.state))]
        if let code = change.code { fields.append(("error", .text("\(code)"))) }
        fields.append(("reason", .text(String(change.detail.prefix(Self.longestReason)))))
        if entry.leftOut > 0 { fields.append(("leftOut", .number(Int64(entry.leftOut)))) }
        ledger.append(LedgerEvent(kind: Self.entryKind, fields: fields)) { [log] result in
            guard case .failure(let error) = result else { return }
            log.write(
                .error,
                "token-state-not-recorded",
                ["token": token, "state": change.state, "problem": error.description]
            )
        }
    }
}
