internal import Crypto
import TextForms

/// Which key is meant: the SHA-256 of its SubjectPublicKeyInfo. Labels and `CKA_ID`s are hints; this is the identity.
package struct KeyIdentity: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    package let sha256: [UInt8]

    /// - Parameter spki: the DER encoding of the SubjectPublicKeyInfo.
    package init(spki: [UInt8]) {
        sha256 = Array(SHA256.hash(data: spki))
    }

    /// In lower-case hexadecimal.
    package var description: String { HexText.encode(sha256) }
}
