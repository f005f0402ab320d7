import Policy
import SignerAPI
import Varlink

extension IssuanceProfile {
    /// Writes the profile as the interface's `Profile`.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("description", description)
        writer.member("issuers", issuers)
        writer.member("keyAlgorithms", keyAlgorithms.map(\.rawValue))
        writer.member("signatureAlgorithms", signatureAlgorithms.map(\.rawValue))
        writer.name("subject")
        writer.beginArray()
        for rule in subject.attributes { rule.write(to: &writer) }
        writer.endArray()
        writer.name("alternativeNames")
        writer.beginArray()
        for kind in AlternativeNameKind.allCases {
            guard let count = alternativeNames.kinds[kind] else { continue }
            writer.beginObject()
            writer.member("kind", kind.rawValue)
            writer.member("minimum", count.minimum)
            writer.member("maximum", count.maximum)
            writer.endObject()
        }
        writer.endArray()
        writer.member("extendedKeyUsages", extendedKeyUsage.always.map(\.name))
        writer.member("optionalExtendedKeyUsages", extendedKeyUsage.optional.map(\.name))
        writer.member("maximumValidityDays", validity.maximumDays)
        writer.member("keyOrigins", keyOrigins.map(\.rawValue))
        writer.member("keyPassword", keyPassword?.rawValue)
        writer.endObject()
    }
}

extension AttributeRule {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("attribute", type.rawValue)
        switch kind {
        case .fixed(let value):
            writer.member("presence", "fixed")
            writer.member("value", value)
        case .required: writer.member("presence", "required")
        case .optional: writer.member("presence", "optional")
        }
        writer.member("maximumLength", maximumLength)
        writer.endObject()
    }
}
