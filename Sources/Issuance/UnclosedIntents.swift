import Ledger
import Threads

/// Closes intents that led to nothing, and keeps those that could not be closed because the ledger could not be written.
final class UnclosedIntents: Sendable {
    private let left = Guarded<[(receipt: IntentReceipt, reason: String)]>([])
    private let ledger: LedgerStore
    private let log: @Sendable (IssuanceAlarm) -> Void

    init(ledger: LedgerStore, log: @escaping @Sendable (IssuanceAlarm) -> Void) {
        self.ledger = ledger
        self.log = log
    }

    /// Closes an intent; `next` is called when that is durable, or has failed and will be tried again.
    func close(_ receipt: IntentReceipt, reason: String, then next: @escaping @Sendable () -> Void) {
        ledger.closeIntent(receipt, reason: reason) { [self] result in
            if case .failure(let error) = result {
                log(.intentNotClosed(entry: receipt.sequence, problem: error.description))
                if error == .full { left.withLock { $0.append((receipt, reason)) } }
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
        for (receipt, reason) in again { close(receipt, reason: reason) {} }
    }
}
