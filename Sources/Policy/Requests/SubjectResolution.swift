import TextForms
import X509Building

// From the attributes that a request gives to the subject in the profile's order.

extension AttributeRule {
    /// What is wrong with one value under this rule, or nil.
    func problem(with value: String) -> TextProblem? {
        // No text has more characters than octets: most need not be counted.
        guard
            value.utf8.count <= maximumLength
                || value.utf8.count <= 4 * maximumLength && value.unicodeScalars.count <= maximumLength
        else {
            return TextProblem(rule: .attributeTooLong, reason: "the value has more than \(maximumLength) characters")
        }
        if let problem = NameText.problem(in: value) { return problem }
        if case .fixed(let text) = kind, text != value {
            return TextProblem(rule: .attributeFixed, reason: "the profile fills in “\(text)”")
        }
        if characters == .mailbox || type == .emailAddress {
            if let problem = Mailbox.problem(in: value) { return problem }
            if !value.octetsAllSatisfy({ $0 < 0x80 }) {
                return TextProblem(rule: .mailboxForm, reason: "a subject carries addresses in ASCII alone")
            }
        }
        let formClass: CharacterClass = type.form == .printableString ? .printable : .ascii
        guard NameText.isWithin(characters, value), type.form == .utf8String || NameText.isWithin(formClass, value)
        else {
            return TextProblem(
                rule: .attributeCharacters,
                reason: "the value has characters beyond \(characters.rawValue)"
            )
        }
        switch type {
        case .countryName where !Country.isKnown(value):
            return TextProblem(rule: .country, reason: "“\(value)” is no country")
        case .organizationIdentifier where RegistrationReference(value) == nil:
            return TextProblem(rule: .organizationIdentifier, reason: "“\(value)” is no registration reference")
        default:
            return nil
        }
    }
}

extension SubjectRules {
    /// The subject in the profile's order.
    func resolve(
        _ given: [DistinguishedName.Attribute],
        alternativeNames: [GeneralName]
    ) throws(PolicyViolation) -> DistinguishedName {
        for attribute in given where !attributes.contains(where: { $0.type == attribute.type }) {
            throw PolicyViolation(
                .attributeNotAllowed,
                field: "subject.\(attribute.type.rawValue)",
                "the profile has no such attribute"
            )
        }
        var subject = DistinguishedName()
        subject.attributes.reserveCapacity(attributes.count)
        for rule in attributes {
            func field() -> String { "subject.\(rule.type.rawValue)" }
            var values: [String] = []
            for attribute in given where attribute.type == rule.type { values.append(attribute.value) }
            if case .fixed(let text) = rule.kind, values.isEmpty { values = [text] }
            if values.isEmpty, rule.kind == .required {
                throw PolicyViolation(.attributeMissing, field: field(), "the profile demands the attribute")
            }
            guard values.count <= rule.count, values.areAllDifferent else {
                throw PolicyViolation(
                    .attributeRepeated,
                    field: field(),
                    "the profile takes \(rule.count) different values, not \(values.count)"
                )
            }
            for value in values {
                if let problem = rule.problem(with: value) { throw PolicyViolation(problem, field: field()) }
                subject.attributes.append(DistinguishedName.Attribute(rule.type, value))
            }
        }
        guard !subject.attributes.isEmpty else {
            throw PolicyViolation(.attributeMissing, field: "subject", "the subject would be empty")
        }
        try checkCombination(subject)
        try checkOrganization(subject)
        try checkCommonName(subject, alternativeNames)
        return subject
    }

    private func checkCombination(_ subject: DistinguishedName) throws(PolicyViolation) {
        guard !combinations.isEmpty else { return }
        let concerned = Set(combinations.joined())
        let present = Set(subject.attributes.map(\.type)).intersection(concerned)
        guard !combinations.contains(present) else { return }
        func list(_ types: Set<AttributeType>) -> String { types.map(\.rawValue).sorted().joined(separator: "+") }
        throw PolicyViolation(
            .attributeCombination,
            field: "subject",
            present.isEmpty ? "none of the name attributes is there" : "\(list(present)) is no allowed combination",
            mend: "give one of: \(combinations.map(list).joined(separator: ", "))"
        )
    }

    private func checkOrganization(_ subject: DistinguishedName) throws(PolicyViolation) {
        guard let identifier = subject.firstValue(.organizationIdentifier),
            let reference = RegistrationReference(identifier), let country = subject.firstValue(.countryName),
            !reference.matches(country: country)
        else { return }
        throw PolicyViolation(
            .organizationIdentifier,
            field: "subject.organizationIdentifier",
            "“\(identifier)” is registered in another country than \(country)",
            mend: "give the reference and the country of the same registration"
        )
    }

    private func checkCommonName(
        _ subject: DistinguishedName,
        _ alternativeNames: [GeneralName]
    ) throws(PolicyViolation) {
        guard !commonName.isEmpty, let name = subject.firstValue(.commonName) else { return }
        let isAllowed = commonName.contains { $0.isSaid(by: name, of: subject, alternativeNames) }
        guard !isAllowed else { return }
        let allowed = commonName.map(\.rawValue).joined(separator: ", ")
        throw PolicyViolation(
            .commonName,
            field: "subject.commonName",
            "“\(name)” is none of: \(allowed), as the other fields give them"
        )
    }
}

extension CommonNameContent {
    /// Whether a common name says this of a certificate.
    func isSaid(by name: String, of subject: DistinguishedName, _ alternativeNames: [GeneralName]) -> Bool {
        switch self {
        case .mailbox:
            alternativeNames.contains(.rfc822Name(name)) || alternativeNames.contains(.smtpUTF8Mailbox(name))
        case .organizationName:
            subject.values(.organizationName).contains(name)
        case .personalName:
            PersonalName.isPresented(
                by: name,
                surname: subject.firstValue(.surname),
                givenName: subject.firstValue(.givenName)
            )
        case .pseudonym:
            subject.values(.pseudonym).contains(name)
        }
    }
}
