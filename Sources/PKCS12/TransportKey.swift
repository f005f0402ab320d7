internal import COpenSSL
package import Secrets

/// The key pair that private keys come out of a token under. A token gets the public half; it wraps a fresh AES-256 key
/// with it (RSAES-OAEP), and with that key the private key (AES-KWP, RFC 5649). Made for one burst of keys and gone after
/// it: whoever recorded the conversation cannot open it later.
package struct TransportKey: ~Copyable {
    private let key: OpaquePointer
    /// Big-endian, without leading zeros.
    package let modulus: [UInt8]
    package let exponent: [UInt8]

    /// As strong as AES-128 (NIST SP 800-57): the AES key inside is longer, the P-256 and RSA keys inside are not.
    private static let bits: Int32 = 3072

    /// The most octets that a wrapped key of either kind may have: RSA-4096's PKCS#8 has about 2,400.
    package static let longestWrapped = 8192

    package init() throws(PKCS12Error) {
        (key, modulus, exponent) = try LibCrypto.handling { () throws(PKCS12Error) in
            let made = try Self.make()
            do throws(PKCS12Error) {
                return (made, try number(OSSL_PKEY_PARAM_RSA_N, of: made), try number(OSSL_PKEY_PARAM_RSA_E, of: made))
            } catch {
                EVP_PKEY_free(made)
                throw error
            }
        }
    }

    deinit {
        EVP_PKEY_free(key)
    }

    private static func make() throws(PKCS12Error) -> OpaquePointer {
        let context = try LibCrypto.made("making a transport key", EVP_PKEY_CTX_new_from_name(nil, "RSA", nil))
        defer { EVP_PKEY_CTX_free(context) }
        try LibCrypto.check("making a transport key", EVP_PKEY_keygen_init(context))
        try LibCrypto.check("making a transport key", EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits))
        var made: OpaquePointer?
        try LibCrypto.check("making a transport key", EVP_PKEY_generate(context, &made))
        return try LibCrypto.made("making a transport key", made)
    }

    /// Opens what a token has wrapped.
    ///
    /// - Parameters:
    ///   - wrappedKey: the AES-256 key under the public half, RSAES-OAEP with SHA-1 and MGF1-SHA-1.
    ///   - privateKey: the PKCS#8 under that AES key.
    package borrowing func open(wrappedKey: [UInt8], privateKey: [UInt8]) throws(PKCS12Error) -> Secret {
        guard wrappedKey.count <= Self.longestWrapped, privateKey.count <= Self.longestWrapped else { throw .notOpened }
        let pointer = key
        return try LibCrypto.handling { () throws(PKCS12Error) in
            try Self.unwrap(privateKey, with: try Self.openWrappingKey(wrappedKey, with: pointer))
        }
    }

    private static func openWrappingKey(
        _ wrapped: [UInt8],
        with key: OpaquePointer
    ) throws(PKCS12Error) -> Secret {
        let context = try LibCrypto.made("opening a wrapping key", EVP_PKEY_CTX_new_from_pkey(nil, key, nil))
        defer { EVP_PKEY_CTX_free(context) }
        try LibCrypto.check("opening a wrapping key", EVP_PKEY_decrypt_init(context))
        try LibCrypto.check("choosing OAEP", EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING))
        try LibCrypto.check("choosing OAEP", EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha1()))
        try LibCrypto.check("choosing OAEP", EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha1()))
        // The library wants room for a whole block, however short the content is.
        var length = Int(EVP_PKEY_get_size(key))
        let opened = try Secret(count: length) { (buffer) throws(PKCS12Error) in
            let place = buffer.bindMemory(to: UInt8.self).baseAddress
            guard EVP_PKEY_decrypt(context, place, &length, wrapped, wrapped.count) == 1 else { throw .notOpened }
        }
        guard length == 32 else { throw .notOpened }
        return opened.prefix(length)
    }

    private static func unwrap(_ wrapped: [UInt8], with wrappingKey: Secret) throws(PKCS12Error) -> Secret {
        let context = try LibCrypto.made("unwrapping a private key", EVP_CIPHER_CTX_new())
        defer { EVP_CIPHER_CTX_free(context) }
        EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW)
        let begun = wrappingKey.withUnsafeBytes { bytes in
            EVP_DecryptInit_ex(
                context,
                EVP_aes_256_wrap_pad(),
                nil,
                bytes.bindMemory(to: UInt8.self).baseAddress,
                nil
            )
        }
        try LibCrypto.check("unwrapping a private key", begun)
        var length: Int32 = 0
        let unwrapped = try Secret(count: wrapped.count) { (buffer) throws(PKCS12Error) in
            let place = buffer.bindMemory(to: UInt8.self).baseAddress
            guard EVP_DecryptUpdate(context, place, &length, wrapped, Int32(wrapped.count)) == 1 else {
                throw .notOpened
            }
        }
        guard length > 0, length <= wrapped.count else { throw .notOpened }
        return unwrapped.prefix(Int(length))
    }
}

/// One of the numbers of an RSA public key, big-endian.
private func number(_ name: String, of key: OpaquePointer) throws(PKCS12Error) -> [UInt8] {
    var number: OpaquePointer?
    try LibCrypto.check("reading a public key", EVP_PKEY_get_bn_param(key, name, &number))
    defer { BN_free(number) }
    var bytes = [UInt8](repeating: 0, count: Int((BN_num_bits(number) + 7) / 8))
    guard BN_bn2bin(number, &bytes) == bytes.count else { throw LibCrypto.failure("reading a public key") }
    return bytes
}
