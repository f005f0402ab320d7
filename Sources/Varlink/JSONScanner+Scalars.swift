// Strings and numbers.

extension JSONScanner {
    /// The string whose opening quotation mark has just been stepped over.
    mutating func string() throws(JSONError) -> String {
        let start = place
        var isASCII = true
        let stop = StringScan.firstSpecial(bytes, from: start, to: count, isASCII: &isASCII)
        place = stop
        guard let byte = peek() else { throw failure(.unexpectedEnd) }
        if byte == UInt8(ascii: "\"") {
            place &+= 1
            let text = UnsafeBufferPointer(
                start: (bytes + start).assumingMemoryBound(to: UInt8.self),
                count: stop - start
            )
            // ASCII is valid as it is; checking costs several times as much for short strings.
            return isASCII ? String(decoding: text, as: UTF8.self) : try checked(text, start: start)
        }
        guard byte == UInt8(ascii: "\\") else { throw failure(.controlCharacter) }
        if let text = stringWithShortEscapes(start: start) { return text }
        return try stringWithEscapes(start: start)
    }

    private func checked(_ text: UnsafeBufferPointer<UInt8>, start: Int) throws(JSONError) -> String {
        guard let string = String(validating: text, as: UTF8.self) else {
            throw JSONError(code: .invalidUTF8, offset: start)
        }
        return string
    }

    /// The usual text with escapes, such as a PEM block: ASCII, with none but escapes of two characters. `nil`, with
    /// the place as it was, for any other and for what is wrong.
    private mutating func stringWithShortEscapes(start: Int) -> String? {
        var isASCII = true
        var escapes = 0
        var stop = StringScan.firstSpecial(bytes, from: start, to: count, isASCII: &isASCII)
        while stop &+ 1 < count, byte(at: stop) == UInt8(ascii: "\\") {
            guard Self.meaning(ofEscape: byte(at: stop &+ 1)) != nil else { return nil }
            escapes &+= 1
            stop = StringScan.firstSpecial(bytes, from: stop &+ 2, to: count, isASCII: &isASCII)
        }
        guard isASCII, stop < count, byte(at: stop) == UInt8(ascii: "\"") else { return nil }
        place = stop &+ 1
        return String(unsafeUninitializedCapacity: stop - start - escapes) { text in
            unescape(from: start, to: stop, into: text)
        }
    }

    /// Writes a text that `stringWithShortEscapes` has measured. Answers how many bytes it has.
    private func unescape(from start: Int, to end: Int, into text: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var written = 0
        var runStart = start
        while true {
            let stop = StringScan.firstSpecial(bytes, from: runStart, to: end)
            let run = UnsafeRawBufferPointer(start: bytes + runStart, count: stop - runStart)
            UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(text)[written...]).copyMemory(
                from: run
            )
            written += run.count
            guard stop < end, let byte = Self.meaning(ofEscape: byte(at: stop + 1)) else { return written }
            text.initializeElement(at: written, to: byte)
            written += 1
            runStart = stop + 2
        }
    }

    /// Any other text, from the first backslash on.
    private mutating func stringWithEscapes(start: Int) throws(JSONError) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((place - start) + 64)
        var runStart = start
        while true {
            text.append(contentsOf: UnsafeRawBufferPointer(start: bytes + runStart, count: place - runStart))
            guard let byte = peek() else { throw failure(.unexpectedEnd) }
            switch byte {
            case UInt8(ascii: "\""):
                place &+= 1
                return try text.withUnsafeBufferPointer { (whole) throws(JSONError) in
                    try checked(whole, start: start)
                }
            case UInt8(ascii: "\\"):
                place &+= 1
                try appendEscaped(to: &text)
            default:
                throw failure(.controlCharacter)
            }
            runStart = place
            place = StringScan.firstSpecial(bytes, from: place, to: count)
        }
    }

    /// What follows a backslash.
    mutating func appendEscaped(to text: inout [UInt8]) throws(JSONError) {
        guard let byte = peek() else { throw failure(.unexpectedEnd) }
        if let meaning = Self.meaning(ofEscape: byte) {
            text.append(meaning)
            place &+= 1
            return
        }
        guard byte == UInt8(ascii: "u") else { throw failure(.invalidEscape) }
        let start = place - 1
        place &+= 1
        let scalar = try escapedScalar(start: start)
        text.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
    }

    /// The byte that a backslash and one character stand for; `nil` for `\u` and for what JSON does not know.
    @inline(__always)
    private static func meaning(ofEscape character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): character
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The scalar after `\u`, which may take two escapes.
    private mutating func escapedScalar(start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let alone = JSONError(code: .loneSurrogate, offset: start)
        guard first < 0xDC00, peek() == UInt8(ascii: "\\") else { throw alone }
        place &+= 1
        guard peek() == UInt8(ascii: "u") else { throw alone }
        place &+= 1
        let second = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(second) else { throw alone }
        guard let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)) else { throw alone }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var number: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek() else { throw failure(.unexpectedEnd) }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw failure(.invalidEscape)
            }
            number = number << 4 | UInt32(digit)
            place &+= 1
        }
        return number
    }

    /// A number: an integer in 64 bits, or a finite double when it has a fraction or an exponent.
    mutating func number() throws(JSONError) -> JSONValue {
        let start = place
        let isNegative = peek() == UInt8(ascii: "-")
        if isNegative { place &+= 1 }
        let integer = try integerPart(isNegative: isNegative)
        let integerEnd = place
        try fractionAndExponent()
        if place == integerEnd {
            guard let integer else { throw JSONError(code: .numberOutOfRange, offset: start) }
            return .integer(integer)
        }
        let outOfRange = JSONError(code: .numberOutOfRange, offset: start)
        // No number that means something needs more; a longer one only costs time.
        guard place - start <= 64 else { throw outOfRange }
        let text = String(decoding: UnsafeRawBufferPointer(start: bytes + start, count: place - start), as: UTF8.self)
        guard let number = Double(text), number.isFinite else { throw outOfRange }
        return .double(number)
    }

    /// Digits before a fraction; `nil` when they do not fit.
    private mutating func integerPart(isNegative: Bool) throws(JSONError) -> Int64? {
        let start = place
        var magnitude: UInt64 = 0
        var fits = true
        while let digit = digit() {
            let (shifted, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.addingReportingOverflow(UInt64(digit))
            fits = fits && !overflow && !carry
            magnitude = sum
            place &+= 1
        }
        guard place > start else { throw failure(peek() == nil ? .unexpectedEnd : .invalidNumber) }
        if place - start > 1, bytes.load(fromByteOffset: start, as: UInt8.self) == UInt8(ascii: "0") {
            throw JSONError(code: .invalidNumber, offset: start)
        }
        guard fits else { return nil }
        if isNegative {
            return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
        }
        return Int64(exactly: magnitude)
    }

    private func digit() -> UInt8? {
        guard let byte = peek(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        return byte - UInt8(ascii: "0")
    }

    private mutating func fractionAndExponent() throws(JSONError) {
        if peek() == UInt8(ascii: ".") {
            place &+= 1
            try someDigits()
        }
        if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
            place &+= 1
            if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { place &+= 1 }
            try someDigits()
        }
    }

    private mutating func someDigits() throws(JSONError) {
        let start = place
        while digit() != nil { place &+= 1 }
        guard place > start else { throw failure(peek() == nil ? .unexpectedEnd : .invalidNumber) }
    }
}
