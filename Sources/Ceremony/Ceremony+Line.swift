import Issuance
import Ledger
import Threads
import X509Building

/// The line that every certificate takes, waited for step by step: a ceremony makes one certificate at a time.
extension Ceremony {
    /// Authorise, build, lint, intend, sign, verify, record.
    ///
    /// - Returns: the certificate in DER. It is durable in the ledger.
    func issue(_ order: AuthorityOrder, authority: String) throws(CeremonyError) -> [UInt8] {
        let linted: LintedCertificate
        do {
            linted = try order.authorise(by: profiles, at: clock.now).build(compromisedKeys: nil).lint()
        } catch {
            throw CeremonyError(error, authority: authority)
        }
        switch try answer(authority, { linted.intend(in: ledger, completion: $0) }) {
        case .alreadyIssued(let certificate): return certificate.certificateDER
        case .intended(let intended):
            do throws(CeremonyError) {
                let signed = try answer(authority) { intended.sign(completion: $0) }
                let verified: VerifiedCertificate
                do {
                    verified = try signed.verify()
                } catch {
                    throw CeremonyError(error, authority: authority)
                }
                return try answer(authority) { verified.record(in: ledger, completion: $0) }.verified.certificate
            } catch {
                try close(intended.receipt, because: error)
                throw error
            }
        }
    }

    private func close(_ receipt: IntentReceipt, because error: CeremonyError) throws(CeremonyError) {
        let closed = Guarded<Result<EventReceipt, LedgerError>?>(nil)
        ledger.closeIntent(receipt, reason: "ceremony-failed") { result in
            closed.withLock { $0 = result }
            closed.broadcast()
        }
        if case .failure(let failure) = closed.wait({ $0 }) {
            throw CeremonyError(
                authority: error.authority,
                message: "\(error.message); and the intent could not be closed: \(failure)",
                mend: failure.mend
            )
        }
    }

    /// Notes that the key is an authority's: nobody may ever have it certified as theirs (SGN-03).
    func register(_ key: SubjectPublicKey, of authority: String) throws(CeremonyError) {
        let written = Guarded<Result<EventReceipt?, LedgerError>?>(nil)
        ledger.registerAuthorityKey(key.sha256, issuer: authority) { result in
            written.withLock { $0 = result }
            written.broadcast()
        }
        if case .failure(let error) = written.wait({ $0 }) { throw CeremonyError(error, authority: authority) }
    }

    /// Writes an event and waits until it is durable.
    func append(_ kind: String, _ fields: [(String, EventValue)]) throws(CeremonyError) {
        let written = Guarded<Result<EventReceipt, LedgerError>?>(nil)
        ledger.append(LedgerEvent(kind: kind, fields: fields)) { result in
            written.withLock { $0 = result }
            written.broadcast()
        }
        if case .failure(let error) = written.wait({ $0 }) { throw CeremonyError(error) }
    }

    private func answer<Value: Sendable>(
        _ authority: String,
        _ start: (@escaping @Sendable (Result<Value, IssuanceError>) -> Void) -> Void
    ) throws(CeremonyError) -> Value {
        let box = Guarded<Result<Value, IssuanceError>?>(nil)
        start { result in
            box.withLock { $0 = result }
            box.broadcast()
        }
        do {
            return try box.wait { $0 }.get()
        } catch {
            throw CeremonyError(error, authority: authority)
        }
    }
}
