/// What came of an attempt to deliver a mail.
package enum SMTPOutcome: Hashable, Sendable {
    /// The server has taken the mail, for all recipients but those that it refused.
    case delivered(words: String, refused: [SMTPRefusal])
    /// Not now: try again. `words` are the server's, or say what came between.
    case temporary(code: Int?, words: String)
    /// Never: the server will not take this mail.
    case permanent(code: Int, words: String)
}

/// A recipient whom the server refused, in its words.
package struct SMTPRefusal: Hashable, Sendable, Codable {
    package let address: String
    package let code: Int
    package let words: String

    package init(address: String, code: Int, words: String) {
        self.address = address
        self.code = code
        self.words = words
    }

    /// Whether it may go better later.
    package var isTemporary: Bool { code < 500 }
}
