internal import COpenSSL
package import Secrets

/// Somebody whom secrets can be sealed to: the holder of a certificate's private key. Who that is, and whether the
/// certificate is still in force, is the business of whoever chose it; here it must only be able to do it.
package struct SealRecipient: Sendable {
    private let certificate: [UInt8]
    private let isRSA: Bool

    /// The largest certificate that is looked at, in bytes.
    package static let largestCertificate = 16 * 1024

    /// - Parameter certificate: DER. RSA of 2,048 bits and more, P-256 or P-384; a key usage extension must allow
    ///   keyEncipherment or keyAgreement.
    package init(certificate: [UInt8]) throws(PKCS12Error) {
        guard certificate.count <= Self.largestCertificate else {
            throw .unfitRecipient("a certificate of \(certificate.count) bytes")
        }
        isRSA = try LibCrypto.handling { () throws(PKCS12Error) in
            let object = try X509Object(certificate)
            guard let key = X509_get0_pubkey(object.pointer) else { throw .unfitRecipient("its key cannot be read") }
            let isRSA = EVP_PKEY_is_a(key, "RSA") == 1
            guard isRSA ? (2048...8192).contains(EVP_PKEY_get_bits(key)) : Self.isOnCurve(key) else {
                throw .unfitRecipient("its key is neither RSA of 2,048 to 8,192 bits nor EC on P-256 or P-384")
            }
            // All bits are set where the extension is absent.
            let wanted = UInt32(isRSA ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT)
            guard X509_get_key_usage(object.pointer) & wanted != 0 else {
                throw .unfitRecipient("its key usage does not allow \(isRSA ? "keyEncipherment" : "keyAgreement")")
            }
            return isRSA
        }
        self.certificate = certificate
    }

    private static func isOnCurve(_ key: OpaquePointer) -> Bool {
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        guard EVP_PKEY_is_a(key, "EC") == 1, EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else {
            return false
        }
        let group = String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return [SN_X9_62_prime256v1, SN_secp384r1].contains(group)
    }

    /// Seals a text: CMS EnvelopedData (RFC 5652) in DER, AES-256-CBC under RSAES-OAEP with SHA-256, or under ECDH with
    /// the X9.63 derivation and SHA-256 (RFC 5753).
    package func seal(_ text: Secret) throws(PKCS12Error) -> [UInt8] {
        try LibCrypto.handling { () throws(PKCS12Error) in
            let recipient = try X509Object(certificate)
            let flags = UInt32(CMS_BINARY | CMS_PARTIAL)
            let message = try LibCrypto.made("sealing", CMS_encrypt(nil, nil, EVP_aes_256_cbc(), flags))
            defer { CMS_ContentInfo_free(message) }
            let added = CMS_add1_recipient_cert(message, recipient.pointer, flags | UInt32(CMS_KEY_PARAM))
            try chooseAlgorithms(try LibCrypto.made("naming a recipient", added))
            // The library's copy of the text lies in memory that it wipes.
            let input = text.withUnsafeBytes { bytes -> OpaquePointer? in
                guard let copy = BIO_new(BIO_s_mem()) else { return nil }
                guard BIO_write(copy, bytes.baseAddress, Int32(bytes.count)) == bytes.count else {
                    BIO_free(copy)
                    return nil
                }
                return copy
            }
            let content = try LibCrypto.made("sealing", input)
            defer { BIO_free(content) }
            try LibCrypto.check("sealing", CMS_final(message, content, nil, flags))
            return try Self.der(message)
        }
    }

    private func chooseAlgorithms(_ recipient: OpaquePointer) throws(PKCS12Error) {
        let context = try LibCrypto.made("choosing algorithms", CMS_RecipientInfo_get0_pkey_ctx(recipient))
        if isRSA {
            try LibCrypto.check("choosing OAEP", EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING))
            try LibCrypto.check("choosing OAEP", EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()))
            try LibCrypto.check("choosing OAEP", EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()))
        } else {
            try LibCrypto.check("choosing a key derivation", EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()))
        }
    }

    private static func der(_ message: OpaquePointer) throws(PKCS12Error) -> [UInt8] {
        let length = i2d_CMS_ContentInfo(message, nil)
        guard length > 0 else { throw LibCrypto.failure("writing a sealed text") }
        var bytes = [UInt8](repeating: 0, count: Int(length))
        let written = bytes.withUnsafeMutableBufferPointer { buffer in
            var place = buffer.baseAddress
            return i2d_CMS_ContentInfo(message, &place)
        }
        guard written == length else { throw LibCrypto.failure("writing a sealed text") }
        return bytes
    }
}
