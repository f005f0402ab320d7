import Ledger
import Threads

/// Closes intents that led to nothing, and keeps those that could not be closed because the ledger could not be written.
final class UnclosedIntents: Sendable {
    private struct Intent {
        let receipt: IntentReceipt
        let reason: String
        let wasSigned: Bool
    }

    private let left = Guarded<[Intent]>([])
    private let ledger: LedgerStore
    private let log: @Sendable (IssuanceAlarm) -> Void

    init(ledger: LedgerStore, log: @escaping @Sendable (IssuanceAlarm) -> Void) {
        self.ledger = ledger
        self.log = log
    }

    /// Closes an intent; `next` is called when that is durable, or has failed and will be tried again.
    ///
    /// - Parameter wasSigned: whether the token may have made a signature. One that surely has not leaves the order's key
    ///   free for another subject.
    func close(
        _ receipt: IntentReceipt,
        reason: String,
        wasSigned: Bool,
        then next: @escaping @Sendable () -> Void
    ) {
        ledger.closeIntent(receipt, reason: reason, wasSigned: wasSigned) { [self] result in
            if case .failure(let error) = result {
                log(.intentNotClosed(entry: receipt.sequence, problem: error.description))
                if error == .full {
                    left.withLock { $0.append(Intent(receipt: receipt, reason: reason, wasSigned: wasSigned)) }
                }
            }
            next()
        }
    }

    /// Tries again what could not be closed. To be called when the ledger has shown that it can be written.
    func closeAll() {
        let again = left.withLock { left in
            defer { left = [] }
            return left
        }
        for intent in again { close(intent.receipt, reason: intent.reason, wasSigned: intent.wasSigned) {} }
    }
}
