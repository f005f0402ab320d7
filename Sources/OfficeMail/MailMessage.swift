import Clocks

/// One mail, before it is put into octets.
package struct MailMessage: Hashable, Sendable, Codable {
    package static let mostRecipients = 100
    package static let longestSubject = 1_000
    package static let longestBody = 262_144

    package var from: MailAddress
    package var replyTo: [MailAddress]
    package var to: [MailAddress]
    package var cc: [MailAddress]
    /// In the envelope alone, never in the message.
    package var bcc: [MailAddress]
    package var subject: String
    package var body: String
    package var encoding: MailEncoding
    package var date: Timestamp
    package var messageID: MessageID
    /// A code as `ja` or `en`, for Content-Language.
    package var language: String?

    package init(
        from: MailAddress,
        replyTo: [MailAddress] = [],
        to: [MailAddress],
        cc: [MailAddress] = [],
        bcc: [MailAddress] = [],
        subject: String,
        body: String,
        encoding: MailEncoding = .utf8,
        date: Timestamp,
        messageID: MessageID,
        language: String? = nil
    ) {
        self.from = from
        self.replyTo = replyTo
        self.to = to
        self.cc = cc
        self.bcc = bcc
        self.subject = subject
        self.body = body
        self.encoding = encoding
        self.date = date
        self.messageID = messageID
        self.language = language
    }

    /// Everybody who gets the mail, each once.
    package var recipients: [MailAddress] {
        var seen: Set<String> = []
        return (to + cc + bcc).filter { seen.insert($0.address.lowercased()).inserted }
    }
}

/// What names a message for ever (RFC 5322 section 3.6.4), without its angle brackets. A mail that is tried again keeps
/// it, so that a doubled one can be told.
package struct MessageID: Hashable, Sendable, Codable, CustomStringConvertible {
    package let description: String

    package init(_ text: String) throws(MailProblem) {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        let isWhole =
            halves.count == 2 && text.utf8.count <= 200
            && halves.allSatisfy { half in
                half.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                    .allSatisfy { !$0.isEmpty && $0.allSatisfy(isAtomCharacter) }
            }
        guard isWhole else { throw .badMessageID(printable(text)) }
        description = text
    }

    /// 128 random bits at a domain of ours.
    package static func random(at domain: String) throws(MailProblem) -> MessageID {
        var generator = SystemRandomNumberGenerator()
        let number = (0..<2).map { _ in String(generator.next() as UInt64, radix: 36) }.joined(separator: ".")
        return try MessageID("\(number)@\(domain)")
    }

    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var field = encoder.singleValueContainer()
        try field.encode(description)
    }
}
