/// One piece of a description's text.
struct InterfaceToken: Equatable {
    enum Kind: Equatable {
        /// A keyword, a name or an interface name.
        case word(String)
        /// `(` `)` `,` `:` `?` `->` `[]` `[string]`
        case mark(String)
        case end
    }

    let kind: Kind
    let line: Int
}

/// Cuts a description's text into pieces; comments and white space fall away.
struct InterfaceLexer {
    private let bytes: [UInt8]
    private var place = 0
    private var line = 1

    init(_ source: String) {
        bytes = Array(source.utf8)
    }

    mutating func next() throws(InterfaceError) -> InterfaceToken {
        skipSpaceAndComments()
        let line = line
        guard place < bytes.count else { return InterfaceToken(kind: .end, line: line) }
        let byte = bytes[place]
        if Self.isWordByte(byte) {
            let start = place
            while place < bytes.count, Self.isWordByte(bytes[place]), !startsArrow { place += 1 }
            let word = String(decoding: bytes[start..<place], as: UTF8.self)
            return InterfaceToken(kind: .word(word), line: line)
        }
        for mark in ["->", "[string]", "[]", "(", ")", ",", ":", "?"] where bytes[place...].starts(with: mark.utf8) {
            place += mark.utf8.count
            return InterfaceToken(kind: .mark(mark), line: line)
        }
        throw InterfaceError(line: line, reason: "a character that has no meaning here")
    }

    private var startsArrow: Bool { bytes[place...].starts(with: "->".utf8) }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private mutating func skipSpaceAndComments() {
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\n"):
                line += 1
                place += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                place += 1
            case UInt8(ascii: "#"):
                while place < bytes.count, bytes[place] != UInt8(ascii: "\n") { place += 1 }
            default: return
            }
        }
    }

    /// The rest of a word that may hold dashes: interface names only.
    mutating func interfaceName() throws(InterfaceError) -> String {
        skipSpaceAndComments()
        let start = place
        while place < bytes.count, Self.isWordByte(bytes[place]) || bytes[place] == UInt8(ascii: "-") { place += 1 }
        let name = String(decoding: bytes[start..<place], as: UTF8.self)
        guard InterfaceName.isValid(name) else {
            throw InterfaceError(line: line, reason: "“\(name)” is no interface name (as io.example.Things)")
        }
        return name
    }
}

/// The names that the grammar allows.
enum InterfaceName {
    /// `[A-Za-z](-*[A-Za-z0-9])*(.[A-Za-z0-9](-*[A-Za-z0-9])*)+`
    static func isValid(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count > 1, let first = name.utf8.first, isLetter(first) else { return false }
        return parts.allSatisfy { part in
            guard let start = part.first, let end = part.last else { return false }
            return isLetterOrDigit(start) && isLetterOrDigit(end)
                && part.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// `[A-Z][A-Za-z0-9]*`
    static func isMember(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first), first & 0x20 == 0 else { return false }
        return name.utf8.allSatisfy(isLetterOrDigit)
    }

    /// `[A-Za-z](_?[A-Za-z0-9])*`
    static func isField(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first), name.utf8.last != UInt8(ascii: "_") else { return false }
        var previous: UInt8 = 0
        for byte in name.utf8 {
            let isUnderscore = byte == UInt8(ascii: "_")
            guard isLetterOrDigit(byte) || isUnderscore && previous != byte else { return false }
            previous = byte
        }
        return true
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
