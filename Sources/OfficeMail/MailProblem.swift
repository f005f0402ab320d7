/// Why something cannot be a mail, a part of one, or the way to a server. Carries what was wrong and what mends it.
package enum MailProblem: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// A part of a mail.
    package enum Part: String, Sendable, Codable, CaseIterable {
        case from, replyTo, to, cc, bcc, subject, body, messageID, language
    }

    /// Not an address, and why.
    case badAddress(String, AddressFault)
    /// A line end, a zero or another control character where only one line may be.
    case controlCharacter(Part)
    /// Characters that ISO-2022-JP does not have.
    case unwritable(Part, [String])
    case tooLong(Part, most: Int)
    case empty(Part)
    case noRecipient
    case tooManyRecipients(most: Int)
    case badMessageID(String)
    case badLanguage(String)
    case badServer(String)
    /// A password would cross the network in clear.
    case logInWithoutTLS

    package var description: String {
        switch self {
        case .badAddress(let address, let fault): "“\(address)” is no mail address: \(fault.description)"
        case .controlCharacter(let part):
            "\(part.name) holds a line end or another control character; write it on one line"
        case .unwritable(let part, let characters):
            "\(part.name) holds characters that ISO-2022-JP does not have (\(characters.joined(separator: " "))); "
                + "replace them or choose UTF-8"
        case .tooLong(let part, let most): "\(part.name) is too long; \(most) octets at most"
        case .empty(let part): "\(part.name) is empty; write something"
        case .noRecipient: "the mail has no recipient; name one in To, Cc or Bcc"
        case .tooManyRecipients(let most): "the mail has too many recipients; \(most) at most"
        case .badMessageID(let text): "“\(text)” is no message identifier; it is word@domain, at most 200 characters"
        case .badLanguage(let text): "“\(text)” is no language code; write one as ja or en"
        case .badServer(let text): "“\(text)” is no mail server; write a host name or an address, and a port above 0"
        case .logInWithoutTLS: "a log-in needs starttls or tls, or the password would be sent in clear"
        }
    }

    /// The same for people who read Japanese.
    package var inJapanese: String {
        switch self {
        case .badAddress(let address, let fault):
            "「\(address)」はメールアドレスとして正しくありません。\(fault.inJapanese)"
        case .controlCharacter(let part): "\(part.japaneseName)に改行または制御文字が含まれています。1行で入力してください。"
        case .unwritable(let part, let characters):
            "\(part.japaneseName)にISO-2022-JPで表せない文字があります(\(characters.joined(separator: " ")))。"
                + "置き換えるか、UTF-8を選択してください。"
        case .tooLong(let part, let most): "\(part.japaneseName)が長すぎます。\(most)バイト以内で入力してください。"
        case .empty(let part): "\(part.japaneseName)を入力してください。"
        case .noRecipient: "宛先がありません。To、Cc、Bccのいずれかを入力してください。"
        case .tooManyRecipients(let most): "宛先が多すぎます。\(most)件以内にしてください。"
        case .badMessageID(let text): "「\(text)」はメッセージIDとして正しくありません。"
        case .badLanguage(let text): "「\(text)」は言語コードではありません。jaやenのように入力してください。"
        case .badServer(let text): "「\(text)」はメールサーバーとして正しくありません。ホスト名とポートを確認してください。"
        case .logInWithoutTLS: "ログインにはSTARTTLSまたはTLSが必要です。"
        }
    }
}

extension MailProblem.Part {
    package var name: String {
        switch self {
        case .from: "From"
        case .replyTo: "Reply-To"
        case .to: "To"
        case .cc: "Cc"
        case .bcc: "Bcc"
        case .subject: "the subject"
        case .body: "the body"
        case .messageID: "the message identifier"
        case .language: "the language"
        }
    }

    package var japaneseName: String {
        switch self {
        case .subject: "件名"
        case .body: "本文"
        case .messageID: "メッセージID"
        case .language: "言語"
        default: name
        }
    }
}

/// What keeps a text from being a mail address (addr-spec of RFC 5322, without quoted local parts).
package enum AddressFault: String, Hashable, Sendable, Codable {
    case empty, tooLong, notASCII, noAt, localPart, domain, displayName

    package var description: String {
        switch self {
        case .empty: "nothing is written"
        case .tooLong: "\(MailAddress.longest) characters at most, 64 of them before the @"
        case .notASCII: "use half-width letters, digits and signs"
        case .noAt: "it is written name@domain, with one @"
        case .localPart: "before the @ stand letters, digits and !#$%&'*+-/=?^_`{|}~, and single dots between them"
        case .domain: "after the @ stands a domain as example.jp, of letters, digits, hyphens and dots"
        case .displayName: "the name beside it is one line of at most \(MailAddress.longestName) characters"
        }
    }

    package var inJapanese: String {
        switch self {
        case .empty: "入力してください。"
        case .tooLong: "\(MailAddress.longest)文字以内(@の前は64文字以内)で入力してください。"
        case .notASCII: "半角文字で入力してください。"
        case .noAt: "「名前@ドメイン」の形式で、@は1つだけ入力してください。"
        case .localPart: "@の前の部分に使用できない文字、または連続したピリオドがあります。"
        case .domain: "@の後にはexample.jpのようなドメイン名を入力してください。"
        case .displayName: "表示名は1行、\(MailAddress.longestName)文字以内で入力してください。"
        }
    }
}
