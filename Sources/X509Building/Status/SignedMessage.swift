internal import Crypto

/// The digest of a message that is not held in memory, made piece by piece, and what is done with it: the token's input,
/// and the check of its signature.
package struct SignedMessage: Sendable {
    private enum State: Sendable {
        case sha256(SHA256)
        case sha384(SHA384)
        case sha512(SHA512)
        /// Ed25519 signs the message itself, so that it has to be kept.
        case whole([UInt8])
    }

    package let algorithm: SignatureAlgorithm
    private var state: State

    package init(_ algorithm: SignatureAlgorithm) {
        self.algorithm = algorithm
        switch algorithm.digest {
        case .sha256: state = .sha256(SHA256())
        case .sha384: state = .sha384(SHA384())
        case .sha512: state = .sha512(SHA512())
        case nil: state = .whole([])
        }
    }

    package mutating func update(_ piece: [UInt8]) {
        switch state {
        case .sha256(var hash):
            hash.update(data: piece)
            state = .sha256(hash)
        case .sha384(var hash):
            hash.update(data: piece)
            state = .sha384(hash)
        case .sha512(var hash):
            hash.update(data: piece)
            state = .sha512(hash)
        case .whole(var bytes):
            state = .whole([])
            bytes += piece
            state = .whole(bytes)
        }
    }

    /// What the token is given; see `SignatureAlgorithm.tokenInput(for:)`.
    package var tokenInput: [UInt8] {
        switch state {
        case .sha256(let hash): algorithm.tokenInput(forDigest: Array(hash.finalize()), .sha256)
        case .sha384(let hash): algorithm.tokenInput(forDigest: Array(hash.finalize()), .sha384)
        case .sha512(let hash): algorithm.tokenInput(forDigest: Array(hash.finalize()), .sha512)
        case .whole(let bytes): bytes
        }
    }

    /// Whether the signature, in the form that certificates carry, was made with this key over the message.
    package func isSigned(by key: SubjectPublicKey, _ signature: [UInt8]) -> Bool {
        guard algorithm.accepts(key) else { return false }
        let (verifier, scheme) = (key.verifier, algorithm.scheme)
        return switch state {
        case .sha256(let hash): verifier.isValidSignature(signature, for: hash.finalize(), scheme: scheme)
        case .sha384(let hash): verifier.isValidSignature(signature, for: hash.finalize(), scheme: scheme)
        case .sha512(let hash): verifier.isValidSignature(signature, for: hash.finalize(), scheme: scheme)
        case .whole(let bytes): verifier.isValidSignature(signature, for: bytes, scheme: scheme, digest: nil)
        }
    }
}
