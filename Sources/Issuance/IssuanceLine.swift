import Clocks
import Ledger
import Synchronization
import X509Building

/// The line that every certificate takes: decode, authorise, build, lint, intend, sign, verify, record, release. Each
/// step is a type that only the step before can make, so none can be left out.
///
/// The steps that compute run on the workers; the ledger and the tokens wait on threads of their own. An order that
/// fails after its intent closes that intent before the caller hears of it.
package final class IssuanceLine: Sendable {
    package typealias Reply = @Sendable (Result<ReleasedCertificate, IssuanceError>) -> Void

    package let authority: IssuingAuthority
    package let ledger: LedgerStore
    private let workers: WorkerPool
    private let clock: any WallClock
    private let inFlight: OrdersInFlight
    /// Intents that could not be closed when their order failed, because the ledger could not be written then.
    private let unclosed = Mutex<[(receipt: IntentReceipt, reason: String)]>([])

    /// - Parameter limit: how many orders may be under way at once; more are answered `busy`.
    package init(
        authority: IssuingAuthority,
        ledger: LedgerStore,
        workers: WorkerPool,
        clock: any WallClock,
        limit: Int
    ) {
        self.authority = authority
        self.ledger = ledger
        self.workers = workers
        self.clock = clock
        inFlight = OrdersInFlight(limit: limit)
    }

    /// How many orders are under way.
    package var ordersInFlight: Int {
        inFlight.count
    }

    /// Starts an order on its way. The reply comes once, on a thread of the line's, and must not block.
    package func issue(_ submission: Submission, reply: @escaping Reply) {
        workers.run { [self] in
            closeLeftOvers()
            do throws(IssuanceError) {
                let decoded = try submission.decode()
                admit(decoded, reply: reply)
            } catch {
                refuse(submission, error, reply: reply)
            }
        }
    }

    private func admit(_ decoded: DecodedRequest, reply: @escaping Reply) {
        let submission = decoded.submission
        switch inFlight.admit(submission.orderID, contentHash: decoded.order.contentHash, reply: reply) {
        case .first: prepare(decoded)
        case .joined: break
        case .conflict: refuse(submission, .orderConflict(order: submission.orderID), reply: reply)
        case .full: reply(.failure(.busy))
        }
    }

    private func prepare(_ decoded: DecodedRequest) {
        do throws(IssuanceError) {
            let linted =
                try decoded
                .authorise(by: authority, at: clock.now)
                .build(compromisedKeys: authority.compromisedKeys)
                .lint()
            intend(linted, decoded)
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
            case .failure(let error): settleRefused(decoded, error)
            }
        }
    }

    private func sign(_ intended: IntendedCertificate, _ decoded: DecodedRequest) {
        intended.sign { [self] result in
            switch result {
            case .success(let signed): workers.run { [self] in verify(signed, decoded) }
            case .failure(let error): abandon(intended, decoded, error)
            }
        }
    }

    private func verify(_ signed: SignedCertificate, _ decoded: DecodedRequest) {
        let verified: VerifiedCertificate
        do throws(IssuanceError) {
            verified = try signed.verify()
        } catch {
            abandon(signed.intended, decoded, error)
            return
        }
        verified.record(in: ledger) { [self] result in
            switch result {
            case .success(let recorded):
                let issuer = authority.issuers[signed.intended.linted.built.authorised.plan.issuer]
                let released = recorded.release(
                    chainPEM: issuer?.chainPEM ?? [],
                    receivedAt: decoded.submission.receivedAt
                )
                inFlight.settle(decoded.submission.orderID, .success(released))
            case .failure(let error): abandon(signed.intended, decoded, error)
            }
        }
    }

    // MARK: - Answers that are no new certificate

    private func settleRepeated(_ decoded: DecodedRequest, _ certificate: IssuedCertificate) {
        do throws(IssuanceError) {
            let released = try repeated(certificate, for: decoded.submission)
            inFlight.settle(decoded.submission.orderID, .success(released))
        } catch {
            inFlight.settle(decoded.submission.orderID, .failure(error))
        }
    }

    private func repeated(
        _ certificate: IssuedCertificate,
        for submission: Submission
    ) throws(IssuanceError) -> ReleasedCertificate {
        ReleasedCertificate(
            orderID: certificate.orderID,
            serial: certificate.serial,
            certificate: certificate.certificateDER,
            chainPEM: try authority.chain(of: certificate),
            profileSetVersion: certificate.profileSetVersion,
            ledgerEntry: certificate.sequence,
            repeated: true,
            waitNanoseconds: 0,
            tokenNanoseconds: 0,
            totalNanoseconds: monotonicNanoseconds() - submission.receivedAt
        )
    }

    /// An order that policy refuses today may have been fulfilled when it was first asked: then the answer is the same
    /// certificate again.
    private func settleRefused(_ decoded: DecodedRequest, _ error: IssuanceError) {
        workers.run { [self] in
            let order = decoded.submission.orderID
            do throws(LedgerError) {
                if let certificate = try ledger.reader.certificate(order: order),
                    certificate.contentHash == decoded.order.contentHash
                {
                    settleRepeated(decoded, certificate)
                    return
                }
            } catch {
                inFlight.settle(order, .failure(IssuanceError(error)))
                return
            }
            recordRefusal(decoded.submission, error) { [self] in inFlight.settle(order, .failure(error)) }
        }
    }

    private func refuse(_ submission: Submission, _ error: IssuanceError, reply: @escaping Reply) {
        recordRefusal(submission, error) { reply(.failure(error)) }
    }

    /// Every refusal is in the ledger before the caller hears of it, unless the ledger is what fails.
    private func recordRefusal(
        _ submission: Submission,
        _ error: IssuanceError,
        then answer: @escaping @Sendable () -> Void
    ) {
        guard error.kind != .ledgerUnavailable, error.kind != .busy else { return answer() }
        ledger.append(.refusal(of: submission, error)) { _ in answer() }
    }

    // MARK: - Intents that led to nothing

    private func abandon(_ intended: IntendedCertificate, _ decoded: DecodedRequest, _ error: IssuanceError) {
        close(intended.receipt, reason: error.rule) { [self] in
            recordRefusal(decoded.submission, error) { [self] in
                inFlight.settle(decoded.submission.orderID, .failure(error))
            }
        }
    }

    private func close(_ receipt: IntentReceipt, reason: String, then next: @escaping @Sendable () -> Void) {
        ledger.closeIntent(receipt, reason: reason) { [self] result in
            if case .failure = result {
                unclosed.withLock { $0.append((receipt, reason)) }
            }
            next()
        }
    }

    /// What could not be closed while the disk was full is closed with the next order that comes.
    private func closeLeftOvers() {
        let left = unclosed.withLock { unclosed in
            defer { unclosed = [] }
            return unclosed
        }
        for (receipt, reason) in left {
            close(receipt, reason: reason) {}
        }
    }
}
