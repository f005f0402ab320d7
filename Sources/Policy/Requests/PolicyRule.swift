/// Every reason for which a request is refused. The raw value is the stable id that callers and the ledger see.
package enum PolicyRule: String, Hashable, Sendable, CaseIterable {
    case profileUnknown = "profile.unknown"
    case profileEnded = "profile.generation-ended"
    case issuerNotAllowed = "issuer.not-allowed"
    case issuerMismatch = "issuer.mismatch"
    case issuerNotValid = "issuer.not-valid"
    case keyAlgorithm = "key.algorithm-not-allowed"
    case keyOrigin = "key.origin-not-allowed"
    case keyOfIssuer = "key.is-issuer-key"
    case passwordNotAllowed = "password.not-allowed"
    case passwordForm = "password.form"
    case signatureAlgorithm = "signature.algorithm-not-allowed"

    case attributeNotAllowed = "subject.attribute-not-allowed"
    case attributeMissing = "subject.attribute-missing"
    case attributeRepeated = "subject.attribute-repeated"
    case attributeFixed = "subject.attribute-fixed"
    case attributeTooLong = "subject.attribute-too-long"
    case attributeCharacters = "subject.characters"
    case attributeCombination = "subject.combination"
    case commonName = "subject.common-name"
    case country = "subject.country"
    case organizationIdentifier = "subject.organization-identifier"
    case emailAddressNotRepeated = "subject.email-not-in-alternative-names"

    case textEmpty = "text.empty"
    case textHiddenCharacter = "text.hidden-character"
    case textForbiddenCharacter = "text.forbidden-character"
    case textEdgeSpace = "text.edge-space"
    case textMeaningless = "text.meaningless"

    case mailboxSyntax = "mailbox.syntax"
    case mailboxForm = "mailbox.form"
    case domainSyntax = "mailbox.domain-syntax"
    case domainCase = "mailbox.domain-case"
    case principalSyntax = "principal.syntax"
    case securityIdentifierSyntax = "sid.syntax"
    case securityIdentifierBuiltIn = "sid.built-in"
    case securityIdentifierNotAllowed = "sid.not-allowed"
    case securityIdentifierMissing = "sid.missing"
    case securityIdentifierURI = "sid.as-uri"

    case alternativeNameNotAllowed = "san.kind-not-allowed"
    case alternativeNameTooFew = "san.too-few"
    case alternativeNameTooMany = "san.too-many"
    case alternativeNameTwice = "san.twice"
    case extendedKeyUsage = "eku.not-allowed"
    case smartCardLogonPrincipal = "eku.smart-card-needs-principal"

    case validityAmbiguous = "validity.ambiguous"
    case validityStart = "validity.start"
    case validityEnd = "validity.end"
    case validityTooLong = "validity.too-long"
    case validityBeyondIssuer = "validity.beyond-issuer"
    case encoding = "certificate.encoding"

    /// What to do instead, when the place of the refusal knows nothing better.
    package var mend: String {
        switch self {
        case .profileUnknown: "ask for one of the profiles that ListProfiles names"
        case .profileEnded: "take a profile of the multipurpose or strict generation"
        case .issuerNotAllowed, .issuerMismatch: "leave the issuer out, or name one that the profile lists"
        case .issuerNotValid: "take another issuer; this CA's own validity does not include the present"
        case .keyAlgorithm: "make a key of a kind that the profile lists"
        case .keyOrigin: "take a profile that allows keys made in this way"
        case .keyOfIssuer: "make a key pair of its own; a CA's key is never certified for a person"
        case .passwordNotAllowed: "give no password; the service makes one and answers it once"
        case .passwordForm:
            "give 12 to 117 letters and digits of ASCII, or none: then the service makes one and answers it once"
        case .signatureAlgorithm:
            "leave the algorithm out, or name one that the profile lists and the issuer's key makes"
        case .attributeNotAllowed: "leave the attribute out, or take another profile"
        case .attributeMissing: "add the attribute"
        case .attributeRepeated: "give the attribute fewer times"
        case .attributeFixed: "leave the attribute out; the profile fills it"
        case .attributeTooLong: "shorten the value"
        case .attributeCharacters: "use the characters that the profile allows for this attribute"
        case .attributeCombination: "give one of the combinations that the profile lists, and nothing of the others"
        case .commonName: "give as common name what the profile lists"
        case .country: "give two capital letters of ISO 3166-1, such as JP"
        case .organizationIdentifier: "give a form such as VATJP-1234567890123, NTRUS+CA-123 or GOVJP"
        case .emailAddressNotRepeated: "add the address to the alternative names"
        case .textEmpty, .textMeaningless: "give a value that says something, or leave the attribute out"
        case .textHiddenCharacter, .textForbiddenCharacter: "take the character out"
        case .textEdgeSpace: "take the space out"
        case .mailboxSyntax: "give an address such as taro.yamada@example.jp"
        case .mailboxForm: "put addresses with an ASCII local part into rfc822Name, others into SmtpUTF8Mailbox"
        case .domainSyntax: "give the domain in ASCII, such as example.jp or xn--wgv71a119e.jp"
        case .domainCase: "write the domain in small letters"
        case .principalSyntax: "give a log-on name such as taro@corp.example"
        case .securityIdentifierSyntax: "give a SID such as S-1-5-21-1004336348-1177238915-682003330-1105"
        case .securityIdentifierBuiltIn: "give the SID of a person's account; those begin at 1000"
        case .securityIdentifierNotAllowed: "leave the SID out, or take another profile"
        case .securityIdentifierMissing: "add the SID of the account"
        case .securityIdentifierURI: "give the SID as securityIdentifier; it goes into its own extension"
        case .alternativeNameNotAllowed: "leave the name out, or take another profile"
        case .alternativeNameTooFew: "add a name of this kind"
        case .alternativeNameTooMany: "give fewer names of this kind"
        case .alternativeNameTwice: "give each name once"
        case .extendedKeyUsage: "ask only for the optional purposes that the profile lists"
        case .smartCardLogonPrincipal: "add the user principal name or the SID that smart-card log-on maps by"
        case .validityAmbiguous: "give either validityDays or notAfter"
        case .validityStart: "leave notBefore out, or choose one within the profile's range"
        case .validityEnd: "choose an end after the beginning and after the present"
        case .validityTooLong: "choose an earlier end"
        case .validityBeyondIssuer: "choose an earlier end, or a newer issuer"
        case .encoding: "change the value so that it can be encoded"
        }
    }
}

/// A request that is refused: by which rule, where, why, and what to do instead.
package struct PolicyViolation: Error, Hashable, Sendable, CustomStringConvertible {
    package var rule: PolicyRule
    /// The field at fault, such as `subject.organizationName`.
    package var field: String
    package var reason: String
    package var mend: String

    package init(_ rule: PolicyRule, field: String, _ reason: String, mend: String? = nil) {
        self.rule = rule
        self.field = field
        self.reason = reason
        self.mend = mend ?? rule.mend
    }

    init(_ problem: TextProblem, field: String) {
        self.init(problem.rule, field: field, problem.reason)
    }

    /// The stable id of the rule.
    package var id: String { rule.rawValue }

    package var description: String { "\(id): \(field): \(reason); \(mend)" }
}
