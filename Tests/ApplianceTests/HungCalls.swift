import SignerAPI
import SignerClient
import Threads

/// Orders for a hanging token, sent together on a connection of their own and waited for on a thread of their own.
final class HungCalls: Sendable {
    private struct State {
        var errors: [ServiceError] = []
        var answered = 0
        var isDone = false
    }

    private let state = Guarded(State())

    /// Sends the orders.
    init(socket: String, orders: [CertificateOrder]) {
        startThread(named: "hung-calls") { [self] in
            receive(socket, orders)
            state.withLock { $0.isDone = true }
            state.broadcast()
        }
    }

    private func receive(_ socket: String, _ orders: [CertificateOrder]) {
        do {
            let client = try SignerClient(socket: socket)
            for order in orders { client.send(order) }
            for _ in orders {
                let settled = try client.receiveSettled()
                state.withLock { state in
                    state.answered += 1
                    if case .failure(let error) = settled { state.errors.append(error) }
                }
            }
        } catch {
            // The connection is gone; fewer answers than orders tell.
        }
    }

    /// How many calls have come back so far.
    var answered: Int { state.withLock { $0.answered } }

    /// The errors of all calls, when they have come back.
    func join() -> [ServiceError] {
        state.wait { $0.isDone ? $0.errors : nil }
    }
}
