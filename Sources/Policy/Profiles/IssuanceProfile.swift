import X509Building

/// What certificates of one kind may contain (POL-01). Read from the profile file, changed by nobody after.
package struct IssuanceProfile: Hashable, Sendable {
    package var name: String
    package var description: String
    /// Names of the issuers that may sign; the first is taken when a request names none.
    package var issuers: [String]
    /// The first that fits the issuer's key is taken when a request names none.
    package var signatureAlgorithms: [SignatureAlgorithm]
    package var subject: SubjectRules
    package var alternativeNames: AlternativeNameRules
    package var securityIdentifier: Presence
    package var extendedKeyUsage: ExtendedKeyUsageRules
    package var keyUsage: KeyUsageRules
    package var keyAlgorithms: [KeyAlgorithm]
    package var keyOrigins: [KeyOrigin]
    /// Who makes the password of a key that is delivered as PKCS#12; there whenever the origins have `service`.
    package var keyPassword: KeyPassword?
    package var policies: [CertificatePolicy]
    package var validity: ValidityRules
    package var revocation: RevocationRules
    package var ruleSets: [RuleSet]

    /// The S/MIME type whose rules the profile follows, if it does.
    package var smimeType: SMIMEType? {
        for case .smime(let type) in ruleSets { return type }
        return nil
    }
}

/// Whether something may, must or must not be there.
package enum Presence: String, Hashable, Sendable, CaseIterable {
    case required
    case optional
    case forbidden
}

/// Where a key pair came into being.
package enum KeyOrigin: String, Hashable, Sendable, CaseIterable {
    /// Outside: the requester made it and sent a PKCS#10 request.
    case csr
    /// In a token of the provisioning station, which it never leaves.
    case token
    /// In the service's own HSM, delivered as PKCS#12.
    case service
}

/// Who makes the password of a PKCS#12 file (P12-03).
package enum KeyPassword: String, Hashable, Sendable, CaseIterable {
    /// The service, always.
    case service
    /// The caller, by a rule of the service's; the service where the caller gives none.
    case caller
}

/// Which subject attributes a name has, in the order of its relative distinguished names.
package struct SubjectRules: Hashable, Sendable {
    package var attributes: [AttributeRule]
    /// When there are any: of the attributes that they name, exactly those of one combination must be present.
    package var combinations: [Set<AttributeType>]
    /// What a common name may say; anything when empty.
    package var commonName: [CommonNameContent]
}

package struct AttributeRule: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Every certificate has exactly this value; a request need not repeat it.
        case fixed(String)
        case required
        case optional
    }

    package var type: AttributeType
    package var kind: Kind
    /// In characters; never above the attribute's upper bound.
    package var maximumLength: Int
    package var characters: CharacterClass
    /// How many values there may be.
    package var count: Int
}

/// Which characters a value may have. What no name may have is refused before this.
package enum CharacterClass: String, Hashable, Sendable, CaseIterable {
    /// Letters, digits and signs of any script.
    case text
    /// Visible ASCII and space.
    case ascii
    /// Letters, digits, space and '()+,-./:=? (X.680 41.4).
    case printable
    /// ASCII letters and digits.
    case alphanumeric
    case digits
    /// A mail address.
    case mailbox
}

/// What the common name of a validated certificate may say (S/MIME BR 7.1.4.2.2 a).
package enum CommonNameContent: String, Hashable, Sendable, CaseIterable {
    /// A mail address that is also in the subject alternative names.
    case mailbox
    /// The organizationName.
    case organizationName
    /// The surname, or given name and surname in either order.
    case personalName
    /// The pseudonym.
    case pseudonym
}

/// Kinds of alternative names that requests can have.
package enum AlternativeNameKind: String, Hashable, Sendable, CaseIterable {
    case rfc822Name
    case smtpUTF8Mailbox
    case userPrincipalName
}

