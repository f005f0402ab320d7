/// A mailbox: an address that was checked, and the name that may stand beside it.
///
/// The address is an addr-spec of RFC 5322 section 3.4.1 in half-width characters, its local part a dot-atom (no quoted
/// strings), its domain one with a dot in it (no address literals).
package struct MailAddress: Hashable, Sendable {
    /// Octets of the address (the specification's limit for mail addresses).
    package static let longest = 128
    /// Characters of the name.
    package static let longestName = 128

    /// `local@domain`
    package let address: String
    package let name: String?

    package init(_ address: String, name: String? = nil) throws(MailProblem) {
        if let fault = Self.fault(of: address) { throw .badAddress(printable(address), fault) }
        if let name, name.unicodeScalars.contains(where: isControl) || name.count > Self.longestName {
            throw .badAddress(address, .displayName)
        }
        self.address = address
        self.name = name.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Reads `local@domain` or `Name <local@domain>`; the name may be in quotation marks.
    package init(parsing text: String) throws(MailProblem) {
        let (name, address) = Self.parts(of: text)
        try self.init(address, name: name)
    }

    /// Name and address as they are written, neither checked.
    static func parts(of text: String) -> (name: String?, address: String) {
        let text = trimmed(text[...])
        guard text.hasSuffix(">"), let open = text.lastIndex(of: "<") else { return (nil, String(text)) }
        var name = trimmed(text[..<open])
        if name.count >= 2, name.hasPrefix("\""), name.hasSuffix("\"") { name = name.dropFirst().dropLast() }
        return (String(name), String(text[text.index(after: open)...].dropLast()))
    }

    /// What keeps the text from being an address; `nil` when it is one.
    package static func fault(of address: String) -> AddressFault? {
        let octets = Array(address.utf8)
        if octets.isEmpty { return .empty }
        if octets.count > longest { return .tooLong }
        guard octets.allSatisfy({ (0x21...0x7E).contains($0) }) else { return .notASCII }
        let halves = octets.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard halves.count == 2 else { return .noAt }
        if halves[0].count > 64 { return .tooLong }
        guard isDotAtom(halves[0]) else { return .localPart }
        guard isDomain(halves[1]) else { return .domain }
        return nil
    }

    private static func isDotAtom(_ octets: ArraySlice<UInt8>) -> Bool {
        octets.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && $0.allSatisfy(isAtomCharacter) }
    }

    private static func isDomain(_ octets: ArraySlice<UInt8>) -> Bool {
        let labels = octets.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let hyphen = UInt8(ascii: "-")
        return labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
                    && label.allSatisfy { isAlphanumeric($0) || $0 == hyphen }
            }
            // A last label of digits alone would be read as an IPv4 address.
            && !labels[labels.count - 1].allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}

extension MailAddress: Codable {
    private enum Key: CodingKey { case address, name }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        try self.init(
            fields.decode(String.self, forKey: .address),
            name: fields.decodeIfPresent(String.self, forKey: .name)
        )
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(address, forKey: .address)
        try fields.encodeIfPresent(name, forKey: .name)
    }
}

extension MailAddress: CustomStringConvertible {
    /// As people read it; headers have their own form.
    package var description: String {
        name.map { "\($0) <\(address)>" } ?? address
    }
}

/// atext of RFC 5322 section 3.2.3.
func isAtomCharacter(_ octet: UInt8) -> Bool {
    isAlphanumeric(octet) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(octet)
}

func isAlphanumeric(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"):
        true
    default: false
    }
}

/// Characters that end lines or steer terminals and mail programs: C0, DEL, C1, and Unicode's own line ends.
func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: true
    default: false
    }
}

/// Without blanks at either end, the ideographic one too.
func trimmed(_ text: Substring) -> Substring {
    func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" || character == "\u{3000}" }
    var rest = text.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return rest
}

/// For messages: at most 200 characters, control characters shown as ␣.
func printable(_ text: String) -> String {
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(200) { shown.append(isControl(scalar) ? "\u{2423}" : scalar) }
    return String(shown)
}
