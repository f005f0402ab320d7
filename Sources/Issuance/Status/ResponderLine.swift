import Clocks
import Glibc
import Ledger
import TextForms
import Threads
import Tokens
import X509Building

/// The line that a responder's next certificate takes, the same as every certificate's: authorise, prove, build, lint,
/// intend, sign, verify, record. It blocks.
///
/// An order of renewal is called by the certificate that it renews. So a crash between two steps makes no second one, and
/// the latest is found by going from each to the next, beginning with the one that the settings name.
package struct ResponderLine: Sendable {
    let authority: IssuingAuthority
    let ledger: LedgerStore
    private let clock: any WallClock
    private let unclosed: UnclosedIntents

    package init(
        authority: IssuingAuthority,
        ledger: LedgerStore,
        clock: any WallClock,
        log: @escaping @Sendable (IssuanceAlarm) -> Void
    ) {
        self.authority = authority
        self.ledger = ledger
        self.clock = clock
        unclosed = UnclosedIntents(ledger: ledger, log: log)
    }

    /// A slash is in no caller's order: nobody can take the name first.
    private static func order(renewing certificate: Certificate, issuer: String) -> String {
        "service/responder-renewal/\(issuer)/\(HexText.encode(Array(certificate.tbs.serialNumber)))"
    }

    /// Whether the profile set lets the service renew this responder's certificate.
    package func mayRenew(_ responder: OCSPResponder) -> Bool {
        authority.profiles.responderRenewal(of: responder.key.publicKey) != nil
    }

    /// Lets the responder go on with the latest certificate that the ledger has for it.
    package func adoptLatest(_ responder: OCSPResponder) throws(IssuanceError) {
        let latest = try Self.latest(from: responder.certificate, issuer: responder.issuer.name, in: ledger.reader)
        if latest != responder.certificate { try adopt(latest, responder) }
    }

    /// The latest certificate of a responder that a ledger knows.
    ///
    /// - Parameter first: the one that the settings name.
    package static func latest(
        from first: Certificate,
        issuer: String,
        in ledger: LedgerReader
    ) throws(IssuanceError) -> Certificate {
        var certificate = first
        while let next = try recorded(order(renewing: certificate, issuer: issuer), in: ledger) { certificate = next }
        return certificate
    }

    /// Issues the responder's next certificate, and lets it go on with that.
    package func renew(_ responder: OCSPResponder) throws(IssuanceError) -> Certificate {
        unclosed.closeAll()
        let before = responder.certificate
        guard let profile = authority.profiles.responderRenewal(of: responder.key.publicKey) else {
            throw .notRenewed(responder.issuer.name)
        }
        let (signer, now) = (responder.issuer.key, clock.now)
        try signer.checkToken(.urgent)
        let (shown, serial) = try Self.prepare(responder, at: now.seconds)
        let order = AuthorityOrder(
            renewing: before,
            orderID: Self.order(renewing: before, issuer: responder.issuer.name),
            profile: profile.name,
            key: shown,
            issuer: responder.issuer,
            callerUID: getuid()
        )
        let linted = try order.authorise(by: authority.profiles, at: now).prove(compromisedKeys: nil)
            .build(serial: serial).lint()
        let certificate: Certificate
        let intention: Intention = try answer { linted.intend(in: ledger, completion: $0) }
        switch intention {
        case .alreadyIssued(let issued): certificate = try Self.read(issued.certificateDER)
        case .intended(let intended): certificate = try finish(intended)
        }
        try adopt(certificate, responder)
        return certificate
    }

    /// Sees that the responder's key signs, and takes a serial number from the issuer's token.
    private static func prepare(
        _ responder: OCSPResponder,
        at seconds: Int64
    ) throws(IssuanceError) -> (shown: KeyThatSigns, serial: [UInt8]) {
        let signer = responder.issuer.key
        let shown: KeyThatSigns
        do throws(TokenError) {
            shown = try TestSignature.show(responder.key)
        } catch {
            throw IssuanceError(error, token: responder.key.tokenName)
        }
        do throws(TokenError) {
            return (shown, try answer { signer.serials.whenNext(at: seconds, $0) })
        } catch {
            throw IssuanceError(error, token: signer.tokenName)
        }
    }

    private func finish(_ intended: IntendedCertificate) throws(IssuanceError) -> Certificate {
        do throws(IssuanceError) {
            let signed: SignedCertificate = try answer { intended.sign(urgency: .urgent, completion: $0) }
            let verified = try signed.verify()
            let recorded: RecordedCertificate = try answer { verified.record(in: ledger, completion: $0) }
            return try Self.read(recorded.verified.certificate)
        } catch {
            // Whether the token has signed is not asked: the key has no other holder that it could be kept for.
            let isClosed = Guarded(false)
            unclosed.close(intended.receipt, reason: error.rule, wasSigned: true) {
                isClosed.withLock { $0 = true }
                isClosed.broadcast()
            }
            isClosed.wait { $0 ? () : nil }
            throw error
        }
    }

    private static func recorded(_ order: String, in ledger: LedgerReader) throws(IssuanceError) -> Certificate? {
        let found: IssuedCertificate?
        do throws(LedgerError) {
            found = try ledger.certificate(order: order)
        } catch {
            throw IssuanceError(error)
        }
        guard let found else { return nil }
        return try read(found.certificateDER)
    }

    private static func read(_ der: [UInt8]) throws(IssuanceError) -> Certificate {
        do throws(X509Error) {
            return try Certificate(derEncoded: der)
        } catch {
            throw IssuanceError(ownFault: error, rule: "ledger.certificate")
        }
    }

    private func adopt(_ certificate: Certificate, _ responder: OCSPResponder) throws(IssuanceError) {
        do throws(X509Error) {
            try responder.adopt(certificate)
        } catch {
            throw IssuanceError(ownFault: error, rule: "ocsp.responder")
        }
    }
}

extension IssuanceError {
    fileprivate static func notRenewed(_ issuer: String) -> IssuanceError {
        IssuanceError(
            .policyViolation,
            rule: "ocsp.renewal",
            message: "the profile set lets nobody renew the certificate of the responder of \(issuer)",
            mend: "give its CA profile renewalDays, or make a new certificate in a ceremony and name it in the settings"
        )
    }
}
