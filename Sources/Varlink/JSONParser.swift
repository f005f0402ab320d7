/// Strict JSON (RFC 8259) from hostile hands: valid UTF-8 only, no lone surrogates, no duplicate names, nothing before
/// or after the one value but white space, numbers in range, and limits that hold before memory is spent.
public enum JSONParser {
    /// Parses one value from a whole text.
    ///
    /// - Throws: what is wrong first, with its place.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer,
        limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.maximumBytes else { throw JSONError(code: .tooLarge, offset: limits.maximumBytes) }
        guard let start = bytes.baseAddress else { throw JSONError(code: .unexpectedEnd, offset: 0) }
        var scanner = JSONScanner(bytes: start, count: bytes.count, limits: limits)
        return try scanner.wholeText()
    }

    /// The same for bytes in an array.
    public static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in
            try parse(UnsafeRawBufferPointer(buffer), limits: limits)
        }
    }

    /// The same for a text in memory.
    public static func parse(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }
}

/// One pass over a text. The pointer is valid for the time of the pass only; the place never leaves `0...count`.
struct JSONScanner {
    let bytes: UnsafeRawPointer
    let count: Int
    private let maximumDepth: Int
    private var membersLeft: Int
    private let confidentialMembers: [String]
    var place = 0

    init(bytes: UnsafeRawPointer, count: Int, limits: JSONLimits) {
        self.bytes = bytes
        self.count = count
        maximumDepth = min(limits.maximumDepth, 128)
        membersLeft = limits.maximumMembers
        confidentialMembers = limits.confidentialMembers
    }

    mutating func wholeText() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipWhiteSpace()
        if place < count { throw failure(.trailingBytes) }
        return value
    }

    func failure(_ code: JSONError.Code) -> JSONError {
        JSONError(code: code, offset: place)
    }

    /// The byte at the place, or nothing at the end.
    @inline(__always)
    func peek() -> UInt8? {
        place < count ? byte(at: place) : nil
    }

    /// The byte at a place that has been compared with `count`.
    @inline(__always)
    func byte(at place: Int) -> UInt8 {
        bytes.load(fromByteOffset: place, as: UInt8.self)
    }

    @inline(__always)
    private mutating func skipWhiteSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place &+= 1 }
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipWhiteSpace()
        guard let byte = peek() else { throw failure(.unexpectedEnd) }
        switch byte {
        case UInt8(ascii: "\""):
            place &+= 1
            return .string(try string())
        case UInt8(ascii: "{"):
            return .object(try object(depth: try deeper(depth)))
        case UInt8(ascii: "["):
            return .array(try array(depth: try deeper(depth)))
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return try number()
        default:
            throw failure(.unexpectedByte)
        }
    }

    /// The value of a member that is confidential if it is a text.
    private mutating func confidentialValue(depth: Int) throws(JSONError) -> JSONValue {
        skipWhiteSpace()
        guard peek() == UInt8(ascii: "\"") else { return try value(depth: depth) }
        place &+= 1
        return .confidential(try confidentialText())
    }

    private func deeper(_ depth: Int) throws(JSONError) -> Int {
        guard depth < maximumDepth else { throw failure(.tooDeep) }
        return depth + 1
    }

    private mutating func literal(_ text: StaticString) throws(JSONError) {
        for index in 0..<text.utf8CodeUnitCount {
            guard let byte = peek() else { throw failure(.unexpectedEnd) }
            guard byte == text.utf8Start[index] else { throw failure(.unexpectedByte) }
            place &+= 1
        }
    }

    private mutating func countMember() throws(JSONError) {
        guard membersLeft > 0 else { throw failure(.tooManyMembers) }
        membersLeft &-= 1
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        place &+= 1
        var elements: [JSONValue] = []
        skipWhiteSpace()
        if peek() == UInt8(ascii: "]") {
            place &+= 1
            return elements
        }
        while true {
            try countMember()
            if elements.isEmpty { elements.reserveCapacity(4) }
            elements.append(try value(depth: depth))
            guard try anotherFollows(closing: UInt8(ascii: "]")) else { return elements }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        place &+= 1
        var members: [JSONObject.Member] = []
        skipWhiteSpace()
        if peek() == UInt8(ascii: "}") {
            place &+= 1
            return JSONObject(unique: members)
        }
        members.reserveCapacity(8)
        var names = NameSet()
        while true {
            try countMember()
            skipWhiteSpace()
            guard let quote = peek() else { throw failure(.unexpectedEnd) }
            guard quote == UInt8(ascii: "\"") else { throw failure(.unexpectedByte) }
            let start = place
            place &+= 1
            let name = try string()
            guard names.insert(name, after: members) else { throw JSONError(code: .duplicateName, offset: start) }
            skipWhiteSpace()
            guard let colon = peek() else { throw failure(.unexpectedEnd) }
            guard colon == UInt8(ascii: ":") else { throw failure(.unexpectedByte) }
            place &+= 1
            let value = try confidentialMembers.contains(name) ? confidentialValue(depth: depth) : value(depth: depth)
            members.append(JSONObject.Member(name: name, value: value))
            guard try anotherFollows(closing: UInt8(ascii: "}")) else { return JSONObject(unique: members) }
        }
    }

    /// Steps over the comma (true) or the closing bracket (false) after an element.
    private mutating func anotherFollows(closing: UInt8) throws(JSONError) -> Bool {
        skipWhiteSpace()
        guard let byte = peek() else { throw failure(.unexpectedEnd) }
        guard byte == UInt8(ascii: ",") || byte == closing else { throw failure(.unexpectedByte) }
        place &+= 1
        return byte != closing
    }
}

/// Notices a name that comes twice: by looking through the members while they are few, by hash when they are many.
private struct NameSet {
    private var names: Set<String> = []

    mutating func insert(_ name: String, after members: [JSONObject.Member]) -> Bool {
        if members.count < 16 {
            return !members.contains { $0.name == name }
        }
        if names.isEmpty { names = Set(members.map(\.name)) }
        return names.insert(name).inserted
    }
}
