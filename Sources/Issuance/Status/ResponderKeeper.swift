import Clocks
import Threads
import X509Building

/// Renews the certificates of OCSP responders before they end, on a thread of its own: when a third of its time is left,
/// each gets its successor, for the same key, through the issuing line. When that fails the old one goes on as long as it
/// holds, people hear of it, and it is tried again.
package final class ResponderKeeper: Sendable {
    private struct Place {
        let responder: OCSPResponder
        let isRenewed: Bool
        var failures = 0
        /// On the monotonic clock.
        var notBefore: UInt64 = 0
        var problem: String?
    }

    /// What is to be said of a responder.
    package struct State: Sendable {
        package let issuer: String
        /// Seconds since 1970.
        package let notAfter: Int64
        /// Whether the service renews it.
        package let isRenewed: Bool
        package let problem: String?
    }

    /// What becomes of a renewal.
    package enum News: Sendable {
        case renewed(issuer: String, notAfter: Int64)
        case failed(issuer: String, problem: String)
    }

    private let line: ResponderLine
    private let clock: any WallClock
    private let tell: @Sendable (News) -> Void
    private let places: Guarded<[Place]>
    private let isStopping = Guarded(false)
    private let thread = Guarded<JoinableThread?>(nil)

    /// How often the clock is looked at.
    private static let lookNanoseconds: UInt64 = 500_000_000
    private static let shortestRetry: UInt64 = 2_000_000_000
    private static let longestRetry: UInt64 = 600_000_000_000

    /// Reads in the ledger how far the responders' certificates have come.
    package init(
        line: ResponderLine,
        responders: [OCSPResponder],
        clock: any WallClock,
        tell: @escaping @Sendable (News) -> Void
    ) throws(IssuanceError) {
        for responder in responders { try line.adoptLatest(responder) }
        self.line = line
        self.clock = clock
        self.tell = tell
        places = Guarded(responders.map { Place(responder: $0, isRenewed: line.mayRenew($0)) })
    }

    package func start() {
        thread.withLock { $0 = JoinableThread(named: "responders") { [self] in run() } }
    }

    /// Ends; waits for a renewal that is under way.
    package func stop() {
        isStopping.withLock { $0 = true }
        isStopping.broadcast()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    /// What is wrong, for people; nil when all is well.
    package var problem: String? {
        states.lazy.compactMap { state in
            state.problem.map { "the certificate of the OCSP responder of \(state.issuer) is not renewed: \($0)" }
        }.first
    }

    package var states: [State] {
        places.withLock { places in
            places.map { place in
                State(
                    issuer: place.responder.issuer.name,
                    notAfter: place.responder.certificate.tbs.notAfter,
                    isRenewed: place.isRenewed,
                    problem: place.problem
                )
            }
        }
    }

    /// From when on a certificate is to be renewed: a third of its time is left.
    static func renewalTime(_ certificate: Certificate) -> Int64 {
        let (start, end) = (certificate.tbs.notBefore, certificate.tbs.notAfter)
        return end - (end - start) / 3
    }

    private func run() {
        while true {
            for index in due() { renew(index) }
            let until = monotonicNanoseconds() + Self.lookNanoseconds
            if isStopping.wait(until: until, { $0 ? true : nil }) == true { return }
        }
    }

    private func due() -> [Int] {
        let (now, monotonic) = (clock.now.seconds, monotonicNanoseconds())
        return places.withLock { places in
            places.indices.filter { index in
                let place = places[index]
                guard place.isRenewed, monotonic >= place.notBefore else { return false }
                let certificate = place.responder.certificate
                // One that its issuer's own end cuts short has no successor.
                guard certificate.tbs.notAfter < place.responder.issuer.facts.notAfter else { return false }
                return now >= Self.renewalTime(certificate)
            }
        }
    }

    private func renew(_ index: Int) {
        let responder = places.withLock { $0[index].responder }
        do throws(IssuanceError) {
            let certificate = try line.renew(responder)
            places.withLock { places in
                places[index].failures = 0
                places[index].problem = nil
            }
            tell(.renewed(issuer: responder.issuer.name, notAfter: certificate.tbs.notAfter))
        } catch {
            let problem = "\(error.message); \(error.mend)"
            places.withLock { places in
                let pause = Self.shortestRetry << UInt64(min(places[index].failures, 9))
                places[index].notBefore = monotonicNanoseconds() + min(pause, Self.longestRetry)
                places[index].failures += 1
                places[index].problem = problem
            }
            tell(.failed(issuer: responder.issuer.name, problem: problem))
        }
    }
}
