/// What is wrong with a part of a template, or of a mail filled from it.
package struct MailTemplateProblem: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    package enum Fault: Hashable, Sendable, Codable {
        case unknownVariable(String, TemplatePlace)
        /// The mail's cause has no value for it.
        case foreignVariable(MailVariable, TemplatePlace)
        /// The caller gave no value.
        case noValue(MailVariable)
        /// From names not exactly one mailbox.
        case notOneSender
        case mail(MailProblem)
    }

    package let part: MailProblem.Part
    package let fault: Fault

    package var description: String {
        switch fault {
        case .unknownVariable(let text, let place):
            "\(part.name), line \(place.line), character \(place.column): \(text) is no variable; choose one of the palette"
        case .foreignVariable(let variable, let place):
            "\(part.name), line \(place.line), character \(place.column): \(variable.written) has no value in this mail; "
                + "choose one of the palette"
        case .noValue(let variable): "\(part.name): \(variable.written) was given no value"
        case .notOneSender: "From takes exactly one mail address"
        case .mail(let problem): problem.description
        }
    }

    package var inJapanese: String {
        switch fault {
        case .unknownVariable(let text, let place):
            "\(part.japaneseName)の\(place.line)行目\(place.column)文字目:「\(text)」は変数ではありません。一覧から選択してください。"
        case .foreignVariable(let variable, let place):
            "\(part.japaneseName)の\(place.line)行目\(place.column)文字目:"
                + "\(variable.written)はこのメールでは使用できません。一覧から選択してください。"
        case .noValue(let variable): "\(part.japaneseName):\(variable.written)の値がありません。"
        case .notOneSender: "Fromにはメールアドレスを1つだけ入力してください。"
        case .mail(let problem): problem.inJapanese
        }
    }

    package func text(in language: String) -> String {
        language == "ja" ? inJapanese : description
    }
}

/// All that is wrong, in the order of the parts.
package struct MailTemplateProblems: Error, Hashable, Sendable, CustomStringConvertible {
    package let problems: [MailTemplateProblem]

    package var description: String { problems.map(\.description).joined(separator: "; ") }
}
