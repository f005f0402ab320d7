import Crypto
import CryptoExtras
import Testing
import Tokens

/// What a mechanism signs, and how its answer is verified without the token.
struct SignatureCase: Sendable, CustomTestStringConvertible {
    let algorithm: KeyPairRequest.Algorithm
    let mechanism: TokenMechanism
    let input: [UInt8]
    let isValid: @Sendable (_ spki: [UInt8], _ signature: [UInt8]) throws -> Bool

    var testDescription: String { "\(algorithm.rawValue), \(mechanism)" }

    static let message = Array("the bytes that are signed".utf8)

    /// The start of a DigestInfo for SHA-256 (RFC 8017 section 9.2, note 1).
    static let sha256Prefix: [UInt8] = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
        0x20,
    ]

    static let digest = SHA256.hash(data: message)

    static let p256 = SignatureCase(algorithm: .p256, mechanism: .ecdsa, input: Array(digest)) { spki, signature in
        try P256.Signing.PublicKey(derRepresentation: spki)
            .isValidSignature(.init(rawRepresentation: signature), for: digest)
    }

    static let rsa = SignatureCase(
        algorithm: .rsa2048,
        mechanism: .rsaPKCS,
        input: sha256Prefix + Array(digest)
    ) { spki, signature in
        try _RSA.Signing.PublicKey(derRepresentation: spki)
            .isValidSignature(.init(rawRepresentation: signature), for: digest, padding: .insecurePKCS1v1_5)
    }

    static let all: [SignatureCase] = [
        p256, rsa,
        SignatureCase(
            algorithm: .p384,
            mechanism: .ecdsa,
            input: Array(SHA384.hash(data: message))
        ) { spki, signature in
            try P384.Signing.PublicKey(derRepresentation: spki)
                .isValidSignature(.init(rawRepresentation: signature), for: SHA384.hash(data: message))
        },
        SignatureCase(algorithm: .ed25519, mechanism: .eddsa, input: message) { spki, signature in
            try Curve25519.Signing.PublicKey(rawRepresentation: spki.suffix(32)).isValidSignature(
                signature,
                for: message
            )
        },
        pss(.rsaPSSSHA256, SHA256.self), pss(.rsaPSSSHA384, SHA384.self), pss(.rsaPSSSHA512, SHA512.self),
    ]

    private static func pss<Hash: HashFunction>(_ mechanism: TokenMechanism, _ hash: Hash.Type) -> SignatureCase {
        SignatureCase(
            algorithm: .rsa2048,
            mechanism: mechanism,
            input: Array(Hash.hash(data: message))
        ) { spki, signature in
            try _RSA.Signing.PublicKey(derRepresentation: spki)
                .isValidSignature(.init(rawRepresentation: signature), for: Hash.hash(data: message), padding: .PSS)
        }
    }
}
