/// Finds the bytes that matter in JSON strings, eight at a time.
enum StringScan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The place of the first quotation mark, backslash or control character (U+0000 to U+001F) in `start..<end`, or
    /// `end`.
    @inline(__always)
    static func firstSpecial(_ bytes: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
        var isASCII = true
        return firstSpecial(bytes, from: start, to: end, isASCII: &isASCII)
    }

    /// The same. Clears `isASCII` when there is a byte of 0x80 or more before that place; within the eight bytes where
    /// the place lies, one after it counts as well.
    @inline(__always)
    static func firstSpecial(
        _ bytes: UnsafeRawPointer,
        from start: Int,
        to end: Int,
        isASCII: inout Bool
    ) -> Int {
        var place = start
        var seen: UInt64 = 0
        defer { if seen & highs != 0 { isASCII = false } }
        while place &+ 8 <= end {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            seen |= word
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            // The classic "is one of these bytes zero / less than n": the lowest bit set marks the first hit exactly.
            let hits =
                ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((word &- (ones &* 0x20)) & ~word)
            let marks = hits & highs
            if marks != 0 { return place &+ marks.trailingZeroBitCount / 8 }
            place &+= 8
        }
        while place < end {
            let byte = bytes.load(fromByteOffset: place, as: UInt8.self)
            seen |= UInt64(byte)
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { return place }
            place &+= 1
        }
        return end
    }
}
