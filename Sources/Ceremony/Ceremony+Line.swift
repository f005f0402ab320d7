import Issuance
import Ledger
import Threads
import Tokens
import X509Building

/// The line that every certificate takes, waited for step by step: a ceremony makes one certificate at a time.
extension Ceremony {
    /// Authorise, prove, build, lint, intend, sign, verify, record.
    ///
    /// - Returns: the certificate. It is durable in the ledger.
    func issue(
        _ order: AuthorityOrder,
        signer: SigningKey,
        authority: String
    ) throws(CeremonyError) -> Certificate {
        let now = clock.now
        let serial = try nextSerial(signer, at: now.seconds, authority: authority)
        let linted: LintedCertificate
        do {
            linted = try order.authorise(by: profiles, at: now).prove(compromisedKeys: nil).build(serial: serial).lint()
        } catch {
            throw CeremonyError(error, authority: authority)
        }
        switch try answer(authority, { linted.intend(in: ledger, completion: $0) }) {
        case .alreadyIssued(let certificate): return try read(certificate.certificateDER, authority: authority)
        case .intended(let intended): return try finish(intended, authority: authority)
        }
    }

    private func finish(
        _ intended: IntendedCertificate,
        authority: String
    ) throws(CeremonyError) -> Certificate {
        do throws(CeremonyError) {
            let signed = try answer(authority) { intended.sign(completion: $0) }
            let verified: VerifiedCertificate
            do {
                verified = try signed.verify()
            } catch {
                throw CeremonyError(error, authority: authority)
            }
            let recorded = try answer(authority) { verified.record(in: ledger, completion: $0) }
            return try read(recorded.verified.certificate, authority: authority)
        } catch {
            try close(intended.receipt, because: error)
            throw error
        }
    }

    /// The certificate that the ledger has for an order, if it has one.
    func recorded(_ order: String, authority: String) throws(CeremonyError) -> Certificate? {
        let found: IssuedCertificate?
        do {
            found = try ledger.reader.certificate(order: order)
        } catch {
            throw CeremonyError(error, authority: authority)
        }
        guard let found else { return nil }
        return try read(found.certificateDER, authority: authority)
    }

    private func read(_ bytes: [UInt8], authority: String) throws(CeremonyError) -> Certificate {
        do {
            return try Certificate(derEncoded: bytes)
        } catch {
            throw CeremonyError(error, authority: authority)
        }
    }

    private func nextSerial(
        _ signer: SigningKey,
        at seconds: Int64,
        authority: String
    ) throws(CeremonyError) -> [UInt8] {
        let box = Guarded<Result<[UInt8], TokenError>?>(nil)
        signer.serials.whenNext(at: seconds) { result in
            box.withLock { $0 = result }
            box.broadcast()
        }
        do {
            return try box.wait { $0 }.get()
        } catch {
            throw CeremonyError(error, authority: authority)
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
        try register(keyHash: key.sha256, of: authority)
    }

    /// The same, by the SHA-256 of its SubjectPublicKeyInfo.
    func register(keyHash: [UInt8], of authority: String) throws(CeremonyError) {
        let written = Guarded<Result<EventReceipt?, LedgerError>?>(nil)
        ledger.registerAuthorityKey(keyHash, issuer: authority) { result in
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
