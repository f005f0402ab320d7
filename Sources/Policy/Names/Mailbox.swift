/// Mail addresses as certificates here carry them: a subset of RFC 5321 4.1.2 (and RFC 6531 for other scripts) that
/// every mail system takes and no two read differently.
enum Mailbox {
    /// RFC 5321 4.5.3.1.3, less the angle brackets.
    static let longest = 254
    /// RFC 5321 4.5.3.1.1, in octets.
    static let longestLocalPart = 64

    static func problem(in address: String) -> TextProblem? {
        let octets = address.utf8
        guard octets.count <= longest else {
            return TextProblem(rule: .mailboxSyntax, reason: "the address has more than \(longest) octets")
        }
        guard let at = octets.firstIndex(of: UInt8(ascii: "@")), octets.lastIndex(of: UInt8(ascii: "@")) == at else {
            return TextProblem(rule: .mailboxSyntax, reason: "the address has not exactly one @")
        }
        let local = address[..<at]
        guard (1...longestLocalPart).contains(local.utf8.count) else {
            return TextProblem(
                rule: .mailboxSyntax,
                reason: "the part before the @ is empty or longer than \(longestLocalPart) octets"
            )
        }
        var last: Unicode.Scalar = "."
        for scalar in local.unicodeScalars {
            if scalar == ".", last == "." {
                return TextProblem(rule: .mailboxSyntax, reason: "a dot begins the address or follows a dot")
            }
            guard isLocal(scalar) else {
                return TextProblem(
                    rule: .mailboxSyntax,
                    reason: "the character \(NameText.codePoint(scalar)) before the @ is not taken"
                )
            }
            last = scalar
        }
        if last == "." { return TextProblem(rule: .mailboxSyntax, reason: "a dot stands before the @") }
        return DomainName.problem(in: address[octets.index(after: at)...])
    }

    /// Whether the local part needs SmtpUTF8Mailbox (RFC 9598 3).
    static func isInternational(_ address: String) -> Bool {
        !address.utf8.prefix { $0 != UInt8(ascii: "@") }.allSatisfy { $0 < 0x80 }
    }

    /// Whether a value has the look of an address at all.
    static func resembles(_ text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: "@"))
    }

    private static func isLocal(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            let octet = UInt8(truncatingIfNeeded: scalar.value)
            return ASCII.isLetterOrDigit(octet) || "._+-'&=/".utf8.contains(octet)
        }
        guard NameText.hidden(scalar) == nil else { return false }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .decimalNumber, .letterNumber:
            return true
        default:
            return false
        }
    }
}

/// Domains in A-labels, small letters alone, so that equal domains are equal texts.
enum DomainName {
    static func problem(in domain: Substring) -> TextProblem? {
        guard (1...253).contains(domain.utf8.count) else {
            return TextProblem(rule: .domainSyntax, reason: "the domain is empty or longer than 253 octets")
        }
        guard !domain.utf8.contains(where: ASCII.isUpper) else {
            return TextProblem(rule: .domainCase, reason: "the domain has capital letters")
        }
        guard domain.utf8.allSatisfy({ $0 < 0x80 }) else {
            return TextProblem(rule: .domainSyntax, reason: "the domain is not in its ASCII form (xn--…)")
        }
        let labels = domain.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count >= 2 else {
            return TextProblem(rule: .domainSyntax, reason: "the domain has only one label")
        }
        for label in labels where !isLabel(label) {
            return TextProblem(rule: .domainSyntax, reason: "“\(String(label) ?? "")” is no label of a domain")
        }
        if let top = labels.last, top.allSatisfy(ASCII.isDigit) {
            return TextProblem(rule: .domainSyntax, reason: "the domain ends like a network address")
        }
        return nil
    }

    /// Letters, digits, hyphens; hyphens in third and fourth place only for A-labels (RFC 5891 4.2.3.1).
    private static func isLabel(_ label: Substring.UTF8View.SubSequence) -> Bool {
        let hyphen = UInt8(ascii: "-")
        guard (1...63).contains(label.count), label.first != hyphen, label.last != hyphen,
            label.allSatisfy({ ASCII.isLetterOrDigit($0) || $0 == hyphen })
        else { return false }
        let third = label.dropFirst(2).prefix(2)
        guard third.elementsEqual([hyphen, hyphen]) else { return true }
        return label.starts(with: "xn--".utf8) && label.count > 4
    }
}
