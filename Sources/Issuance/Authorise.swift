import Clocks
import Policy
import Tokens
import X509Building

/// What the ledger knows an order by.
package struct OrderFacts: Sendable {
    package let orderID: String
    package let contentHash: [UInt8]
    package let callerUID: UInt32
    package let keyOrigin: KeyOrigin
}

/// Step 2. The profile, the rules of the day and the caller's role allow what is asked, and say what the certificate
/// will contain. Grants and quotas are judged here too once registration officers sign them.
package final class AuthorisedRequest: Sendable {
    /// How the public key's owner has shown that the private half is theirs.
    enum Possession: Sendable {
        case provenBy(CertificationRequest)
        /// The token made the pair itself, and said so (TOK-04).
        case generatedInToken
        /// The service's own key in a token has just shown that it signs.
        case shown
        /// The service has the private half in its hands, and will give it away.
        case madeByService(KeyRoute)
    }

    package let order: OrderFacts
    /// Everything the certificate will contain but its serial.
    package let plan: CertificatePlan
    package let signer: SigningKey
    /// The CA that signs; none for a root, which signs itself.
    package let issuer: IssuerFacts?
    package let judgedAt: Timestamp
    /// Where the CRL of the certificate's part is.
    let partitions: CRLPartitions
    let possession: Possession

    /// Whether the certificate is a CA's or a responder's, whose key nobody else may have certified.
    var isAuthority: Bool {
        switch possession {
        case .generatedInToken, .shown: true
        case .provenBy, .madeByService: false
        }
    }

    /// How the service made the key, where it did.
    var keyRoute: KeyRoute? {
        if case .madeByService(let route) = possession { route } else { nil }
    }

    fileprivate init(
        order: OrderFacts,
        plan: CertificatePlan,
        signer: SigningKey,
        issuer: IssuerFacts?,
        judgedAt: Timestamp,
        partitions: CRLPartitions = .none,
        possession: Possession
    ) {
        self.order = order
        self.plan = plan
        self.signer = signer
        self.issuer = issuer
        self.judgedAt = judgedAt
        self.partitions = partitions
        self.possession = possession
    }
}

extension DecodedRequest {
    /// Asks the policy whether a person may have this certificate.
    package func authorise(by authority: IssuingAuthority, at now: Timestamp) throws(IssuanceError) -> AuthorisedRequest
    {
        let name: String
        do throws(PolicyViolation) {
            name = try authority.profiles.issuerName(for: facts)
        } catch {
            throw IssuanceError(error)
        }
        guard let issuer = authority.issuers[name] else { throw IssuanceError.notServed(issuer: name) }
        do throws(PolicyViolation) {
            let plan = try authority.profiles.resolve(facts, key: key, issuer: issuer.facts, at: now)
            return AuthorisedRequest(
                order: order,
                plan: plan,
                signer: issuer.key,
                issuer: issuer.facts,
                judgedAt: now,
                partitions: authority.partitions(of: issuer),
                possession: possession
            )
        } catch {
            throw IssuanceError(error)
        }
    }
}

/// A CA certificate that a ceremony asks for, over a key pair that a token has just generated; or the next certificate of a
/// responder, over the key that it has.
package struct AuthorityOrder: Sendable {
    package let orderID: String
    private let request: AuthorityRequest
    private let key: SubjectPublicKey
    private let issuer: IssuerFacts?
    private let signer: SigningKey
    private let callerUID: UInt32
    private let possession: AuthorisedRequest.Possession

    /// The next certificate of a responder: same name, same key.
    ///
    /// - Parameters:
    ///   - key: that it signs has just been seen.
    ///   - profile: one that lets the service renew.
    package init(
        renewing certificate: Certificate,
        orderID: String,
        profile: String,
        key: KeyThatSigns,
        issuer: Issuer,
        callerUID: UInt32
    ) {
        self.orderID = orderID
        self.key = key.publicKey
        self.issuer = issuer.facts
        self.callerUID = callerUID
        signer = issuer.key
        possession = .shown
        request = AuthorityRequest(profile: profile, subject: certificate.tbs.subject.attributes, isRenewal: true)
    }

    /// - Parameters:
    ///   - pair: what the token said of the key that it made (TOK-04).
    ///   - issuer: the root that signs with its name, or none for a root that signs itself.
    ///   - signer: the key that signs: the root's.
    package init(
        orderID: String,
        request: AuthorityRequest,
        pair: GeneratedKeyPair,
        issuer: IssuerFacts?,
        signer: SigningKey,
        callerUID: UInt32
    ) throws(IssuanceError) {
        do {
            key = try SubjectPublicKey(derEncoded: pair.spki)
        } catch {
            throw IssuanceError(ownFault: error, rule: "token.key")
        }
        guard (issuer?.publicKey ?? key) == signer.publicKey else {
            throw IssuanceError(
                .internalError,
                rule: "authority.signer",
                message: "the key that would sign is not the issuer's",
                mend: "report it with the ceremony's plan"
            )
        }
        possession = .generatedInToken
        self.orderID = orderID
        self.request = request
        self.issuer = issuer
        self.signer = signer
        self.callerUID = callerUID
    }

    /// Asks the policy whether there may be such a CA.
    package func authorise(by profiles: ProfileSet, at now: Timestamp) throws(IssuanceError) -> AuthorisedRequest {
        do throws(PolicyViolation) {
            let plan = try profiles.resolve(request, key: key, issuer: issuer, at: now)
            return AuthorisedRequest(
                order: OrderFacts(
                    orderID: orderID,
                    contentHash: request.contentHash(issuer: issuer),
                    callerUID: callerUID,
                    keyOrigin: .token
                ),
                plan: plan,
                signer: signer,
                issuer: issuer,
                judgedAt: now,
                possession: possession
            )
        } catch {
            throw IssuanceError(error)
        }
    }
}

extension AuthorityRequest {
    /// SHA-256 over what is asked for. The key is no part of it: an order that was interrupted before its certificate
    /// goes on with another key.
    fileprivate func contentHash(issuer: IssuerFacts?) -> [UInt8] {
        var canonical = CanonicalBytes()
        canonical.append(profile)
        canonical.append(count: subject.count)
        for attribute in subject {
            canonical.append(attribute.type.rawValue)
            canonical.append(attribute.value)
        }
        canonical.append(years.map(String.init))
        canonical.append(signatureAlgorithm?.rawValue)
        canonical.append(issuer?.name)
        return canonical.sha256
    }
}
