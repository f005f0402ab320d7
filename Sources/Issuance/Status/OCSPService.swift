import Clocks
import Ledger
import Synchronization
import X509Building

/// How long OCSP answers hold.
package struct OCSPTerms: Sendable, Hashable {
    /// Seconds from this update to the next; a new answer is made when half of it is over. 8 hours to 10 days (CA/B Forum
    /// S/MIME BR 4.9.10).
    package var validity: Int64
    /// How many signed answers are kept in memory.
    package var keptAnswers: Int

    package init(validity: Int64 = 86_400, keptAnswers: Int = 20_000) {
        self.validity = validity
        self.keptAnswers = keptAnswers
    }
}

/// Answers OCSP requests: from what is signed already, or by having the responder's key sign. What is wrong with a request
/// is answered in OCSP's own words; trouble of the service is an error, and never an answer.
package final class OCSPService: Sendable {
    package typealias Reply = @Sendable (Result<ReadyOCSPAnswer, IssuanceError>) -> Void

    private let responders: OCSPResponders
    private let answers: OCSPAnswers
    private let account: OCSPAccount
    private let ledger: LedgerStore
    private let workers: WorkerPool
    private let clock: any WallClock
    private let terms: OCSPTerms
    private let log: @Sendable (IssuanceAlarm) -> Void
    private let underWay = Atomic<Int>(0)

    /// The most requests that wait for a signature.
    private static let mostUnderWay = 2048

    package init(
        responders: [OCSPResponder],
        ledger: LedgerStore,
        workers: WorkerPool,
        terms: OCSPTerms,
        clock: any WallClock,
        log: @escaping @Sendable (IssuanceAlarm) -> Void
    ) {
        self.responders = OCSPResponders(responders)
        answers = OCSPAnswers(limit: terms.keptAnswers)
        account = OCSPAccount(ledger: ledger, responders: self.responders, log: log)
        self.ledger = ledger
        self.workers = workers
        self.terms = terms
        self.clock = clock
        self.log = log
    }

    /// Answers a request in DER.
    ///
    /// - Parameter reply: called once, at once where the answer is signed already; it must not block.
    package func respond(_ request: [UInt8], reply: @escaping Reply) {
        let parsed: OCSPRequest
        do throws(X509Error) {
            parsed = try OCSPRequest(derEncoded: request)
        } catch {
            return reply(.success(.refusal(.malformedRequest)))
        }
        guard let authorised = parsed.authorise(by: responders) else {
            return reply(.success(.refusal(.unauthorized)))
        }
        // An older ledger has forgotten revocations: it would say *good* of what is revoked (LDG-06).
        if let doubt = ledger.doubt { return reply(.failure(IssuanceError(doubt))) }
        let key = OCSPAnswers.Key(parsed, place: authorised.place)
        if let key, let ready = answers.answer(key, at: clock.now.seconds) { return reply(.success(ready)) }
        guard underWay.add(1, ordering: .relaxed).newValue <= Self.mostUnderWay else {
            underWay.subtract(1, ordering: .relaxed)
            return reply(.failure(.busy()))
        }
        workers.run { [self] in
            make(authorised) { [self] result in
                underWay.subtract(1, ordering: .relaxed)
                finish(result, key, reply)
            }
        }
    }

    /// A certificate's status has changed.
    package func noteChange(issuer: String, serial: [UInt8]) {
        guard let place = responders.place(ofIssuer: issuer) else { return }
        answers.forget(place: place, serial: serial)
    }

    /// Writes to the ledger what has been signed since it was last written.
    package func writeAccount(then next: @escaping @Sendable () -> Void) {
        account.writeOut(then: next)
    }

    // MARK: - The line

    private func make(
        _ authorised: AuthorisedOCSPRequest,
        _ done: @escaping @Sendable (Result<VerifiedOCSPResponse, IssuanceError>) -> Void
    ) {
        do throws(IssuanceError) {
            try authorised.responder.key.checkToken(.urgent)
            let linted = try authorised.lookUp(in: ledger, validity: terms.validity, at: clock.now).buildAndLint()
            linted.sign { [self] result in
                workers.run { done(Self.verify(result)) }
            }
        } catch {
            done(.failure(error))
        }
    }

    private static func verify(
        _ result: Result<SignedOCSPResponse, IssuanceError>
    ) -> Result<VerifiedOCSPResponse, IssuanceError> {
        do throws(IssuanceError) {
            return .success(try result.get().verify())
        } catch {
            return .failure(error)
        }
    }

    private func finish(
        _ result: Result<VerifiedOCSPResponse, IssuanceError>,
        _ key: OCSPAnswers.Key?,
        _ reply: Reply
    ) {
        let now = clock.now
        switch result {
        case .success(let verified):
            let place = verified.answered.authorised.place
            account.count(verified.response, of: place, at: now)
            let nextUpdate = verified.answered.data.responses.map(\.nextUpdate).min()
            let answer = ReadyOCSPAnswer(response: verified.response, nextUpdate: nextUpdate)
            if let key { keep(answer, verified, key) }
            reply(.success(answer))
        case .failure(let error):
            if error.rule == IssuanceError.badSignatureRule { log(.badSignature(token: "", detail: error.message)) }
            if let key, let last = answers.lastResort(key, at: now.seconds) { return reply(.success(last)) }
            reply(.failure(error))
        }
    }

    /// Only what is good or revoked for good is kept: an unknown serial may be issued at the next moment.
    private func keep(_ answer: ReadyOCSPAnswer, _ verified: VerifiedOCSPResponse, _ key: OCSPAnswers.Key) {
        let single = verified.answered.data.responses[0]
        let standing = verified.answered.standings[0]
        guard single.status != .unknown else { return }
        answers.keep(
            answer,
            for: key,
            refreshAt: single.thisUpdate + (single.nextUpdate - single.thisUpdate) / 2,
            holdsUntil: single.nextUpdate
        ) { [ledger] in
            ledger.isStillSo(standing, serial: key.serial)
        }
    }
}

extension ReadyOCSPAnswer {
    fileprivate static func refusal(_ refusal: OCSPResponse.Refusal) -> ReadyOCSPAnswer {
        ReadyOCSPAnswer(response: refusal.derEncoded, nextUpdate: nil)
    }
}
