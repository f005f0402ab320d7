package import Office

/// A table with its columns and rows, and the page of it that is shown.
package struct TableView: Sendable {
    package struct Column: Sendable {
        package let text: Text
        package let isNumber: Bool

        package init(_ text: Text, isNumber: Bool = false) {
            (self.text, self.isNumber) = (text, isNumber)
        }
    }

    package struct Cell: Sendable {
        package var text: Text
        package var link: String?
        /// A box of this name and value before the text.
        package var box: (name: String, value: String)?
        /// Links that look like buttons.
        package var buttons: [Link] = []
        /// How a word for a state looks; nil for all other texts.
        package var tone: Tone?

        package init(_ text: Text, link: String? = nil) {
            (self.text, self.link) = (text, link)
        }

        package init(_ text: String, link: String? = nil) {
            self.init(Text(verbatim: text), link: link)
        }

        /// A word for a state.
        package init(_ state: Text, _ tone: Tone) {
            self.init(state)
            self.tone = tone
        }

        package init(box name: String, _ value: String, label: Text) {
            self.init(label)
            box = (name, value)
        }

        package init(buttons: [Link]) {
            self.init(Text("", ""))
            self.buttons = buttons
        }
    }

    package var caption: Text
    package var columns: [Column]
    package var rows: [[Cell]]
    package var pager: Pager?
    /// The name of the boxes in the first column, for “select all”.
    package var selects: String?
    /// What is said where there are no rows: why, and what to do.
    package var empty: Empty

    package init(
        caption: Text,
        columns: [Column],
        rows: [[Cell]],
        pager: Pager? = nil,
        selects: String? = nil,
        empty: Empty = Empty(Words.none)
    ) {
        (self.caption, self.columns, self.rows) = (caption, columns, rows)
        (self.pager, self.selects, self.empty) = (pager, selects, empty)
    }

    package struct Empty: Sendable {
        package let text: Text
        package let link: Link?

        package init(_ text: Text, _ link: Link? = nil) {
            (self.text, self.link) = (text, link)
        }

        /// Nothing fits what was searched for.
        package static let search = Empty(
            Text("条件に合うデータはありません。条件を変えて検索してください。", "Nothing fits the search. Change what is searched for.")
        )
    }
}

/// Which part of a list is shown: `n–m / total`, and the links to the parts before and behind (LST-03).
package struct Pager: Sendable {
    package static let sizes = [10, 20, 50, 100]

    package var offset: Int
    package var size: Int
    package var total: Int
    /// Whether there are no more than the total.
    package var isExact = true
    /// The list's address with its search, to which offset and size are added.
    package var base: String
    /// Whether the list is only of what was searched for.
    package var isSearch: Bool
    /// How the parts before and behind are named, where not by the offset alone; nil where there is none.
    private var neighbours: (previous: String?, next: String?)?

    /// - Parameter form: the query, with `offset` and `size`.
    package init(_ form: FormValues, path: String, total: Int) {
        size = Int(form["size"]).flatMap { Self.sizes.contains($0) ? $0 : nil } ?? 10
        offset = max(0, Int(form["offset"]) ?? 0)
        self.total = total
        let own = ["offset", "size", "after", "before"]
        let search = form.pairs.filter { !own.contains($0.name) && !$0.value.isEmpty }
        isSearch = search.contains { !["action", "days"].contains($0.name) }
        base = path + "?" + search.map { "\($0.name.urlEncoded)=\($0.value.urlEncoded)&" }.joined()
    }

    /// A part that begins behind or ends before a row, whatever comes into the list meanwhile: `after` and `before`.
    ///
    /// - Parameters:
    ///   - rows: what the rows shown are known by.
    ///   - isFirst: whether nothing stands before them.
    package init(
        _ form: FormValues,
        path: String,
        rows: [String],
        offset: Int,
        total: Int,
        isExact: Bool,
        hasMore: Bool
    ) {
        self.init(form, path: path, total: total)
        (self.offset, self.isExact) = (offset, isExact)
        neighbours = (
            offset > size ? rows.first.map { "before=\($0.urlEncoded)&" } : offset > 0 ? "" : nil,
            hasMore ? rows.last.map { "after=\($0.urlEncoded)&" } : nil
        )
        shown = rows.count
    }

    private var shown: Int?

    /// The sizes and position of a query, before the total is known.
    package static func bounds(_ form: FormValues) -> (offset: Int, size: Int) {
        let pager = Pager(form, path: "", total: 0)
        return (pager.offset, pager.size)
    }

    var previous: String? {
        let name = neighbours.map(\.previous) ?? (offset > 0 ? "" : nil)
        return name.map { "\(base)\($0)offset=\(max(0, offset - size))&size=\(size)" }
    }

    var next: String? {
        let name = neighbours.map(\.next) ?? (offset + size < total ? "" : nil)
        return name.map { "\(base)\($0)offset=\(offset + size)&size=\(size)" }
    }

    var range: Text {
        let last = shown.map { offset + $0 } ?? min(offset + size, total)
        let shown = total == 0 ? "0" : "\(offset + 1)–\(last)"
        return Text("\(shown) / \(total)\(isExact ? "" : "以上")", "\(shown) / \(total)\(isExact ? "" : " or more")")
    }
}
