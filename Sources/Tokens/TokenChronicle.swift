/// What of one token's changes is worth keeping for ever, and when it may be written.
///
/// A token has a stock of entries that fills up slowly: one that flaps must not fill a disk. Changes beyond it are
/// counted, and the next entry tells the last of them and how many came before it. So the last state is always told.
package struct TokenChronicle: Sendable {
    /// A state that a token has come to.
    package struct Change: Sendable, Hashable {
        /// Stable name, for programs.
        package let state: String
        /// What is wrong, where something is.
        package let code: TokenError.Code?
        package let detail: String
    }

    /// What is to be written.
    package struct Entry: Sendable, Hashable {
        package let change: Change
        /// Changes since the entry before that have none of their own.
        package let leftOut: Int
    }

    /// Entries that can be written one after the other.
    package static let stock = 20
    /// How long it takes until the stock has one more. Nanoseconds.
    package static let refill: UInt64 = 60_000_000_000

    private var left = TokenChronicle.stock
    private var filledAt: UInt64
    /// A token that is well from the beginning is no news: the service's start is an entry.
    private var last: (state: String, code: TokenError.Code?)? = (TokenEvent.Kind.ready.stateName ?? "", nil)
    private var waiting: Change?
    private var leftOut = 0

    /// - Parameter now: monotonic nanoseconds, as everywhere here.
    package init(now: UInt64) {
        filledAt = now
    }

    /// Takes an event. Answers what is to be written now; nothing for what is no change.
    package mutating func note(_ event: TokenEvent, now: UInt64) -> Entry? {
        guard let state = event.kind.stateName else {
            // After an officer's act the same trouble is news.
            if event.kind == .unlocked { last = nil }
            return nil
        }
        if let last, last.state == state, last.code == event.code { return nil }
        let change = Change(state: state, code: event.code, detail: event.detail)
        last = (state, event.code)
        if waiting != nil { leftOut += 1 }
        waiting = change
        return take(now: now)
    }

    /// What has waited and may be written now.
    package mutating func take(now: UInt64) -> Entry? {
        let filled = (now - filledAt) / Self.refill
        left = Int(min(UInt64(Self.stock), UInt64(left) + filled))
        filledAt += filled * Self.refill
        guard left > 0, waiting != nil else { return nil }
        left -= 1
        return takeRest()
    }

    /// What has waited, at the end of the service.
    package mutating func takeRest() -> Entry? {
        guard let change = waiting else { return nil }
        defer { (waiting, leftOut) = (nil, 0) }
        return Entry(change: change, leftOut: leftOut)
    }

    /// When something that waits may be written; `nil` when nothing waits.
    package var dueAt: UInt64? { waiting == nil ? nil : filledAt + Self.refill }
}

extension TokenEvent.Kind {
    /// The state that a token has after it; `nil` where that is nothing new.
    fileprivate var stateName: String? {
        switch self {
        case .ready: "ready"
        case .workerEnded: "worker-ended"
        case .startFailed: "start-failed"
        case .locked: "locked"
        case .keyMakingLocked: "key-making-locked"
        case .missing: "missing"
        case .started, .startPutOff, .unlocked, .stopped: nil
        }
    }
}
