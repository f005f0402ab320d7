/// Reads a TBSCertList in pieces, strictly, as it was written here: version 2, both updates, no delta. Memory does not
/// grow with the number of entries.
///
/// The calls come in the order of the structure: `init`, `nextEntry` until it answers nil, `readExtensions`.
package struct CertificateListReader {
    /// Gives at most so many further octets; none at the end.
    package typealias Source = (Int) throws -> [UInt8]

    package let signatureAlgorithm: SignatureAlgorithm
    package let issuerDER: [UInt8]
    package let thisUpdate: Int64
    package let nextUpdate: Int64

    private var input: PiecewiseInput
    /// Octets of entries that are still to come.
    private var entriesLeft = 0
    /// Octets of the whole that are still to come.
    private var left: Int

    /// Reads up to the entries.
    package init(_ source: @escaping Source) throws {
        input = PiecewiseInput(source)
        left = try input.header(.sequence).content
        var head = DERReader(try Self.element(&input, &left))
        guard try head.smallInteger(upTo: 1) == 1 else {
            throw head.malformed("the version is not 2", clause: "RFC 5280 5.1.2.1")
        }
        signatureAlgorithm = try SignatureAlgorithm(derEncoded: Self.element(&input, &left))
        issuerDER = try Self.element(&input, &left)
        var updates = DERReader(try Self.element(&input, &left))
        thisUpdate = try X509Time.read(from: &updates)
        updates = DERReader(try Self.element(&input, &left))
        nextUpdate = try X509Time.read(from: &updates)
        guard left > 0, try input.peek() == DERTag.sequence.octet else { return }
        let header = try input.header(.sequence)
        left -= header.octets + header.content
        guard header.content > 0, left >= 0 else { throw Self.malformed("the list of entries is empty or too long") }
        entriesLeft = header.content
    }

    /// The next entry; nil after the last.
    package mutating func nextEntry() throws -> CertificateListEntry? {
        guard entriesLeft > 0 else { return nil }
        var outer = DERReader(try Self.element(&input, &entriesLeft))
        var fields = try outer.enter(.sequence)
        try outer.finish()
        var entry = CertificateListEntry(
            serialNumber: try fields.unsignedInteger(),
            revocationDate: try X509Time.read(from: &fields)
        )
        if var extensions = try fields.enterIfPresent(.sequence) {
            guard !extensions.isAtEnd else { throw fields.malformed("the list of extensions is empty") }
            while !extensions.isAtEnd { try Self.read(Extension(from: &extensions), into: &entry) }
        }
        try fields.finish()
        return entry
    }

    /// The extensions, which are the end.
    package mutating func readExtensions() throws -> [Extension] {
        guard entriesLeft == 0 else { throw Self.malformed("entries are left") }
        var outer = DERReader(try Self.element(&input, &left))
        var tagged = try outer.enter(.constructed(0))
        var list = try tagged.enter(.sequence)
        try tagged.finish()
        try outer.finish()
        var extensions: [Extension] = []
        while !list.isAtEnd { extensions.append(try Extension(from: &list)) }
        guard left == 0, try input.isAtEnd() else { throw Self.malformed("bytes are left over") }
        return extensions
    }

    private static func read(_ one: Extension, into entry: inout CertificateListEntry) throws(X509Error) {
        guard !one.critical else { throw malformed("a critical extension of an entry") }
        switch one.oid {
        case .reasonCode where entry.reason == nil:
            var value = DERReader(one.value)
            let octets = value.content(of: try value.element(.enumerated))
            try value.finish()
            guard octets.count == 1, let octet = octets.first, let reason = RevocationCode(rawValue: octet),
                reason != .unspecified
            else { throw malformed("a reason that is not used here") }
            entry.reason = reason
        case .invalidityDate where entry.invalidityDate == nil:
            var value = DERReader(one.value)
            entry.invalidityDate = try X509Time.readGeneralized(from: &value)
            try value.finish()
        default: throw malformed("an entry's extension \(one.name) that is unknown or stands twice")
        }
    }

    /// One whole element.
    private static func element(_ input: inout PiecewiseInput, _ left: inout Int) throws -> [UInt8] {
        let element = try input.element()
        left -= element.count
        guard left >= 0 else { throw malformed("an element runs over its end") }
        return element
    }

    private static func malformed(_ reason: String) -> X509Error {
        X509Error(.malformed, reason, clause: "RFC 5280 5.1")
    }
}

/// Octets that come piece by piece, read element by element. What is short is read whole.
private struct PiecewiseInput {
    private let source: CertificateListReader.Source
    private var bytes: [UInt8] = []
    private var place = 0

    /// No element that is read whole is longer.
    private static let longestElement = 16 * 1024

    init(_ source: @escaping CertificateListReader.Source) {
        self.source = source
    }

    mutating func peek() throws -> UInt8 {
        try need(1)
        return bytes[place]
    }

    mutating func isAtEnd() throws -> Bool {
        if place < bytes.count { return false }
        bytes = try source(CertificateListWriter.pieceSize)
        place = 0
        return bytes.isEmpty
    }

    /// Reads tag and length. Answers how many octets these took, and how many the content has.
    mutating func header(_ tag: DERTag) throws -> (octets: Int, content: Int) {
        let header = try readHeader()
        guard bytes[place] == tag.octet else {
            throw X509Error(.malformed, "an element has another type than expected")
        }
        place += header.octets
        return header
    }

    mutating func element() throws -> [UInt8] {
        let header = try readHeader()
        guard header.content <= Self.longestElement else { throw X509Error(.tooLarge, "an element is too long") }
        try need(header.octets + header.content)
        defer { place += header.octets + header.content }
        return Array(bytes[place..<place + header.octets + header.content])
    }

    /// Looks at tag and length without moving on. Whether the length is in its shortest form is seen by the reader of an
    /// element; for the frames it is looked at here.
    private mutating func readHeader() throws -> (octets: Int, content: Int) {
        try need(2)
        let first = Int(bytes[place + 1])
        guard first >= 0x80 else { return (2, first) }
        let count = first & 0x7F
        guard (1...4).contains(count) else { throw X509Error(.malformed, "a length that is BER, or too long") }
        try need(2 + count)
        let digits = bytes[place + 2..<place + 2 + count]
        let length = digits.reduce(0) { $0 << 8 | Int($1) }
        guard digits.first != 0, length >= 0x80 else {
            throw X509Error(.malformed, "a length is not in its shortest form")
        }
        return (2 + count, length)
    }

    private mutating func need(_ count: Int) throws {
        while bytes.count - place < count {
            let more = try source(CertificateListWriter.pieceSize)
            guard !more.isEmpty else { throw X509Error(.malformed, "an element is cut off") }
            bytes.removeFirst(place)
            place = 0
            bytes += more
        }
    }
}
