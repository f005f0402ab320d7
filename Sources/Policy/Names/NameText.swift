import TextForms

/// What is wrong with a text: the rule that it breaks and the reason in words.
struct TextProblem: Hashable, Sendable {
    var rule: PolicyRule
    var reason: String
}

/// Texts in names: what they may never hold, whoever asks.
enum NameText {
    /// The first thing that a value of a name may not have, or nil.
    static func problem(in text: String) -> TextProblem? {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else {
            return TextProblem(rule: .textEmpty, reason: "the value is empty")
        }
        var position = 0
        for scalar in text.unicodeScalars {
            position += 1
            if let what = hidden(scalar) {
                return TextProblem(
                    rule: .textHiddenCharacter,
                    reason: "the value has \(what) (\(codePoint(scalar))) at position \(position)"
                )
            }
            if isForbiddenInNames(scalar) {
                return TextProblem(
                    rule: .textForbiddenCharacter,
                    reason: "the value has the character “\(scalar)” at position \(position)"
                )
            }
        }
        if isSpace(first) || isSpace(last) {
            return TextProblem(rule: .textEdgeSpace, reason: "the value begins or ends with a space")
        }
        if isMeaningless(text) {
            return TextProblem(rule: .textMeaningless, reason: "the value “\(text)” says nothing")
        }
        return nil
    }

    /// Whether a value only says that there is none (S/MIME BR 7.1.4.2).
    static func isMeaningless(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy(isMetadata)
    }

    /// Whether two texts are the same octets: `==` of Swift takes a letter with its accent apart for the same.
    static func haveSameOctets(_ left: String, _ right: String) -> Bool {
        let answer = left.utf8.withContiguousStorageIfAvailable { left in
            right.utf8.withContiguousStorageIfAvailable { right in
                left.count == right.count && left.elementsEqual(right)
            }
        }
        return (answer ?? nil) ?? left.utf8.elementsEqual(right.utf8)
    }

    /// Characters of a class, counted against what is not hidden.
    static func isWithin(_ characters: CharacterClass, _ text: String) -> Bool {
        switch characters {
        case .text: true
        case .ascii: text.octetsAllSatisfy { (0x20...0x7E).contains($0) }
        case .printable: text.octetsAllSatisfy { ASCII.isLetterOrDigit($0) || " '()+,-./:=?".utf8.contains($0) }
        case .alphanumeric: text.octetsAllSatisfy(ASCII.isLetterOrDigit)
        case .digits: text.octetsAllSatisfy(ASCII.isDigit)
        case .mailbox: Mailbox.problem(in: text) == nil
        }
    }

    /// The signs that no value of a subject may have: they mean something to shells, templates and log-in rules.
    static func isForbiddenInNames(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "$", ";", "!", "%", "`", "?", "~": true
        default: false
        }
    }

    /// Characters that nobody sees or that change how others look.
    static func hidden(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        // The usual scripts, where every code point has a visible character.
        case 0x20...0x7E, 0x3041...0x3096, 0x309D...0x30FF, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0xFF01...0xFF9F:
            return nil
        case 0: return "the character NUL"
        case 0x0A, 0x0D: return "a line break"
        case 0x3000: return nil
        case 0x034F, 0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0: return "a character that shows nothing"
        case 0x3099, 0x309A: return "a voicing mark apart from its kana"
        case 0xFFFD: return "the sign of damaged text"
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control: return "a control character"
        case .format:
            return scalar.properties.isBidiControl
                ? "a character that turns the direction of writing" : "an invisible character"
        case .privateUse: return "a character for private use"
        case .unassigned: return "a code point without a character"
        case .surrogate: return "half a character"
        case .lineSeparator, .paragraphSeparator: return "a line break"
        case .spaceSeparator: return "an unusual space"
        default: return nil
        }
    }

    static func codePoint(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar.value == 0x3000
    }

    /// Dots, hyphens, spaces, in half or full width.
    private static func isMetadata(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20, 0x2D, 0x2E, 0x3000, 0xFF0D, 0xFF0E, 0x2010, 0x2013, 0x2014, 0x2212, 0x30FC, 0x30FB, 0x3002: true
        default: false
        }
    }
}
