import Ledger
import Policy
import X509Building

/// Step 6. The intent is durable: order, serial and the hash of what will be signed. From here on a crash leaves a trace.
package final class IntendedCertificate: Sendable {
    package let linted: LintedCertificate
    package let receipt: IntentReceipt

    fileprivate init(linted: LintedCertificate, receipt: IntentReceipt) {
        self.linted = linted
        self.receipt = receipt
    }
}

/// What writing an intent can lead to.
package enum Intention: Sendable {
    case intended(IntendedCertificate)
    /// The same order with the same content has its certificate already.
    case alreadyIssued(IssuedCertificate)
}

extension LintedCertificate {
    /// Writes the intent. The completion is one of those that a commit answers: short.
    package func intend(
        in ledger: LedgerStore,
        completion: @escaping @Sendable (Result<Intention, IssuanceError>) -> Void
    ) {
        let authorised = built.authorised
        let plan = authorised.plan
        let intent = Intent(
            orderID: authorised.order.orderID,
            contentHash: authorised.order.contentHash,
            profile: plan.profile,
            profileSetHash: plan.profileSetSHA256,
            profileSetVersion: plan.profileSetVersion,
            issuer: plan.issuer,
            issuerKeyHash: authorised.signer.publicKeySHA256,
            serial: built.serial,
            tbsHash: built.sha256,
            publicKeyHash: plan.publicKey.sha256,
            subjectHash: plan.subjectHash,
            keyOrigin: authorised.order.keyOrigin.recordedName,
            keyRoute: authorised.keyRoute?.rawValue,
            callerUID: authorised.order.callerUID,
            notAfter: plan.notAfter,
            isAuthority: authorised.isAuthority
        )
        ledger.intend(intent) { result in
            switch result {
            case .success(.intended(let receipt)):
                completion(.success(.intended(IntendedCertificate(linted: self, receipt: receipt))))
            case .success(.alreadyIssued(let certificate)):
                completion(.success(.alreadyIssued(certificate)))
            case .failure(let error):
                completion(.failure(IssuanceError(error)))
            }
        }
    }
}

extension KeyOrigin {
    /// As the ledger says it, for ever (USB-07).
    fileprivate var recordedName: String {
        switch self {
        case .csr: "subscriber-generated"
        case .token: "token-generated"
        case .service: "service-generated"
        }
    }
}

extension CertificatePlan {
    /// SHA-256 of what names the subject: its name and its alternative names. One key serves one subject (SGN-03).
    fileprivate var subjectHash: [UInt8] {
        var names: [UInt8] = []
        names.reserveCapacity(512)
        for attribute in subject.attributes {
            names.append(contentsOf: attribute.type.rawValue.utf8)
            names.append(UInt8(ascii: "="))
            names.append(contentsOf: attribute.value.utf8)
            names.append(0)
        }
        for kind in [OID.subjectAlternativeName, .securityIdentifier] {
            if let said = extensions.first(where: { $0.oid == kind }) { names += said.value }
        }
        return DigestAlgorithm.sha256.digest(names)
    }
}
