import TextForms

extension DistinguishedName.Attribute {
    /// Whether the value may stand in a certificate under this type, by the rules of the type and of all text.
    ///
    /// - Throws: `nameInvalid` with the attribute in `field` and the rule in `reason`.
    package func check() throws(X509Error) {
        guard !value.isEmpty else { throw invalid("the value is empty", "RFC 5280 appendix A") }
        guard value.utf8.count <= 4 * type.upperBound else { throw tooLong() }
        var count = 0
        for scalar in value.unicodeScalars {
            count += 1
            if let what = TextRules.forbidden(scalar) {
                throw invalid("the value has \(what) at position \(count); take it out")
            }
        }
        guard count <= type.upperBound else { throw tooLong() }
        guard let first = value.unicodeScalars.first, let last = value.unicodeScalars.last,
            !TextRules.isSpace(first), !TextRules.isSpace(last)
        else { throw invalid("the value begins or ends with a space; take it out") }
        try checkForm()
        try checkType()
    }

    private func checkForm() throws(X509Error) {
        switch form {
        case .utf8String:
            guard type.form == .utf8String else {
                throw invalid("the value must be a \(type.form.rawValue)", "RFC 5280 appendix A")
            }
        case .printableString:
            guard type.form != .ia5String else {
                throw invalid("the value must be an ia5String", "RFC 5280 appendix A")
            }
            guard value.octetsAllSatisfy(TextRules.isPrintable) else {
                throw invalid("only letters, digits, space and '()+,-./:=? may stand here", "X.680 41.4")
            }
        case .ia5String:
            guard type.form == .ia5String else {
                throw invalid("the value must not be an ia5String", "RFC 5280 4.1.2.4")
            }
            guard value.octetsAllSatisfy({ $0 < 0x80 }) else {
                throw invalid("only ASCII characters may stand here", "RFC 5280 appendix A")
            }
        }
    }

    private func checkType() throws(X509Error) {
        switch type {
        case .countryName:
            let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
            guard value.utf8.count == 2, value.utf8.allSatisfy(letters.contains) else {
                throw invalid("a country is two upper-case letters, such as JP", "ISO 3166-1")
            }
        case .emailAddress:
            do throws(X509Error) {
                try MailboxRules.checkASCII(value)
            } catch {
                throw invalid(error.reason, error.clause)
            }
        case .domainComponent:
            guard TextRules.isLabel(value[...]) else {
                throw invalid("a domain component is one label of letters, digits and hyphens", "RFC 4519 2.4")
            }
        default:
            break
        }
    }

    private func tooLong() -> X509Error {
        invalid(
            "the value has \(value.unicodeScalars.count) characters; at most \(type.upperBound)",
            "RFC 5280 appendix A"
        )
    }

    private func invalid(_ reason: String, _ clause: String? = nil) -> X509Error {
        X509Error(.nameInvalid, reason, clause: clause, field: type.rawValue)
    }
}

extension DistinguishedName.Attribute {
    init(from pair: inout DERReader) throws(X509Error) {
        let start = pair.position
        let oid = try pair.objectIdentifier()
        guard let type = AttributeType(oid: oid) else {
            throw X509Error(.unsupportedField, "the name attribute \(oid) is not used here", offset: start)
        }
        let element = try pair.element()
        try pair.finish()
        guard let form = TextForm(tag: element.tag) else {
            throw X509Error(
                .unsupportedField,
                "a string type other than UTF8String, PrintableString and IA5String",
                clause: "RFC 5280 4.1.2.4",
                field: type.rawValue,
                offset: element.start
            )
        }
        guard let value = pair.textIfValid(of: element) else {
            throw X509Error(.malformed, "the text is not UTF-8", field: type.rawValue, offset: element.contentStart)
        }
        self.init(type, value, form: form)
        try check()
    }
}

extension TextForm {
    init?(tag: DERTag) {
        switch tag {
        case .utf8String: self = .utf8String
        case .printableString: self = .printableString
        case .ia5String: self = .ia5String
        default: return nil
        }
    }
}
