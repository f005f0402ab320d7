import Testing
import Varlink

@Suite("Interface descriptions")
struct InterfaceDescriptionTests {
    @Test("the whole grammar is read")
    func grammar() throws {
        let text = """
            # Comment
            interface org.ex-ample.a1.Things   # another
            type Kind (one, two_2)
            type Thing (a: bool, b: int,c:float , d: string, e: object, f: any,
              g: Kind, h: []Thing, i: [string]?int, j: ?[](x: string), k: (yes, no), type: ?[][string]Kind)
            method Do(thing: ?Thing)->(result: (ok: bool))
            method Nothing() -> ()
            error Broken ()
            error Worse (why: string, method: int)
            """
        let interface = try InterfaceDescription(source: text)
        #expect(interface.name == "org.ex-ample.a1.Things")
        #expect(interface.methods.map(\.name) == ["Do", "Nothing"])
        #expect(interface.errors.map(\.name) == ["Broken", "Worse"])
        #expect(interface.types.map(\.name) == ["Kind", "Thing"])
        #expect(interface.types[0].type == .enumeration(["one", "two_2"]))
        #expect(interface.methods[0].input.map(\.type) == [.nullable(.named("Thing"))])
        guard case .structure(let fields) = interface.types[1].type else {
            Issue.record("Thing is a structure")
            return
        }
        #expect(fields[8].type == .map(.nullable(.int)))
        #expect(fields[11].name == "type")
        #expect(fields[11].type == .nullable(.array(.map(.named("Kind")))))
        #expect(interface.source == text)
    }

    @Test(
        "what the grammar does not know is refused with its line",
        arguments: [
            ("", 1), ("interface", 1), ("interface nodots\nmethod A() -> ()", 1),
            ("interface 1.a\nmethod A() -> ()", 1),
            ("interface a.b-\nmethod A() -> ()", 1), ("interface a..b\nmethod A() -> ()", 1), ("interface a.b", 1),
            ("interface a.b\nmethod a() -> ()", 2), ("interface a.b\nmethod A() ->", 2),
            ("interface a.b\nmethod A() ()", 2), ("interface a.b\nmethod A -> ()", 2),
            ("interface a.b\nmethod A(x) -> ()", 2), ("interface a.b\nmethod A(x: strin) -> ()", 2),
            ("interface a.b\nmethod A(x: ??int) -> ()", 2), ("interface a.b\nmethod A(x: int, x: int) -> ()", 2),
            ("interface a.b\nmethod A(x_: int) -> ()", 2), ("interface a.b\nmethod A(x__y: int) -> ()", 2),
            ("interface a.b\nmethod A(x: []) -> ()", 2), ("interface a.b\nmethod A(x: [int]int) -> ()", 2),
            ("interface a.b\nmethod A() -> ()\nmethod A() -> ()", 3), ("interface a.b\n\ntype T (a: Missing)", 3),
            ("interface a.b\ntype T (a, b: int)", 2), ("interface a.b\ntype T (a: int, b)", 2),
            ("interface a.b\ntype T (a, a)", 2), ("interface a.b\nthing T ()", 2), ("interface a.b\nerror E (a, b)", 2),
            ("interface a.b\ntype T int", 2), ("interface a.b\nmethod A(x: int;) -> ()", 2), ("method A() -> ()", 1),
            ("interface a.b\ntype T (a: " + String(repeating: "[]", count: 100_000) + "int)", 2),
            ("interface a.b\ntype T " + String(repeating: "(a:", count: 100_000), 2),
        ]
    )
    func refused(text: String, line: Int) {
        #expect {
            try InterfaceDescription(source: text)
        } throws: { error in
            (error as? InterfaceError)?.line == line
        }
    }

    @Test(
        "parameters that fit are taken",
        arguments: [
            ["text": "x"], ["text": "x", "item": .null], ["item": ["counts": [], "name": "n"], "text": "x"],
            [
                "text": "x", "extra": ["free": [1, .null]],
                "item": ["name": "n", "kind": "large", "counts": [1, 2], "labels": ["a": "b"], "ratio": 1],
            ],
            ["text": "x", "item": ["name": "n", "counts": [], "ratio": 0.5, "kind": .null]],
        ] as [JSONObject]
    )
    func fitting(parameters: JSONObject) throws {
        let interface = try InterfaceDescription(source: testInterface)
        #expect(throws: Never.self) { try interface.checkCall("Echo", parameters) }
    }

    @Test(
        "parameters that do not fit are refused with their place",
        arguments: [
            ([:], "text"), (["text": .null], "text"), (["text": 1], "text"), (["text": "x", "more": 1], "more"),
            (["text": "x", "item": 1], "item"), (["text": "x", "item": [:]], "item.name"),
            (["text": "x", "item": ["name": "n"]], "item.counts"),
            (["text": "x", "item": ["name": "n", "counts": [1, "2"]]], "item.counts[1]"),
            (["text": "x", "item": ["name": "n", "counts": [1.5]]], "item.counts[0]"),
            (["text": "x", "item": ["name": "n", "counts": [.null]]], "item.counts[0]"),
            (["text": "x", "item": ["name": "n", "counts": [], "kind": "huge"]], "item.kind"),
            (["text": "x", "item": ["name": "n", "counts": [], "kind": 1]], "item.kind"),
            (["text": "x", "item": ["name": "n", "counts": [], "labels": ["a": 1]]], "item.labels.a"),
            (["text": "x", "item": ["name": "n", "counts": [], "ratio": "1"]], "item.ratio"),
            (["text": "x", "item": ["name": "n", "counts": [], "unknown": 1]], "item.unknown"),
            (["text": "x", "extra": []], "extra"), (["text": true], "text"),
        ] as [(JSONObject, String)]
    )
    func unfitting(parameters: JSONObject, place: String) throws {
        let interface = try InterfaceDescription(source: testInterface)
        #expect {
            try interface.checkCall("Echo", parameters)
        } throws: { error in
            (error as? ParameterError)?.parameter == place
        }
    }

    @Test("answers and errors can be compared with the description as well")
    func answers() throws {
        let interface = try InterfaceDescription(source: testInterface)
        #expect(throws: Never.self) { try interface.checkReply("Echo", ["text": "x"]) }
        #expect(throws: ParameterError.self) { try interface.checkReply("Echo", [:]) }
        #expect(throws: Never.self) { try interface.checkError("Failed", ["why": "x"]) }
        #expect(throws: ParameterError.self) { try interface.checkError("Unheard", [:]) }
    }

    @Test("a type may name itself")
    func recursion() throws {
        let text = "interface a.b\ntype Tree (left: ?Tree, right: ?Tree)\nmethod A(tree: Tree) -> ()"
        let interface = try InterfaceDescription(source: text)
        #expect(throws: Never.self) { try interface.checkCall("A", ["tree": ["left": ["right": [:]]]]) }
        #expect(throws: ParameterError.self) { try interface.checkCall("A", ["tree": ["left": ["right": 1]]]) }
    }
}
