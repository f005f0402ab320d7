import Clocks

/// How long a commit waits for others: each costs a flush, and whoever comes while it waits shares it.
///
/// Where few intents are on their way each of their orders waits for this commit; where many are they wait for the token
/// anyhow, and the longer they do the less it matters when their requests are committed. A lone request never waits,
/// and a commit waits for nobody when all have come.
struct CommitGathering {
    /// What is granted for each intent that will come back for its certificate, together no more than `longestByCount`.
    private static let nanosecondsPerIntent: UInt64 = 30_000
    private static let longestByCount: UInt64 = 3_000_000
    /// The part of the time from intent to signature that a commit may add to it.
    private static let share: UInt64 = 10
    private static let longestByTurnaround: UInt64 = 20_000_000

    /// From an intent to the record of its certificate, in the mean of the last ones; nanoseconds. Slow ones count
    /// little, so that a slow token does not make the orders of a fast one wait.
    private var turnaround: UInt64 = 0

    /// Learns from what was committed how long certificates have taken.
    mutating func note(_ requests: [Request], at now: Timestamp) {
        for case .record(let record, _) in requests {
            // A clock that was set may show anything.
            let milliseconds = min(max(now.milliseconds - record.intent.time.milliseconds, 0), 60_000)
            note(turnaround: UInt64(milliseconds) * 1_000_000)
        }
    }

    mutating func note(turnaround taken: UInt64) {
        let longest = min(taken, Self.share * Self.longestByTurnaround)
        turnaround = longest < turnaround ? (turnaround + longest) / 2 : (turnaround * 15 + longest) / 16
    }

    /// How long to wait from one commit to the next, at most.
    func nanoseconds(openIntents: Int) -> UInt64 {
        guard openIntents > 0 else { return 0 }
        let byCount = min(UInt64(openIntents) * Self.nanosecondsPerIntent, Self.longestByCount)
        return max(byCount, turnaround / Self.share)
    }
}
