/// Base64 as RFC 4648, section 4, has it: with padding, without line breaks.
public enum Base64 {
    /// Bytes as text.
    public static func encode(_ data: [UInt8]) -> String {
        var text: [UInt8] = []
        append(data, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Text as bytes, or `nil` when it is not exactly what `encode` would write: no white space, no missing padding, no
    /// bits set beyond the data.
    public static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode($0) }
    }

    static func append(_ data: [UInt8], to text: inout [UInt8]) {
        text.reserveCapacity(text.count + (data.count + 2) / 3 * 4)
        data.withUnsafeBufferPointer { source in
            // In pieces on the stack, because an array cannot grow by bytes that are not yet there.
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) { piece in
                var place = 0
                while place < source.count {
                    let end = min(place + 3072, source.count)
                    let written = encode(source, place..<end, into: piece)
                    text.append(contentsOf: UnsafeBufferPointer(rebasing: piece[0..<written]))
                    place = end
                }
            }
        }
    }

    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    private static func encode(
        _ source: UnsafeBufferPointer<UInt8>,
        _ range: Range<Int>,
        into target: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        let letters = alphabet.utf8Start
        var from = range.lowerBound
        var to = 0
        while from < range.upperBound {
            let left = range.upperBound - from
            let second = left > 1 ? source[from + 1] : 0
            let third = left > 2 ? source[from + 2] : 0
            let bits = UInt32(source[from]) << 16 | UInt32(second) << 8 | UInt32(third)
            target[to] = letters[Int(bits >> 18)]
            target[to + 1] = letters[Int(bits >> 12 & 63)]
            target[to + 2] = left > 1 ? letters[Int(bits >> 6 & 63)] : UInt8(ascii: "=")
            target[to + 3] = left > 2 ? letters[Int(bits & 63)] : UInt8(ascii: "=")
            from += 3
            to += 4
        }
        return to
    }

    /// 0…63 for a letter, 64 for anything else.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 64, count: 256)
        for index in 0..<64 { values[Int(alphabet.utf8Start[index])] = UInt8(index) }
        return values
    }()

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        guard let last = text.last else { return [] }
        var padding = 0
        if last == UInt8(ascii: "=") { padding = text[text.count - 2] == UInt8(ascii: "=") ? 2 : 1 }
        let length = text.count / 4 * 3 - padding
        var isValid = true
        let data = [UInt8](unsafeUninitializedCapacity: length) { target, count in
            isValid = values.withUnsafeBufferPointer { decode(text, padding: padding, values: $0, into: target) }
            count = isValid ? length : 0
        }
        return isValid ? data : nil
    }

    private static func decode(
        _ text: UnsafeBufferPointer<UInt8>,
        padding: Int,
        values: UnsafeBufferPointer<UInt8>,
        into target: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        var to = 0
        let whole = padding == 0 ? text.count : text.count - 4
        for from in stride(from: 0, to: whole, by: 4) {
            let (a, b) = (values[Int(text[from])], values[Int(text[from + 1])])
            let (c, d) = (values[Int(text[from + 2])], values[Int(text[from + 3])])
            if (a | b | c | d) & 64 != 0 { return false }
            target.initializeElement(at: to, to: a << 2 | b >> 4)
            target.initializeElement(at: to + 1, to: b << 4 | c >> 2)
            target.initializeElement(at: to + 2, to: c << 6 | d)
            to += 3
        }
        guard padding > 0 else { return true }
        let (a, b) = (values[Int(text[whole])], values[Int(text[whole + 1])])
        let c = padding == 1 ? values[Int(text[whole + 2])] : 0
        if (a | b | c) & 64 != 0 { return false }
        if padding == 2 ? b & 15 != 0 : c & 3 != 0 { return false }
        target.initializeElement(at: to, to: a << 2 | b >> 4)
        if padding == 1 { target.initializeElement(at: to + 1, to: b << 4 | c >> 2) }
        return true
    }
}
