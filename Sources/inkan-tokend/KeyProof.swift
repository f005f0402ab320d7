import Crypto
import PKCS11
import Tokens

/// An RSA private key shows its modulus. An EC or Ed25519 private key shows nothing: it is joined to the public one by
/// `CKA_ID` alone, which anybody can set. So it makes one signature over random bytes, which never leaves this process,
/// and the public key verifies it.
enum KeyProof {
    static func prove(
        _ found: FoundKey,
        _ key: SubjectPublicKeyInfo,
        _ session: Session,
        _ link: TokenLink
    ) throws(OperationFailure) {
        let mechanism: SigningMechanism
        let input: [UInt8]
        var generator = SystemRandomNumberGenerator()
        switch key {
        case .rsa: return
        case .ec(let curve, _):
            mechanism = .ecdsa
            input = (0..<(curve == .p256 ? 32 : 48)).map { _ in generator.next() }
        case .ed25519:
            mechanism = .eddsa
            input = Array("inkan: proof of a key pair".utf8) + (0..<32).map { _ in generator.next() }
        }
        let signature = try link.signing(mechanism, found, session) { () throws(PKCS11Error) in
            try session.finishSigning(input)
        }
        guard isValid(signature, key, input) else {
            throw OperationFailure(
                TokenError(
                    .keyMissing,
                    "the private key beside this public key (same CKA_ID) is another key's",
                    mend: "repair the CKA_ID of the key pair in the token"
                ),
                .permanent
            )
        }
    }

    private static func isValid(_ signature: [UInt8], _ key: SubjectPublicKeyInfo, _ input: [UInt8]) -> Bool {
        do {
            switch key {
            case .rsa: return true
            case .ec(.p256, let point):
                return try P256.Signing.PublicKey(x963Representation: point)
                    .isValidSignature(.init(rawRepresentation: signature), for: GivenDigest(bytes: input))
            case .ec(.p384, let point):
                return try P384.Signing.PublicKey(x963Representation: point)
                    .isValidSignature(.init(rawRepresentation: signature), for: GivenDigest(bytes: input))
            case .ed25519(let bytes):
                return try Curve25519.Signing.PublicKey(rawRepresentation: bytes)
                    .isValidSignature(signature, for: input)
            }
        } catch {
            // A point off its curve or a signature of a wrong length: not this key's.
            return false
        }
    }
}

/// Random bytes in the place of a digest.
private struct GivenDigest: Digest {
    static var byteCount: Int { 32 }
    let bytes: [UInt8]

    func withUnsafeBytes<Answer>(_ body: (UnsafeRawBufferPointer) throws -> Answer) rethrows -> Answer {
        try bytes.withUnsafeBytes(body)
    }

    func makeIterator() -> Array<UInt8>.Iterator {
        bytes.makeIterator()
    }
}
