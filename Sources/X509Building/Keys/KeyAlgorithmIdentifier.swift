/// The AlgorithmIdentifier of a SubjectPublicKeyInfo, in the exact forms of RFC 3279, RFC 5480 and RFC 8410.
enum KeyAlgorithmIdentifier {
    case rsa
    case p256
    case p384
    case ed25519

    static let rsaDER = encode(.rsaEncryption) { $0.null() }
    static let p256DER = encode(.ecPublicKey) { $0.objectIdentifier(.secp256r1) }
    static let p384DER = encode(.ecPublicKey) { $0.objectIdentifier(.secp384r1) }
    static let ed25519DER = encode(.ed25519) { _ in }

    private static func encode(_ algorithm: OID, _ parameters: (inout DERWriter) -> Void) -> [UInt8] {
        var writer = DERWriter()
        let identifier = writer.begin(.sequence)
        writer.objectIdentifier(algorithm)
        parameters(&writer)
        writer.end(identifier)
        return writer.bytes
    }

    init(from fields: inout DERReader) throws(X509Error) {
        let start = fields.position
        var identifier = try fields.enter(.sequence)
        let algorithm = try identifier.objectIdentifier()
        switch algorithm {
        case .rsaEncryption:
            guard identifier.nextTag == .null else {
                throw identifier.malformed(
                    "the parameters of an RSA key must be NULL",
                    at: start,
                    clause: "RFC 3279 2.3.1"
                )
            }
            try identifier.null()
            self = .rsa
        case .ecPublicKey:
            self = try Self.curve(&identifier)
        case .ed25519:
            self = .ed25519
        default:
            throw X509Error(
                .unsupportedAlgorithm,
                "a key of type \(RefusedAlgorithm.name(algorithm)); \(Self.mend(algorithm))",
                clause: algorithm == .rsassaPSS ? "CA/B S/MIME BR 7.1.3.1.1" : nil,
                offset: start
            )
        }
        try identifier.finish()
    }

    private static func mend(_ algorithm: OID) -> String {
        algorithm == .rsassaPSS
            ? "make the key as plain rsaEncryption"
            : "use RSA of 2048 bits or more, P-256, P-384 or Ed25519"
    }

    private static func curve(_ identifier: inout DERReader) throws(X509Error) -> KeyAlgorithmIdentifier {
        guard identifier.nextTag == .objectIdentifier else {
            throw X509Error(
                .unsupportedAlgorithm,
                "an elliptic curve that is not given by its name; use a named curve, P-256 or P-384",
                clause: "RFC 5480 2.1.1",
                offset: identifier.position
            )
        }
        let curve = try identifier.objectIdentifier()
        switch curve {
        case .secp256r1: return .p256
        case .secp384r1: return .p384
        default:
            throw X509Error(
                .unsupportedAlgorithm,
                "the curve \(RefusedAlgorithm.name(curve)); use P-256 or P-384",
                offset: identifier.position
            )
        }
    }

    func material(_ bits: ArraySlice<UInt8>) throws(X509Error) -> SubjectPublicKey.Material {
        switch self {
        case .rsa:
            var outer = DERReader(Array(bits))
            var fields = try outer.enter(.sequence)
            try outer.finish()
            let modulus = try fields.unsignedInteger()
            let exponent = try fields.unsignedInteger()
            try fields.finish()
            try RSAKeyRules.check(modulus: modulus, exponent: exponent)
            return .rsa(modulus: modulus, exponent: exponent)
        case .p256: return .p256(Array(bits))
        case .p384: return .p384(Array(bits))
        case .ed25519: return .ed25519(Array(bits))
        }
    }
}

/// What any RSA public key must fulfil before a library touches it. Weakness beyond that is judged by the policy.
enum RSAKeyRules {
    static let smallest = 2048
    static let largest = 8192

    static func bitCount(_ magnitude: [UInt8]) -> Int {
        guard let first = magnitude.first else { return 0 }
        return magnitude.count * 8 - first.leadingZeroBitCount
    }

    static func check(modulus: [UInt8], exponent: [UInt8]) throws(X509Error) {
        let bits = bitCount(modulus)
        guard bits >= smallest else {
            throw X509Error(
                .keyTooSmall,
                "an RSA key of \(bits) bits; make one of \(smallest) or more",
                clause: "CA/B S/MIME BR 6.1.5"
            )
        }
        guard bits <= largest else {
            throw X509Error(.unsupportedAlgorithm, "an RSA key of \(bits) bits; at most \(largest) are taken")
        }
        guard bits % 8 == 0 else {
            throw X509Error(
                .invalidKey,
                "an RSA key of \(bits) bits; the size must be a multiple of 8",
                clause: "CA/B S/MIME BR 6.1.5"
            )
        }
        guard let lowest = modulus.last, lowest & 1 == 1 else {
            throw X509Error(.invalidKey, "an RSA modulus that is even; make a new key")
        }
        guard let lowest = exponent.last, lowest & 1 == 1, exponent != [1] else {
            throw X509Error(
                .invalidKey,
                "an RSA exponent that is even or 1; make a new key, with exponent 65537",
                clause: "CA/B S/MIME BR 6.1.6"
            )
        }
        guard bitCount(exponent) <= 33 else {
            throw X509Error(
                .unsupportedAlgorithm,
                "an RSA exponent of \(bitCount(exponent)) bits; make a new key, with exponent 65537"
            )
        }
    }
}