package struct AlternativeNameRules: Hashable, Sendable {
    package struct Count: Hashable, Sendable {
        package var minimum: Int
        package var maximum: Int
    }

    /// Kinds that are not here are refused.
    package var kinds: [AlternativeNameKind: Count]
    /// How many mail addresses there must be, rfc822Name and SmtpUTF8Mailbox together.
    package var minimumMailboxes: Int
    /// Whether an emailAddress of the subject must be among the names too.
    package var repeatsEmailAddress: Bool
}

package struct ExtendedKeyUsageRules: Hashable, Sendable {
    /// In every certificate, in this order.
    package var always: [ExtendedKeyUsage]
    /// When a request asks for them, after the others.
    package var optional: [ExtendedKeyUsage]
}

/// Key usage for each kind of subject key; a kind without an entry gets no certificate.
package struct KeyUsageRules: Hashable, Sendable {
    package var rsa: KeyUsage?
    package var ec: KeyUsage?
    package var ed25519: KeyUsage?

    package func usage(for key: SubjectPublicKey) -> KeyUsage? {
        switch key.material {
        case .rsa: rsa
        case .p256, .p384: ec
        case .ed25519: ed25519
        }
    }
}

package struct ValidityRules: Hashable, Sendable {
    /// Days of 86,400 seconds, first and last second included.
    package var maximumDays: Int
    package var defaultDays: Int
    /// How far before the present the validity may begin, and begins when a request names no beginning.
    package var backdatingSeconds: Int
    /// How far after the present it may begin.
    package var latestStartDays: Int
}

package struct RevocationRules: Hashable, Sendable {
    package var reasons: [RevocationReason]
    package var allowsHold: Bool
}

/// The reasons of RFC 5280 5.3.1 that a person's certificate can be revoked for. Hold has its own rule.
package enum RevocationReason: String, Hashable, Sendable, CaseIterable {
    case unspecified
    case keyCompromise
    case affiliationChanged
    case superseded
    case cessationOfOperation
    case privilegeWithdrawn
}

/// What a profile set says of an issuer.
package struct IssuerDescription: Hashable, Sendable {
    package var name: String
    package var use: IssuerUse
    /// SHA-256 of the SubjectPublicKeyInfo of the key that it signs with; nil: the settings alone say which that is.
    package var keySHA256: [UInt8]?
    /// Where its CRL is (http only).
    package var crlDistributionPoints: [String]
    /// Where the CRLs of its certificates' parts are; nil: its certificates name its one CRL.
    package var crlPartitions: CRLPartitionRules?
    /// Where its certificate is (http only).
    package var caIssuers: [String]
    package var ocsp: [String]
}

/// Over how many CRLs an issuer's certificates are spread, and where those are. The part numbered N is at `base`-N.crl.
package struct CRLPartitionRules: Hashable, Sendable {
    package var count: Int
    package var base: String

    package init(count: Int, base: String) {
        self.count = count
        self.base = base
    }

    package static let counts = 2...256
}

/// What a CA certificate of the ceremony contains.
package struct AuthorityProfile: Hashable, Sendable {
    package var name: String
    package var description: String
    /// `root` signs itself; a responder is signed by the issuer that it speaks for, the others by a root.
    package var use: IssuerUse
    package var subject: SubjectRules
    package var signatureAlgorithms: [SignatureAlgorithm]
    package var keyAlgorithms: [KeyAlgorithm]
    package var keyUsage: KeyUsage
    /// nil: no limit is written.
    package var pathLength: Int?
    /// Empty for roots.
    package var extendedKeyUsage: [ExtendedKeyUsage]
    package var policies: [CertificatePolicy]
    package var maximumYears: Int
    package var defaultYears: Int
    /// For how many days the service itself renews a responder's certificate; nil: only a ceremony makes one.
    package var renewalDays: Int?

    /// The rule sets that lint applies.
    package var ruleSets: [RuleSet] {
        switch use {
        case .root: [.rfc5280, .rootAuthority]
        case .responder: [.rfc5280, .responder]
        case .access, .smime: [.rfc5280, .issuingAuthority(use)]
        }
    }
}
