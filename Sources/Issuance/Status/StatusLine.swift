import Clocks
import Ledger

/// The line of every change of status: decode, authorise, record; then CRL and OCSP hear of it. It has workers of its own,
/// so that revocations do not stand behind orders.
package final class StatusLine: Sendable {
    package typealias Reply = @Sendable (Result<ChangedStatus, IssuanceError>) -> Void

    private let issuance: IssuanceLine
    private let workers: WorkerPool
    private let clock: any WallClock
    private let changed: @Sendable (ChangedStatus) -> Void

    /// The most changes that wait for a worker.
    private static let mostWaiting = 1024

    /// - Parameter changed: hears of every change as soon as it is durable, before the caller does.
    package init(
        issuance: IssuanceLine,
        workers: WorkerPool,
        clock: any WallClock,
        changed: @escaping @Sendable (ChangedStatus) -> Void
    ) {
        self.issuance = issuance
        self.workers = workers
        self.clock = clock
        self.changed = changed
    }

    /// Changes a certificate's status.
    ///
    /// - Parameter reply: called once, when the change is durable or refused; it must not block.
    package func change(_ order: StatusOrder, reply: @escaping Reply) {
        let isTaken = workers.run(ifFewerThan: Self.mostWaiting) { [self] in
            do throws(IssuanceError) {
                let decoded = try order.decode()
                let authorised = try decoded.authorise(
                    by: issuance.authority,
                    ledger: issuance.ledger.reader,
                    at: clock.now
                )
                authorised.record(in: issuance.ledger) { [self] result in
                    switch result {
                    case .success(let change):
                        changed(change)
                        reply(.success(change))
                    case .failure(let error): refuse(order, error, reply)
                    }
                }
            } catch {
                refuse(order, error, reply)
            }
        }
        if !isTaken { reply(.failure(.busy())) }
    }

    private func refuse(_ order: StatusOrder, _ error: IssuanceError, _ reply: @escaping Reply) {
        guard error.kind != .ledgerUnavailable, error.kind != .busy else { return reply(.failure(error)) }
        issuance.recordRefusal(.refusal(of: order, error), callerUID: order.callerUID) { reply(.failure(error)) }
    }
}

extension LedgerEvent {
    /// A refused change of status. Of what the caller wrote no more is kept than a name can have.
    fileprivate static func refusal(of order: StatusOrder, _ error: IssuanceError) -> LedgerEvent {
        var fields: [(String, EventValue)] = [("act", .text(order.action.rawValue))]
        if let serial = order.serial { fields.append(("serial", .text(serial.cut(octets: 40)))) }
        if let name = order.order { fields.append(("order", .text(name.cut(octets: Submission.longestOrderID)))) }
        fields += [
            ("error", .text(error.kind.rawValue)), ("rule", .text(error.rule)),
            ("callerUID", .number(Int64(order.callerUID))),
        ]
        return LedgerEvent(kind: "refusal", fields: fields)
    }
}
