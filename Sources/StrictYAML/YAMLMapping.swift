import Yams

/// The reader of one mapping. It keeps count of which keys were asked for.
package struct YAMLMapping {
    let value: YAMLValue
    private(set) var entries: [(key: String, place: YAMLValue, value: YAMLValue)] = []
    private var read: Set<String> = []

    init(_ mapping: Node.Mapping, of value: YAMLValue) throws(YAMLError) {
        self.value = value
        var seen: Set<String> = []
        for (key, node) in mapping {
            let place = YAMLValue(node: key, path: value.path)
            let name = try place.string()
            guard seen.insert(name).inserted else {
                throw YAMLError(
                    .duplicateKey,
                    line: place.line,
                    column: place.column,
                    path: Self.join(value.path, name),
                    reason: "the key stands twice; leave one out"
                )
            }
            entries.append((name, place, YAMLValue(node: node, path: Self.join(value.path, name))))
        }
    }

    /// The value of a key, or `nil` when the key is not there.
    package mutating func optional(_ key: String) -> YAMLValue? {
        read.insert(key)
        return entries.first { $0.key == key }?.value
    }

    /// What `read` makes of the value of a key, or `nil` when the key is not there.
    package mutating func optional<Element>(
        _ key: String,
        _ read: (YAMLValue) throws(YAMLError) -> Element
    ) throws(YAMLError) -> Element? {
        guard let value = optional(key) else { return nil }
        return try read(value)
    }

    /// The value of a key that must be there.
    package mutating func required(_ key: String) throws(YAMLError) -> YAMLValue {
        guard let present = optional(key) else {
            throw YAMLError(
                .missingKey,
                line: value.line,
                column: value.column,
                path: Self.join(value.path, key),
                reason: "the key is missing; add it"
            )
        }
        return present
    }

    func refuseUnread() throws(YAMLError) {
        guard let unknown = entries.first(where: { !read.contains($0.key) }) else { return }
        throw YAMLError(
            .unknownKey,
            line: unknown.place.line,
            column: unknown.place.column,
            path: unknown.value.path,
            reason: "no such key here; known are: \(read.sorted().joined(separator: ", "))"
        )
    }

    private static func join(_ path: String, _ key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }
}
