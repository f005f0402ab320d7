/// How much JSON is taken at most. The limits hold before and while parsing: nothing beyond them is kept in memory.
public struct JSONLimits: Sendable, Hashable {
    /// The longest text, in bytes.
    public var maximumBytes: Int
    /// How many arrays and objects may lie in one another. Never more than 128, whatever is asked for: each costs stack.
    public var maximumDepth: Int
    /// How many object members and array elements the whole text may have.
    public var maximumMembers: Int
    /// Names of members whose texts are confidential (`JSONValue.confidential`).
    public var confidentialMembers: [String]

    public init(
        maximumBytes: Int = 1 << 20,
        maximumDepth: Int = 16,
        maximumMembers: Int = 4096,
        confidentialMembers: [String] = []
    ) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = min(maximumDepth, 128)
        self.maximumMembers = maximumMembers
        self.confidentialMembers = confidentialMembers
    }
}

/// Why a text is not taken as JSON, and where.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong; the names are stable.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case tooLarge
        case tooDeep
        case tooManyMembers
        case unexpectedEnd
        case unexpectedByte
        case invalidUTF8
        case controlCharacter
        case invalidEscape
        case loneSurrogate
        case duplicateName
        case invalidNumber
        case numberOutOfRange
        case trailingBytes
    }

    public let code: Code
    /// Counted in bytes from the beginning of the text.
    public let offset: Int

    public init(code: Code, offset: Int) {
        self.code = code
        self.offset = offset
    }

    public var description: String { "\(code.explanation) (byte \(offset))" }
}

extension JSONError.Code {
    fileprivate var explanation: String {
        switch self {
        case .tooLarge: "the text is longer than the limit"
        case .tooDeep: "arrays and objects are nested deeper than the limit"
        case .tooManyMembers: "there are more members and elements than the limit"
        case .unexpectedEnd: "the text ends too early"
        case .unexpectedByte: "a byte stands where JSON does not allow it"
        case .invalidUTF8: "a string is not valid UTF-8"
        case .controlCharacter: "a control character stands in a string without being escaped"
        case .invalidEscape: "a backslash is followed by something that JSON does not know"
        case .loneSurrogate: "half of a surrogate pair stands alone"
        case .duplicateName: "an object has two members of one name"
        case .invalidNumber: "a number is not written as JSON has it"
        case .numberOutOfRange: "a number is too large or too long"
        case .trailingBytes: "something follows the value"
        }
    }
}
