/// A language of the office's pages and mails.
package enum Language: String, Codable, CaseIterable, Sendable {
    case japanese = "ja"
    case english = "en"
}

/// Words for people, in both languages of the office. A text that lacks one of them does not compile.
package struct Text: Hashable, Sendable {
    package let japanese: String
    package let english: String

    package init(_ japanese: String, _ english: String) {
        self.japanese = japanese
        self.english = english
    }

    /// What people typed, or a name: the same in both languages.
    package init(verbatim text: String) {
        self.init(text, text)
    }

    package func callAsFunction(_ language: Language) -> String {
        switch language {
        case .japanese: japanese
        case .english: english
        }
    }
}

/// A choice that people see: an enumeration whose cases have words.
package protocol Worded {
    var text: Text { get }
}
