import Clocks
import Synchronization
import Tokens

/// How long a token's queue is, in time: what it takes for a signature, and how many wait.
final class TokenLoad: Sendable {
    /// A moving average of what the module took for a signature, in nanoseconds.
    private let average = Atomic<UInt64>(0)
    private let verifiedAt = Atomic<UInt64>(0)

    /// When a signature of this key was last seen to verify, in monotonic nanoseconds; 0 for never.
    var lastVerified: UInt64 { verifiedAt.load(ordering: .relaxed) }

    /// A signature verifies.
    func noteVerified() {
        verifiedAt.store(monotonicNanoseconds(), ordering: .relaxed)
    }

    /// Takes a finished signature into account.
    func observe(_ signature: TokenSignature) {
        let before = average.load(ordering: .relaxed)
        let now = before == 0 ? signature.tokenNanoseconds : (before * 15 + signature.tokenNanoseconds) / 16
        average.store(now, ordering: .relaxed)
    }

    /// How long a signature that is asked for now will wait, in nanoseconds, as far as can be known.
    func expectedWait(_ status: TokenStatus, _ urgency: Urgency) -> UInt64 {
        let waiting = urgency == .urgent ? status.urgentCallsWaiting : status.callsWaiting
        let before = UInt64(max(0, waiting + status.callsInWorker))
        return before * average.load(ordering: .relaxed) / UInt64(max(1, status.sessions))
    }
}

extension SigningKey {
    /// When a signature of this key was last seen to verify, in monotonic nanoseconds; 0 for never.
    package var lastVerifiedSignature: UInt64 { load.lastVerified }

    /// Whether it makes sense to promise a signature: a locked or missing token makes none, and one whose queue is longer
    /// than half its deadline would only let the caller wait for a time-out.
    func checkToken(_ urgency: Urgency = .ordinary) throws(IssuanceError) {
        let status = token.status
        switch status.state {
        case .ready, .starting: break
        case .locked(let error), .missing(let error), .failed(let error):
            throw IssuanceError(error, token: tokenName)
        case .stopped:
            throw IssuanceError(
                .tokenUnavailable,
                rule: "token.stopped",
                message: "token \(tokenName) is not being served",
                mend: "wait until the service has started"
            )
        }
        let wait = load.expectedWait(status, urgency)
        guard wait < token.settings.callDeadline / 2 else {
            throw IssuanceError.busy(retryAfterMilliseconds: Int(wait / 2_000_000))
        }
    }
}
