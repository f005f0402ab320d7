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
        let count = (bytes.count + 2) / 3 * 4
        // Into memory of the right size at once: certificates pass here by the thousand.
        return [UInt8](unsafeUninitializedCapacity: count) { text, written in
            alphabet.withUnsafeBufferPointer { alphabet in
                bytes.withUnsafeBufferPointer { bytes in
                    var (from, to) = (0, 0)
                    while from < bytes.count {
                        let left = bytes.count - from
                        let second = left > 1 ? bytes[from + 1] : 0
                        let third = left > 2 ? bytes[from + 2] : 0
                        let bits = Int(bytes[from]) << 16 | Int(second) << 8 | Int(third)
                        text.initializeElement(at: to, to: alphabet[bits >> 18])
                        text.initializeElement(at: to + 1, to: alphabet[bits >> 12 & 0x3F])
                        text.initializeElement(
                            at: to + 2,
                            to: left > 1 ? alphabet[bits >> 6 & 0x3F] : UInt8(ascii: "=")
                        )
                        text.initializeElement(at: to + 3, to: left > 2 ? alphabet[bits & 0x3F] : UInt8(ascii: "="))
                        from += 3
                        to += 4
                    }
                }
            }
            written = count
        }
    }

    /// - Parameter text: its callers have judged its length.
    static func decode(_ text: ArraySlice<UInt8>, maximum: Int) throws(X509Error) -> [UInt8] {
        var rest = Rest()
        var isText = true
        var bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 3) { target, count in
            isText = text.withUnsafeBufferPointer { text in
                values.withUnsafeBufferPointer { take(text, values: $0, into: target, &count, &rest) }
            }
        }
        guard isText else { throw X509Error(.malformedText, "characters that are not base64", clause: "RFC 4648 4") }
        try appendRest(rest.bits, digits: rest.digits, padding: rest.padding, to: &bytes)
        guard bytes.count <= maximum else {
            throw X509Error(.tooLarge, "contents of \(bytes.count) bytes; at most \(maximum)")
        }
        return bytes
    }

    /// What follows the last whole group of four digits.
    private struct Rest {
        var bits: UInt32 = 0
        var digits = 0
        var padding = 0
    }

    /// Decodes all whole groups. Answers whether every character may be where it is.
    private static func take(
        _ text: UnsafeBufferPointer<UInt8>,
        values: UnsafeBufferPointer<UInt8>,
        into target: UnsafeMutableBufferPointer<UInt8>,
        _ count: inout Int,
        _ rest: inout Rest
    ) -> Bool {
        for octet in text {
            let value = values[Int(octet)]
            if value == invalid {
                if isWhiteSpace(octet) { continue }
                guard octet == UInt8(ascii: "=") else { return false }
                rest.padding += 1
                continue
            }
            if rest.padding > 0 { return false }
            rest.bits = rest.bits << 6 | UInt32(value)
            rest.digits += 1
            guard rest.digits == 4 else { continue }
            target.initializeElement(at: count, to: UInt8(truncatingIfNeeded: rest.bits >> 16))
            target.initializeElement(at: count + 1, to: UInt8(truncatingIfNeeded: rest.bits >> 8))
            target.initializeElement(at: count + 2, to: UInt8(truncatingIfNeeded: rest.bits))
            count += 3
            (rest.bits, rest.digits) = (0, 0)
        }
        return true
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
