import Issuance
import X509Building

/// The first CRL of each authority: from then on nobody can say that there was none. Later ones of issuing authorities are
/// the service's business; a root's is made again by a ceremony.
extension Ceremony {
    /// Makes the CRLs of authorities that the shelf has none of.
    ///
    /// - Returns: the authorities whose CRL was made.
    func makeFirstCRLs(of made: [String: Certificate]) throws(CeremonyError) -> [String] {
        guard let shelf else { return [] }
        let line = CRLLine(ledger: ledger, shelf: shelf, clock: clock)
        var names: [String] = []
        for authority in plan.authorities {
            guard let certificate = made[authority.name], profiles.authority(authority.profile)?.use != .responder
            else { continue }
            do throws(IssuanceError) {
                let scope = CRLScope(issuer: try issuer(authority, certificate))
                if try line.inForce(scope) != nil { continue }
                let crl = try line.make(scope, authority.signedBy == .itself ? .root : CRLTerms())
                progress("\(authority.name): CRL number \(crl.number)")
                names.append(authority.name)
            } catch {
                throw CeremonyError(error, authority: authority.name)
            }
        }
        return names
    }

    private func issuer(
        _ authority: CeremonyPlan.Authority,
        _ certificate: Certificate
    ) throws(IssuanceError) -> Issuer {
        do throws(X509Error) {
            return try Issuer(
                authority: authority.name,
                certificate: certificate,
                key: signingKey(certificate.tbs.publicKey, of: authority)
            )
        } catch {
            throw IssuanceError(
                .internalError,
                rule: "crl.issuer",
                message: error.reason,
                mend: "report it with the ceremony's plan"
            )
        }
    }
}
