import Threads

/// Who waits for which order. The same order sent twice at the same time is done once, and both get the answer. No more
/// callers are taken in than the limit allows.
final class OrdersInFlight: Sendable {
    typealias Reply = @Sendable (Result<ReleasedCertificate, IssuanceError>) -> Void

    enum Admission {
        /// This caller's order is to be done.
        case first
        /// Somebody's same order is under way; the reply will come with it.
        case joined
        /// Somebody's same order is under way, and its answer is for one caller alone.
        case underWay
        /// The order's identifier is being used for another content at this very moment.
        case conflict
    }

    private struct Waiting {
        let contentHash: [UInt8]
        var replies: [Reply]
    }

    private struct State {
        var waiting: [String: Waiting] = [:]
        /// Callers that have a place and no answer yet.
        var places = 0
    }

    private let state = Guarded(State())
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Callers without answer.
    var count: Int {
        state.withLock { $0.places }
    }

    /// Takes a place for a caller, before anything is queued or looked at for it. `false` when there is none.
    func takePlace() -> Bool {
        state.withLock { state in
            guard state.places < limit else { return false }
            state.places += 1
            return true
        }
    }

    /// Gives a caller's place back, right after its answer.
    func givePlace() {
        let isIdle = state.withLock { state in
            state.places -= 1
            return state.places == 0
        }
        if isIdle { state.broadcast() }
    }

    /// Waits until no caller is without answer.
    ///
    /// - Parameter deadline: monotonic, in nanoseconds.
    /// - Returns: whether that was so in time.
    func waitUntilIdle(until deadline: UInt64) -> Bool {
        state.wait(until: deadline) { $0.places == 0 ? true : nil } ?? false
    }

    /// - Parameter joins: whether callers of the same order may have the same answer.
    func admit(_ order: String, contentHash: [UInt8], joins: Bool, reply: @escaping Reply) -> Admission {
        state.withLock { state in
            if let present = state.waiting[order] {
                guard present.contentHash == contentHash else { return .conflict }
                guard joins else { return .underWay }
                state.waiting[order]?.replies.append(reply)
                return .joined
            }
            state.waiting[order] = Waiting(contentHash: contentHash, replies: [reply])
            return .first
        }
    }

    /// Answers everybody who waits for the order.
    func settle(_ order: String, _ result: Result<ReleasedCertificate, IssuanceError>) {
        let replies = state.withLock { $0.waiting.removeValue(forKey: order)?.replies ?? [] }
        for reply in replies { reply(result) }
    }
}
