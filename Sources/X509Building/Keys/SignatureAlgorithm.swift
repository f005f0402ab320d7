/// What certificates, CRLs and OCSP responses are signed with (TOK-06), in the byte-exact forms of the
/// CA/Browser Forum's S/MIME Baseline Requirements 7.1.3.2.
package enum SignatureAlgorithm: String, CaseIterable, Codable, Hashable, Sendable {
    case sha256WithRSA
    case sha384WithRSA
    case sha512WithRSA
    case rsassaPSSSHA256
    case rsassaPSSSHA384
    case rsassaPSSSHA512
    case ecdsaP256SHA256
    case ecdsaP384SHA384
    case ed25519

    /// The digest that is signed; nil for Ed25519, which signs the message itself.
    package var digest: DigestAlgorithm? {
        switch self {
        case .sha256WithRSA, .rsassaPSSSHA256, .ecdsaP256SHA256: .sha256
        case .sha384WithRSA, .rsassaPSSSHA384, .ecdsaP384SHA384: .sha384
        case .sha512WithRSA, .rsassaPSSSHA512: .sha512
        case .ed25519: nil
        }
    }

    var scheme: SignatureScheme {
        switch self {
        case .sha256WithRSA, .sha384WithRSA, .sha512WithRSA: .rsaPKCS1
        case .rsassaPSSSHA256, .rsassaPSSSHA384, .rsassaPSSSHA512: .rsaPSS
        case .ecdsaP256SHA256, .ecdsaP384SHA384: .ecdsa
        case .ed25519: .ed25519
        }
    }

    /// Whether a key of this kind signs with this algorithm. Curve and digest go together (S/MIME BR 7.1.3.2.2).
    package func accepts(_ key: SubjectPublicKey) -> Bool {
        switch (self, key.material) {
        case (.sha256WithRSA, .rsa), (.sha384WithRSA, .rsa), (.sha512WithRSA, .rsa): true
        case (.rsassaPSSSHA256, .rsa), (.rsassaPSSSHA384, .rsa), (.rsassaPSSSHA512, .rsa): true
        case (.ecdsaP256SHA256, .p256), (.ecdsaP384SHA384, .p384), (.ed25519, .ed25519): true
        default: false
        }
    }

    /// The whole AlgorithmIdentifier.
    package var derEncoded: [UInt8] { SignatureAlgorithmIdentifier.encoded(self) }

    /// Exactly the bytes that `derEncoded` gives; every other form is refused.
    ///
    /// - Throws: `weakSignature`, `unsupportedAlgorithm`, `malformed`.
    package init(derEncoded: [UInt8]) throws(X509Error) {
        self = try SignatureAlgorithmIdentifier.parse(derEncoded[...])
    }
}

extension SignatureAlgorithm {
    /// What the token is given: the DigestInfo for `CKM_RSA_PKCS`, the digest for `CKM_RSA_PKCS_PSS` and `CKM_ECDSA`,
    /// the message for `CKM_EDDSA`.
    package func tokenInput(for message: [UInt8]) -> [UInt8] {
        guard let digest else { return message }
        return tokenInput(forDigest: digest.digest(message), digest)
    }

    /// The same for a message whose SHA-256 is known already.
    package func tokenInput(for message: [UInt8], sha256: [UInt8]) -> [UInt8] {
        digest == .sha256 ? tokenInput(forDigest: sha256, .sha256) : tokenInput(for: message)
    }

    /// The same for a message whose digest was made piece by piece.
    func tokenInput(forDigest value: [UInt8], _ digest: DigestAlgorithm) -> [UInt8] {
        scheme == .rsaPKCS1 ? Self.digestInfoPrefix(digest) + value : value
    }

    /// The content of the signature BIT STRING from what the token gave: r‖s becomes DER for ECDSA.
    ///
    /// - Throws: `malformed` when the length can't be right.
    package func signatureValue(fromToken raw: [UInt8]) throws(X509Error) -> [UInt8] {
        switch self {
        case .ecdsaP256SHA256:
            return try ECDSASignatureValue.der(fromRaw: raw, coordinate: 32)
        case .ecdsaP384SHA384:
            return try ECDSASignatureValue.der(fromRaw: raw, coordinate: 48)
        case .ed25519:
            guard raw.count == 64 else {
                throw X509Error(.malformed, "the token gave an Ed25519 signature of \(raw.count) octets; expected 64")
            }
            return raw
        default:
            guard raw.count >= RSAKeyRules.smallest / 8, raw.count <= RSAKeyRules.largest / 8 else {
                throw X509Error(.malformed, "the token gave an RSA signature of \(raw.count) octets")
            }
            return raw
        }
    }

    private static func digestInfoPrefix(_ digest: DigestAlgorithm) -> [UInt8] {
        switch digest {
        case .sha256: sha256DigestInfoPrefix
        case .sha384: sha384DigestInfoPrefix
        case .sha512: sha512DigestInfoPrefix
        }
    }

    private static let sha256DigestInfoPrefix = makeDigestInfoPrefix(.sha256)
    private static let sha384DigestInfoPrefix = makeDigestInfoPrefix(.sha384)
    private static let sha512DigestInfoPrefix = makeDigestInfoPrefix(.sha512)

    /// `DigestInfo` (RFC 8017 9.2) up to the digest's own octets, with the NULL parameters.
    private static func makeDigestInfoPrefix(_ digest: DigestAlgorithm) -> [UInt8] {
        var writer = DERWriter()
        let info = writer.begin(.sequence)
        let algorithm = writer.begin(.sequence)
        writer.objectIdentifier(digest.oid)
        writer.null()
        writer.end(algorithm)
        writer.primitive(.octetString, [UInt8](repeating: 0, count: digest.octetCount))
        writer.end(info)
        return writer.bytes.dropLast(digest.octetCount)
    }
}
