internal import Crypto

/// A SubjectPublicKeyInfo (RFC 5280 4.1.2.7) of a key kind that is taken here, byte for byte.
///
/// Making one checks everything but policy: the exact AlgorithmIdentifier, sizes, points on their curve. The verifying
/// key is made once, at that time, and shared by all copies: a CA's key can be kept and used thousands of times.
package struct SubjectPublicKey: Sendable {
    package enum Material: Hashable, Sendable {
        /// Big-endian magnitudes without leading zeros.
        case rsa(modulus: [UInt8], exponent: [UInt8])
        /// X9.63 uncompressed point, 65 octets.
        case p256([UInt8])
        /// X9.63 uncompressed point, 97 octets.
        case p384([UInt8])
        /// RFC 8032 public key, 32 octets.
        case ed25519([UInt8])
    }

    /// What is known of a key.
    private final class Parts: Sendable {
        let derEncoded: [UInt8]
        let material: Material
        let verifier: VerifyingKey
        /// Where the content of the BIT STRING begins in `derEncoded`; it runs to the end.
        let keyBitsStart: Int

        init(derEncoded: [UInt8], _ material: Material, keyBitsStart: Int) throws(X509Error) {
            self.derEncoded = derEncoded
            self.material = material
            self.keyBitsStart = keyBitsStart
            verifier = try VerifyingKey(material)
        }

        /// The same key, verifying otherwise.
        init(_ parts: Parts, verifier: VerifyingKey) {
            derEncoded = parts.derEncoded
            material = parts.material
            keyBitsStart = parts.keyBitsStart
            self.verifier = verifier
        }
    }

    /// Shared by all copies: a key goes through many hands on the way into a certificate.
    private let parts: Parts

    package var derEncoded: [UInt8] { parts.derEncoded }
    package var material: Material { parts.material }
    var verifier: VerifyingKey { parts.verifier }

    /// The largest encoding: RSA-8192 with a long exponent stays well below.
    package static let maximumEncodedSize = 4096

    /// Parses and checks a SubjectPublicKeyInfo.
    ///
    /// - Throws: `malformed`, `tooLarge`, `unsupportedAlgorithm`, `keyTooSmall`, `invalidKey`, `invalidPoint`.
    package init(derEncoded: [UInt8]) throws(X509Error) {
        guard derEncoded.count <= Self.maximumEncodedSize else {
            throw X509Error(.tooLarge, "a public key of \(derEncoded.count) bytes; at most \(Self.maximumEncodedSize)")
        }
        var outer = DERReader(derEncoded)
        var fields = try outer.enter(.sequence)
        try outer.finish()
        let algorithm = try KeyAlgorithmIdentifier(from: &fields)
        let bits = try fields.octetAlignedBitString()
        try fields.finish()
        parts = try Parts(derEncoded: derEncoded, algorithm.material(bits), keyBitsStart: bits.startIndex)
    }

    private init(_ algorithmIdentifier: [UInt8], bits: [UInt8], _ material: Material) throws(X509Error) {
        var writer = DERWriter(reserving: bits.count + 64)
        let info = writer.begin(.sequence)
        writer.raw(algorithmIdentifier)
        writer.bitString(bits)
        writer.end(info)
        parts = try Parts(derEncoded: writer.bytes, material, keyBitsStart: writer.bytes.count - bits.count)
    }

    private init(parts: Parts) {
        self.parts = parts
    }

    /// The same key, made ready for thousands of verifications: for a key of ours that is kept, never for one that
    /// somebody sends. With P-256 it takes 15 ms and 150 kB, and halves their time.
    package func preparedToVerifyOften() -> SubjectPublicKey {
        guard case .p256(let point) = material, let key = FixedP256Key(x963: point) else { return self }
        return SubjectPublicKey(parts: Parts(parts, verifier: .fixedP256(key)))
    }

    /// From a modulus and an exponent as a token gives them (big-endian, leading zeros allowed).
    package static func rsa(modulus: [UInt8], exponent: [UInt8]) throws(X509Error) -> SubjectPublicKey {
        let modulus = Array(modulus.drop { $0 == 0 })
        let exponent = Array(exponent.drop { $0 == 0 })
        try RSAKeyRules.check(modulus: modulus, exponent: exponent)
        var bits = DERWriter(reserving: modulus.count + 32)
        let key = bits.begin(.sequence)
        bits.unsignedInteger(modulus)
        bits.unsignedInteger(exponent)
        bits.end(key)
        let material = Material.rsa(modulus: modulus, exponent: exponent)
        return try SubjectPublicKey(KeyAlgorithmIdentifier.rsaDER, bits: bits.bytes, material)
    }

    /// From an uncompressed X9.63 point of 65 octets.
    package static func p256(x963 point: [UInt8]) throws(X509Error) -> SubjectPublicKey {
        try SubjectPublicKey(KeyAlgorithmIdentifier.p256DER, bits: point, .p256(point))
    }

    /// From an uncompressed X9.63 point of 97 octets.
    package static func p384(x963 point: [UInt8]) throws(X509Error) -> SubjectPublicKey {
        try SubjectPublicKey(KeyAlgorithmIdentifier.p384DER, bits: point, .p384(point))
    }

    /// From an RFC 8032 public key of 32 octets.
    package static func ed25519(_ key: [UInt8]) throws(X509Error) -> SubjectPublicKey {
        try SubjectPublicKey(KeyAlgorithmIdentifier.ed25519DER, bits: key, .ed25519(key))
    }

    /// The named kind; nil for RSA sizes that have no name.
    package var keyAlgorithm: KeyAlgorithm? {
        switch material {
        case .rsa:
            switch rsaBits {
            case 2048: .rsa2048
            case 3072: .rsa3072
            case 4096: .rsa4096
            default: nil
            }
        case .p256: .p256
        case .p384: .p384
        case .ed25519: .ed25519
        }
    }

    /// The modulus length in bits; nil for other keys.
    package var rsaBits: Int? {
        guard case .rsa(let modulus, _) = material else { return nil }
        return RSAKeyRules.bitCount(modulus)
    }

    /// SHA-256 of the whole SubjectPublicKeyInfo: the identity of a key everywhere in this product.
    package var sha256: [UInt8] { DigestAlgorithm.sha256.digest(derEncoded) }

    /// The key identifier of RFC 7093 section 2 method 1: the leftmost 160 bits of SHA-256 over the key's bits.
    package var subjectKeyIdentifier: [UInt8] {
        SHA256.hash(data: keyBits).withUnsafeBytes { Array($0.prefix(20)) }
    }

    /// A digest over the key's bits alone, without the algorithm: how OCSP names keys (RFC 6960 4.1.1, 4.2.1).
    package func keyHash(_ algorithm: OCSPHash) -> [UInt8] { algorithm.digest(keyBits) }

    private var keyBits: ArraySlice<UInt8> { derEncoded[parts.keyBitsStart...] }

    /// Whether `signature`, in the form that certificates carry, was made with this key over `message`.
    package func isValidSignature(
        _ signature: [UInt8],
        for message: [UInt8],
        algorithm: SignatureAlgorithm
    ) -> Bool {
        algorithm.accepts(self)
            && verifier.isValidSignature(signature, for: message, scheme: algorithm.scheme, digest: algorithm.digest)
    }
}

extension SubjectPublicKey: Hashable {
    package static func == (left: SubjectPublicKey, right: SubjectPublicKey) -> Bool {
        left.parts === right.parts || left.derEncoded == right.derEncoded
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(derEncoded)
    }
}
