import Policy
import X509Building

/// Step 3. The public key may be certified: its owner has shown that the private half is theirs, and it is none of the
/// keys that are known to be weak.
package struct ProvenRequest: Sendable {
    package let authorised: AuthorisedRequest

    fileprivate init(authorised: AuthorisedRequest) {
        self.authorised = authorised
    }
}

extension AuthorisedRequest {
    /// Checks the key.
    package func prove(compromisedKeys: CompromisedKeyList?) throws(IssuanceError) -> ProvenRequest {
        if case .provenBy(let request) = possession {
            do {
                try request.verifyProofOfPossession()
            } catch {
                throw IssuanceError(
                    .requestRejected,
                    rule: "request.proof-of-possession",
                    message: error.reason,
                    mend: "sign the request with the private half of the key that is in it",
                    detail: error.clause
                )
            }
        }
        if let finding = WeakKeys.check(plan.publicKey, compromised: compromisedKeys).first {
            throw IssuanceError(
                .requestRejected,
                rule: finding.id,
                message: finding.what,
                mend: finding.rule.mend,
                detail: finding.clause
            )
        }
        return ProvenRequest(authorised: self)
    }
}
