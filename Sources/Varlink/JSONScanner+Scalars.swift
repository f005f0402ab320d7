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
        return try stringWithEscapes(start: start, isASCII: isASCII)
    }

    private func checked(_ text: UnsafeBufferPointer<UInt8>, start: Int) throws(JSONError) -> String {
        guard let string = String(validating: text, as: UTF8.self) else {
            throw JSONError(code: .invalidUTF8, offset: start)
        }
        return string
    }

    /// The longer way, from the first backslash on.
    private mutating func stringWithEscapes(start: Int, isASCII: Bool) throws(JSONError) -> String {
        var isASCII = isASCII
        var runStart = start
        var text: [UInt8] = []
        swap(&text, &unescaped)
        defer { swap(&text, &unescaped) }
        text.removeAll(keepingCapacity: true)
        while true {
            text.append(contentsOf: UnsafeRawBufferPointer(start: bytes + runStart, count: place - runStart))
            guard let byte = peek() else { throw failure(.unexpectedEnd) }
            switch byte {
            case UInt8(ascii: "\""):
                place &+= 1
                if isASCII { return String(decoding: text, as: UTF8.self) }
                return try text.withUnsafeBufferPointer { (whole) throws(JSONError) in
                    try checked(whole, start: start)
                }
            case UInt8(ascii: "\\"):
                place &+= 1
                // Only `\u` can bring anything beyond ASCII.
                if peek() == UInt8(ascii: "u") { isASCII = false }
                try appendEscaped(to: &text)
            default:
                throw failure(.controlCharacter)
            }
            runStart = place
            place = StringScan.firstSpecial(bytes, from: place, to: count, isASCII: &isASCII)
        }
    }

    /// What follows a backslash.
    mutating func appendEscaped(to text: inout [UInt8]) throws(JSONError) {
        guard let byte = peek() else { throw failure(.unexpectedEnd) }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            let start = place - 1
            place &+= 1
            let scalar = try escapedScalar(start: start)
            text.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
            return
        default: throw failure(.invalidEscape)
        }
        place &+= 1
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
