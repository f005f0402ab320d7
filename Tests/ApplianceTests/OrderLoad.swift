import Foundation
import SignerAPI
import SignerClient
import Testing
import Threads
import Workbench

/// Clients that keep a service busy, each on a connection and a thread of its own, until the service is gone or they
/// have had enough.
final class OrderLoad: Sendable {
    struct Outcome: Sendable {
        var released: [IssuedCertificate] = []
        /// Sent, and neither fulfilled nor refused.
        var unanswered: [CertificateOrder] = []
        var refusals: [ServiceError] = []
        var runningClients = 0
    }

    private let outcome: Guarded<Outcome>

    /// Starts to send.
    ///
    /// - Parameters:
    ///   - pipelined: how many orders each connection keeps under way.
    ///   - limit: how many orders each connection sends at most.
    init(socket: String, connections: Int, pipelined: Int, limit: Int = .max, name: String) throws {
        outcome = Guarded(Outcome(runningClients: connections))
        let request = try Stage.sharedRequest.get()
        for connection in 0..<connections {
            startThread(named: "load-\(connection)") { [outcome] in
                let part = Self.run(socket, pipelined, limit, request, "\(name)-\(connection)") { released in
                    outcome.withLock { $0.released.append(released) }
                    outcome.broadcast()
                }
                outcome.withLock { outcome in
                    outcome.unanswered += part.unanswered
                    outcome.refusals += part.refusals
                    outcome.runningClients -= 1
                }
                outcome.broadcast()
            }
        }
    }

    private static func run(
        _ socket: String,
        _ pipelined: Int,
        _ limit: Int,
        _ request: String,
        _ name: String,
        release: (IssuedCertificate) -> Void
    ) -> Outcome {
        var part = Outcome()
        var sent = 0
        do {
            let client = try SignerClient(socket: socket)
            while sent < limit || !part.unanswered.isEmpty {
                while sent < limit, part.unanswered.count < pipelined {
                    let order = try Stage.order("\(name)-\(sent)", request: request)
                    client.send(order)
                    part.unanswered.append(order)
                    sent += 1
                }
                switch try client.receiveSettled() {
                case .success(let issued): release(issued)
                case .failure(let error): part.refusals.append(error)
                }
                part.unanswered.removeFirst()
            }
        } catch {
            // The service is gone; what was under way is told by `unanswered`.
        }
        return part
    }

    /// Waits until so many orders are fulfilled, or every client has ended.
    func waitUntilReleased(_ count: Int) {
        outcome.wait { $0.released.count >= count || $0.runningClients == 0 ? () : nil }
    }

    /// Waits until every client has ended.
    func join() -> Outcome {
        outcome.wait { $0.runningClients == 0 ? $0 : nil }
    }
}

extension SignerClient {
    /// The next answer to an order that was sent, be it a certificate or a refusal.
    func receiveSettled() throws -> Result<IssuedCertificate, ServiceError> {
        do {
            return .success(try receiveIssued())
        } catch SignerClientError.refused(let error) {
            return .failure(error)
        }
    }
}
