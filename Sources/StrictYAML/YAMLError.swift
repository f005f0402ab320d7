/// What is wrong in a document that a person wrote: where, which rule, and what to write instead.
package struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable names of the rules.
    package enum Code: String, Sendable {
        /// Not YAML at all, or more than one document.
        case syntax
        /// A key that nothing reads.
        case unknownKey
        /// The same key twice in one mapping.
        case duplicateKey
        /// A key that must be there is not.
        case missingKey
        /// Another type than the one expected.
        case wrongType
        /// The right type with a value that is not allowed.
        case invalidValue
        /// An alias, anchor or tag: a reviewed file says everything in place.
        case notAllowed
        case tooLarge
    }

    package var code: Code
    /// 1-based; 0 where the document as a whole is meant.
    package var line: Int
    package var column: Int
    /// The way to the value, such as `profiles[2].validity.maximumDays`; empty for the document.
    package var path: String
    /// What is wrong and what to write instead.
    package var reason: String

    package init(_ code: Code, line: Int = 0, column: Int = 0, path: String = "", reason: String) {
        self.code = code
        self.line = line
        self.column = column
        self.path = path
        self.reason = reason
    }

    package var description: String {
        let place = line > 0 ? "line \(line), column \(column): " : ""
        let subject = path.isEmpty ? "" : "\(path): "
        return "\(place)\(subject)\(reason)"
    }
}
