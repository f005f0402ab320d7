import Synchronization

/// Holds intents back until it is known that the ledger is not older than what others have seen of it (LDG-06).
///
/// Once open, passing costs one look at an atomic flag.
final class IntentGate: Sendable {
    private enum State {
        case undecided([@Sendable (LedgerError?) -> Void])
        case open
        case closed(LedgerError)
    }

    private let isOpen: Atomic<Bool>
    private let state: Mutex<State>

    init(isOpen: Bool) {
        self.isOpen = Atomic(isOpen)
        state = Mutex(isOpen ? .open : .undecided([]))
    }

    /// Calls `go` at once, or as soon as it is decided whether to go on; with an error when not.
    func pass(_ go: @escaping @Sendable (LedgerError?) -> Void) {
        if isOpen.load(ordering: .acquiring) { return go(nil) }
        let decision: LedgerError?? = state.withLock { state in
            switch state {
            case .open: return .some(nil)
            case .closed(let error): return error
            case .undecided(var waiting):
                waiting.append(go)
                state = .undecided(waiting)
                return nil
            }
        }
        if let decision { go(decision) }
    }

    /// Lets intents pass, unless somebody has shown that the ledger is too old: that stays until the next start.
    func open() {
        guard decide(.open, nil) else { return }
        isOpen.store(true, ordering: .releasing)
    }

    func close(_ error: LedgerError) {
        isOpen.store(false, ordering: .releasing)
        _ = decide(.closed(error), error)
    }

    /// Why nothing passes at this moment; `nil` when it is open.
    var refusalNow: LedgerError? {
        if isOpen.load(ordering: .acquiring) { return nil }
        return state.withLock { state in
            switch state {
            case .open: nil
            case .closed(let error): error
            case .undecided: .notCompared("the comparison has not ended yet")
            }
        }
    }

    /// Why nothing passes; `nil` while it is open or undecided.
    var reason: LedgerError? {
        state.withLock { state in
            if case .closed(let error) = state { error } else { nil }
        }
    }

    /// Answers whether the decision stands.
    private func decide(_ decision: State, _ error: LedgerError?) -> Bool {
        let waiting: [@Sendable (LedgerError?) -> Void]? = state.withLock { state in
            if case .closed(.olderThanSeen) = state { return nil }
            defer { state = decision }
            if case .undecided(let waiting) = state { return waiting }
            return []
        }
        guard let waiting else { return false }
        for go in waiting { go(error) }
        return true
    }
}
