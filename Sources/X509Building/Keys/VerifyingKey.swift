internal import Crypto
internal import CryptoExtras

/// How a signature is made, apart from its digest.
enum SignatureScheme: Hashable, Sendable {
    case rsaPKCS1
    case rsaPSS
    case ecdsa
    case ed25519
}

/// A key made once: swift-crypto's, or one with tables.
enum VerifyingKey: Sendable {
    case rsa(_RSA.Signing.PublicKey)
    case p256(P256.Signing.PublicKey)
    case fixedP256(FixedP256Key)
    case p384(P384.Signing.PublicKey)
    case ed25519(Curve25519.Signing.PublicKey)

    init(_ material: SubjectPublicKey.Material) throws(X509Error) {
        switch material {
        case .rsa(let modulus, let exponent):
            do {
                self = .rsa(try _RSA.Signing.PublicKey(n: modulus, e: exponent))
            } catch {
                throw X509Error(.invalidKey, "an RSA key that the cryptographic library refuses; make a new key")
            }
        case .p256(let point):
            try Self.checkForm(point, coordinate: 32)
            do {
                self = .p256(try P256.Signing.PublicKey(x963Representation: point))
            } catch {
                throw Self.offCurve("P-256")
            }
        case .p384(let point):
            try Self.checkForm(point, coordinate: 48)
            do {
                self = .p384(try P384.Signing.PublicKey(x963Representation: point))
            } catch {
                throw Self.offCurve("P-384")
            }
        case .ed25519(let key):
            try Ed25519KeyRules.check(key)
            do {
                self = .ed25519(try Curve25519.Signing.PublicKey(rawRepresentation: key))
            } catch {
                throw Self.offCurve("Ed25519")
            }
        }
    }

    private static func checkForm(_ point: [UInt8], coordinate: Int) throws(X509Error) {
        guard point.count == 1 + 2 * coordinate, point.first == 4 else {
            throw X509Error(
                .invalidPoint,
                "a point that is not in the uncompressed form of \(1 + 2 * coordinate) octets; send it uncompressed",
                clause: "RFC 5480 2.2"
            )
        }
    }

    private static func offCurve(_ curve: String) -> X509Error {
        X509Error(
            .invalidPoint,
            "a point that is not on the curve \(curve); make a new key",
            clause: "SP 800-56A 5.6.2.3"
        )
    }

    func isValidSignature(
        _ signature: [UInt8],
        for message: [UInt8],
        scheme: SignatureScheme,
        digest: DigestAlgorithm?
    ) -> Bool {
        switch (digest, self) {
        case (nil, .ed25519(let key)): scheme == .ed25519 && key.isValidSignature(signature, for: message)
        case (nil, _): false
        case (.sha256, _): isValidSignature(signature, for: SHA256.hash(data: message), scheme: scheme)
        case (.sha384, _): isValidSignature(signature, for: SHA384.hash(data: message), scheme: scheme)
        case (.sha512, _): isValidSignature(signature, for: SHA512.hash(data: message), scheme: scheme)
        }
    }

    func isValidSignature(_ signature: [UInt8], for digest: some Digest, scheme: SignatureScheme) -> Bool {
        switch (self, scheme) {
        case (.rsa(let key), .rsaPKCS1):
            return key.isValidSignature(.init(rawRepresentation: signature), for: digest, padding: .insecurePKCS1v1_5)
        case (.rsa(let key), .rsaPSS):
            return key.isValidSignature(.init(rawRepresentation: signature), for: digest, padding: .PSS)
        case (.p256(let key), .ecdsa):
            guard let raw = ECDSASignatureValue.raw(fromDER: signature, coordinate: 32) else { return false }
            guard let parsed = Self.signature({ try P256.Signing.ECDSASignature(rawRepresentation: raw) }) else {
                return false
            }
            return key.isValidSignature(parsed, for: digest)
        case (.fixedP256(let key), .ecdsa):
            guard let raw = ECDSASignatureValue.raw(fromDER: signature, coordinate: 32) else { return false }
            return key.isValidSignature(raw, for: digest)
        case (.p384(let key), .ecdsa):
            guard let raw = ECDSASignatureValue.raw(fromDER: signature, coordinate: 48) else { return false }
            guard let parsed = Self.signature({ try P384.Signing.ECDSASignature(rawRepresentation: raw) }) else {
                return false
            }
            return key.isValidSignature(parsed, for: digest)
        default:
            return false
        }
    }

    /// A signature that the library can't read is one that does not verify.
    private static func signature<Signature>(_ make: () throws -> Signature) -> Signature? {
        do {
            return try make()
        } catch {
            return nil
        }
    }
}
