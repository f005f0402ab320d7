internal import CFixedPoint
internal import Crypto
internal import LibCryptoStart

/// A P-256 key with tables of its multiples, which halve the time of a verification (docs/decisions/0027).
final class FixedP256Key: Sendable {
    private let key: inkan_fixed_p256

    /// Nil when libcrypto makes no tables; the key then verifies without.
    ///
    /// - Parameter point: uncompressed, 65 octets.
    init?(x963 point: [UInt8]) {
        guard point.count == 65, LibCryptoStart.isDone else { return nil }
        key = inkan_fixed_p256_make(point)
        guard key.tables != nil else { return nil }
    }

    deinit {
        inkan_fixed_p256_free(key)
    }

    /// - Parameters:
    ///   - signature: r and s, 32 octets each.
    ///   - digest: of 32 octets or more, of which the leftmost 32 count (FIPS 186-5 6.4.2).
    func isValidSignature(_ signature: [UInt8], for digest: some Digest) -> Bool {
        guard signature.count == 64 else { return false }
        return digest.withUnsafeBytes { octets in
            guard octets.count >= 32, let start = octets.assumingMemoryBound(to: UInt8.self).baseAddress else {
                return false
            }
            // A failure of the library proves nothing.
            return inkan_fixed_p256_verify(key, start, signature) == 1
        }
    }
}
