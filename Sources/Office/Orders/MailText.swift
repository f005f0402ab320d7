/// Mail addresses as the office takes them: half width, at most 128 characters.
package enum MailText {
    private static func isAllowed(_ character: Character) -> Bool {
        character.isASCIIAlphanumeric || "@._+-'/=&*#^{|}".contains(character)
    }

    /// Checks an address (RFC 5321 dot-atom and domain) and gives it back without blanks around it.
    package static func check(_ text: String) throws(Refusal) -> String {
        let mail = text.trimmingBlanks
        let parts = mail.split(separator: "@", omittingEmptySubsequences: false)
        let isRight =
            mail.count <= 128 && parts.count == 2 && mail.allSatisfy(isAllowed) && (1...64).contains(parts[0].count)
            && !parts[0].hasPrefix(".") && !parts[0].hasSuffix(".") && !parts[0].contains("..")
        guard isRight, MailDomain.isName(String(parts[1])) else {
            throw Refusal(
                .input,
                Text(
                    "メールアドレスを半角128文字以内で正しく入力してください(例: taro@example.com)。",
                    "Enter a mail address of at most 128 half-width characters, such as taro@example.com."
                )
            )
        }
        return mail
    }

    /// The same for an address that a certificate will carry: its domain in small letters, and before the @ only signs that
    /// every mail system reads alike, which are those that the appliance takes.
    package static func checkForCertificate(_ text: String) throws(Refusal) -> String {
        let mail = try check(text)
        let parts = mail.split(separator: "@")
        guard let local = parts.first, let domain = parts.last,
            local.allSatisfy({ $0.isASCIIAlphanumeric || "._+-'&=/".contains($0) })
        else {
            throw Refusal(
                .input,
                Text(
                    "証明書に記載するメールアドレスの@より前に使用できる記号は . _ + - ' & = / です。",
                    "Before the @, an address in a certificate has of the signs only . _ + - ' & = /"
                )
            )
        }
        return "\(local)@\(domain.lowercased())"
    }
}
