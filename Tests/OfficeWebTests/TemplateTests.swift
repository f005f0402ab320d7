import Testing

@testable import OfficeWeb

/// How pages are filled in.
struct TemplateTests {
    private func filled(_ text: String, _ values: Values, _ files: [String: String] = [:]) throws -> String {
        let template = try Template("page", in: files.merging(["page": text]) { $1 })
        return String(decoding: template.filled(with: values), as: UTF8.self)
    }

    @Test("Whatever a text holds, it is text: HTML's signs are escaped, in elements and in attributes")
    func escaping() throws {
        let hostile = "<script>alert('1')</script> & \"x\" {{y}} 印鑑"
        let page = try filled("<p title=\"{{x}}\">{{x}}</p>{{#x}}{{.}}{{/x}}", ["x": hostile, "y": "never"])
        let safe = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot; {{y}} 印鑑"
        #expect(try filled("{{x}}", ["x": "\"\u{301}"]) == "&quot;\u{301}")
        #expect(page == "<p title=\"\(safe)\">\(safe)</p>\(safe)")
    }

    @Test(
        "A section is there for each of many, for values, for a text and for what is true, and else the one with ^ is"
    )
    func sections() throws {
        let text = "{{#a}}<{{n}}>{{/a}}{{^a}}none{{/a}}"
        #expect(try filled(text, ["a": [["n": "1"], ["n": 2]] as [Values]]) == "<1><2>")
        #expect(try filled(text, ["a": ["n": "1"] as Values]) == "<1>")
        #expect(try filled(text, ["a": "text", "n": "around"]) == "<around>")
        #expect(try filled(text, ["a": true, "n": "around"]) == "<around>")
        #expect(try filled(text, ["a": false]) == "none")
        #expect(try filled(text, ["a": [String]()]) == "none")
        #expect(try filled(text, [:]) == "none")
        #expect(try filled("{{#a}}{{.}};{{/a}}", ["a": ["x", "y"]]) == "x;y;")
    }

    @Test("Inside a section of values a name is never one of those around it")
    func scope() throws {
        let values: Values = ["secret": "around", "rows": [["own": "1"]] as [Values]]
        #expect(try filled("{{#rows}}[{{own}}{{secret}}{{#secret}}!{{/secret}}]{{/rows}}", values) == "[1]")
    }

    @Test("Templates stand in one another, and one that cannot be read is refused when the office starts")
    func reading() throws {
        #expect(try filled("({{> part}})", ["x": "1"], ["part": "{{x}}\n"]) == "(1)")
        #expect(throws: TemplateProblem.missing("part")) { try filled("{{> part}}", [:]) }
        #expect(throws: TemplateProblem.endless("page")) { try filled("{{> part}}", [:], ["part": "{{> page}}"]) }
        #expect(throws: TemplateProblem.unbalanced("page", tag: "b")) { try filled("{{#a}}{{/b}}", [:]) }
        #expect(throws: TemplateProblem.unbalanced("page", tag: "a")) { try filled("{{#a}}", [:]) }
        #expect(throws: TemplateProblem.unbalanced("page", tag: "a")) { try filled("x{{a", [:]) }
    }
}
