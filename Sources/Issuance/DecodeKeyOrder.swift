import Clocks
import PKCS12
import Policy
import Secrets
import X509Building

/// Step 1 for an order without a request: its parts are what they claim to be. There is no key yet.
package struct DecodedKeyOrder: Sendable {
    package let submission: Submission
    let order: OrderFacts
    let facts: CertificateRequestFacts
    let algorithm: KeyAlgorithm
    let variant: PKCS12Variant
    let password: Secret?
}

extension Submission {
    /// Checks lengths and forms, cheapest first.
    ///
    /// - Parameter wish: what the order says of its key.
    func decodeKeyOrder(_ wish: DeliveryWish) throws(IssuanceError) -> DecodedKeyOrder {
        try Self.checkOrderID(orderID)
        guard let algorithm = KeyAlgorithm(rawValue: wish.algorithm) else {
            throw Self.unknown("key algorithm", wish.algorithm, KeyAlgorithm.allCases.map(\.rawValue))
        }
        guard let variant = PKCS12Variant(rawValue: wish.variant) else {
            throw Self.unknown("PKCS#12 variant", wish.variant, PKCS12Variant.allCases.map(\.rawValue))
        }
        var facts = try decodeFacts()
        facts.keyOrigin = .service
        return DecodedKeyOrder(
            submission: self,
            order: OrderFacts(
                orderID: orderID,
                contentHash: contentHash,
                callerUID: callerUID,
                keyOrigin: .service
            ),
            facts: facts,
            algorithm: algorithm,
            variant: variant,
            password: wish.password
        )
    }
}

/// Step 1, further: everything that can be refused without a key has been judged, and the token can be asked.
package struct JudgedKeyOrder: Sendable {
    let decoded: DecodedKeyOrder
    let signer: SigningKey

    fileprivate init(_ decoded: DecodedKeyOrder, signer: SigningKey) {
        self.decoded = decoded
        self.signer = signer
    }
}

extension DecodedKeyOrder {
    /// Asks the policy before a key is made. What it says here binds nobody: the certificate is judged again, with its
    /// own key, on the line that every order takes.
    func judge(by authority: IssuingAuthority, at now: Timestamp) throws(IssuanceError) -> JudgedKeyOrder {
        let name: String
        do throws(PolicyViolation) {
            name = try authority.profiles.issuerName(for: facts)
            try password?.withUnsafeBytes { (bytes) throws(PolicyViolation) in
                try authority.profiles.checkPassword(bytes, profile: facts.profile)
            }
        } catch {
            throw IssuanceError(error)
        }
        guard let issuer = authority.issuers[name] else { throw IssuanceError.notServed(issuer: name) }
        let standIn: SubjectPublicKey
        do throws(X509Error) {
            standIn = try algorithm.standIn()
        } catch {
            throw IssuanceError(ownFault: error, rule: "key.stand-in")
        }
        do throws(PolicyViolation) {
            _ = try authority.profiles.resolve(facts, key: standIn, issuer: issuer.facts, at: now)
        } catch {
            throw IssuanceError(error)
        }
        try issuer.key.checkToken()
        return JudgedKeyOrder(self, signer: issuer.key)
    }
}

extension JudgedKeyOrder {
    /// The key has been made: the order goes on as one whose request has been decoded.
    func with(_ made: MadeKey, isWanted: @escaping @Sendable () -> Bool) throws(IssuanceError) -> DecodedRequest {
        let key: SubjectPublicKey
        do throws(X509Error) {
            key = try SubjectPublicKey(derEncoded: made.key.publicKey)
        } catch {
            throw IssuanceError(ownFault: error, rule: "token.key")
        }
        return DecodedRequest(
            decoded,
            key: key,
            delivery: KeyDelivery(
                key: made.key.privateKey,
                route: made.route,
                variant: decoded.variant,
                givenPassword: decoded.password,
                madePassword: made.password,
                isWanted: isWanted
            )
        )
    }
}

extension KeyAlgorithm {
    /// A public key of the kind that belongs to nobody: the curves' generators, and for RSA a number of the right length.
    /// It is looked at by the profile's rules alone and never certified.
    fileprivate func standIn() throws(X509Error) -> SubjectPublicKey {
        switch self {
        case .rsa2048: try Self.standInRSA(bits: 2048)
        case .rsa3072: try Self.standInRSA(bits: 3072)
        case .rsa4096: try Self.standInRSA(bits: 4096)
        case .p256: try .p256(x963: [4] + Self.generatorP256)
        case .p384: try .p384(x963: [4] + Self.generatorP384)
        case .ed25519: try .ed25519([0x58] + [UInt8](repeating: 0x66, count: 31))
        }
    }

    private static func standInRSA(bits: Int) throws(X509Error) -> SubjectPublicKey {
        var modulus = [UInt8](repeating: 0x55, count: bits / 8)
        modulus[0] = 0x80
        return try .rsa(modulus: modulus, exponent: [1, 0, 1])
    }

    /// x and y of G (FIPS 186-5; SP 800-186, 3.2.1.3 and 3.2.1.4).
    private static let generatorP256: [UInt8] = [
        0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
        0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
        0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16,
        0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
    ]

    private static let generatorP384: [UInt8] = [
        0xaa, 0x87, 0xca, 0x22, 0xbe, 0x8b, 0x05, 0x37, 0x8e, 0xb1, 0xc7, 0x1e, 0xf3, 0x20, 0xad, 0x74,
        0x6e, 0x1d, 0x3b, 0x62, 0x8b, 0xa7, 0x9b, 0x98, 0x59, 0xf7, 0x41, 0xe0, 0x82, 0x54, 0x2a, 0x38,
        0x55, 0x02, 0xf2, 0x5d, 0xbf, 0x55, 0x29, 0x6c, 0x3a, 0x54, 0x5e, 0x38, 0x72, 0x76, 0x0a, 0xb7,
        0x36, 0x17, 0xde, 0x4a, 0x96, 0x26, 0x2c, 0x6f, 0x5d, 0x9e, 0x98, 0xbf, 0x92, 0x92, 0xdc, 0x29,
        0xf8, 0xf4, 0x1d, 0xbd, 0x28, 0x9a, 0x14, 0x7c, 0xe9, 0xda, 0x31, 0x13, 0xb5, 0xf0, 0xb8, 0xc0,
        0x0a, 0x60, 0xb1, 0xce, 0x1d, 0x7e, 0x81, 0x9d, 0x7a, 0x43, 0x1d, 0x7c, 0x90, 0xea, 0x0e, 0x5f,
    ]
}
