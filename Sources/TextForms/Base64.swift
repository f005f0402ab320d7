/// Bytes as base64 (RFC 4648, section 4): always with padding.
package enum Base64 {
    /// What keeps a text from being base64.
    package enum Defect: Error, Hashable, CustomStringConvertible {
        /// It holds a character that has no place there.
        case character
        /// It ends in the middle of a byte, without its padding, or with bits beyond the last byte.
        case end

        package var description: String {
            switch self {
            case .character: "characters that are not base64"
            case .end: "base64 that ends in the middle"
            }
        }
    }

    /// The text of bytes, without line breaks.
    package static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: length(of: bytes)) { target in
            bytes.withUnsafeBufferPointer { write($0, to: target) }
            return length(of: bytes)
        }
    }

    /// The same as octets of ASCII.
    package static func octets(of bytes: [UInt8]) -> [UInt8] {
        // Into memory of the right size at once: certificates pass here by the thousand.
        [UInt8](unsafeUninitializedCapacity: length(of: bytes)) { target, written in
            bytes.withUnsafeBufferPointer { write($0, to: target) }
            written = length(of: bytes)
        }
    }

    /// The same behind other octets.
    package static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        let start = text.count
        text.append(contentsOf: repeatElement(0, count: length(of: bytes)))
        text.withUnsafeMutableBufferPointer { text in
            let target = UnsafeMutableBufferPointer(rebasing: text[start...])
            bytes.withUnsafeBufferPointer { write($0, to: target) }
        }
    }

    /// The bytes of a text, or `nil` when it is not exactly what `encode` writes.
    package static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { try? decode($0, skippingWhiteSpace: false) }
    }

    /// The bytes of a text with white space at any place.
    package static func decode(skippingWhiteSpace text: ArraySlice<UInt8>) throws(Defect) -> [UInt8] {
        try text.withUnsafeBufferPointer { (text) throws(Defect) in try decode(text, skippingWhiteSpace: true) }
    }

    /// Space, tab and line ends.
    package static func isWhiteSpace(_ octet: UInt8) -> Bool {
        octet == 0x0A || octet == 0x0D || octet == 0x20 || octet == 0x09
    }

    // MARK: Encoding

    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    private static let padding = UInt8(ascii: "=")

    private static func length(of bytes: [UInt8]) -> Int {
        (bytes.count + 2) / 3 * 4
    }

    private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to target: UnsafeMutableBufferPointer<UInt8>) {
        var (from, to) = (0, 0)
        while from + 3 <= bytes.count {
            write(bytes[from], bytes[from + 1], bytes[from + 2], to: target, at: to)
            from += 3
            to += 4
        }
        let left = bytes.count - from
        guard left > 0 else { return }
        write(bytes[from], left > 1 ? bytes[from + 1] : 0, 0, to: target, at: to)
        if left == 1 { target[to + 2] = padding }
        target[to + 3] = padding
    }

    @inline(__always)
    private static func write(
        _ first: UInt8,
        _ second: UInt8,
        _ third: UInt8,
        to target: UnsafeMutableBufferPointer<UInt8>,
        at place: Int
    ) {
        let letters = alphabet.utf8Start
        let bits = Int(first) << 16 | Int(second) << 8 | Int(third)
        target.initializeElement(at: place, to: letters[bits >> 18])
        target.initializeElement(at: place + 1, to: letters[bits >> 12 & 63])
        target.initializeElement(at: place + 2, to: letters[bits >> 6 & 63])
        target.initializeElement(at: place + 3, to: letters[bits & 63])
    }

    // MARK: Decoding

    private static let noLetter: UInt8 = 0xFF
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: noLetter, count: 256)
        for value in 0..<64 { values[Int(alphabet.utf8Start[value])] = UInt8(value) }
        return values
    }()

    /// What follows the last whole group of four letters.
    private struct Rest {
        var bits: UInt32 = 0
        var letters = 0
        var padding = 0
    }

    private static func decode(
        _ text: UnsafeBufferPointer<UInt8>,
        skippingWhiteSpace: Bool
    ) throws(Defect) -> [UInt8] {
        var rest = Rest()
        var isText = true
        var bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 3) { target, count in
            isText = values.withUnsafeBufferPointer { values in
                takeGroups(text, skippingWhiteSpace, values, into: target, &count, &rest)
            }
        }
        guard isText else { throw .character }
        switch (rest.letters, rest.padding) {
        case (0, 0): break
        case (2, 2) where rest.bits & 0x0F == 0:
            bytes.append(UInt8(truncatingIfNeeded: rest.bits >> 4))
        case (3, 1) where rest.bits & 0x03 == 0:
            bytes.append(UInt8(truncatingIfNeeded: rest.bits >> 10))
            bytes.append(UInt8(truncatingIfNeeded: rest.bits >> 2))
        default: throw .end
        }
        return bytes
    }

    /// Decodes all whole groups. Answers whether every character may be where it is.
    private static func takeGroups(
        _ text: UnsafeBufferPointer<UInt8>,
        _ skippingWhiteSpace: Bool,
        _ values: UnsafeBufferPointer<UInt8>,
        into target: UnsafeMutableBufferPointer<UInt8>,
        _ count: inout Int,
        _ rest: inout Rest
    ) -> Bool {
        for octet in text {
            let value = values[Int(octet)]
            if value == noLetter {
                if skippingWhiteSpace, isWhiteSpace(octet) { continue }
                guard octet == padding else { return false }
                rest.padding += 1
                continue
            }
            if rest.padding > 0 { return false }
            rest.bits = rest.bits << 6 | UInt32(value)
            rest.letters += 1
            guard rest.letters == 4 else { continue }
            target.initializeElement(at: count, to: UInt8(truncatingIfNeeded: rest.bits >> 16))
            target.initializeElement(at: count + 1, to: UInt8(truncatingIfNeeded: rest.bits >> 8))
            target.initializeElement(at: count + 2, to: UInt8(truncatingIfNeeded: rest.bits))
            count += 3
            (rest.bits, rest.letters) = (0, 0)
        }
        return true
    }
}
