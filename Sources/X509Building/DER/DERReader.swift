import TextForms

/// A bounded cursor over DER: definite minimal lengths and low tag numbers only; every step is checked against the
/// end of the element that it was made for. It never recurses; who walks down decides how deep.
struct DERReader {
    private let bytes: [UInt8]
    private(set) var position: Int
    let end: Int

    /// One tag, length and content.
    struct Element {
        let tag: DERTag
        let start: Int
        let contentStart: Int
        let end: Int
    }

    init(_ bytes: [UInt8]) {
        self.init(bytes, from: 0, to: bytes.count)
    }

    private init(_ bytes: [UInt8], from start: Int, to end: Int) {
        self.bytes = bytes
        self.position = start
        self.end = end
    }

    var isAtEnd: Bool { position == end }
    var remaining: Int { end - position }

    /// The tag of the next element, or nil at the end.
    var nextTag: DERTag? { position < end ? DERTag(octet: bytes[position]) : nil }

    /// Reads the next element, whatever its tag.
    mutating func element() throws(X509Error) -> Element {
        let start = position
        guard end - start >= 2 else { throw malformed("an element is cut off", at: start) }
        let tag = DERTag(octet: bytes[start])
        guard tag.octet & 0x1F != 0x1F else { throw malformed("tag numbers above 30 are not used in X.509", at: start) }
        guard tag.octet != 0 else { throw malformed("end-of-contents octets are BER, not DER", at: start) }
        guard tag.hasFormOfDER else { throw malformed("a type in a form that is BER, not DER", at: start) }
        let first = bytes[start + 1]
        var contentStart = start + 2
        var length = Int(first)
        if first >= 0x80 {
            let count = Int(first & 0x7F)
            guard count != 0 else { throw malformed("indefinite lengths are BER, not DER", at: start) }
            guard count <= 4, count <= end - contentStart else { throw malformed("a length is cut off", at: start) }
            length = 0
            for octet in bytes[contentStart..<contentStart + count] { length = length << 8 | Int(octet) }
            guard length >= 0x80, bytes[contentStart] != 0 else {
                throw malformed("a length is not in its shortest form", at: start)
            }
            contentStart += count
        }
        guard length <= end - contentStart else { throw malformed("an element runs over its end", at: start) }
        position = contentStart + length
        return Element(tag: tag, start: start, contentStart: contentStart, end: position)
    }

    mutating func element(_ tag: DERTag) throws(X509Error) -> Element {
        let start = position
        guard start < end else { throw malformed("an element is missing", at: start) }
        guard bytes[start] == tag.octet else { throw malformed("an element has another type than expected", at: start) }
        return try element()
    }

    /// Reads a constructed element and gives a cursor over what is inside.
    mutating func enter(_ tag: DERTag) throws(X509Error) -> DERReader {
        reader(over: try element(tag))
    }

    /// Reads a constructed element if it is the next one.
    mutating func enterIfPresent(_ tag: DERTag) throws(X509Error) -> DERReader? {
        nextTag == tag ? try enter(tag) : nil
    }

    func reader(over element: Element) -> DERReader {
        DERReader(bytes, from: element.contentStart, to: element.end)
    }

    func content(of element: Element) -> ArraySlice<UInt8> { bytes[element.contentStart..<element.end] }

    /// The content as text; nil when it is not UTF-8.
    func textIfValid(of element: Element) -> String? {
        String(utf8: bytes, in: element.contentStart..<element.end)
    }

    /// Tag, length and content, as they stand.
    func encoding(of element: Element) -> ArraySlice<UInt8> { bytes[element.start..<element.end] }

    func finish() throws(X509Error) {
        guard isAtEnd else { throw malformed("bytes are left over", at: position) }
    }

    func malformed(_ reason: String, at offset: Int? = nil, clause: String? = nil) -> X509Error {
        X509Error(.malformed, reason, clause: clause, offset: offset ?? position)
    }
}

// MARK: - Universal types

extension DERReader {
    mutating func objectIdentifier() throws(X509Error) -> OID {
        let element = try element(.objectIdentifier)
        guard let oid = OID(contentOctets: content(of: element)) else {
            throw malformed("an object identifier is not well formed", at: element.start, clause: "X.690 8.19")
        }
        return oid
    }

