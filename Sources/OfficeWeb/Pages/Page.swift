package import Office

/// What a page shows, before anything of HTML: blocks from top to bottom, in both languages.
package struct Page: Sendable {
    package var title: Text
    package var blocks: [Block]
    package var status: Int
    package var scripts: [String]
    /// What was wrong with what was typed; shown beside the fields.
    package var problems: [Refusal.Problem] = []
    /// How the page is had once more, in the other language, where it answers what was sent.
    package var again: Again?

    package init(_ title: Text, _ blocks: [Block], status: Int = 200, scripts: [String] = []) {
        (self.title, self.blocks, self.status, self.scripts) = (title, blocks, status, scripts)
    }
}

extension Page {
    /// Its own scripts, and what parts of it need to be of use.
    var allScripts: [String] {
        let forms = "/static/forms.js"
        return scripts.contains(forms) || !blocks.contains(where: \.needsScript) ? scripts : scripts + [forms]
    }
}

/// What is sent, and where to, to see a page once more. It changes nothing, and nothing that was sent is lost.
package struct Again: Sendable {
    let path: String
    let values: FormValues
}

/// A part of a page.
package enum Block: Sendable {
    case paragraph(Text)
    case heading(Text)
    /// Text with its line ends kept: terms, a certificate.
    case preformatted(Text)
    case notice(Notice, Text)
    case facts([Fact])
    case steps([Text], current: Int)
    case form(FormView)
    case table(TableView)
    case links([Link])
    /// A file within the page itself, under a name.
    case download(Text, String, String)
    /// A button that prints the page, where there are scripts.
    case print(Text)

    package enum Notice: String, Sendable { case ok, warn, error }
}

/// A name and what stands for it.
package struct Fact: Sendable {
    package let name: Text
    package let value: Text
    /// Where it leads, if anywhere.
    package let link: String?

    package init(_ name: Text, _ value: Text, link: String? = nil) {
        (self.name, self.value, self.link) = (name, value, link)
    }

    package init(_ name: Text, _ value: String, link: String? = nil) {
        self.init(name, Text(verbatim: value), link: link)
    }
}

package struct Link: Sendable {
    package let text: Text
    package let target: String
    /// Whether it looks like a button.
    package let isButton: Bool
    /// Whether it leads to the page on which it stands.
    package let isCurrent: Bool

    package init(_ text: Text, _ target: String, isButton: Bool = false, isCurrent: Bool = false) {
        (self.text, self.target, self.isButton, self.isCurrent) = (text, target, isButton, isCurrent)
    }
}

extension Block {
    fileprivate var needsScript: Bool {
        switch self {
        case .form(let form): form.table?.selects != nil || form.fields.contains(where: \.needsScript)
        case .table(let table): table.selects != nil
        case .print: true
        default: false
        }
    }
}

extension Field {
    fileprivate var needsScript: Bool {
        generatesInto != nil || !inserts.isEmpty || data.contains { $0.name == "address-preview" }
    }
}
