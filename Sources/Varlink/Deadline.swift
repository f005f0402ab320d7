internal import Glibc

/// A moment on the clock that never goes back.
struct Deadline: Comparable, Sendable {
    /// Nanoseconds, as `receivedAt` of a call counts them.
    let nanoseconds: UInt64

    static var now: Deadline {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Deadline(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    static func after(_ duration: Duration) -> Deadline {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return now }
        // A century is as good as for ever, and does not overflow.
        let whole = UInt64(min(seconds, 3_155_760_000)) * 1_000_000_000
        return Deadline(nanoseconds: now.nanoseconds + whole + UInt64(attoseconds / 1_000_000_000))
    }

    static func < (left: Deadline, right: Deadline) -> Bool { left.nanoseconds < right.nanoseconds }

    var hasPassed: Bool { self <= Deadline.now }

    /// How long `poll` may wait, rounded up so that it never wakes too early.
    var pollMilliseconds: Int32 {
        let now = Deadline.now
        guard self > now else { return 0 }
        return Int32(min((nanoseconds - now.nanoseconds + 999_999) / 1_000_000, 3_600_000))
    }
}

extension Optional<Deadline> {
    /// `poll`'s own "no limit" when there is no deadline.
    var pollMilliseconds: Int32 { self?.pollMilliseconds ?? -1 }

    /// The earlier of two, of which either may be missing.
    static func earlier(_ left: Deadline?, _ right: Deadline?) -> Deadline? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }
}
