/// The rules for what stands in a certificate's name (section 2.17).
package enum DNText {
    /// Never in a name (PRO-02).
    package static let forbidden: Set<Unicode.Scalar> = ["$", "\n", "\r", ";", "!", "\0", "%", "`", "?", "~"]

    /// Checks one value and gives it back without blanks around it.
    ///
    /// - Parameter limit: the longest that is accepted, in characters (Unicode scalars).
    package static func check(
        _ text: String,
        _ label: Text,
        limit: Int,
        isRequired: Bool = true
    ) throws(Refusal) -> String {
        let trimmed = text.trimmingBlanks
        guard !trimmed.isEmpty else {
            guard isRequired else { return "" }
            throw Refusal(
                .input,
                Text("\(label.japanese)を入力してください。", "Enter the \(label.english.lowercased()).")
            )
        }
        if let bad = text.unicodeScalars.first(where: { forbidden.contains($0) || $0.properties.isUnseen }) {
            throw Refusal(
                .input,
                Text(
                    "\(label.japanese)に使用できない文字「\(bad.shown)」が含まれています。取り除いてください。",
                    "The \(label.english.lowercased()) contains the character “\(bad.shown)”, which names may not have. Take it out."
                )
            )
        }
        guard !text.unicodeScalars.contains(where: \.isUnseen) else {
            throw Refusal(
                .input,
                Text(
                    "\(label.japanese)に目に見えない文字、または外字が含まれています。入力し直してください。",
                    "The \(label.english.lowercased()) contains a character that nobody sees. Type it anew."
                )
            )
        }
        guard !trimmed.unicodeScalars.allSatisfy(\.isFiller) else {
            throw Refusal(
                .input,
                Text(
                    "\(label.japanese)は記号だけでは登録できません。正しい名称を入力してください。",
                    "The \(label.english.lowercased()) says nothing: it has only dots and dashes."
                )
            )
        }
        guard trimmed.unicodeScalars.count <= limit else {
            throw Refusal(
                .input,
                Text(
                    "\(label.japanese)は\(limit)文字以内で入力してください。",
                    "The \(label.english.lowercased()) may have at most \(limit) characters."
                )
            )
        }
        return trimmed
    }
}

extension String {
    /// Without blanks, half or full width, at both ends.
    package var trimmingBlanks: String {
        var rest = self[...]
        while let first = rest.first, first == " " || first == "\t" || first == "\u{3000}" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" || last == "\u{3000}" { rest.removeLast() }
        return String(rest)
    }
}

extension Unicode.Scalar {
    /// Whether nobody sees it, or it changes how others look: the appliance signs no name with it.
    var isUnseen: Bool {
        switch value {
        case 0x20, 0x3000: return false
        case 0x034F, 0x115F, 0x1160, 0x2800, 0x3099, 0x309A, 0x3164, 0xFFA0, 0xFFFD: return true
        default: break
        }
        switch properties.generalCategory {
        case .control, .format, .privateUse, .unassigned, .surrogate, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return true
        default: return false
        }
    }

    /// Dots, dashes and spaces, in half or full width, which alone only say that there is no name.
    var isFiller: Bool {
        switch value {
        case 0x20, 0x2D, 0x2E, 0x3000, 0xFF0D, 0xFF0E, 0x2010, 0x2013, 0x2014, 0x2212, 0x30FC, 0x30FB, 0x3002: true
        default: false
        }
    }

    /// As a message shows it.
    var shown: String {
        properties.isUnseen ? "U+" + String(value, radix: 16, uppercase: true) : String(Character(self))
    }
}

extension Unicode.Scalar.Properties {
    /// Whether nobody sees it: controls, what turns the direction of writing around, what has no width. A name that is read
    /// otherwise than it is written is no name.
    var isUnseen: Bool {
        switch generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
