/// The GeneralName forms (RFC 5280 4.2.1.6) that certificates here carry.
package enum GeneralName: Hashable, Sendable {
    /// A mail address in ASCII.
    case rfc822Name(String)
    /// A mail address whose local part is not ASCII (RFC 9598); the domain is in A-labels.
    case smtpUTF8Mailbox(String)
    /// Microsoft's log-on name, an otherName of type 1.3.6.1.4.1.311.20.2.3.
    case userPrincipalName(String)
    case dnsName(String)
    case uniformResourceIdentifier(String)
    case directoryName(DistinguishedName)

    /// The name of the form, as in the RFC.
    package var kind: String {
        switch self {
        case .rfc822Name: "rfc822Name"
        case .smtpUTF8Mailbox: "SmtpUTF8Mailbox"
        case .userPrincipalName: "userPrincipalName"
        case .dnsName: "dNSName"
        case .uniformResourceIdentifier: "uniformResourceIdentifier"
        case .directoryName: "directoryName"
        }
    }

    /// - Throws: `nameInvalid`.
    package func check() throws(X509Error) {
        switch self {
        case .rfc822Name(let address):
            try named { () throws(X509Error) in try MailboxRules.checkASCII(address) }
        case .smtpUTF8Mailbox(let address):
            try named { () throws(X509Error) in try MailboxRules.checkInternational(address) }
        case .userPrincipalName(let name):
            try checkPrincipal(name)
        case .dnsName(let name):
            guard TextRules.isDomain(name[...]) else {
                throw invalid("not a domain of letter-digit-hyphen labels", "RFC 5280 4.2.1.6")
            }
        case .uniformResourceIdentifier(let text):
            guard TextRules.isVisibleASCII(text), text.utf8.count <= 2048, Self.hasScheme(text) else {
                throw invalid("not an absolute URI in ASCII of at most 2048 characters", "RFC 5280 4.2.1.6")
            }
        case .directoryName(let name):
            guard !name.attributes.isEmpty else { throw invalid("the name is empty") }
        }
    }

    /// A log-on name: `user@realm`, any script, as Active Directory takes it (1024 characters at most).
    private func checkPrincipal(_ name: String) throws(X509Error) {
        for scalar in name.unicodeScalars {
            if let what = TextRules.forbidden(scalar) { throw invalid("the value has \(what)") }
            if TextRules.isSpace(scalar) { throw invalid("the value has a space") }
        }
        let parts = name.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, name.unicodeScalars.count <= 1024 else {
            throw invalid("a log-on name has the form user@realm")
        }
    }

    /// RFC 3986 3.1, followed by something.
    private static func hasScheme(_ text: String) -> Bool {
        let octets = text.utf8Span.span
        for place in octets.indices {
            switch octets[place] {
            case UInt8(ascii: ":"): return place > 0 && place + 1 < octets.count
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                guard place > 0 else { return false }
            case let octet:
                guard TextRules.isLetterOrDigit(octet) else { return false }
            }
        }
        return false
    }

    private func named(_ body: () throws(X509Error) -> Void) throws(X509Error) {
        do throws(X509Error) {
            try body()
        } catch {
            throw invalid(error.reason, error.clause)
        }
    }

    private func invalid(_ reason: String, _ clause: String? = nil) -> X509Error {
        X509Error(.nameInvalid, reason, clause: clause, field: kind)
    }
}

// MARK: - DER

extension OID {
    static let smtpUTF8Mailbox: OID = [1, 3, 6, 1, 5, 5, 7, 8, 9]
    static let userPrincipalName: OID = [1, 3, 6, 1, 4, 1, 311, 20, 2, 3]
}

extension GeneralName {
    private enum Choice {
        static let otherName = DERTag.constructed(0)
        static let rfc822Name = DERTag.primitive(1)
        static let dnsName = DERTag.primitive(2)
        static let directoryName = DERTag.constructed(4)
        static let uniformResourceIdentifier = DERTag.primitive(6)
    }

    func write(to writer: inout DERWriter) throws(X509Error) {
        try check()
        switch self {
        case .rfc822Name(let text): writer.primitive(Choice.rfc822Name, text.utf8)
        case .smtpUTF8Mailbox(let text): Self.writeOtherName(.smtpUTF8Mailbox, text, to: &writer)
        case .userPrincipalName(let text): Self.writeOtherName(.userPrincipalName, text, to: &writer)
        case .dnsName(let text): writer.primitive(Choice.dnsName, text.utf8)
        case .uniformResourceIdentifier(let text): writer.primitive(Choice.uniformResourceIdentifier, text.utf8)
        case .directoryName(let name):
            // Name is a CHOICE, so that its tag is explicit (X.680 31.2.7).
            let choice = writer.begin(Choice.directoryName)
            try name.write(to: &writer)
            writer.end(choice)
        }
    }

    private static func writeOtherName(_ type: OID, _ text: String, to writer: inout DERWriter) {
        let name = writer.begin(Choice.otherName)
        writer.objectIdentifier(type)
        let value = writer.begin(.constructed(0))
        writer.primitive(.utf8String, text.utf8)
        writer.end(value)
        writer.end(name)
    }

    init(from names: inout DERReader) throws(X509Error) {
        let element = try names.element()
        var inner = names.reader(over: element)
        switch element.tag {
        case Choice.otherName: self = try Self.otherName(&inner)
        case Choice.rfc822Name: self = .rfc822Name(try names.text(of: element))
        case Choice.dnsName: self = .dnsName(try names.text(of: element))
        case Choice.uniformResourceIdentifier: self = .uniformResourceIdentifier(try names.text(of: element))
        case Choice.directoryName:
            var attributes = try inner.enter(.sequence)
            try inner.finish()
            self = .directoryName(try DistinguishedName(from: &attributes))
        default:
            throw X509Error(.unsupportedField, "a general name of a form that is not used here", offset: element.start)
        }
        try check()
    }

    private static func otherName(_ inner: inout DERReader) throws(X509Error) -> GeneralName {
        let type = try inner.objectIdentifier()
        var value = try inner.enter(.constructed(0))
        try inner.finish()
        guard type == .smtpUTF8Mailbox || type == .userPrincipalName else {
            throw X509Error(.unsupportedField, "an otherName of type \(type), not used here", offset: inner.position)
        }
        let text = try value.text(of: try value.element(.utf8String))
        try value.finish()
        return type == .smtpUTF8Mailbox ? .smtpUTF8Mailbox(text) : .userPrincipalName(text)
    }
}

extension DERReader {
    func text(of element: Element) throws(X509Error) -> String {
        guard let text = textIfValid(of: element) else {
            throw malformed("a text is not UTF-8", at: element.contentStart)
        }
        return text
    }
}
