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
        if let bad = text.unicodeScalars.first(where: { forbidden.contains($0) || $0.properties.isControl }) {
            throw Refusal(
                .input,
                Text(
                    "\(label.japanese)に使用できない文字「\(bad.shown)」が含まれています。取り除いてください。",
                    "The \(label.english.lowercased()) contains the character “\(bad.shown)”, which names may not have. Take it out."
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
    /// As a message shows it.
    var shown: String {
        properties.isControl ? "U+" + String(value, radix: 16, uppercase: true) : String(Character(self))
    }
}

extension Unicode.Scalar.Properties {
    var isControl: Bool { generalCategory == .control }
}
