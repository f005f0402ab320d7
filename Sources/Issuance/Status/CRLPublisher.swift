import Clocks
import Ledger
import Threads

/// A CRL in force, open to be read: what takes its place in the folder does not change what is read here.
package struct CRLInForce: Sendable {
    package let crl: IssuedCRL
    let file: ShelfFile?

    /// At most so many octets from a place on.
    package func read(at offset: Int, _ count: Int) throws(IssuanceError) -> [UInt8] {
        guard let file else { throw .crlReplaced }
        return try file.read(at: offset, min(count, crl.size - offset))
    }
}

/// Keeps a CRL of every scope in force: makes them on a thread of its own, on every change and by schedule. When one
/// cannot be made, the last one stays, people hear of it, and it is tried again.
package final class CRLPublisher: Sendable {
    private struct Place {
        let scope: CRLScope
        var schedule = CRLSchedule()
        var current: CRLInForce?
        var problem: String?
    }

    private struct State {
        var places: [Place]
        var isStopping = false
        /// Where the search for a CRL to make begins: each place has its turn.
        var turn = 0
        /// Counts what the thread has to look at.
        var wakes = 0

        mutating func nextDue(at now: Timestamp, monotonic: UInt64) -> Int? {
            let order = Array(turn..<places.count) + Array(0..<turn)
            guard let index = order.first(where: { places[$0].schedule.isDue(at: now, monotonic: monotonic) }) else {
                return nil
            }
            turn = (index + 1) % places.count
            return index
        }
    }

    package let line: CRLLine
    private let terms: CRLTerms
    private let clock: any WallClock
    private let log: @Sendable (IssuanceAlarm) -> Void
    private let state: Guarded<State>
    private let thread = Guarded<JoinableThread?>(nil)

    /// How often the clock is looked at.
    private static let lookNanoseconds: UInt64 = 500_000_000

    package init(
        line: CRLLine,
        scopes: [CRLScope],
        terms: CRLTerms,
        clock: any WallClock,
        log: @escaping @Sendable (IssuanceAlarm) -> Void
    ) {
        self.line = line
        self.terms = terms
        self.clock = clock
        self.log = log
        state = Guarded(State(places: scopes.map { Place(scope: $0) }))
    }

    /// Begins: reads what is in force, then keeps it so.
    package func start() {
        thread.withLock { $0 = JoinableThread(named: "crl") { [self] in run() } }
    }

    /// Ends; waits for a CRL that is being made.
    package func stop() {
        state.withLock { state in
            state.isStopping = true
            state.wakes += 1
        }
        state.broadcast()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    /// A certificate's status has changed.
    package func noteChange(issuer: String, serial: [UInt8]) {
        state.withLock { state in
            for index in state.places.indices where state.places[index].scope.issuer.name == issuer {
                guard state.places[index].scope.partition?.contains(serial) ?? true else { continue }
                state.places[index].schedule.noteChange()
            }
            state.wakes += 1
        }
        state.broadcast()
    }

    /// A token may be well again: what could not be made is tried at once.
    package func retry() {
        state.withLock { state in
            for index in state.places.indices { state.places[index].schedule.retryNow() }
            state.wakes += 1
        }
        state.broadcast()
    }

    /// The CRL in force; nil when there is none.
    ///
    /// - Throws: `notFound` when there is no such issuer or part.
    package func current(issuer: String, partition: Int?) throws(IssuanceError) -> CRLInForce? {
        try state.withLock { (state) throws(IssuanceError) in
            let place = state.places.first {
                $0.scope.issuer.name == issuer && $0.scope.partition?.index == partition
            }
            guard let place else { throw .noSuchCRL }
            return place.current
        }
    }

    /// What is to be said of a CRL.
    package struct Standing: Sendable {
        package let issuer: String
        package let partition: Int?
        package let current: IssuedCRL?
        package let problem: String?
    }

    package var states: [Standing] {
        state.withLock { state in
            state.places.map { place in
                Standing(
                    issuer: place.scope.issuer.name,
                    partition: place.scope.partition?.index,
                    current: place.current?.crl,
                    problem: place.problem
                )
            }
        }
    }

    /// What is wrong, for people; nil when all is well.
    package var problem: String? {
        state.withLock { state in
            state.places.lazy.compactMap { place in
                place.problem.map { "the CRL of \(place.scope.name) could not be made: \($0)" }
            }.first
        }
    }

    // MARK: - The thread

    private func run() {
        load()
        while let index = nextPlace() { make(index) }
    }

    private enum Look {
        case make(Int)
        case stop
        /// Nothing is to be done until this moment, unless somebody says so.
        case wait(until: UInt64, wakes: Int)
    }

    /// Waits for a place whose CRL is to be made; nil at the end.
    private func nextPlace() -> Int? {
        while true {
            let (now, monotonic) = (clock.now, monotonicNanoseconds())
            let look = state.withLock { state -> Look in
                if state.isStopping { return .stop }
                if let index = state.nextDue(at: now, monotonic: monotonic) { return .make(index) }
                let rests = state.places.lazy.filter(\.schedule.isDirty).map(\.schedule.notBefore)
                let until = min(rests.min() ?? .max, monotonic + Self.lookNanoseconds)
                return .wait(until: until, wakes: state.wakes)
            }
            switch look {
            case .make(let index): return index
            case .stop: return nil
            case .wait(let until, let wakes):
                let _: Bool? = state.wait(until: until) { $0.wakes == wakes ? nil : true }
            }
        }
    }

    private func load() {
        let scopes = state.withLock { $0.places.map(\.scope) }
        for (index, scope) in scopes.enumerated() {
            do {
                let crl = try line.inForce(scope)
                let isCurrent = try crl.map { try isUpToDate($0.crl, scope) } ?? false
                state.withLock { state in
                    state.places[index].current = crl
                    state.places[index].schedule.begin(with: crl?.crl, isCurrent: isCurrent, terms)
                }
            } catch {
                fail(index, "\(error)")
            }
        }
    }

    /// Whether nothing has happened since it was made.
    private func isUpToDate(_ crl: IssuedCRL, _ scope: CRLScope) throws(LedgerError) -> Bool {
        let (reader, key) = (line.ledger.reader, scope.issuer.key.publicKey.sha256)
        let part = scope.partition.map { Int64($0.index) }
        guard try crl.number == reader.lastCRLNumber(issuerKeyHash: key, partition: part) else { return false }
        return try !reader.hasStatusChanged(afterCRLOf: key, partition: part, madeAt: crl.thisUpdate)
    }

    private func make(_ index: Int) {
        let scope = state.withLock { state in
            state.places[index].schedule.start()
            return state.places[index].scope
        }
        let start = monotonicNanoseconds()
        do throws(IssuanceError) {
            let crl = try line.make(scope, terms)
            // From now on it is read through this descriptor, whatever takes its name.
            let inForce = CRLInForce(crl: crl, file: try line.shelf.open(scope.name))
            let end = monotonicNanoseconds()
            state.withLock { state in
                state.places[index].current = inForce
                state.places[index].problem = nil
                state.places[index].schedule.succeed(crl, terms, tookNanoseconds: end - start, monotonic: end)
            }
        } catch {
            fail(index, "\(error.message); \(error.mend)")
        }
    }

    private func fail(_ index: Int, _ problem: String) {
        let name = state.withLock { state in
            state.places[index].problem = problem
            state.places[index].schedule.fail(monotonic: monotonicNanoseconds())
            return state.places[index].scope.name
        }
        log(.crlFailed(issuer: name, problem: problem))
    }
}

extension IssuanceError {
    fileprivate static let noSuchCRL = IssuanceError(
        .notFound,
        rule: "issuer.unknown",
        message: "this machine makes no CRL of that issuer and part",
        mend: "ListIssuers names the issuers; a part is asked for only where the issuer's CRL is in parts"
    )

    /// The CRL that somebody was reading piece by piece is no longer in force.
    package static let crlReplaced = IssuanceError(
        .notFound,
        rule: "crl.replaced",
        message: "that CRL is not in force any more",
        mend: "begin again with the first piece of the new one"
    )
}
