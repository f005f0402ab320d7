import Synchronization

/// Who waits for which order. The same order sent twice at the same time is done once, and both get the answer.
final class OrdersInFlight: Sendable {
    typealias Reply = @Sendable (Result<ReleasedCertificate, IssuanceError>) -> Void

    enum Admission {
        /// This caller's order is to be done.
        case first
        /// Somebody's same order is under way; the reply will come with it.
        case joined
        /// The order's identifier is being used for another content at this very moment.
        case conflict
        case full
    }

    private struct Waiting {
        let contentHash: [UInt8]
        var replies: [Reply]
    }

    private let waiting = Mutex<[String: Waiting]>([:])
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// How many orders are under way.
    var count: Int {
        waiting.withLock { $0.count }
    }

    func admit(_ order: String, contentHash: [UInt8], reply: @escaping Reply) -> Admission {
        waiting.withLock { waiting in
            if let present = waiting[order] {
                guard present.contentHash == contentHash else { return .conflict }
                waiting[order]?.replies.append(reply)
                return .joined
            }
            guard waiting.count < limit else { return .full }
            waiting[order] = Waiting(contentHash: contentHash, replies: [reply])
            return .first
        }
    }

    /// Answers everybody who waits for the order.
    func settle(_ order: String, _ result: Result<ReleasedCertificate, IssuanceError>) {
        let replies = waiting.withLock { $0.removeValue(forKey: order)?.replies ?? [] }
        for reply in replies { reply(result) }
    }
}
