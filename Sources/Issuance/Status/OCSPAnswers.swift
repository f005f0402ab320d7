import Ledger
import Threads
import X509Building

/// An answer that is signed already.
package struct ReadyOCSPAnswer: Sendable {
    /// DER.
    package let response: [UInt8]
    /// Seconds since 1970; nil for an answer without a signature.
    package let nextUpdate: Int64?
}

/// Answers that are signed already, for requests about one certificate without a nonce. Bounded; what has not been asked
/// for lately goes first. A change of status takes the certificate's answers out at once.
final class OCSPAnswers: Sendable {
    struct Key: Hashable, Sendable {
        let place: Int
        let hash: OCSPHash
        let hasNull: Bool
        let serial: [UInt8]

        /// nil for a request whose answer is never kept.
        init?(_ request: OCSPRequest, place: Int) {
            guard request.nonce == nil, request.certificates.count == 1, let hash = request.certificates[0].hash else {
                return nil
            }
            self.init(place, hash, request.certificates[0].hasNull, request.certificates[0].serialNumber)
        }

        init(_ place: Int, _ hash: OCSPHash, _ hasNull: Bool, _ serial: [UInt8]) {
            (self.place, self.hash, self.hasNull, self.serial) = (place, hash, hasNull, serial)
        }
    }

    private struct Entry {
        let answer: ReadyOCSPAnswer
        /// From here on one caller gets a new answer made; the others still get this one, while it holds.
        var refreshAt: Int64
        let holdsUntil: Int64
    }

    private struct State {
        var young: [Key: Entry] = [:]
        var old: [Key: Entry] = [:]
    }

    /// How long a claim to make a new answer holds, in seconds.
    private static let claim: Int64 = 10

    private let state = Guarded(State())
    private let generation: Int

    /// - Parameter limit: how many answers are kept.
    init(limit: Int) {
        generation = max(1, limit / 2)
    }

    /// - Returns: an answer that still holds; nil when one is to be made.
    func answer(_ key: Key, at seconds: Int64) -> ReadyOCSPAnswer? {
        state.withLock { state in
            if let entry = state.young[key] {
                if seconds < entry.refreshAt { return entry.answer }
                return Self.claim(&state.young[key], at: seconds)
            }
            guard let entry = state.old.removeValue(forKey: key) else { return nil }
            state.young[key] = entry
            makeRoom(&state)
            return seconds < entry.refreshAt ? entry.answer : Self.claim(&state.young[key], at: seconds)
        }
    }

    private static func claim(_ entry: inout Entry?, at seconds: Int64) -> ReadyOCSPAnswer? {
        // Whoever comes first after the time makes the new one.
        entry?.refreshAt = seconds + claim
        return nil
    }

    /// What was kept and still holds, for when no new answer can be made.
    func lastResort(_ key: Key, at seconds: Int64) -> ReadyOCSPAnswer? {
        state.withLock { state in
            guard let entry = state.young[key] ?? state.old[key], seconds < entry.holdsUntil else { return nil }
            return entry.answer
        }
    }

    /// Keeps an answer, unless the certificate's status has changed since it was looked up.
    ///
    /// - Parameter isCurrent: asked with the lock held, so that no change can come between.
    func keep(
        _ answer: ReadyOCSPAnswer,
        for key: Key,
        refreshAt: Int64,
        holdsUntil: Int64,
        isCurrent: () -> Bool
    ) {
        state.withLock { state in
            guard isCurrent() else { return }
            state.old[key] = nil
            state.young[key] = Entry(answer: answer, refreshAt: refreshAt, holdsUntil: holdsUntil)
            makeRoom(&state)
        }
    }

    private func makeRoom(_ state: inout State) {
        guard state.young.count > generation else { return }
        state.old = state.young
        state.young = [:]
    }

    /// Forgets what was said of a certificate.
    func forget(place: Int, serial: [UInt8]) {
        state.withLock { state in
            for hash in OCSPHash.allCases {
                for hasNull in [true, false] {
                    let key = Key(place, hash, hasNull, serial)
                    state.young[key] = nil
                    state.old[key] = nil
                }
            }
        }
    }

    var count: Int { state.withLock { $0.young.count + $0.old.count } }
}
