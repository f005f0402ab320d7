import Glibc
import Synchronization

/// A moment in Unix time, in milliseconds.
package struct Timestamp: Hashable, Comparable, Sendable, Codable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package init(seconds: Int64) {
        self.milliseconds = seconds * 1000
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    package var seconds: Int64 {
        milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

/// Where the time of day comes from. Logic never asks the system itself, so that tests can choose the date.
package protocol WallClock: Sendable {
    var now: Timestamp { get }
}

/// The machine's own clock.
package struct SystemClock: WallClock {
    package init() {}

    package var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

/// A clock that stands still until it is told to move.
package final class ManualClock: WallClock {
    private let time: Mutex<Timestamp>

    package init(_ start: Timestamp) {
        time = Mutex(start)
    }

    package var now: Timestamp {
        time.withLock { $0 }
    }

    /// Sets the clock, forwards or backwards.
    package func set(_ moment: Timestamp) {
        time.withLock { $0 = moment }
    }

    /// Moves the clock by a number of seconds, which may be negative.
    package func advance(seconds: Int64) {
        time.withLock { $0.milliseconds += seconds * 1000 }
    }
}

/// Nanoseconds of the clock that never goes back: for durations and deadlines, never for dates.
package func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
