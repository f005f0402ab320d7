internal import Crypto

/// Which key is meant: the SHA-256 of its SubjectPublicKeyInfo. Labels and `CKA_ID`s are hints; this is the identity.
package struct KeyIdentity: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    package let sha256: [UInt8]

    /// - Parameter spki: the DER encoding of the SubjectPublicKeyInfo.
    package init(spki: [UInt8]) {
        sha256 = Array(SHA256.hash(data: spki))
    }

    /// In lower-case hexadecimal.
    package var description: String {
        sha256.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
