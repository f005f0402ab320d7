/// Base64 of RFC 4648 4, strict: full padding, no bits left over; white space is skipped.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let invalid: UInt8 = 0xFF
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    static func isWhiteSpace(_ octet: UInt8) -> Bool {
        octet == 0x0A || octet == 0x0D || octet == 0x20 || octet == 0x09
    }

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let second = left > 1 ? bytes[index + 1] : 0
            let third = left > 2 ? bytes[index + 2] : 0
            text.append(alphabet[Int(bytes[index] >> 2)])
            text.append(alphabet[Int(bytes[index] & 0x03) << 4 | Int(second >> 4)])
            text.append(left > 1 ? alphabet[Int(second & 0x0F) << 2 | Int(third >> 6)] : UInt8(ascii: "="))
            text.append(left > 2 ? alphabet[Int(third & 0x3F)] : UInt8(ascii: "="))
            index += 3
        }
        return text
    }

    static func decode(_ text: ArraySlice<UInt8>, maximum: Int) throws(X509Error) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(text.count / 4 * 3 + 3, maximum + 3))
        var bits: UInt32 = 0
        var digits = 0
        var padding = 0
        let values = values
        for octet in text {
            let value = values[Int(octet)]
            if value == invalid {
                if isWhiteSpace(octet) { continue }
                if octet == UInt8(ascii: "=") {
                    padding += 1
                    continue
                }
            }
            guard value != invalid, padding == 0 else {
                throw X509Error(.malformedText, "characters that are not base64", clause: "RFC 4648 4")
            }
            bits = bits << 6 | UInt32(value)
            digits += 1
            if digits == 4 {
                bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
                bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
                bytes.append(UInt8(truncatingIfNeeded: bits))
                bits = 0
                digits = 0
            }
        }
        try appendRest(bits, digits: digits, padding: padding, to: &bytes)
        guard bytes.count <= maximum else {
            throw X509Error(.tooLarge, "contents of \(bytes.count) bytes; at most \(maximum)")
        }
        return bytes
    }

    private static func appendRest(
        _ bits: UInt32,
        digits: Int,
        padding: Int,
        to bytes: inout [UInt8]
    ) throws(X509Error) {
        switch (digits, padding) {
        case (0, 0):
            break
        case (2, 2) where bits & 0x0F == 0:
            bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
        case (3, 1) where bits & 0x03 == 0:
            bytes.append(UInt8(truncatingIfNeeded: bits >> 10))
            bytes.append(UInt8(truncatingIfNeeded: bits >> 2))
        default:
            throw X509Error(.malformedText, "base64 that ends in the middle", clause: "RFC 4648 4")
        }
    }
}
