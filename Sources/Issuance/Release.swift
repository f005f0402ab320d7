import Clocks
import Ledger
import X509Building

/// Step 10. What the caller gets.
package struct ReleasedCertificate: Sendable {
    package let orderID: String
    package let serial: [UInt8]
    /// DER.
    package let certificate: [UInt8]
    /// PEM, the issuer's certificate first, the root's last.
    package let chainPEM: [String]
    package let profileSetVersion: String
    /// The certificate's place in the ledger, counted from 0.
    package let ledgerEntry: Int64
    /// That the ledger's log holds that entry.
    package let inclusion: InclusionProof
    /// Whether the order had been fulfilled before.
    package let repeated: Bool
    /// The private key, where the service has made it for this order.
    package let key: PackedKey?
    package let waitNanoseconds: UInt64
    package let tokenNanoseconds: UInt64
    package let totalNanoseconds: UInt64
}

extension RecordedCertificate {
    /// Puts the answer together.
    ///
    /// - Parameters:
    ///   - chainPEM: the issuer's certificate first, the root's last.
    ///   - key: the private key, packed.
    ///   - receivedAt: when the whole call had been received, on the monotonic clock, in nanoseconds.
    ///   - proofs: where a proof comes from when the commit's own tree has none.
    ///
    /// Throws where the ledger cannot prove what it holds.
    package func release(
        chainPEM: [String],
        key: PackedKey?,
        receivedAt: UInt64,
        proofs: LedgerReader
    ) throws(LedgerError) -> ReleasedCertificate {
        let signed = verified.signed
        let built = signed.intended.linted.built
        let inclusion: InclusionProof
        if let own = receipt.inclusion {
            inclusion = own
        } else {
            inclusion = try proofs.inclusionProof(entry: receipt.sequence)
        }
        return ReleasedCertificate(
            orderID: built.authorised.order.orderID,
            serial: built.serial,
            certificate: verified.certificate,
            chainPEM: chainPEM,
            profileSetVersion: built.authorised.plan.profileSetVersion,
            ledgerEntry: receipt.sequence,
            inclusion: inclusion,
            repeated: false,
            key: key,
            waitNanoseconds: signed.waitNanoseconds,
            tokenNanoseconds: signed.tokenNanoseconds,
            totalNanoseconds: monotonicNanoseconds() - receivedAt
        )
    }
}
