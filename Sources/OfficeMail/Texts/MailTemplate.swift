import Clocks

/// The text of a kind of mail in a language, with variables in every field.
package struct MailTemplate: Hashable, Sendable, Codable {
    package let kind: MailKind
    /// A code as `ja` or `en`.
    package let language: String
    /// Whether mails of this kind and language are sent at all.
    package var enabled: Bool
    package var encoding: MailEncoding
    package var from: String
    package var replyTo: String
    /// These three: mailboxes separated by commas.
    package var to: String
    package var cc: String
    package var bcc: String
    package var subject: String
    package var body: String

    package init(
        kind: MailKind,
        language: String,
        enabled: Bool,
        encoding: MailEncoding = .utf8,
        from: String = MailVariable.noReplyAddress.written,
        replyTo: String = "",
        to: String,
        cc: String = "",
        bcc: String = "",
        subject: String,
        body: String
    ) {
        self.kind = kind
        self.language = language
        self.enabled = enabled
        self.encoding = encoding
        self.from = from
        self.replyTo = replyTo
        self.to = to
        self.cc = cc
        self.bcc = bcc
        self.subject = subject
        self.body = body
    }
}

/// A mail that has its texts and recipients, and not yet its date and identifier.
package struct FilledMail: Hashable, Sendable, Codable {
    package var kind: MailKind
    package var language: String
    package var encoding: MailEncoding
    package var from: MailAddress
    package var replyTo: [MailAddress]
    package var to: [MailAddress]
    package var cc: [MailAddress]
    package var bcc: [MailAddress]
    package var subject: String
    package var body: String

    package func message(date: Timestamp, messageID: MessageID) -> MailMessage {
        MailMessage(
            from: from,
            replyTo: replyTo,
            to: to,
            cc: cc,
            bcc: bcc,
            subject: subject,
            body: body,
            encoding: encoding,
            date: date,
            messageID: messageID,
            language: language
        )
    }

    /// The same mail for one other reader alone: To, Cc and Bcc are forgotten (test mails).
    package func redirected(to reader: MailAddress) -> FilledMail {
        var mail = self
        mail.to = [reader]
        mail.cc = []
        mail.bcc = []
        return mail
    }
}
