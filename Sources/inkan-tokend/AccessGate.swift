import Threads

/// Many may use the module at once; whoever ends and restarts it must be alone. One who wants to be alone goes first.
final class AccessGate: Sendable {
    private struct State {
        var users = 0
        var wantsToBeAlone = 0
        var isAlone = false
    }

    private let guarded = Guarded(State())

    func shared<Answer, Failure: Error>(_ body: () throws(Failure) -> Answer) throws(Failure) -> Answer {
        guarded.wait { (state) -> Void? in
            guard !state.isAlone, state.wantsToBeAlone == 0 else { return nil }
            state.users += 1
            return ()
        }
        defer { leave() }
        return try body()
    }

    func alone<Answer, Failure: Error>(_ body: () throws(Failure) -> Answer) throws(Failure) -> Answer {
        guarded.withLock { $0.wantsToBeAlone += 1 }
        guarded.wait { (state) -> Void? in
            guard !state.isAlone, state.users == 0 else { return nil }
            state.isAlone = true
            return ()
        }
        defer {
            guarded.withLock { state in
                state.isAlone = false
                state.wantsToBeAlone -= 1
            }
            guarded.broadcast()
        }
        return try body()
    }

    private func leave() {
        let mustWake = guarded.withLock { state in
            state.users -= 1
            return state.users == 0 && state.wantsToBeAlone > 0
        }
        if mustWake { guarded.broadcast() }
    }
}
