import Clocks
import Ledger
import Threads

/// Writes refusals to the ledger, one entry each, up to a rate per caller. Beyond it they are counted, and the count
/// goes in as one entry: who floods the service must not fill its disk.
final class RefusalRecord: Sendable {
    private struct Window {
        var startedAt: UInt64
        var recorded = 0
        var summed = 0
    }

    /// Entries of one caller in one window.
    private static let mostInWindow = 200
    private static let windowNanoseconds: UInt64 = 1_000_000_000

    private let windows = Guarded<[UInt32: Window]>([:])
    private let ledger: LedgerStore
    private let log: @Sendable (IssuanceAlarm) -> Void

    init(ledger: LedgerStore, log: @escaping @Sendable (IssuanceAlarm) -> Void) {
        self.ledger = ledger
        self.log = log
    }

    /// Writes a refusal; `next` is called when it is durable, or counted.
    func record(_ event: LedgerEvent, callerUID: UInt32, then next: @escaping @Sendable () -> Void) {
        let now = monotonicNanoseconds()
        let (isRecorded, summed) = windows.withLock { windows -> (Bool, Int) in
            var window = windows[callerUID] ?? Window(startedAt: now)
            var summed = 0
            if now - window.startedAt > Self.windowNanoseconds {
                summed = window.summed
                window = Window(startedAt: now)
            }
            let isRecorded = window.recorded < Self.mostInWindow
            if isRecorded { window.recorded += 1 } else { window.summed += 1 }
            windows[callerUID] = window
            return (isRecorded, summed)
        }
        if summed > 0 { write(Self.sum(summed, callerUID)) {} }
        if isRecorded { write(event, then: next) } else { next() }
    }

    /// Writes the counts that no later refusal has written.
    func sumUp() {
        let left = windows.withLock { windows in
            defer { windows = [:] }
            return windows.filter { $0.value.summed > 0 }
        }
        for (callerUID, window) in left { write(Self.sum(window.summed, callerUID)) {} }
    }

    private static func sum(_ count: Int, _ callerUID: UInt32) -> LedgerEvent {
        LedgerEvent(
            kind: "refusals-summed",
            fields: [("count", .number(Int64(count))), ("callerUID", .number(Int64(callerUID)))]
        )
    }

    private func write(_ event: LedgerEvent, then next: @escaping @Sendable () -> Void) {
        ledger.append(event) { [log] result in
            if case .failure(let error) = result {
                log(.refusalNotRecorded(rule: event.kind, problem: error.description))
            }
            next()
        }
    }
}
