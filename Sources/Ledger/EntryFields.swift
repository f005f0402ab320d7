internal import TextForms

/// The fields of an entry's body, read back.
package struct EntryFields: Sendable {
    /// In the order of the body. Octets come back as the hexadecimal text that was written.
    package let members: [(String, EventValue)]

    /// Reads a body. Refuses whatever the ledger's own writer would not have written.
    package init(body: [UInt8]) throws(LedgerError) {
        var reader = CanonicalReader(bytes: body)
        guard let members = reader.readObject() else {
            throw .damaged("the body of an entry is not in the canonical form, near octet \(reader.place)")
        }
        self.members = members
    }

    package subscript(name: String) -> EventValue? {
        members.first { $0.0 == name }?.1
    }

    package func text(_ name: String) -> String? {
        if case .text(let text)? = self[name] { text } else { nil }
    }

    package func number(_ name: String) -> Int64? {
        if case .number(let number)? = self[name] { number } else { nil }
    }

    package func flag(_ name: String) -> Bool? {
        if case .flag(let flag)? = self[name] { flag } else { nil }
    }

    package func hex(_ name: String) -> [UInt8]? {
        text(name).flatMap { HexText.decodeCanonical($0) }
    }

    func base64(_ name: String) -> [UInt8]? {
        text(name).flatMap { Base64.decode($0) }
    }
}

/// A cursor over one canonical JSON object. Every method answers `nil` for what the writer never writes.
private struct CanonicalReader {
    static let greatestDepth = 8

    let bytes: [UInt8]
    private(set) var place = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func readObject() -> [(String, EventValue)]? {
        var members: [(String, EventValue)] = []
        var names: Set<String> = []
        guard take("{") else { return nil }
        repeat {
            guard let name = readText(), names.insert(name).inserted, take(":"), let value = readValue(depth: 0) else {
                return nil
            }
            members.append((name, value))
        } while take(",")
        guard take("}"), place == bytes.count else { return nil }
        return members
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: count)
        guard bytes.count - place >= count, bytes[place..<place + count].elementsEqual(expected) else { return false }
        place += count
        return true
    }

    private mutating func readValue(depth: Int) -> EventValue? {
        guard place < bytes.count, depth <= CanonicalReader.greatestDepth else { return nil }
        switch bytes[place] {
        case UInt8(ascii: "\""): return readText().map { .text($0) }
        case UInt8(ascii: "t"): return take(word: "true") ? .flag(true) : nil
        case UInt8(ascii: "f"): return take(word: "false") ? .flag(false) : nil
        case UInt8(ascii: "["): return readList(depth: depth)
        default: return readNumber().map { .number($0) }
        }
    }

    private mutating func readList(depth: Int) -> EventValue? {
        guard take("[") else { return nil }
        if take("]") { return .list([]) }
        var values: [EventValue] = []
        repeat {
            guard let value = readValue(depth: depth + 1) else { return nil }
            values.append(value)
        } while take(",")
        return take("]") ? .list(values) : nil
    }

    private mutating func readNumber() -> Int64? {
        let start = place
        _ = take("-")
        while place < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) { place += 1 }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        guard let number = Int64(text), String(number) == text else { return nil }
        return number
    }

    private mutating func readText() -> String? {
        guard take("\"") else { return nil }
        let start = place
        while place < bytes.count, bytes[place] >= 0x20, bytes[place] != UInt8(ascii: "\\") {
            if bytes[place] == UInt8(ascii: "\"") {
                place += 1
                return String(validating: bytes[start..<place - 1], as: UTF8.self)
            }
            place += 1
        }
        return readEscapedText(from: start)
    }

    private mutating func readEscapedText(from start: Int) -> String? {
        var characters = Array(bytes[start..<place])
        while place < bytes.count, bytes[place] >= 0x20 {
            let character = bytes[place]
            place += 1
            switch character {
            case UInt8(ascii: "\""): return String(validating: characters, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = readEscape() else { return nil }
                characters.append(escaped)
            default: characters.append(character)
            }
        }
        return nil
    }

    private mutating func readEscape() -> UInt8? {
        if take("\"") { return UInt8(ascii: "\"") }
        if take("\\") { return UInt8(ascii: "\\") }
        guard take(word: "u00"), bytes.count - place >= 2,
            let code = HexText.decodeCanonical(String(decoding: bytes[place..<place + 2], as: UTF8.self)),
            code[0] < 0x20
        else { return nil }
        place += 2
        return code[0]
    }
}