    mutating func null() throws(X509Error) {
        let element = try element(.null)
        guard element.contentStart == element.end else { throw malformed("NULL has content", at: element.start) }
    }

    mutating func boolean() throws(X509Error) -> Bool {
        let element = try element(.boolean)
        let octets = content(of: element)
        guard octets.count == 1, let octet = octets.first, octet == 0 || octet == 0xFF else {
            throw malformed("a BOOLEAN is neither 00 nor FF", at: element.start, clause: "X.690 11.1")
        }
        return octet == 0xFF
    }

    /// `BOOLEAN DEFAULT FALSE`: absent is false, and an encoded FALSE is not DER.
    mutating func booleanDefaultFalse() throws(X509Error) -> Bool {
        guard nextTag == .boolean else { return false }
        let start = position
        guard try boolean() else {
            throw malformed("a default value is encoded", at: start, clause: "X.690 11.5")
        }
        return true
    }

    /// A non-negative INTEGER's magnitude without leading zeros; zero is an empty array.
    mutating func unsignedInteger() throws(X509Error) -> [UInt8] {
        Array(try magnitude())
    }

    /// The same as it stands.
    mutating func magnitude() throws(X509Error) -> ArraySlice<UInt8> {
        let element = try element(.integer)
        let octets = content(of: element)
        guard let first = octets.first else { throw malformed("an INTEGER is empty", at: element.start) }
        guard first < 0x80 else { throw malformed("an INTEGER is negative", at: element.start) }
        guard first == 0 else { return octets }
        guard let second = octets.dropFirst().first else { return [] }
        guard second >= 0x80 else {
            throw malformed("an INTEGER is not in its shortest form", at: element.start, clause: "X.690 8.3.2")
        }
        return octets.dropFirst()
    }

    /// An INTEGER from zero to `maximum`.
    mutating func smallInteger(upTo maximum: Int) throws(X509Error) -> Int {
        let start = position
        let magnitude = try magnitude()
        guard magnitude.count <= 4 else { throw malformed("an INTEGER is too big", at: start) }
        let value = magnitude.reduce(0) { $0 << 8 | Int($1) }
        guard value <= maximum else { throw malformed("an INTEGER is too big", at: start) }
        return value
    }

    /// A BIT STRING of whole octets.
    mutating func octetAlignedBitString() throws(X509Error) -> ArraySlice<UInt8> {
        let element = try element(.bitString)
        let octets = content(of: element)
        guard octets.first == 0 else {
            throw malformed("a BIT STRING is not of whole octets", at: element.start)
        }
        return octets.dropFirst()
    }

    mutating func octetString() throws(X509Error) -> [UInt8] {
        Array(content(of: try element(.octetString)))
    }
}

// MARK: - Anything

extension DERReader {
    /// How deep structures that nobody interprets may nest.
    static let maximumDepth = 16

    /// Walks everything up to the end and checks that it is DER, without interpreting it.
    mutating func checkWellFormed(depth: Int = DERReader.maximumDepth) throws(X509Error) {
        guard depth > 0 else { throw malformed("structures nest deeper than \(Self.maximumDepth) levels") }
        while !isAtEnd {
            let element = try element()
            if element.tag.isConstructed {
                var inner = reader(over: element)
                try inner.checkWellFormed(depth: depth - 1)
            } else if element.tag.isUniversal {
                try checkPrimitive(element)
            }
        }
    }

    private func checkPrimitive(_ element: Element) throws(X509Error) {
        var one = DERReader(bytes, from: element.start, to: element.end)
        switch element.tag {
        case .boolean: _ = try one.boolean()
        case .null: try one.null()
        case .objectIdentifier: _ = try one.objectIdentifier()
        case .integer, .enumerated: try checkInteger(element)
        default: break
        }
    }

    private func checkInteger(_ element: Element) throws(X509Error) {
        let octets = content(of: element).prefix(2)
        guard let first = octets.first else { throw malformed("an INTEGER is empty", at: element.start) }
        guard octets.count == 2, let second = octets.last else { return }
        let redundant = (first == 0 && second < 0x80) || (first == 0xFF && second >= 0x80)
        guard !redundant else {
            throw malformed("an INTEGER is not in its shortest form", at: element.start, clause: "X.690 8.3.2")
        }
    }
}
