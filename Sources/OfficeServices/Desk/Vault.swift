import Crypto
import Foundation
import Office
package import Secrets

/// Seals what the office must be able to read again (pick-up passwords, Q-59) with a key that is not in the database.
package struct Vault: Sendable {
    private let key: Secret

    /// - Parameter key: 32 octets or more, from a credential file; AES-256's key is derived from it (RFC 5869).
    package init(key: Secret) {
        self.key = key
    }

    /// AES-256-GCM; `purpose` is bound to it, so that a sealed text cannot be moved to another place.
    func seal(_ text: String, for purpose: String) throws -> [UInt8] {
        let box = try AES.GCM.seal(Data(text.utf8), using: symmetric(), authenticating: Data(purpose.utf8))
        guard let combined = box.combined else { throw VaultProblem.broken }
        return [UInt8](combined)
    }

    func open(_ sealed: [UInt8], for purpose: String) throws -> String {
        let box = try AES.GCM.SealedBox(combined: Data(sealed))
        let text = try AES.GCM.open(box, using: symmetric(), authenticating: Data(purpose.utf8))
        return String(decoding: text, as: UTF8.self)
    }

    private func symmetric() -> SymmetricKey {
        key.withUnsafeBytes { bytes in
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: bytes),
                info: Data("inkan office vault 1".utf8),
                outputByteCount: 32
            )
        }
    }
}

enum VaultProblem: Error {
    case broken
}
