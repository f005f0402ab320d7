internal import Threads

/// Counts the bytes of the calls that wait for their answers, of all connections together, and lets those connections
/// wait that would go beyond the limit.
final class HeldBytes: Sendable {
    private struct State {
        var count = 0
        var waiting: [ServerConnection] = []
    }

    private let limit: Int
    private let state = Guarded(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// Counts a call, if there is room; a call that is alone always has it.
    func take(_ bytes: Int) -> Bool {
        state.withLock { take(bytes, &$0) }
    }

    /// The same; without room the connection is woken as soon as there may be some.
    func take(_ bytes: Int, orWake connection: ServerConnection) -> Bool {
        state.withLock { state in
            if take(bytes, &state) { return true }
            state.waiting.append(connection)
            return false
        }
    }

    private func take(_ bytes: Int, _ state: inout State) -> Bool {
        guard state.count == 0 || bytes <= limit - state.count else { return false }
        state.count += bytes
        return true
    }

    /// A call is over.
    func giveBack(_ bytes: Int) {
        guard bytes > 0 else { return }
        let waiting = state.withLock { state -> [ServerConnection] in
            state.count -= bytes
            guard !state.waiting.isEmpty, state.count <= limit / 2 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for connection in waiting { connection.resumeTaking() }
    }
}
