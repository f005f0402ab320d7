import Foundation

/// A header field being written: lines of at most 76 characters where words allow it (RFC 5322 section 2.2.3, RFC 2047
/// section 2).
///
/// Nothing that comes from outside gets in but printable ASCII that needs no quoting, quoted strings, and encoded words;
/// so no value can begin another header field.
struct HeaderLine {
    private static let width = 76
    private static let longestWord = 75

    private(set) var text: String
    private var column: Int
    private let part: MailProblem.Part
    private let encoding: MailEncoding

    init(_ name: String, _ part: MailProblem.Part, _ encoding: MailEncoding) {
        text = name + ":"
        column = text.utf8.count
        self.part = part
        self.encoding = encoding
    }

    /// A word, after a blank or on a new line.
    mutating func add(_ word: String) {
        let count = word.utf8.count
        if column + 1 + count > Self.width, !text.hasSuffix(":") || column > Self.width {
            text += "\r\n " + word
            column = 1 + count
        } else {
            text += " " + word
            column += 1 + count
        }
    }

    /// Free text, as a subject is.
    mutating func addText(_ value: String) throws(MailProblem) {
        try Self.refuseControls(value, part)
        if isPlain(value, isAllowed: { (0x20...0x7E).contains($0) }), column + 1 + value.utf8.count <= Self.width {
            add(value)
        } else {
            try addEncodedWords(value)
        }
    }

    /// A mailbox; `isLast` is false when another follows.
    mutating func add(_ mailbox: MailAddress, isLast: Bool) throws(MailProblem) {
        let end = isLast ? "" : ","
        guard let name = mailbox.name else { return add(mailbox.address + end) }
        try Self.refuseControls(name, part)
        if isPlain(name, isAllowed: { isAtomCharacter($0) || $0 == 0x20 }), name.utf8.count <= 60 {
            add(name)
        } else if isPlain(name, isAllowed: { (0x20...0x7E).contains($0) }), name.utf8.count <= 60 {
            add("\"" + name.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] } + "\"")
        } else {
            try addEncodedWords(name)
        }
        add("<\(mailbox.address)>" + end)
    }

    static func refuseControls(_ value: String, _ part: MailProblem.Part) throws(MailProblem) {
        guard !value.unicodeScalars.contains(where: isControl) else { throw .controlCharacter(part) }
    }

    /// Text that reads back as it was when it is written as it is.
    private func isPlain(_ value: String, isAllowed: (UInt8) -> Bool) -> Bool {
        !value.isEmpty && value.utf8.allSatisfy(isAllowed) && !value.hasPrefix(" ") && !value.hasSuffix(" ")
            && !value.contains("  ") && !value.contains("=?")
    }

    private mutating func addEncodedWords(_ value: String) throws(MailProblem) {
        switch encoding {
        case .utf8:
            let characters = value.unicodeScalars.map { Array(String($0).utf8) }
            addWords(characters, size: { $0.reduce(0) { $0 + $1.count } }, octets: { $0.flatMap(\.self) })
        case .iso2022JP:
            let written = ISO2022JP.written(value)
            guard written.missing.isEmpty else { throw .unwritable(part, written.missing) }
            addWords(written.codes, size: ISO2022JP.size, octets: ISO2022JP.octets)
        }
    }

    /// Splits between whole characters, each word a text of its own that begins and ends in ASCII.
    private mutating func addWords<Unit>(
        _ units: [Unit],
        size: (ArraySlice<Unit>) -> Int,
        octets: (ArraySlice<Unit>) -> [UInt8]
    ) {
        let frame = "=?\(encoding.rawValue)?B??=".utf8.count
        func room(_ width: Int) -> Int { (width - frame) / 4 * 3 }
        var start = 0
        while start < units.count {
            var most = room(min(Self.longestWord, Self.width - column - 1))
            if most < 12 { most = room(Self.longestWord) }
            var end = start + 1
            while end < units.count, size(units[start...end]) <= most { end += 1 }
            let word = Data(octets(units[start..<end])).base64EncodedString()
            add("=?\(encoding.rawValue)?B?\(word)?=")
            start = end
        }
    }
}
