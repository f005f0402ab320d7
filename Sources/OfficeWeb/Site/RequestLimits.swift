import Clocks
import Office
import Synchronization

/// How often something may be tried from one place: guesses of passwords, above all.
package final class RequestLimits: Sendable {
    private struct Tries { var since: Timestamp; var count: Int }

    private let tries = Mutex<[String: Tries]>([:])
    private let most: Int
    private let seconds: Int64
    private let places = 100_000

    /// - Parameters:
    ///   - most: tries within the time.
    ///   - seconds: how long a place waits after that.
    package init(most: Int = 10, seconds: Int64 = 300) {
        (self.most, self.seconds) = (most, seconds)
    }

    /// Counts a try.
    ///
    /// - Throws: `.unavailable` where there were too many.
    func count(_ place: String, at now: Timestamp) throws(Refusal) {
        let isTooMany = tries.withLock { tries in
            if tries.count >= places { tries = tries.filter { now.seconds - $0.value.since.seconds < seconds } }
            var own = tries[place] ?? Tries(since: now, count: 0)
            if now.seconds - own.since.seconds >= seconds { own = Tries(since: now, count: 0) }
            own.count += 1
            tries[place] = own
            return own.count > most
        }
        guard !isTooMany else {
            throw Refusal(
                .unavailable,
                Text("試行回数が多すぎます。しばらくしてからお試しください。", "Too many tries. Wait some minutes and try again.")
            )
        }
    }

    func forget(_ place: String) {
        tries.withLock { _ = $0.removeValue(forKey: place) }
    }
}
