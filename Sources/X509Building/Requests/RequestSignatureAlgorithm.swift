/// How a request is signed. It says nothing about the certificate, so that any digest of SHA-2 is taken with any curve,
/// as OpenSSL makes them; broken digests are refused all the same.
package struct RequestSignatureAlgorithm: Hashable, Sendable {
    let scheme: SignatureScheme
    /// Nil for Ed25519.
    package let digest: DigestAlgorithm?

    /// - Throws: `weakSignature`, `unsupportedAlgorithm`, `malformed`.
    init(_ encoded: ArraySlice<UInt8>) throws(X509Error) {
        if encoded.elementsEqual(Self.ecdsaWithSHA512) {
            scheme = .ecdsa
            digest = .sha512
        } else {
            let algorithm = try SignatureAlgorithmIdentifier.parse(encoded)
            scheme = algorithm.scheme
            digest = algorithm.digest
        }
    }

    private static let ecdsaWithSHA512: [UInt8] = {
        var writer = DERWriter()
        let identifier = writer.begin(.sequence)
        writer.objectIdentifier(.ecdsaWithSHA512)
        writer.end(identifier)
        return writer.bytes
    }()

    func accepts(_ key: SubjectPublicKey) -> Bool {
        switch (scheme, key.material) {
        case (.rsaPKCS1, .rsa), (.rsaPSS, .rsa), (.ecdsa, .p256), (.ecdsa, .p384), (.ed25519, .ed25519): true
        default: false
        }
    }
}
