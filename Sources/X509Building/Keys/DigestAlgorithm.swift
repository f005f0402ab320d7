internal import Crypto

/// The digests that signatures here are made over.
package enum DigestAlgorithm: String, Sendable, Codable, CaseIterable, Hashable {
    case sha256
    case sha384
    case sha512

    package func digest(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .sha256: Array(SHA256.hash(data: bytes))
        case .sha384: Array(SHA384.hash(data: bytes))
        case .sha512: Array(SHA512.hash(data: bytes))
        }
    }

    /// Length of a digest in octets; also the salt length of RSASSA-PSS here.
    package var octetCount: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    var oid: OID {
        switch self {
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }
}
