/// Calls that wait, first come, first served.
struct CallQueue {
    private var calls: [PendingCall] = []
    /// Where the next call lies; those before it have been taken.
    private var head = 0

    var count: Int { calls.count - head }
    var isEmpty: Bool { head == calls.count }
    var first: PendingCall? { isEmpty ? nil : calls[head] }
    var waiting: ArraySlice<PendingCall> { calls[head...] }

    mutating func append(_ call: PendingCall) {
        calls.append(call)
    }

    mutating func takeFirst() -> PendingCall? {
        guard let first else { return nil }
        head += 1
        if head == calls.count {
            calls.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024 {
            calls.removeFirst(head)
            head = 0
        }
        return first
    }

    mutating func takeAll() -> [PendingCall] {
        defer { self = CallQueue() }
        return Array(waiting)
    }

    mutating func takeExpired(now: UInt64) -> [PendingCall] {
        var expired: [PendingCall] = []
        var kept: [PendingCall] = []
        for call in waiting {
            if call.deadline <= now { expired.append(call) } else { kept.append(call) }
        }
        if !expired.isEmpty {
            calls = kept
            head = 0
        }
        return expired
    }
}
