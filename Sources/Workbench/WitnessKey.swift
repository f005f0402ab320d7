internal import Crypto
package import Ledger
import Secrets

/// A witness's signing key, from a file of random characters: its Ed25519 seed is their SHA-256.
package struct WitnessKey: Sendable {
    private let secret: Curve25519.Signing.PrivateKey
    package let publicKey: NoteKey

    /// Makes a new file of mode 0600, with 52 characters of five random bits each.
    package static func make(_ path: String) throws {
        try SecretFile.makeRandom(path, characters: 52)
    }

    package init(name: String, file: String) throws {
        let text = try SecretFile.read(file)
        secret = try text.withUnsafeBytes { bytes in
            var hash = SHA256()
            hash.update(bufferPointer: bytes)
            return try Curve25519.Signing.PrivateKey(rawRepresentation: hash.finalize())
        }
        publicKey = try NoteKey(
            name: name,
            kind: .cosignature,
            publicKey: Array(secret.publicKey.rawRepresentation)
        )
    }

    /// A line to go under a checkpoint that has been checked.
    package func cosign(_ checkpoint: Checkpoint, at seconds: UInt64) throws -> SignedNote.Signature {
        let signature = try secret.signature(for: Cosignature.message(checkpoint.note.text, at: seconds))
        return SignedNote.Signature(by: publicKey, Cosignature.signature(Array(signature), at: seconds))
    }
}
