/// A delivered subject and body.
struct StandardText {
    let subject: String
    let body: String
}

extension MailTemplate {
    /// Languages that are delivered with texts and sent from the beginning.
    package static let deliveredLanguages = ["ja", "en"]

    /// The delivered template; in another language than Japanese or English the English text, not sent until somebody has
    /// written and enabled it.
    package static func standard(_ type: MailType, language: String) -> MailTemplate {
        let kind = MailKind.template(type)
        let text = language == "ja" ? JapaneseTexts.text(of: kind) : EnglishTexts.text(of: kind)
        return MailTemplate(
            kind: kind,
            language: language,
            enabled: deliveredLanguages.contains(language),
            to: (type.isForManager ? MailVariable.managerEmail : .userEmail).written,
            cc: type.hasManagerInCopy ? MailVariable.managerEmail.written : "",
            subject: text.subject,
            body: text.body
        )
    }

    /// A mail of the service's own; Japanese for `ja`, else English.
    package static func standard(_ mail: SystemMail, language: String) -> MailTemplate {
        let kind = MailKind.system(mail)
        let text = language == "ja" ? JapaneseTexts.text(of: kind) : EnglishTexts.text(of: kind)
        let from: MailVariable =
            switch mail {
            case .domainApproval: .approvalAddress
            case .domainVetting, .profileVetting: .vettingAddress
            default: .noReplyAddress
            }
        return MailTemplate(
            kind: kind,
            language: language,
            enabled: true,
            from: from.written,
            to: MailVariable.recipientEmail.written,
            subject: text.subject,
            body: text.body
        )
    }

    /// Either.
    package static func standard(_ kind: MailKind, language: String) -> MailTemplate {
        switch kind {
        case .template(let type): standard(type, language: language)
        case .system(let mail): standard(mail, language: language)
        }
    }

    /// The same template with the delivered texts and headers; whether it is sent, and how it is written, stay.
    package var restored: MailTemplate {
        var template = Self.standard(kind, language: language)
        template.enabled = enabled
        template.encoding = encoding
        return template
    }
}
