import Clocks
import Ledger
import Tokens
import X509Building

/// The line that every certificate takes: decode, authorise, prove, build, lint, intend, sign, verify, record, release.
/// Each step is a type that only the step before can make, so none can be left out.
///
/// The steps that compute run on the workers; the ledger and the tokens wait on threads of their own. An order that
/// fails after its intent closes that intent before the caller hears of it.
package final class IssuanceLine: Sendable {
    package typealias Reply = @Sendable (Result<ReleasedCertificate, IssuanceError>) -> Void

    package let authority: IssuingAuthority
    package let ledger: LedgerStore
    /// What has gone through the line, in numbers.
    package let metrics = LineMetrics()
    /// Keys that users' tokens have made.
    package let tokenKeys: TokenKeyBook
    let workers: WorkerPool
    let clock: any WallClock
    package let keyMaker: KeyMaker
    let inFlight: OrdersInFlight
    let refusals: RefusalRecord
    private let unclosed: UnclosedIntents
    private let log: @Sendable (IssuanceAlarm) -> Void

    /// - Parameters:
    ///   - keyMaker: makes the keys of orders that bring none.
    ///   - limit: how many callers may be without answer at once; more are answered `busy`.
    ///   - log: hears what people have to look into.
    package init(
        authority: IssuingAuthority,
        ledger: LedgerStore,
        tokenKeys: TokenKeyBook,
        workers: WorkerPool,
        clock: any WallClock,
        keyMaker: KeyMaker,
        limit: Int,
        log: @escaping @Sendable (IssuanceAlarm) -> Void
    ) {
        self.authority = authority
        self.ledger = ledger
        self.tokenKeys = tokenKeys
        self.workers = workers
        self.clock = clock
        self.keyMaker = keyMaker
        self.log = log
        inFlight = OrdersInFlight(limit: limit)
        refusals = RefusalRecord(ledger: ledger, log: log)
        unclosed = UnclosedIntents(ledger: ledger, log: log)
    }

    /// How many callers are without answer.
    package var ordersInFlight: Int {
        inFlight.count
    }

    /// Waits until every caller has an answer, and closes what could not be closed before.
    ///
    /// - Parameter deadline: monotonic, in nanoseconds.
    /// - Returns: whether that was so in time.
    package func waitUntilIdle(until deadline: UInt64) -> Bool {
        let isIdle = inFlight.waitUntilIdle(until: deadline)
        unclosed.closeAll()
        refusals.sumUp()
        return isIdle
    }

    /// Notes in the ledger that a caller was turned away before any order was looked at.
    ///
    /// - Parameter next: called when it is durable, or counted.
    package func recordRefusal(
        _ event: LedgerEvent,
        callerUID: UInt32,
        then next: @escaping @Sendable () -> Void
    ) {
        refusals.record(event, callerUID: callerUID, then: next)
    }

    /// Starts an order on its way.
    ///
    /// - Parameters:
    ///   - isWanted: asked once before work begins; an order whose caller is gone by then is not begun.
    ///   - reply: called once, on a thread of the line's; it must not block.
    package func issue(
        _ submission: Submission,
        isWanted: @escaping @Sendable () -> Bool = { true },
        reply: @escaping Reply
    ) {
        guard inFlight.takePlace() else {
            metrics.note(.failure(.busy()))
            return reply(.failure(.busy()))
        }
        let answer: Reply = { [inFlight, metrics] result in
            metrics.note(result)
            reply(result)
            inFlight.givePlace()
        }
        workers.run { [self] in
            guard isWanted() else { return answer(.failure(.unwanted)) }
            do throws(IssuanceError) {
                if let wish = submission.key {
                    try admit(submission.decodeKeyOrder(wish), isWanted, answer)
                } else {
                    admit(try submission.decode().originated(in: tokenKeys), answer)
                }
            } catch {
                refusals.record(.refusal(of: submission, error), callerUID: submission.callerUID) {
                    answer(.failure(error))
                }
            }
        }
    }

    private func admit(_ decoded: DecodedRequest, _ answer: @escaping Reply) {
        let (submission, content) = (decoded.submission, decoded.inFlightHash)
        switch inFlight.admit(submission.orderID, contentHash: content, joins: true, reply: answer) {
        case .first: prepare(decoded)
        case .joined, .underWay: break
        case .conflict: turnAway(submission, .orderConflict(order: submission.orderID), answer)
        }
    }

    /// Refuses a caller whose order is not the one that is under way.
    func turnAway(_ submission: Submission, _ error: IssuanceError, _ answer: @escaping Reply) {
        refusals.record(.refusal(of: submission, error), callerUID: submission.callerUID) { answer(.failure(error)) }
    }

    // MARK: - The steps

    func prepare(_ decoded: DecodedRequest) {
        do throws(IssuanceError) {
            let proven =
                try decoded
                .authorise(by: authority, at: clock.now)
                .prove(compromisedKeys: authority.compromisedKeys)
            let signer = proven.authorised.signer
            try signer.checkToken()
            let seconds = proven.authorised.judgedAt.seconds
            if let serial = signer.serials.next(at: seconds) {
                try intend(proven.build(serial: serial).lint(), decoded)
            } else {
                signer.serials.whenNext(at: seconds) { [self] result in
                    workers.run { [self] in prepare(proven, serial: result, decoded) }
                }
            }
        } catch {
            settleRefused(decoded, error)
        }
    }

    private func prepare(_ proven: ProvenRequest, serial: SerialResult, _ decoded: DecodedRequest) {
        do throws(IssuanceError) {
            switch serial {
            case .success(let serial): try intend(proven.build(serial: serial).lint(), decoded)
            case .failure(let error):
                throw IssuanceError(error, token: proven.authorised.signer.tokenName)
            }
        } catch {
            settleRefused(decoded, error)
        }
    }

    private func intend(_ linted: LintedCertificate, _ decoded: DecodedRequest) {
        linted.intend(in: ledger) { [self] result in
            switch result {
            case .success(.intended(let intended)): sign(intended, decoded)
            case .success(.alreadyIssued(let certificate)):
                workers.run { [self] in settleRepeated(decoded, certificate) }
            case .failure(let error): workers.run { [self] in settleRefused(decoded, error) }
            }
        }
    }

    private func sign(_ intended: IntendedCertificate, _ decoded: DecodedRequest) {
        intended.sign { [self] result in
            workers.run { [self] in
                switch result {
                case .success(let signed): verify(signed, decoded)
                case .failure(let error): abandon(intended, decoded, error)
                }
            }
        }
    }

    private func verify(_ signed: SignedCertificate, _ decoded: DecodedRequest) {
        let verified: VerifiedCertificate
        do throws(IssuanceError) {
            verified = try signed.verify()
        } catch {
            return abandon(signed.intended, decoded, error)
        }
        guard let delivery = decoded.delivery else { return record(verified, nil, decoded) }
        pack(verified, delivery, decoded)
    }

    /// - Parameter key: the private key, packed, where the service has made it.
    func record(_ verified: VerifiedCertificate, _ key: PackedKey?, _ decoded: DecodedRequest) {
        verified.record(in: ledger) { [self] result in
            switch result {
            case .success(let recorded): release(recorded, key, decoded)
            case .failure(let error): abandon(verified.signed.intended, decoded, error)
            }
        }
    }

    private func release(_ recorded: RecordedCertificate, _ key: PackedKey?, _ decoded: DecodedRequest) {
        let issuer = recorded.verified.signed.intended.linted.built.authorised.plan.issuer
        do throws(LedgerError) {
            let released = try recorded.release(
                chainPEM: authority.issuers[issuer]?.chainPEM ?? [],
                key: key,
                receivedAt: decoded.submission.receivedAt,
                proofs: ledger.reader
            )
            inFlight.settle(decoded.submission.orderID, .success(released))
        } catch {
            // The certificate is recorded: the order asked again gets it, or is told that its key is gone.
            inFlight.settle(decoded.submission.orderID, .failure(IssuanceError(error)))
        }
        unclosed.closeAll()
    }

    // MARK: - Answers that are no new certificate

    private func settleRepeated(_ decoded: DecodedRequest, _ certificate: IssuedCertificate) {
        let order = decoded.submission.orderID
        guard decoded.submission.key == nil else {
            return refuse(decoded, .keyGone(order: order, serial: certificate.serial))
        }
        do throws(IssuanceError) {
            if decoded.order.keyOrigin == .token { try certificate.checkKey(decoded.key) }
            let chain = try authority.chain(of: certificate)
            let inclusion = try proof(of: certificate)
            inFlight.settle(
                order,
                .success(certificate.released(chain, inclusion, receivedAt: decoded.submission.receivedAt))
            )
        } catch {
            inFlight.settle(order, .failure(error))
        }
    }

    private func proof(of certificate: IssuedCertificate) throws(IssuanceError) -> InclusionProof {
        do {
            return try ledger.reader.inclusionProof(entry: certificate.sequence)
        } catch {
            throw IssuanceError(error)
        }
    }

    /// An order that is refused today may have been fulfilled when it was first asked: then the answer is the same
    /// certificate again.
    private func settleRefused(_ decoded: DecodedRequest, _ error: IssuanceError) {
        do throws(LedgerError) {
            if let certificate = try ledger.reader.certificate(order: decoded.submission.orderID),
                certificate.contentHash == decoded.order.contentHash
            {
                return settleRepeated(decoded, certificate)
            }
            refuse(decoded, try reasonByClock() ?? error)
        } catch let unreadable {
            inFlight.settle(decoded.submission.orderID, .failure(IssuanceError(unreadable)))
        }
    }

    /// What policy says by a clock that has moved back is not the reason to tell: nothing at all is issued (SGN-09).
    private func reasonByClock() throws(LedgerError) -> IssuanceError? {
        guard let last = try ledger.reader.head()?.time, clock.now < last else { return nil }
        return IssuanceError(.clockMovedBack(last: last, now: clock.now))
    }

    private func refuse(_ decoded: DecodedRequest, _ error: IssuanceError) {
        let submission = decoded.submission
        guard error.isRecorded else { return inFlight.settle(submission.orderID, .failure(error)) }
        refusals.record(.refusal(of: submission, error), callerUID: submission.callerUID) { [inFlight] in
            inFlight.settle(submission.orderID, .failure(error))
        }
    }

    /// The intent led to nothing: it is closed, and the order refused.
    func abandon(_ intended: IntendedCertificate, _ decoded: DecodedRequest, _ error: IssuanceError) {
        if error.rule == IssuanceError.badSignatureRule {
            log(.badSignature(token: intended.linted.built.authorised.signer.tokenName, detail: error.detail ?? ""))
        }
        unclosed.close(intended.receipt, reason: error.rule, wasSigned: error.mayHaveSigned) { [self] in
            refuse(decoded, error)
        }
    }
}

