/// Bytes as lower-case hexadecimal text.
package enum HexText {
    private static let digits: StaticString = "0123456789abcdef"

    /// Two digits an octet.
    package static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { target in
            write(bytes, to: target)
            return bytes.count * 2
        }
    }

    /// The same behind other octets of ASCII.
    package static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        let start = text.count
        text.append(contentsOf: repeatElement(0, count: bytes.count * 2))
        text.withUnsafeMutableBufferPointer { write(bytes, to: UnsafeMutableBufferPointer(rebasing: $0[start...])) }
    }

    private static func write(_ bytes: [UInt8], to target: UnsafeMutableBufferPointer<UInt8>) {
        var place = 0
        for byte in bytes {
            target.initializeElement(at: place, to: digits.utf8Start[Int(byte >> 4)])
            target.initializeElement(at: place + 1, to: digits.utf8Start[Int(byte & 15)])
            place += 2
        }
    }

    /// The octets, or `nil` for anything but pairs of hexadecimal digits (either case).
    package static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(of: digits[index]), let low = value(of: digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// The octets, or `nil` when the text is not exactly what `encode` writes.
    package static func decodeCanonical(_ text: String) -> [UInt8]? {
        guard let bytes = decode(text), encode(bytes) == text else { return nil }
        return bytes
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
