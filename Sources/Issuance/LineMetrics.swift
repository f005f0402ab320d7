package import OpenMetrics
import Synchronization

/// What has gone through the line since the start, in numbers.
package final class LineMetrics: Sendable {
    package let issued = Counter()
    /// Orders that got a certificate that they had got before.
    package let repeated = Counter()
    /// Waiting for a session of the token; in the token; from the call to the durable certificate.
    package let wait = DurationHistogram()
    package let token = DurationHistogram()
    package let total = DurationHistogram()
    private let refusals = Mutex<[String: UInt64]>([:])

    /// Rules are constants of ours; should one ever be made of a caller's words, memory has an end all the same.
    private static let mostRules = 512

    /// How many orders were refused, by the rule that refused them.
    package var refusedByRule: [String: UInt64] { refusals.withLock { $0 } }

    func note(_ result: Result<ReleasedCertificate, IssuanceError>) {
        switch result {
        case .success(let released) where released.repeated: repeated.add()
        case .success(let released):
            issued.add()
            wait.observe(nanoseconds: released.waitNanoseconds)
            token.observe(nanoseconds: released.tokenNanoseconds)
            total.observe(nanoseconds: released.totalNanoseconds)
        case .failure(let error):
            refusals.withLock { refusals in
                let rule = refusals.count < Self.mostRules || refusals[error.rule] != nil ? error.rule : "other"
                refusals[rule, default: 0] += 1
            }
        }
    }
}
