/// An interface as its `.varlink` text describes it (varlink.org, "Interface Definition").
public struct InterfaceDescription: Sendable {
    /// A method, an error or the members of a structure: a name with its type.
    public struct Field: Sendable, Hashable {
        public let name: String
        public let type: TypeExpression
    }

    /// What a caller can ask for.
    public struct Method: Sendable, Hashable {
        public let name: String
        public let input: [Field]
        public let output: [Field]
    }

    /// How a method can fail.
    public struct ErrorDeclaration: Sendable, Hashable {
        public let name: String
        public let fields: [Field]
    }

    /// A structure or an enumeration with a name.
    public struct TypeDeclaration: Sendable, Hashable {
        public let name: String
        public let type: TypeExpression
    }

    /// The reverse-domain name: `io.inkan.Signer`.
    public let name: String
    /// The text as it was given; `GetInterfaceDescription` answers it.
    public let source: String
    public let types: [TypeDeclaration]
    public let methods: [Method]
    public let errors: [ErrorDeclaration]

    let inputs: [String: ParameterCheck]
    private let outputs: [String: ParameterCheck]
    private let errorParameters: [String: ParameterCheck]

    /// Reads a description and prepares the checks of all its methods.
    ///
    /// - Throws: the first thing in the text that is not as the grammar has it, with its line.
    public init(source: String) throws(InterfaceError) {
        var parser = InterfaceParser(source)
        let parsed = try parser.interface()
        self.source = source
        name = parsed.name
        types = parsed.types
        methods = parsed.methods
        errors = parsed.errors
        var shapes = try ShapeCompiler(types: parsed.types)
        var inputs: [String: ParameterCheck] = [:]
        var outputs: [String: ParameterCheck] = [:]
        var errorParameters: [String: ParameterCheck] = [:]
        for method in methods {
            inputs[method.name] = ParameterCheck(root: try shapes.structure(method.input))
            outputs[method.name] = ParameterCheck(root: try shapes.structure(method.output))
        }
        for error in errors {
            errorParameters[error.name] = ParameterCheck(root: try shapes.structure(error.fields))
        }
        let table = shapes.table
        self.inputs = inputs.mapValues { $0.with(table) }
        self.outputs = outputs.mapValues { $0.with(table) }
        self.errorParameters = errorParameters.mapValues { $0.with(table) }
    }

    /// Compares a call's parameters with the description.
    ///
    /// - Parameter method: without the interface's name.
    /// - Throws: the first parameter that is unknown, missing or of another type.
    public func checkCall(_ method: String, _ parameters: JSONObject) throws(ParameterError) {
        try check(inputs[method], method, parameters)
    }

    /// Compares an answer with the description: for the tests of a service.
    public func checkReply(_ method: String, _ parameters: JSONObject) throws(ParameterError) {
        try check(outputs[method], method, parameters)
    }

    /// Compares an error's parameters with the description: for the tests of a service.
    public func checkError(_ error: String, _ parameters: JSONObject) throws(ParameterError) {
        try check(errorParameters[error], error, parameters)
    }

    private func check(
        _ check: ParameterCheck?,
        _ member: String,
        _ parameters: JSONObject
    ) throws(ParameterError) {
        guard let check else {
            throw ParameterError(parameter: member, reason: "the interface has no member of that name")
        }
        try check.check(parameters)
    }
}

/// A type as a description writes it.
public indirect enum TypeExpression: Sendable, Hashable {
    case bool
    case int
    case float
    case string
    /// Any JSON object.
    case object
    /// Any JSON value but `null`.
    case any
    case named(String)
    case enumeration([String])
    case structure([InterfaceDescription.Field])
    case array(TypeExpression)
    /// An object whose member names are free and whose values are of one type.
    case map(TypeExpression)
    case nullable(TypeExpression)
}

/// Why a text is no interface description.
public struct InterfaceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Counted from 1.
    public let line: Int
    public let reason: String

    public var description: String { "line \(line): \(reason)" }
}

/// A parameter that is not as the interface describes it.
public struct ParameterError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where it is: `order.subject[2].type`.
    public let parameter: String
    public let reason: String

    public init(parameter: String, reason: String) {
        self.parameter = parameter
        self.reason = reason
    }

    public var description: String { "\(parameter): \(reason)" }
}
