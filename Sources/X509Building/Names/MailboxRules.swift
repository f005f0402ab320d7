/// The shape of mail addresses in certificates. Whether an address exists and belongs to somebody is not judged here.
enum MailboxRules {
    /// RFC 5321 4.5.3.1.1 and 4.5.3.1.2.
    static let longestLocalPart = 64

    /// An rfc822Name or an emailAddress: visible ASCII, dot-atom local part, domain of letter-digit-hyphen labels.
    static func checkASCII(_ address: String) throws(X509Error) {
        guard TextRules.isVisibleASCII(address) else {
            throw invalid("an address with other than visible ASCII characters", "RFC 5280 4.2.1.6")
        }
        try checkParts(address)
    }

    /// A SmtpUTF8Mailbox: at least one character of the local part is not ASCII, the domain is in A-labels.
    static func checkInternational(_ address: String) throws(X509Error) {
        for scalar in address.unicodeScalars {
            if let what = TextRules.forbidden(scalar) { throw invalid("an address with \(what)") }
            if TextRules.isSpace(scalar) { throw invalid("an address with a space") }
        }
        let local = try checkParts(address)
        guard local.utf8.contains(where: { $0 >= 0x80 }) else {
            throw invalid("an address whose local part is ASCII goes into rfc822Name", "RFC 9598 3")
        }
    }

    @discardableResult
    private static func checkParts(_ address: String) throws(X509Error) -> Substring {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw invalid("an address without exactly one @", "RFC 5321 4.1.2") }
        let local = parts[0]
        guard (1...longestLocalPart).contains(local.utf8.count) else {
            throw invalid("a local part that is empty or beyond \(longestLocalPart) octets", "RFC 5321 4.5.3.1.1")
        }
        let atoms = local.split(separator: ".", omittingEmptySubsequences: false)
        guard atoms.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isAtomText) }) else {
            throw invalid("a local part that is no dot-atom", "RFC 5321 4.1.2")
        }
        guard TextRules.isDomain(parts[1]), parts[1].contains(".") else {
            throw invalid("a mail domain that is not made of letter-digit-hyphen labels", "RFC 5321 4.1.2")
        }
        return local
    }

    private static func isAtomText(_ octet: UInt8) -> Bool {
        TextRules.isLetterOrDigit(octet) || octet >= 0x80 || "!#$%&'*+-/=?^_`{|}~".utf8.contains(octet)
    }

    private static func invalid(_ reason: String, _ clause: String? = nil) -> X509Error {
        X509Error(.nameInvalid, reason, clause: clause, field: "mailbox")
    }
}
