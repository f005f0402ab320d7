internal import Crypto

/// The digests that signatures here are made over.
package enum DigestAlgorithm: String, Sendable, Codable, CaseIterable, Hashable {
    case sha256
    case sha384
    case sha512

    package func digest(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        // A digest's memory in one piece: as a sequence it would be copied octet by octet.
        case .sha256: SHA256.hash(data: bytes).withUnsafeBytes { Array($0) }
        case .sha384: SHA384.hash(data: bytes).withUnsafeBytes { Array($0) }
        case .sha512: SHA512.hash(data: bytes).withUnsafeBytes { Array($0) }
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
