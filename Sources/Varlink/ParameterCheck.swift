/// The types of an interface, prepared so that a check only walks: names are resolved, fields lie in order.
struct ShapeTable: Sendable {
    indirect enum Shape: Sendable {
        case bool
        case int
        case float
        case string
        case object
        case any
        case enumeration([String])
        /// A place in `structures`.
        case structure(Int)
        case array(Shape)
        case map(Shape)
        case nullable(Shape)
    }

    struct Field: Sendable {
        let name: String
        let shape: Shape
        let isRequired: Bool
    }

    struct Structure: Sendable {
        var fields: [Field]
        var required: Int
    }

    var structures: [Structure] = []
}

/// Compares parameters with one structure of a table.
struct ParameterCheck: Sendable {
    private let root: Int
    private let table: ShapeTable

    init(root: Int, table: ShapeTable = ShapeTable()) {
        self.root = root
        self.table = table
    }

    func with(_ table: ShapeTable) -> ParameterCheck {
        ParameterCheck(root: root, table: table)
    }

    func check(_ parameters: JSONObject) throws(ParameterError) {
        do {
            try check(parameters, root)
        } catch {
            // A name of the caller's making may be as long as a message; an answer need not be.
            throw ParameterError(parameter: String(error.path.prefix(200)), reason: error.reason)
        }
    }

    /// A refusal on its way up, which learns where it happened.
    private struct Mismatch: Error {
        var path: String
        let reason: String

        func within(_ name: String) -> Mismatch {
            let path = path.isEmpty || path.hasPrefix("[") ? name + path : name + "." + path
            return Mismatch(path: path, reason: reason)
        }
    }

    private func check(_ object: JSONObject, _ index: Int) throws(Mismatch) {
        let structure = table.structures[index]
        var found = 0
        var expected = 0
        for member in object.members {
            // Callers mostly write the members in the order of the description.
            guard let place = Self.place(of: member.name, in: structure.fields, hint: expected) else {
                throw Mismatch(path: member.name, reason: "there is no parameter of that name")
            }
            expected = place + 1
            let field = structure.fields[place]
            do {
                try check(member.value, field.shape)
            } catch {
                throw error.within(member.name)
            }
            if field.isRequired { found += 1 }
        }
        guard found < structure.required else { return }
        for field in structure.fields where field.isRequired && object[field.name] == nil {
            throw Mismatch(path: field.name, reason: "the parameter is missing")
        }
    }

    private static func place(of name: String, in fields: [ShapeTable.Field], hint: Int) -> Int? {
        if hint < fields.count, fields[hint].name == name { return hint }
        return fields.firstIndex { $0.name == name }
    }

    private func check(_ value: JSONValue, _ shape: ShapeTable.Shape) throws(Mismatch) {
        switch (shape, value) {
        case (.bool, .bool), (.int, .integer), (.float, .double), (.float, .integer), (.string, .string),
            (.string, .confidential),
            (.object, .object), (.nullable, .null):
            return
        case (.any, _) where !value.isNull:
            return
        case (.nullable(let inner), _):
            try check(value, inner)
        case (.structure(let index), .object(let object)):
            try check(object, index)
        case (.enumeration(let names), .string(let name)):
            guard names.contains(name) else {
                throw Mismatch(path: "", reason: "expected one of: \(names.joined(separator: ", "))")
            }
        case (.array(let inner), .array(let elements)):
            for index in elements.indices {
                do {
                    try check(elements[index], inner)
                } catch {
                    throw error.within("[\(index)]")
                }
            }
        case (.map(let inner), .object(let object)):
            for member in object.members {
                do {
                    try check(member.value, inner)
                } catch {
                    throw error.within(member.name)
                }
            }
        default:
            throw Mismatch(path: "", reason: "expected \(Self.word(for: shape)), found \(Self.word(for: value))")
        }
    }

    private static func word(for shape: ShapeTable.Shape) -> String {
        switch shape {
        case .bool: "a boolean"
        case .int: "an integer"
        case .float: "a number"
        case .string, .enumeration: "a string"
        case .object, .structure, .map: "an object"
        case .any: "a value"
        case .array: "an array"
        case .nullable(let inner): word(for: inner)
        }
    }

    private static func word(for value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .double: "a number with a fraction"
        case .string, .confidential: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// Turns the types of a description into a table.
struct ShapeCompiler {
    private(set) var table = ShapeTable()
    private var named: [String: ShapeTable.Shape] = [:]

    init(types: [InterfaceDescription.TypeDeclaration]) throws(InterfaceError) {
        // Names first, because types may name one another in any order, and themselves.
        for declaration in types {
            if case .enumeration(let cases) = declaration.type {
                named[declaration.name] = .enumeration(cases)
            } else {
                named[declaration.name] = .structure(reserve())
            }
        }
        for declaration in types {
            guard case .structure(let fields) = declaration.type,
                case .structure(let index) = named[declaration.name]
            else { continue }
            try fill(index, with: fields)
        }
    }

    mutating func structure(_ fields: [InterfaceDescription.Field]) throws(InterfaceError) -> Int {
        let index = reserve()
        try fill(index, with: fields)
        return index
    }

    private mutating func reserve() -> Int {
        table.structures.append(ShapeTable.Structure(fields: [], required: 0))
        return table.structures.count - 1
    }

    private mutating func fill(_ index: Int, with fields: [InterfaceDescription.Field]) throws(InterfaceError) {
        var shapes: [ShapeTable.Field] = []
        for field in fields {
            let shape = try shape(of: field.type)
            let isRequired = if case .nullable = field.type { false } else { true }
            shapes.append(ShapeTable.Field(name: field.name, shape: shape, isRequired: isRequired))
        }
        table.structures[index] = ShapeTable.Structure(
            fields: shapes,
            required: shapes.count(where: \.isRequired)
        )
    }

    private mutating func shape(of type: TypeExpression) throws(InterfaceError) -> ShapeTable.Shape {
        switch type {
        case .bool: return .bool
        case .int: return .int
        case .float: return .float
        case .string: return .string
        case .object: return .object
        case .any: return .any
        case .enumeration(let cases): return .enumeration(cases)
        case .structure(let fields): return .structure(try structure(fields))
        case .array(let inner): return .array(try shape(of: inner))
        case .map(let inner): return .map(try shape(of: inner))
        case .nullable(let inner): return .nullable(try shape(of: inner))
        case .named(let name):
            // The parser has seen to it that every name is declared.
            guard let shape = named[name] else {
                throw InterfaceError(line: 1, reason: "no type is called “\(name)”")
            }
            return shape
        }
    }
}
