import X509Building

/// Parts one after the other, each behind its length, so that no two different orders have the same bytes.
struct CanonicalBytes {
    private var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(2048)
    }

    var sha256: [UInt8] {
        DigestAlgorithm.sha256.digest(bytes)
    }

    mutating func append(count: Int) {
        withUnsafeBytes(of: UInt32(clamping: count).bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ text: String) {
        append(count: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ text: String?) {
        bytes.append(text == nil ? 0 : 1)
        if let text { append(text) }
    }
}
