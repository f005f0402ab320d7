/// What an Ed25519 public key must fulfil that the library does not look at before a signature is verified.
enum Ed25519KeyRules {
    /// - Throws: `invalidKey`, `invalidPoint`.
    static func check(_ key: [UInt8]) throws(X509Error) {
        guard key.count == 32 else {
            throw X509Error(.invalidKey, "an Ed25519 key of \(key.count) octets; it has 32", clause: "RFC 8410 4")
        }
        var y = key
        y[31] &= 0x7F  // The highest bit is the sign of x.
        guard isBelowPrime(y) else {
            throw X509Error(
                .invalidPoint,
                "an Ed25519 key that is not reduced; make a new key",
                clause: "RFC 8032 5.1.3"
            )
        }
        guard !smallOrderCoordinates.contains(y) else {
            throw X509Error(
                .invalidPoint,
                "an Ed25519 key of small order, for which anybody can sign; make a new key"
            )
        }
    }

    /// y < 2^255 − 19, little-endian.
    private static func isBelowPrime(_ y: [UInt8]) -> Bool {
        guard y[31] == 0x7F, y[1..<31].allSatisfy({ $0 == 0xFF }) else { return true }
        return y[0] < 0xED
    }

    /// The y coordinates of the eight points whose order divides the cofactor 8, little-endian.
    private static let smallOrderCoordinates: Set<[UInt8]> = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
            0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
            0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ],
    ]
}
