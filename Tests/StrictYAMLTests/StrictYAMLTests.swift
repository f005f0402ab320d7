import StrictYAML
import Testing

@Suite("Strict reading of YAML")
struct StrictYAMLTests {
    private struct Settings: Equatable {
        var name: String
        var size: Int
        var isOn: Bool
        var tags: [String]
    }

    private func read(_ text: String) throws(YAMLError) -> Settings {
        try YAMLValue.document(text).mapping { map throws(YAMLError) in
            Settings(
                name: try map.required("name").string(),
                size: try map.required("size").integer(in: 1...10),
                isOn: try map.optional("isOn") { value throws(YAMLError) in try value.bool() } ?? false,
                tags: try map.optional("tags") { value throws(YAMLError) in
                    try value.list { value throws(YAMLError) in try value.string() }
                } ?? []
            )
        }
    }

    @Test("A document in order")
    func good() throws {
        let settings = try read("name: inkan\nsize: 3\nisOn: true\ntags: [a, \"1\"]\n")
        #expect(settings == Settings(name: "inkan", size: 3, isOn: true, tags: ["a", "1"]))
    }

    @Test(
        "What is wrong is refused, with its line and path",
        arguments: [
            ("name: a\nsize: 3\ncolour: red\n", YAMLError.Code.unknownKey, 3, "colour"),
            ("name: a\nname: b\nsize: 3\n", .duplicateKey, 1, "name"),
            ("name: a\n", .missingKey, 1, "size"),
            ("name: 1\nsize: 3\n", .wrongType, 1, "name"),
            ("name: true\nsize: 3\n", .wrongType, 1, "name"),
            ("name: a\nsize: \"3\"\n", .wrongType, 2, "size"),
            ("name: a\nsize: 3.0\n", .wrongType, 2, "size"),
            ("name: a\nsize: 0x3\n", .wrongType, 2, "size"),
            ("name: a\nsize: 11\n", .invalidValue, 2, "size"),
            ("name: a\nsize: 3\nisOn: on\n", .wrongType, 3, "isOn"),
            ("name: a\nsize: 3\ntags: [a, {b: c}]\n", .wrongType, 3, "tags[1]"),
            ("name: &x a\nsize: 3\n", .notAllowed, 1, ""),
            ("a: &x [1]\nb: [*x, *x]\n", .notAllowed, 1, ""),
            ("name: [a\nsize: 3\n", .syntax, 2, ""),
            ("- name\n", .wrongType, 1, ""),
        ]
    )
    func refused(text: String, code: YAMLError.Code, line: Int, path: String) {
        let error = #expect(throws: YAMLError.self) { try read(text) }
        #expect(error?.code == code && error?.line == line && error?.path == path, "\(String(describing: error))")
    }

    @Test(
        "Empty, doubled, endless and nested-to-death documents are refused",
        arguments: [
            "", "# nothing\n", "a: 1\n---\nb: 2\n", "\u{0}", String(repeating: "[", count: 100_000),
            String(repeating: "a", count: YAMLValue.longestDocument + 1),
        ]
    )
    func noDocument(text: String) {
        #expect(throws: YAMLError.self) { try read(text) }
    }
}
