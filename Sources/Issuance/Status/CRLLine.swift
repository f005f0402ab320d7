import Clocks
import Ledger
import X509Building

/// The line that every CRL takes: order, build, lint, intend, sign, verify, record, release. It blocks.
package struct CRLLine: Sendable {
    package let ledger: LedgerStore
    package let shelf: CRLShelf
    private let clock: any WallClock

    package init(ledger: LedgerStore, shelf: CRLShelf, clock: any WallClock) {
        self.ledger = ledger
        self.shelf = shelf
        self.clock = clock
    }

    /// Makes a CRL of what is revoked at this moment. When this throws, the CRL before is still in force.
    package func make(_ scope: CRLScope, _ terms: CRLTerms) throws(IssuanceError) -> IssuedCRL {
        try scope.issuer.key.checkToken(.urgent)
        let number: Int64
        do throws(LedgerError) {
            number = try ledger.reader.lastCRLNumber(issuerKeyHash: scope.issuer.key.publicKey.sha256) + 1
        } catch {
            throw IssuanceError(error)
        }
        let order = try CRLOrder(scope, number: number, terms: terms, revoked: ledger.revokedSerials, at: clock.now)
        let intended = try order.build(on: shelf).lint().intend(in: ledger)
        do throws(IssuanceError) {
            return try intended.sign().release(on: shelf, ledger: ledger)
        } catch {
            try noteFailure(of: intended, error)
            throw error
        }
    }

    /// The number is used up; the ledger says why nothing came of it.
    private func noteFailure(of intended: IntendedCRL, _ error: IssuanceError) throws(IssuanceError) {
        let event = LedgerEvent(
            kind: "crl-failed",
            fields: [
                ("intent", .number(intended.receipt.sequence)),
                ("issuer", .text(intended.linted.built.order.scope.issuer.name)),
                ("number", .number(intended.linted.built.order.head.number)), ("rule", .text(error.rule)),
            ]
        )
        do throws(LedgerError) {
            _ = try answer { ledger.append(event, completion: $0) }
        } catch {
            throw IssuanceError(error)
        }
    }

    /// The CRL that is in force by the shelf; nil when there is none that can be used: it is not the last one of the
    /// ledger, or its signature is not the issuer's.
    package func inForce(_ scope: CRLScope) throws(IssuanceError) -> CRLInForce? {
        guard let file = try shelf.open(scope.name) else { return nil }
        do {
            return CRLInForce(crl: try CRLFile(file, scope).check(), file: file)
        } catch let error as IssuanceError {
            throw error
        } catch {
            // A file that is no CRL of this issuer is replaced by the next one.
            return nil
        }
    }
}
