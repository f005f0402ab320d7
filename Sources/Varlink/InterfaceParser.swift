/// Reads the grammar of interface descriptions by recursive descent.
struct InterfaceParser {
    struct Interface {
        var name: String
        var types: [InterfaceDescription.TypeDeclaration] = []
        var methods: [InterfaceDescription.Method] = []
        var errors: [InterfaceDescription.ErrorDeclaration] = []
    }

    private static let maximumDepth = 32

    private var lexer: InterfaceLexer
    private var token = InterfaceToken(kind: .end, line: 1)
    /// Types that were named, with the first line that does so.
    private var references: [String: Int] = [:]

    init(_ source: String) {
        lexer = InterfaceLexer(source)
    }

    mutating func interface() throws(InterfaceError) -> Interface {
        try advance()
        guard token.kind == .word("interface") else { throw failure("the text must begin with “interface”") }
        var interface = Interface(name: try lexer.interfaceName())
        try advance()
        var names: Set<String> = []
        while token.kind != .end {
            let line = token.line
            let name = try member(into: &interface)
            guard names.insert(name).inserted else {
                throw InterfaceError(line: line, reason: "“\(name)” is declared twice")
            }
        }
        guard !names.isEmpty else { throw failure("the interface has no members") }
        let declared = Set(interface.types.map(\.name))
        let missing = references.filter { !declared.contains($0.key) }
        if let first = missing.min(by: { $0.value < $1.value }) {
            throw InterfaceError(line: first.value, reason: "no type is called “\(first.key)”")
        }
        return interface
    }

    private mutating func member(into interface: inout Interface) throws(InterfaceError) -> String {
        guard case .word(let keyword) = token.kind else { throw failure("expected “type”, “method” or “error”") }
        try advance()
        switch keyword {
        case "type":
            let name = try memberName()
            let type = try bracketed(depth: 0)
            interface.types.append(.init(name: name, type: type))
            return name
        case "method":
            let name = try memberName()
            let input = try fields()
            try expect("->")
            interface.methods.append(.init(name: name, input: input, output: try fields()))
            return name
        case "error":
            let name = try memberName()
            interface.errors.append(.init(name: name, fields: try fields()))
            return name
        default:
            throw failure("“\(keyword)” is not “type”, “method” or “error”")
        }
    }

    private mutating func fields() throws(InterfaceError) -> [InterfaceDescription.Field] {
        let line = token.line
        guard case .structure(let fields) = try bracketed(depth: 0) else {
            throw InterfaceError(line: line, reason: "expected fields with types")
        }
        return fields
    }

    /// `( … )`: a structure, or an enumeration when its names have no types.
    private mutating func bracketed(depth: Int) throws(InterfaceError) -> TypeExpression {
        guard depth < Self.maximumDepth else { throw failure("types are nested too deeply") }
        try expect("(")
        if token.kind == .mark(")") {
            try advance()
            return .structure([])
        }
        let first = try fieldName()
        var names: Set<String> = [first]
        if token.kind == .mark(":") {
            try advance()
            var fields = [InterfaceDescription.Field(name: first, type: try type(depth: depth + 1))]
            while try anotherFollows() {
                let name = try newName(&names)
                try expect(":")
                fields.append(.init(name: name, type: try type(depth: depth + 1)))
            }
            return .structure(fields)
        }
        var cases = [first]
        while try anotherFollows() { cases.append(try newName(&names)) }
        return .enumeration(cases)
    }

    private mutating func newName(_ names: inout Set<String>) throws(InterfaceError) -> String {
        let line = token.line
        let name = try fieldName()
        guard names.insert(name).inserted else { throw InterfaceError(line: line, reason: "“\(name)” comes twice") }
        return name
    }

    private mutating func anotherFollows() throws(InterfaceError) -> Bool {
        switch token.kind {
        case .mark(","):
            try advance()
            return true
        case .mark(")"):
            try advance()
            return false
        default: throw failure("expected “,” or “)”")
        }
    }

    private mutating func type(depth: Int) throws(InterfaceError) -> TypeExpression {
        guard depth < Self.maximumDepth else { throw failure("types are nested too deeply") }
        switch token.kind {
        case .mark("?"):
            try advance()
            if token.kind == .mark("?") { throw failure("a type can be nullable only once") }
            return .nullable(try type(depth: depth + 1))
        case .mark("[]"):
            try advance()
            return .array(try type(depth: depth + 1))
        case .mark("[string]"):
            try advance()
            return .map(try type(depth: depth + 1))
        case .mark("("):
            return try bracketed(depth: depth)
        case .word(let word):
            let type = try Self.simple(word, line: token.line)
            if case .named(let name) = type, references[name] == nil { references[name] = token.line }
            try advance()
            return type
        default: throw failure("expected a type")
        }
    }

    private static func simple(_ word: String, line: Int) throws(InterfaceError) -> TypeExpression {
        switch word {
        case "bool": return .bool
        case "int": return .int
        case "float": return .float
        case "string": return .string
        case "object": return .object
        case "any": return .any
        default:
            guard InterfaceName.isMember(word) else {
                throw InterfaceError(line: line, reason: "“\(word)” is no type")
            }
            return .named(word)
        }
    }

    private mutating func memberName() throws(InterfaceError) -> String {
        guard case .word(let name) = token.kind, InterfaceName.isMember(name) else {
            throw failure("expected a name that begins with a capital letter")
        }
        try advance()
        return name
    }

    private mutating func fieldName() throws(InterfaceError) -> String {
        guard case .word(let name) = token.kind, InterfaceName.isField(name) else { throw failure("expected a name") }
        try advance()
        return name
    }

    private mutating func expect(_ mark: String) throws(InterfaceError) {
        guard token.kind == .mark(mark) else { throw failure("expected “\(mark)”") }
        try advance()
    }

    private mutating func advance() throws(InterfaceError) {
        token = try lexer.next()
    }

    private func failure(_ reason: String) -> InterfaceError {
        InterfaceError(line: token.line, reason: reason)
    }
}
