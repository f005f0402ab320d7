import Ledger

/// Step 9. The certificate is durable in the ledger. Only now may anybody see it.
package struct RecordedCertificate: Sendable {
    package let verified: VerifiedCertificate
    package let receipt: CertificateReceipt

    fileprivate init(verified: VerifiedCertificate, receipt: CertificateReceipt) {
        self.verified = verified
        self.receipt = receipt
    }
}

extension VerifiedCertificate {
    /// Writes the certificate and its Merkle leaf. The completion is one of those that a commit answers: short.
    package func record(
        in ledger: LedgerStore,
        completion: @escaping @Sendable (Result<RecordedCertificate, IssuanceError>) -> Void
    ) {
        let intended = signed.intended
        let record = CertificateRecord(
            intent: intended.receipt,
            orderID: intended.linted.built.authorised.order.orderID,
            serial: intended.linted.built.serial,
            certificateDER: certificate
        )
        ledger.record(record) { result in
            switch result {
            case .success(let receipt):
                completion(.success(RecordedCertificate(verified: self, receipt: receipt)))
            case .failure(let error):
                completion(.failure(IssuanceError(error)))
            }
        }
    }
}
