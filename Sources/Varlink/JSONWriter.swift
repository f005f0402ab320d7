internal import TextForms

/// Writes JSON straight into bytes, without a tree in between. Commas come by themselves; whoever writes closes what was
/// opened and gives every member a name.
public struct JSONWriter: Sendable {
    /// What has been written so far, UTF-8.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false
    private(set) var depth = 0

    /// - Parameter capacity: how many bytes to expect.
    public init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes behind what is there already.
    init(behind bytes: [UInt8]) {
        self.bytes = bytes
    }

    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// The name of the member whose value comes next.
    public mutating func name(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func string(_ text: String) {
        separate()
        quote(text)
    }

    public mutating func integer(_ number: Int64) {
        separate()
        append(String(number))
    }

    public mutating func integer(_ number: some BinaryInteger) {
        separate()
        append(String(number))
    }

    /// A number with a fraction. JSON has no infinity and no "not a number": they are written as `null`.
    public mutating func double(_ number: Double) {
        separate()
        append(number.isFinite ? number.description : "null")
    }

    public mutating func bool(_ flag: Bool) {
        separate()
        append(flag ? "true" : "false")
    }

    public mutating func null() {
        separate()
        append("null")
    }

    /// A value that is JSON already. It is not checked.
    public mutating func raw(_ fragment: [UInt8]) {
        separate()
        bytes.append(contentsOf: fragment)
    }

    /// A value that is JSON already. It is not checked.
    public mutating func raw(_ fragment: String) {
        separate()
        append(fragment)
    }

    /// A string that carries bytes in base64 (RFC 4648, section 4, with padding).
    public mutating func base64(_ data: [UInt8]) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        Base64.append(data, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Any value.
    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let flag): bool(flag)
        case .integer(let number): integer(number)
        case .double(let number): double(number)
        case .string(let text): string(text)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .confidential(let text): string(text.description)
        case .object(let object):
            beginObject()
            members(of: object)
            endObject()
        }
    }

    /// All members of an object, into the object that is open.
    public mutating func members(of object: JSONObject) {
        for member in object.members {
            name(member.name)
            value(member.value)
        }
    }

    /// The end of a message: a NUL byte.
    mutating func terminate() {
        bytes.append(0)
    }

    /// Fixed text before or around the values, as it stands.
    mutating func prologue(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        needsComma = false
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
        depth += 1
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
        depth -= 1
    }

    @inline(__always)
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        // Where the text lies in one piece, it need not even be retained.
        if text.utf8.withContiguousStorageIfAvailable({ appendEscaping($0) }) == nil {
            var text = text
            text.withUTF8 { appendEscaping($0) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaping(_ text: UnsafeBufferPointer<UInt8>) {
        guard let start = text.baseAddress else { return }
        var place = 0
        while true {
            let stop = StringScan.firstSpecial(start, from: place, to: text.count)
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[place..<stop]))
            guard stop < text.count else { return }
            appendEscape(text[stop])
            place = stop + 1
        }
    }

    private mutating func appendEscape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            append(byte < 0x10 ? "u000" : "u00")
            append(String(byte, radix: 16))
        }
    }
}

extension JSONWriter {
    /// A member with a text.
    public mutating func member(_ name: String, _ text: String) {
        self.name(name)
        string(text)
    }

    /// A member with a text that may be missing; then nothing is written.
    public mutating func member(_ name: String, _ text: String?) {
        if let text { member(name, text) }
    }

    /// A member with an integer.
    public mutating func member(_ name: String, _ number: Int64) {
        self.name(name)
        integer(number)
    }

    /// A member with an integer.
    public mutating func member(_ name: String, _ number: some BinaryInteger) {
        self.name(name)
        integer(number)
    }

    /// A member with a truth value.
    public mutating func member(_ name: String, _ flag: Bool) {
        self.name(name)
        bool(flag)
    }

    /// A member with a list of texts.
    public mutating func member(_ name: String, _ texts: [String]) {
        self.name(name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    /// A member with any value.
    public mutating func member(_ name: String, value: JSONValue) {
        self.name(name)
        self.value(value)
    }

    /// A member with an object whose members `body` writes.
    public mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
        self.name(name)
        beginObject()
        body(&self)
        endObject()
    }
}

extension JSONValue {
    /// The value as JSON text, UTF-8, without white space.
    public var encoded: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}
