import Clocks

/// When the CRL of one scope is to be made again: on a change, and before its time is over. A value; it does nothing by
/// itself.
struct CRLSchedule: Sendable {
    /// Something has changed since the last CRL was begun.
    private(set) var isDirty = false
    /// By the clock; nil when there is no CRL.
    private var dueAt: Int64?
    /// On the monotonic clock: not before this moment, so that long lists are not made without a pause and a failing
    /// token is not asked without one.
    private(set) var notBefore: UInt64 = 0
    private var failures = 0

    /// After a CRL that took some time, the next one waits this many times as long: a change shows within a second
    /// where the list is short, and the service does not spend all its time on a long one.
    private static let restFactor: UInt64 = 2
    private static let shortestRetry: UInt64 = 1_000_000_000
    private static let longestRetry: UInt64 = 30_000_000_000

    mutating func noteChange() {
        isDirty = true
    }

    /// - Parameter crl: the one in force, if there is one.
    mutating func begin(with crl: IssuedCRL?, isCurrent: Bool, _ terms: CRLTerms) {
        dueAt = crl.map { Self.due(after: $0, terms) }
        isDirty = !isCurrent
    }

    /// Whether it is to be made now.
    func isDue(at now: Timestamp, monotonic: UInt64) -> Bool {
        monotonic >= notBefore && (isDirty || dueAt.map { now.seconds >= $0 } ?? true)
    }

    /// The making begins: changes from here on ask for the next one.
    mutating func start() {
        isDirty = false
    }

    mutating func succeed(_ crl: IssuedCRL, _ terms: CRLTerms, tookNanoseconds: UInt64, monotonic: UInt64) {
        failures = 0
        dueAt = Self.due(after: crl, terms)
        notBefore = monotonic + tookNanoseconds * Self.restFactor
    }

    mutating func fail(monotonic: UInt64) {
        isDirty = true
        notBefore = monotonic + min(Self.shortestRetry << UInt64(min(failures, 5)), Self.longestRetry)
        failures += 1
    }

    /// The token is well again, say: try at once.
    mutating func retryNow() {
        if failures > 0 { notBefore = 0 }
    }

    private static func due(after crl: IssuedCRL, _ terms: CRLTerms) -> Int64 {
        min(crl.thisUpdate + terms.period, crl.nextUpdate - (crl.nextUpdate - crl.thisUpdate) / 4)
    }
}
