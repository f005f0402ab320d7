import Office

/// The words under which orders stand in the full-text index, and the questions that are asked of it.
///
/// Each property of an order is a word whose first letter says what it is of. Of texts the words are all their pieces of
/// one, two and three characters (identifiers: of three): a text is found by any part of it, as Japanese, which writes no
/// blanks, needs it, and names of two characters and one as well. Of a moment the words are the day and the longer stretches that it lies in, so
/// that a period is a few words. What has all the words is then compared with what was asked, in its line.
enum OrderWords {
    enum Property: Character {
        case tenant = "t", profile = "p", licence = "l", manager = "u", status = "o", certificateState = "k"
        case template = "v", id = "n", name = "c", service = "s", department = "d", mail = "m"
        case applied = "a", issued = "i", ends = "e"

        /// Nobody looks for the orders with a 7 in their identifier.
        var shortestPiece: Int { self == .id ? OrderWords.longestPiece : 1 }
    }

    /// All words of an order.
    static func words(_ line: OrderLine) -> String {
        var words: Set<String> = [
            word(.tenant, line.tenant), word(.profile, line.profile), word(.licence, line.licence),
            word(.manager, line.manager), word(.status, line.status.rawValue), word(.template, line.template),
        ]
        for (property, text) in [
            (.id, line.id), (.name, line.commonName), (.service, line.service), (.department, line.departments),
            (.mail, line.mail),
        ] as [(Property, String)] {
            for length in property.shortestPiece...longestPiece { words.formUnion(pieces(property, text, length)) }
        }
        words.formUnion(stretches(.applied, line.applied.seconds))
        if let certificate = line.certificate {
            words.insert(word(.certificateState, certificate.state.rawValue))
            words.formUnion(stretches(.issued, certificate.issued.seconds))
            words.formUnion(stretches(.ends, certificate.notAfter.seconds))
        }
        return words.joined(separator: " ")
    }

    // MARK: Questions, in FTS5's own form

    static func any(_ property: Property, _ values: [String]) -> String {
        either(values.map { word(property, $0) })
    }

    /// What may contain the text in one of the properties: it has the pieces that cover the text. More of them would find
    /// hardly less, and cost more.
    static func containing(_ properties: [Property], _ text: String) -> String {
        let letters = Array(text.unicodeScalars)
        let length = min(longestPiece, letters.count)
        let starts = Set(stride(from: 0, through: letters.count - length, by: length)).union([letters.count - length])
        let each = properties.filter { $0.shortestPiece <= length }.map { property in
            let words = starts.sorted().map { start in
                quoted(word(property, letters[start..<(start + length)]))
            }
            return "(" + words.joined(separator: " AND ") + ")"
        }
        return "(" + each.joined(separator: " OR ") + ")"
    }

    /// What may lie in the span: a day more at each end.
    static func within(_ property: Property, _ span: OrderFilter.Span) -> String {
        var (first, last) = (day(span.first), day(span.last))
        var words: [String] = []
        for level in 0...highestLevel where first <= last {
            guard level < highestLevel else {
                words += (first...last).map { stretch(property, level, $0) }
                break
            }
            while first <= last, first % 8 != 0 {
                words.append(stretch(property, level, first))
                first += 1
            }
            while first <= last, (last + 1) % 8 != 0 {
                words.append(stretch(property, level, last))
                last -= 1
            }
            (first, last) = (first / 8, (last + 1) / 8 - 1)
        }
        return either(words)
    }

    // MARK: Words

    private static let longestPiece = 3
    /// Stretches of 1, 8, 64, 512 and 4,096 days.
    private static let highestLevel = 4
    /// The last day that stretches know, in the year 2149.
    private static let lastDay: Int64 = 65_535

    private static func either(_ words: [String]) -> String {
        // Nothing stands under a letter that is no property's.
        words.isEmpty ? "\"z\"" : "(" + words.map(quoted).joined(separator: " OR ") + ")"
    }

    private static func quoted(_ word: String) -> String { "\"\(word)\"" }

    private static func word(_ property: Property, _ value: String) -> String {
        word(property, value.unicodeScalars)
    }

    private static func word(_ property: Property, _ scalars: some Sequence<Unicode.Scalar>) -> String {
        var word = String.UnicodeScalarView(String(property.rawValue).unicodeScalars)
        word.append(contentsOf: scalars.map(letter))
        return String(word)
    }

    private static func pieces(_ property: Property, _ text: String, _ length: Int) -> Set<String> {
        let scalars = Array(text.unicodeScalars)
        guard length > 0, scalars.count >= length else { return [] }
        return Set((0...(scalars.count - length)).map { word(property, scalars[$0..<($0 + length)]) })
    }

    /// A character that the index's `ascii` tokenizer takes as part of a word: it folds capital letters of ASCII and parts
    /// words at its signs, which are therefore moved to the Private Use Area.
    private static func letter(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard scalar.isASCII, !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else { return scalar }
        return Unicode.Scalar(0xE000 + scalar.value) ?? scalar
    }

    private static func day(_ seconds: Int64) -> Int64 {
        min(max(0, seconds / 86_400), lastDay)
    }

    private static func stretches(_ property: Property, _ seconds: Int64) -> [String] {
        let day = day(seconds)
        return (0...highestLevel).map { stretch(property, $0, day >> (3 * Int64($0))) }
    }

    private static func stretch(_ property: Property, _ level: Int, _ number: Int64) -> String {
        "\(property.rawValue)\(level)x\(number)"
    }
}
