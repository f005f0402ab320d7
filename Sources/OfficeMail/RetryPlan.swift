import Clocks

/// When a mail that could not be delivered is tried again.
package struct RetryPlan: Hashable, Sendable {
    /// Seconds from one attempt to the next; the last one repeats.
    package let pauses: [Int64]
    /// Seconds from the first attempt; later than that nothing is tried.
    package let patience: Int64

    package init(pauses: [Int64], patience: Int64) {
        precondition(!pauses.isEmpty && pauses.allSatisfy { $0 > 0 }, "a plan has pauses")
        self.pauses = pauses
        self.patience = patience
    }

    /// 1, 5 and 15 minutes, 1 hour, then every 4 hours, for 3 days.
    package static let standard = RetryPlan(pauses: [60, 300, 900, 3_600, 14_400], patience: 3 * 86_400)

    /// When to try again after so many attempts have failed; `nil` to give up.
    package func next(afterAttempts attempts: Int, firstAt first: Timestamp, now: Timestamp) -> Timestamp? {
        let pause = pauses[min(max(attempts, 1), pauses.count) - 1]
        let next = Timestamp(milliseconds: now.milliseconds + pause * 1000)
        return next.milliseconds - first.milliseconds <= patience * 1000 ? next : nil
    }
}
