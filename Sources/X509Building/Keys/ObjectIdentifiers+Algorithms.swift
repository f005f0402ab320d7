extension OID {
    static let rsaEncryption: OID = [1, 2, 840, 113549, 1, 1, 1]
    static let rsassaPSS: OID = [1, 2, 840, 113549, 1, 1, 10]
    static let mgf1: OID = [1, 2, 840, 113549, 1, 1, 8]
    static let sha256WithRSAEncryption: OID = [1, 2, 840, 113549, 1, 1, 11]
    static let sha384WithRSAEncryption: OID = [1, 2, 840, 113549, 1, 1, 12]
    static let sha512WithRSAEncryption: OID = [1, 2, 840, 113549, 1, 1, 13]

    static let ecPublicKey: OID = [1, 2, 840, 10045, 2, 1]
    static let secp256r1: OID = [1, 2, 840, 10045, 3, 1, 7]
    static let secp384r1: OID = [1, 3, 132, 0, 34]
    static let ecdsaWithSHA256: OID = [1, 2, 840, 10045, 4, 3, 2]
    static let ecdsaWithSHA384: OID = [1, 2, 840, 10045, 4, 3, 3]
    static let ecdsaWithSHA512: OID = [1, 2, 840, 10045, 4, 3, 4]

    static let ed25519: OID = [1, 3, 101, 112]

    static let sha256: OID = [2, 16, 840, 1, 101, 3, 4, 2, 1]
    static let sha384: OID = [2, 16, 840, 1, 101, 3, 4, 2, 2]
    static let sha512: OID = [2, 16, 840, 1, 101, 3, 4, 2, 3]
}

/// Names for algorithms that requests come with and that are refused, so that a person learns what was wrong.
enum RefusedAlgorithm {
    /// Signature algorithms over digests that are broken.
    static let weakSignatures: [OID: String] = [
        [1, 2, 840, 113549, 1, 1, 2]: "md2WithRSAEncryption",
        [1, 2, 840, 113549, 1, 1, 3]: "md4WithRSAEncryption",
        [1, 2, 840, 113549, 1, 1, 4]: "md5WithRSAEncryption",
        [1, 2, 840, 113549, 1, 1, 5]: "sha1WithRSAEncryption",
        [1, 3, 14, 3, 2, 29]: "sha1WithRSASignature",
        [1, 2, 840, 10045, 4, 1]: "ecdsa-with-SHA1",
        [1, 2, 840, 10040, 4, 3]: "dsa-with-SHA1",
    ]

    static let names: [OID: String] = [
        [1, 2, 840, 113549, 1, 1, 10]: "id-RSASSA-PSS",
        [1, 2, 840, 113549, 1, 1, 7]: "id-RSAES-OAEP",
        [1, 2, 840, 113549, 1, 1, 14]: "sha224WithRSAEncryption",
        [1, 2, 840, 10045, 4, 3, 1]: "ecdsa-with-SHA224",
        [1, 2, 840, 10040, 4, 1]: "DSA",
        [1, 2, 840, 10046, 2, 1]: "Diffie-Hellman",
        [1, 3, 101, 110]: "X25519",
        [1, 3, 101, 111]: "X448",
        [1, 3, 101, 113]: "Ed448",
        [1, 2, 840, 10045, 3, 1, 1]: "P-192",
        [1, 3, 132, 0, 10]: "secp256k1",
        [1, 3, 132, 0, 33]: "P-224",
        [1, 3, 132, 0, 35]: "P-521",
        [1, 3, 36, 3, 3, 2, 8, 1, 1, 7]: "brainpoolP256r1",
        [1, 3, 36, 3, 3, 2, 8, 1, 1, 11]: "brainpoolP384r1",
        [1, 2, 156, 10197, 1, 301]: "SM2",
        [2, 16, 840, 1, 101, 3, 4, 3, 17]: "ML-DSA-44",
        [2, 16, 840, 1, 101, 3, 4, 3, 18]: "ML-DSA-65",
        [2, 16, 840, 1, 101, 3, 4, 3, 19]: "ML-DSA-87",
    ]

    static func name(_ oid: OID) -> String { names[oid].map { "\($0) (\(oid))" } ?? oid.description }
}
