import Clocks
import Issuance
import Ledger
import Policy
import TextForms
import Threads

/// What the station needs to know of certificates that were issued, and to do to them.
struct StationStatus: Sendable {
    let line: IssuanceLine
    let changes: StatusLine

    /// Whether a certificate is revoked for good.
    func isRevoked(serial: [UInt8]) throws(StationError) -> Bool {
        do throws(LedgerError) {
            return try line.ledger.standing(serial: serial).state == .revoked
        } catch {
            throw StationError(error)
        }
    }

    /// Revokes a certificate for good, and waits until that is durable.
    func revoke(serial: [UInt8], reason: RevocationReason, callerUID: UInt32) throws(StationError) {
        var order = StatusOrder(.revoke, serial: HexText.encode(serial), order: nil, callerUID: callerUID)
        order.reason = reason.rawValue
        let answer = Guarded<Result<ChangedStatus, IssuanceError>?>(nil)
        changes.change(order) { result in
            answer.withLock { $0 = result }
            answer.broadcast()
        }
        guard let result = answer.wait(until: monotonicNanoseconds() + 60_000_000_000, { $0 }) else {
            throw StationError(
                .ledgerUnavailable,
                rule: "service.slow",
                message: "the revocation was not durable in time",
                mend: "ask again"
            )
        }
        if case .failure(let error) = result { throw StationError(error, isRecorded: true) }
    }
}
