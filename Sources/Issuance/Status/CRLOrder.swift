import Clocks
import Ledger
import X509Building

/// How often CRLs are made and how long they hold.
package struct CRLTerms: Sendable, Hashable {
    /// Seconds from one CRL to the next when nothing changes.
    package var period: Int64
    /// Seconds from this update to the next; under ten days (STS-02, CA/B Forum S/MIME BR 4.9.7).
    package var validity: Int64

    package init(period: Int64 = 86_400, validity: Int64 = 7 * 86_400) {
        self.period = period
        self.validity = validity
    }

    /// One second less than ten days.
    package static let longestValidity: Int64 = 10 * 86_400 - 1
    /// For a root, whose key is not at hand every week (S/MIME BR 4.9.7 allows twelve months).
    package static let root = CRLTerms(period: 90 * 86_400, validity: 180 * 86_400)
}

/// Which CRL: of whom, and of which part.
package struct CRLScope: Sendable {
    package let issuer: Issuer
    package let partition: CRLPartition?

    package init(issuer: Issuer, partition: CRLPartition? = nil) {
        self.issuer = issuer
        self.partition = partition
    }

    /// Names its file.
    package var name: String { partition.map { "\(issuer.name)-\($0.index)" } ?? issuer.name }
}

/// A CRL that is to be made, with everything that it will say.
package struct CRLOrder: Sendable {
    package let scope: CRLScope
    let head: CertificateListHead
    private let revoked: RevokedSerials
    private let issuerKey: Int64
    let issuerKeyHash: [UInt8]

    /// Entries stay until their certificate has expired, and on at least one CRL after that (RFC 5280 3.3).
    private static let stayAfterExpiry: Int64 = 10 * 86_400

    /// - Parameters:
    ///   - number: above that of the issuer's last CRL.
    ///   - revoked: what is not good at this moment.
    package init(
        _ scope: CRLScope,
        number: Int64,
        terms: CRLTerms,
        revoked: RevokedSerials,
        at now: Timestamp
    ) throws(IssuanceError) {
        let issuer = scope.issuer
        guard let algorithm = issuer.signatureAlgorithms.first, issuer.mayRevoke else {
            throw IssuanceError(
                .internalError,
                rule: "crl.issuer",
                message: "the issuer \(issuer.name) may not sign CRLs",
                mend: "give the authority the key usage cRLSign in its ceremony"
            )
        }
        self.scope = scope
        self.revoked = revoked
        issuerKeyHash = issuer.key.publicKey.sha256
        issuerKey = IssuerKeyTag.of(issuerKeyHash)
        head = CertificateListHead(
            signatureAlgorithm: algorithm,
            issuerDER: issuer.facts.subjectDER,
            thisUpdate: now.seconds,
            nextUpdate: min(now.seconds + terms.validity, issuer.facts.notAfter),
            number: number,
            authorityKeyIdentifier: issuer.facts.subjectKeyIdentifier,
            distributionPoints: scope.partition?.addresses ?? []
        )
    }

    /// Goes through what the CRL is to say, always in the same order.
    func forEachEntry<Failure: Error>(_ body: (RevokedSerial) throws(Failure) -> Void) throws(Failure) {
        let (partition, oldest) = (scope.partition, head.thisUpdate - Self.stayAfterExpiry)
        try revoked.forEach(ofIssuerKey: issuerKey) { entry throws(Failure) in
            guard entry.notAfter >= oldest else { return }
            if let partition, !entry.withSerial({ partition.contains($0) }) { return }
            try body(entry)
        }
    }
}

extension Issuer {
    /// Whether the certificate lets the key sign CRLs (RFC 5280 4.2.1.3).
    var mayRevoke: Bool {
        do throws(X509Error) {
            return try certificate.tbs.extension(.keyUsage)?.readKeyUsage().contains(.cRLSign) == true
        } catch {
            // A usage that cannot be read allows nothing.
            return false
        }
    }
}

extension RevokedSerial {
    /// The reason as a CRL writes it; an unspecified one is left out (RFC 5280 5.3.1).
    var code: RevocationCode? {
        reason == 0 ? nil : RevocationCode(rawValue: reason)
    }
}
