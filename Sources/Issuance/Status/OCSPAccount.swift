import Clocks
import Crypto
import Ledger
import Threads

/// Counts the OCSP responses that were signed, and writes the counts to the ledger: an entry a minute and responder, and
/// one at the end (LDG-01). A response each would be a disk flush each. The entry's hash covers every response: it is
/// SHA-256 over the hash so far and the response's own, in the order of counting.
final class OCSPAccount: Sendable {
    private struct Batch {
        var count: Int64 = 0
        var hash = [UInt8](repeating: 0, count: 32)
        var from: Timestamp
    }

    private let batches = Guarded<[Int: Batch]>([:])
    private let ledger: LedgerStore
    private let responders: OCSPResponders
    private let log: @Sendable (IssuanceAlarm) -> Void

    private static let batchMilliseconds: Int64 = 60_000

    init(ledger: LedgerStore, responders: OCSPResponders, log: @escaping @Sendable (IssuanceAlarm) -> Void) {
        self.ledger = ledger
        self.responders = responders
        self.log = log
    }

    /// Counts a response before it is released.
    func count(_ response: [UInt8], of place: Int, at now: Timestamp) {
        let own = Array(SHA256.hash(data: response))
        let finished = batches.withLock { batches -> Batch? in
            var batch = batches[place] ?? Batch(from: now)
            batch.count += 1
            batch.hash = Array(SHA256.hash(data: batch.hash + own))
            guard now.milliseconds - batch.from.milliseconds >= Self.batchMilliseconds else {
                batches[place] = batch
                return nil
            }
            batches[place] = nil
            return batch
        }
        if let finished { write(finished, place) {} }
    }

    /// Writes what has been counted; `next` is called when that is durable, or has failed.
    func writeOut(then next: @escaping @Sendable () -> Void = {}) {
        let left = batches.withLock { batches in
            defer { batches = [:] }
            return batches.sorted { $0.key < $1.key }
        }
        guard let last = left.last else { return next() }
        for (place, batch) in left.dropLast() { write(batch, place) {} }
        write(last.value, last.key, then: next)
    }

    private func write(_ batch: Batch, _ place: Int, then next: @escaping @Sendable () -> Void) {
        let responder = responders.all[place]
        let event = LedgerEvent(
            kind: "ocsp-signed",
            fields: [
                ("issuer", .text(responder.issuer.name)), ("key", .bytes(responder.key.publicKey.sha256)),
                ("count", .number(batch.count)), ("hash", .bytes(batch.hash)), ("from", .text(batch.from.rfc3339)),
            ]
        )
        ledger.append(event) { [log] result in
            if case .failure(let error) = result {
                log(.ocspNotCounted(count: batch.count, problem: error.description))
            }
            next()
        }
    }
}
