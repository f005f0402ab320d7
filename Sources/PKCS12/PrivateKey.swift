internal import COpenSSL
package import Secrets

/// What kind of key pair can be made and delivered.
package enum DeliveredKeyKind: Hashable, Sendable {
    case rsa(bits: Int)
    case p256
    case p384
    case ed25519
}

/// A private key as libcrypto holds it, for the time of one piece of work. Freed, and thereby wiped, with its owner.
struct PrivateKey: ~Copyable {
    let pointer: OpaquePointer

    /// Only inside `LibCrypto.handling`.
    init(pkcs8: Secret) throws(PKCS12Error) {
        let parsed = pkcs8.withUnsafeBytes { bytes in
            var place: UnsafePointer<UInt8>? = bytes.bindMemory(to: UInt8.self).baseAddress
            return d2i_AutoPrivateKey(nil, &place, bytes.count)
        }
        pointer = try LibCrypto.made("reading a PKCS#8 private key", parsed)
    }

    /// Makes a new key. The seed goes into the generator beside what the kernel gives, so that the key is no weaker than
    /// the better of the two. Only inside `LibCrypto.handling`.
    ///
    /// - Parameter seed: at least 48 octets of a token's random source.
    init(making kind: DeliveredKeyKind, seed: Secret) throws(PKCS12Error) {
        let generator = try LibCrypto.made("finding the random generator", RAND_get0_private(nil))
        let seeded = seed.withUnsafeBytes { bytes in
            EVP_RAND_reseed(generator, 0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, nil, 0)
        }
        try LibCrypto.check("seeding the random generator", seeded)
        let context = try LibCrypto.made("preparing to make a key", EVP_PKEY_CTX_new_from_name(nil, kind.name, nil))
        defer { EVP_PKEY_CTX_free(context) }
        try LibCrypto.check("preparing to make a key", EVP_PKEY_keygen_init(context))
        switch kind {
        case .rsa(let bits):
            try LibCrypto.check("choosing the key's length", EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)))
        case .p256:
            let curve = EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1)
            try LibCrypto.check("choosing the curve", curve)
        case .p384:
            try LibCrypto.check("choosing the curve", EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_secp384r1))
        case .ed25519: break
        }
        var made: OpaquePointer?
        try LibCrypto.check("making a key", EVP_PKEY_generate(context, &made))
        pointer = try LibCrypto.made("making a key", made)
    }

    deinit {
        EVP_PKEY_free(pointer)
    }

    /// The SubjectPublicKeyInfo in DER.
    func publicKey() throws(PKCS12Error) -> [UInt8] {
        let length = i2d_PUBKEY(pointer, nil)
        guard length > 0 else { throw LibCrypto.failure("writing a public key") }
        var bytes = [UInt8](repeating: 0, count: Int(length))
        let written = bytes.withUnsafeMutableBufferPointer { buffer in
            var place = buffer.baseAddress
            return i2d_PUBKEY(pointer, &place)
        }
        guard written == length else { throw LibCrypto.failure("writing a public key") }
        return bytes
    }

    /// The PKCS#8 PrivateKeyInfo in DER, in memory that is locked and wiped.
    func pkcs8() throws(PKCS12Error) -> Secret {
        let information = try LibCrypto.made("writing a private key", EVP_PKEY2PKCS8(pointer))
        defer { PKCS8_PRIV_KEY_INFO_free(information) }
        let length = i2d_PKCS8_PRIV_KEY_INFO(information, nil)
        guard length > 0 else { throw LibCrypto.failure("writing a private key") }
        return try Secret(count: Int(length)) { (buffer) throws(PKCS12Error) in
            var place = buffer.bindMemory(to: UInt8.self).baseAddress
            guard i2d_PKCS8_PRIV_KEY_INFO(information, &place) == length else {
                throw LibCrypto.failure("writing a private key")
            }
        }
    }

    /// Throws `otherKey` unless the two halves belong together.
    func checkPair() throws(PKCS12Error) {
        let context = try LibCrypto.made("checking a key pair", EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil))
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_pairwise_check(context) == 1 else { throw .otherKey }
    }
}

extension DeliveredKeyKind {
    fileprivate var name: String {
        switch self {
        case .rsa: "RSA"
        case .p256, .p384: "EC"
        case .ed25519: "ED25519"
        }
    }
}

/// A key pair whose private half is on its way to its owner.
package struct DeliveredKey: Sendable {
    /// PKCS#8 in DER.
    package let privateKey: Secret
    /// SubjectPublicKeyInfo in DER, taken from the private key itself.
    package let publicKey: [UInt8]

    /// Takes a private key that came from elsewhere, once its two halves belong together.
    ///
    /// - Parameter expected: the SubjectPublicKeyInfo that it must have.
    package init(pkcs8: Secret, expected: [UInt8]) throws(PKCS12Error) {
        publicKey = try LibCrypto.handling { () throws(PKCS12Error) in
            let key = try PrivateKey(pkcs8: pkcs8)
            try key.checkPair()
            return try key.publicKey()
        }
        guard publicKey == expected else { throw .otherKey }
        privateKey = pkcs8
    }

    /// Makes a key pair here.
    ///
    /// - Parameter seed: at least 48 octets of a token's random source.
    package init(making kind: DeliveredKeyKind, seed: Secret) throws(PKCS12Error) {
        (privateKey, publicKey) = try LibCrypto.handling { () throws(PKCS12Error) in
            let key = try PrivateKey(making: kind, seed: seed)
            try key.checkPair()
            return (try key.pkcs8(), try key.publicKey())
        }
    }
}
