import Glibc
import PKCS11
import Synchronization
import Tokens

/// Makes key pairs in the token, one at a time: SoftHSM fails now and then when two threads create objects at once.
enum KeyMaking {
    private static let turn = Mutex(())

    static func make(_ request: KeyPairRequest, _ session: Session) throws(OperationFailure) -> GeneratedKeyPair {
        try turn.withLock { (_) throws(OperationFailure) in
            var generator = SystemRandomNumberGenerator()
            let identifier = request.identifier ?? (0..<16).map { _ in generator.next() }
            guard try calling({ () throws(PKCS11Error) in try session.isNew(identifier) }) else {
                throw OperationFailure(
                    TokenError(
                        .requestRefused,
                        "an object with this CKA_ID is in the token already",
                        mend: "ask for another CKA_ID, or for none"
                    ),
                    .permanent
                )
            }
            let key = try calling { () throws(PKCS11Error) in
                try session.generateKeyPair(
                    request.algorithm.pkcs11,
                    label: request.label,
                    identifier: identifier,
                    alwaysAuthenticate: request.alwaysAuthenticate
                )
            }
            // Modules that keep their objects in files leave them in the system's cache.
            sync()
            let attributes = Dictionary(uniqueKeysWithValues: key.attributes.map { ($0.key.description, $0.value) })
            return GeneratedKeyPair(spki: key.publicKey.derEncoded, attributes: attributes, ckaID: identifier)
        }
    }
}

extension KeyPairRequest.Algorithm {
    var pkcs11: KeyPairAlgorithm {
        switch self {
        case .rsa2048: .rsa(bits: 2048)
        case .rsa3072: .rsa(bits: 3072)
        case .rsa4096: .rsa(bits: 4096)
        case .p256: .ec(.p256)
        case .p384: .ec(.p384)
        case .ed25519: .ed25519
        }
    }
}