/// A serial, or why the token gave none.
typealias SerialResult = Result<[UInt8], TokenError>

extension IssuanceError {
    /// Whether the token may have made a signature though the order failed after its intent.
    fileprivate var mayHaveSigned: Bool {
        !["token.tokenMissing", "token.tokenLocked", "token.wrongPIN", "token.pinFinalTry", "token.keyMissing"]
            .contains(rule)
    }

    /// Whether a refusal for this reason goes into the ledger: not when the ledger is what fails, and not when nothing
    /// was judged.
    var isRecorded: Bool {
        kind != .ledgerUnavailable && kind != .busy
    }
}

extension IssuedCertificate {
    /// An order that went on with another token may have got its certificate for the first one's key.
    fileprivate func checkKey(_ key: SubjectPublicKey) throws(IssuanceError) {
        let certified: SubjectPublicKey
        do {
            certified = try Certificate(derEncoded: certificateDER).tbs.publicKey
        } catch {
            throw IssuanceError(ownFault: error, rule: "ledger.certificate")
        }
        guard certified == key else { throw .certificateForOtherToken(order: orderID) }
    }

    /// The answer to an order that had been fulfilled before.
    fileprivate func released(
        _ chainPEM: [String],
        _ inclusion: InclusionProof,
        receivedAt: UInt64
    ) -> ReleasedCertificate {
        ReleasedCertificate(
            orderID: orderID,
            serial: serial,
            certificate: certificateDER,
            chainPEM: chainPEM,
            profileSetVersion: profileSetVersion,
            ledgerEntry: sequence,
            inclusion: inclusion,
            repeated: true,
            key: nil,
            waitNanoseconds: 0,
            tokenNanoseconds: 0,
            totalNanoseconds: monotonicNanoseconds() - receivedAt
        )
    }
}
