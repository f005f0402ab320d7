/// What was wrong with bytes or values of X.509, where, by which clause, and how to mend it.
package struct X509Error: Error, Hashable, Sendable {
    /// Stable codes. The wire and the ledger may show their raw values.
    package enum Code: String, Sendable, CaseIterable {
        /// Not DER, or not the structure that was expected.
        case malformed
        /// Not PEM or base64 in the strict form.
        case malformedText
        /// Beyond a size limit; checked before anything is parsed.
        case tooLarge
        /// A key type, curve, signature algorithm or parameter that is not taken here.
        case unsupportedAlgorithm
        /// A well-formed part of X.509 that this building does not use.
        case unsupportedField
        /// A signature over MD5, SHA-1 or another digest that is not trusted any more.
        case weakSignature
        /// RSA below 2048 bits.
        case keyTooSmall
        /// Key material that no honest key has (even modulus, exponent 1, wrong length).
        case invalidKey
        /// A point that is not on its curve, or not in the uncompressed form.
        case invalidPoint
        /// The signature does not verify.
        case badSignature
        /// A name attribute or general name breaks a rule; `field` says which one.
        case nameInvalid
        /// A serial number, date or extension value that must not be encoded; `field` says which one.
        case valueInvalid
    }

    package var code: Code
    /// What was wrong and what to do about it, for people. Never holds secrets.
    package var reason: String
    /// The clause that demands it, such as `RFC 5280 4.1.2.2`.
    package var clause: String?
    /// The attribute, extension or field at fault, such as `commonName`.
    package var field: String?
    /// The place in the bytes that were parsed, when there is one.
    package var offset: Int?

    package init(_ code: Code, _ reason: String, clause: String? = nil, field: String? = nil, offset: Int? = nil) {
        self.code = code
        self.reason = reason
        self.clause = clause
        self.field = field
        self.offset = offset
    }
}

extension X509Error: CustomStringConvertible {
    package var description: String {
        var text = "\(code.rawValue): "
        if let field { text += "\(field): " }
        text += reason
        if let offset { text += " (at byte \(offset))" }
        if let clause { text += " [\(clause)]" }
        return text
    }
}
