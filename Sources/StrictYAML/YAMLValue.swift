import Yams

/// One value of a document with the place where it stands. Readers ask it for the type that they expect and get that, or
/// an error that names line, path and remedy.
package struct YAMLValue {
    let node: Node
    package let path: String

    /// 1-based line of the value.
    package var line: Int { node.mark?.line ?? 0 }
    /// 1-based column of the value.
    package var column: Int { node.mark?.column ?? 0 }

    /// The longest document that is read, in bytes.
    package static let longestDocument = 1 << 20

    /// Reads the one document of a text.
    package static func document(_ text: String) throws(YAMLError) -> YAMLValue {
        guard text.utf8.count <= longestDocument else {
            throw YAMLError(.tooLarge, reason: "the document has more than \(longestDocument) bytes")
        }
        let node: Node?
        do {
            let parser = try Yams.Parser(yaml: text)
            node = try parser.singleRoot()
            // Nodes hold their anchors weakly: they last as long as the parser does.
            let anchored = withExtendedLifetime(parser) { node.flatMap(firstAnchored) }
            if let anchored {
                throw YAMLValue(node: anchored, path: "")
                    .error(.notAllowed, "anchors and aliases are not taken; write the value out in each place")
            }
        } catch let error as YAMLError {
            throw error
        } catch let error as Yams.YamlError {
            throw YAMLError(error)
        } catch {
            throw YAMLError(.syntax, reason: "\(error)")
        }
        guard let node else { throw YAMLError(.syntax, reason: "the document is empty") }
        return YAMLValue(node: node, path: "")
    }

    /// The first node with an anchor, in the order of the text. What an alias repeats comes after its anchor, so that
    /// nothing is walked through twice.
    private static func firstAnchored(_ node: Node) -> Node? {
        if node.anchor != nil { return node }
        switch node {
        case .scalar, .alias: return nil
        case .sequence(let sequence): return sequence.lazy.compactMap(firstAnchored).first
        case .mapping(let mapping):
            return mapping.lazy.compactMap { firstAnchored($0.key) ?? firstAnchored($0.value) }.first
        }
    }

    /// An error at this value.
    package func error(_ code: YAMLError.Code, _ reason: String) -> YAMLError {
        YAMLError(code, line: line, column: column, path: path, reason: reason)
    }

    /// A text. Numbers and truth values count as texts only when they are quoted.
    package func string() throws(YAMLError) -> String {
        guard case .scalar(let scalar) = node else { throw error(.wrongType, "expected a text") }
        let isQuoted = scalar.style == .doubleQuoted || scalar.style == .singleQuoted
        let isBlock = scalar.style == .literal || scalar.style == .folded
        guard isQuoted || isBlock || node.tag == Tag(.str) else {
            throw error(.wrongType, "expected a text; put “\(scalar.string)” in quotes if it is meant as one")
        }
        return scalar.string
    }

    /// A scalar of any type, as it is written.
    package func scalarText() throws(YAMLError) -> String {
        guard case .scalar(let scalar) = node else { throw error(.wrongType, "expected a single value") }
        return scalar.string
    }

    /// A whole number within a range.
    package func integer(in range: ClosedRange<Int> = Int.min...Int.max) throws(YAMLError) -> Int {
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any,
            let number = Int(scalar.string)
        else { throw error(.wrongType, "expected a whole number in decimal digits") }
        guard range.contains(number) else {
            throw error(.invalidValue, "expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// `true` or `false`; no other spelling.
    package func bool() throws(YAMLError) -> Bool {
        if case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any {
            if scalar.string == "true" { return true }
            if scalar.string == "false" { return false }
        }
        throw error(.wrongType, "expected true or false")
    }

    /// A list.
    package func list() throws(YAMLError) -> [YAMLValue] {
        guard case .sequence(let sequence) = node else { throw error(.wrongType, "expected a list") }
        return sequence.enumerated().map { YAMLValue(node: $1, path: "\(path)[\($0)]") }
    }

    /// A list whose elements `read` reads.
    package func list<Element>(of read: (YAMLValue) throws(YAMLError) -> Element) throws(YAMLError) -> [Element] {
        var elements: [Element] = []
        for value in try list() { elements.append(try read(value)) }
        return elements
    }

    /// One of the cases of an enumeration, by its raw value.
    package func oneOf<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type
    ) throws(YAMLError) -> Choice where Choice.RawValue == String {
        let text = try string()
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw error(.invalidValue, "“\(text)” is none of: \(known)")
        }
        return choice
    }

    /// A mapping whose every key must be read: what `read` does not ask for is unknown, and refused.
    package func mapping<Result>(
        _ read: (inout YAMLMapping) throws(YAMLError) -> Result
    ) throws(YAMLError) -> Result {
        guard case .mapping(let mapping) = node else { throw error(.wrongType, "expected a mapping (key: value)") }
        var reader = try YAMLMapping(mapping, of: self)
        let result = try read(&reader)
        try reader.refuseUnread()
        return result
    }

    /// A mapping with keys that the writer chooses, such as names of environment variables.
    package func dictionary<Element>(
        of read: (YAMLValue) throws(YAMLError) -> Element
    ) throws(YAMLError) -> [String: Element] {
        guard case .mapping(let mapping) = node else { throw error(.wrongType, "expected a mapping (key: value)") }
        let reader = try YAMLMapping(mapping, of: self)
        var elements: [String: Element] = [:]
        for (key, _, value) in reader.entries { elements[key] = try read(value) }
        return elements
    }
}

extension YAMLError {
    fileprivate init(_ error: Yams.YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(.syntax, line: mark.line, column: mark.column, reason: "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            self.init(
                .duplicateKey,
                line: context.mark.line,
                column: context.mark.column,
                path: duplicates.first ?? "",
                reason: "the key stands twice; leave one out"
            )
        default:
            self.init(.syntax, reason: "not YAML: \(error)")
        }
    }
}
