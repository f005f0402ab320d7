/// A text with variables, taken apart.
struct TemplateText {
    enum Piece: Equatable {
        case literal(String)
        case variable(MailVariable, TemplatePlace)
        /// Something that begins as a variable does and is none.
        case unknown(String, TemplatePlace)
    }

    private(set) var pieces: [Piece] = []

    /// - Parameter start: where the text begins in its field.
    init(_ text: String, from start: TemplatePlace = TemplatePlace(line: 1, column: 1)) {
        var place = start
        var rest = text[...]
        var literal = ""
        func flush(into pieces: inout [Piece]) {
            if !literal.isEmpty { pieces.append(.literal(literal)) }
            literal = ""
        }
        while let character = rest.first {
            guard rest.hasPrefix("$${") else {
                literal.append(character)
                rest.removeFirst()
                place.pass(character)
                continue
            }
            flush(into: &pieces)
            let (piece, after) = Self.variable(at: rest, place)
            pieces.append(piece)
            for character in rest[..<after] { place.pass(character) }
            rest = rest[after...]
        }
        flush(into: &pieces)
    }

    /// `$${Name}`, or `$${Group}{Name}` where the group is one. Blanks inside the braces do no harm.
    private static func variable(at text: Substring, _ place: TemplatePlace) -> (Piece, Substring.Index) {
        let opening = text.index(text.startIndex, offsetBy: 3)
        guard let (name, afterName) = braced(text[opening...]) else {
            let end = text.firstIndex(where: \.isNewline) ?? text.endIndex
            return (.unknown(String(text[..<end].prefix(60)), place), end)
        }
        if MailVariable.groups.contains(name), text[afterName...].hasPrefix("{"),
            let (member, afterMember) = braced(text[text.index(after: afterName)...])
        {
            if let variable = MailVariable(rawValue: "\(name).\(member)") {
                return (.variable(variable, place), afterMember)
            }
            return (.unknown(String(text[..<afterMember].prefix(60)), place), afterMember)
        }
        if let variable = MailVariable(rawValue: String(name)), !variable.rawValue.contains(".") {
            return (.variable(variable, place), afterName)
        }
        return (.unknown(String(text[..<afterName].prefix(60)), place), afterName)
    }

    private static func braced(_ text: Substring) -> (name: Substring, after: Substring.Index)? {
        guard let end = text.firstIndex(where: { $0 == "}" || $0.isNewline }), text[end] == "}" else { return nil }
        return (trimmed(text[..<end]), text.index(after: end))
    }

    /// The text with its variables' values; a value is never read for variables again.
    func filled(_ value: (MailVariable) -> String) -> String {
        pieces.map { piece in
            switch piece {
            case .literal(let text), .unknown(let text, _): text
            case .variable(let variable, _): value(variable)
            }
        }
        .joined()
    }

    var literals: String {
        pieces.map { if case .literal(let text) = $0 { text } else { "" } }.joined()
    }
}

/// Where something stands in a field, both counted from 1.
package struct TemplatePlace: Hashable, Sendable, Codable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    mutating func pass(_ character: Character) {
        if character.isNewline {
            line += 1
            column = 1
        } else {
            column += 1
        }
    }
}
