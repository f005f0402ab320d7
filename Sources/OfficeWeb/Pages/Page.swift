package import Office

/// What a page shows, before anything of HTML: blocks from top to bottom, in both languages.
package struct Page: Sendable {
    package var title: Text
    package var blocks: [Block]
    package var status: Int
    package var scripts: [String]
    /// What was wrong with what was typed; shown beside the fields.
    package var problems: [Refusal.Problem] = []

    package init(_ title: Text, _ blocks: [Block], status: Int = 200, scripts: [String] = []) {
        (self.title, self.blocks, self.status, self.scripts) = (title, blocks, status, scripts)
    }
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

    package init(_ text: Text, _ target: String, isButton: Bool = false) {
        (self.text, self.target, self.isButton) = (text, target, isButton)
    }
}
