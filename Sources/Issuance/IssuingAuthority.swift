import Ledger
import Policy
import X509Building

/// What the line issues by: the profile set in force, the issuers of this machine, the keys that must not be certified.
/// It does not change while the service runs.
package final class IssuingAuthority: Sendable {
    package let profiles: ProfileSet
    package let issuers: [String: Issuer]
    package let compromisedKeys: CompromisedKeyList?
    private let bySubjectKeyIdentifier: [[UInt8]: Issuer]
    private let partitions: [String: CRLPartitions]

    /// - Parameter partitions: how the certificates of each issuer, by name, are spread over parts of its CRL.
    package init(
        profiles: ProfileSet,
        issuers: [Issuer],
        compromisedKeys: CompromisedKeyList?,
        partitions: [String: CRLPartitions] = [:]
    ) {
        self.profiles = profiles
        self.partitions = partitions
        self.issuers = Dictionary(uniqueKeysWithValues: issuers.map { ($0.name, $0) })
        self.compromisedKeys = compromisedKeys
        bySubjectKeyIdentifier = Dictionary(
            issuers.map { ($0.facts.subjectKeyIdentifier, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    package func partitions(of issuer: Issuer) -> CRLPartitions { partitions[issuer.name] ?? .none }

    /// The CRLs of an issuer: of all its certificates, and of each part.
    package func crlScopes(of issuer: Issuer) -> [CRLScope] {
        [CRLScope(issuer: issuer)] + partitions(of: issuer).all.map { CRLScope(issuer: issuer, partition: $0) }
    }

    /// The chain of a certificate in the ledger, PEM. The issuer is found by its key, never by its name: a name may have
    /// had several keys.
    package func chain(of issued: IssuedCertificate) throws(IssuanceError) -> [String] {
        do {
            let certificate = try Certificate(derEncoded: issued.certificateDER)
            let identifier = try certificate.tbs.extension(.authorityKeyIdentifier)?.readAuthorityKeyIdentifier()
            guard let identifier, let issuer = bySubjectKeyIdentifier[identifier] else { return [] }
            return issuer.chainPEM
        } catch {
            throw IssuanceError(ownFault: error, rule: "ledger.certificate")
        }
    }
}
