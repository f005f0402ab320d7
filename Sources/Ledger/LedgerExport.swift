import Clocks
internal import GRDB

/// Which entries are wanted.
package struct EntryFilter: Sendable {
    /// The first moment.
    package var from: Timestamp?
    /// The first moment that is no longer wanted.
    package var until: Timestamp?
    /// Of these kinds alone, if any are named.
    package var kinds: Set<String> = []

    package init() {}
}

extension LedgerReader {
    /// Hands over every entry that fits, in order. In one snapshot: a service that uses the ledger goes on meanwhile.
    package func forEachEntry(_ filter: EntryFilter, _ body: (LedgerEntry) throws -> Void) throws {
        try readLettingThrough { db in
            let query = try SQLStatement(
                db,
                """
                SELECT sequence, time_ms, kind, leaf_hash, body FROM entries
                WHERE time_ms >= ? AND time_ms < ? ORDER BY sequence
                """
            )
            try query.each({
                $0.integer(filter.from?.milliseconds ?? Int64.min)
                $0.integer(filter.until?.milliseconds ?? Int64.max)
            }) { row in
                if filter.kinds.isEmpty || filter.kinds.contains(row.text(2)) { try body(Reading.entry(row)) }
                return true
            }
        }
    }
}

/// Entries as comma-separated values (RFC 4180), for spreadsheets: no cell can be taken for a formula.
package enum EntryTable {
    /// The facts that have a column of their own; the whole entry comes last.
    private static let columns = ["order", "serial", "issuer", "profile", "intent", "reason", "rule", "error"]

    package static let header = row(["entry", "time", "kind"] + columns + ["text"])

    /// One line, with its end.
    package static func row(_ entry: LedgerEntry) throws(LedgerError) -> String {
        let fields = try EntryFields(body: entry.body)
        let facts = columns.map { column in
            switch fields[column] {
            case .text(let text)?: text
            case .number(let number)?: String(number)
            default: ""
            }
        }
        let start = [String(entry.sequence), entry.time.rfc3339, entry.kind]
        return row(start + facts + [String(decoding: entry.body, as: UTF8.self)])
    }

    private static func row(_ cells: [String]) -> String {
        cells.map(cell).joined(separator: ",") + "\r\n"
    }

    /// Spreadsheets run what begins with one of these; the apostrophe makes it text.
    private static let formulaStarts: Set<Unicode.Scalar> = [
        "=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}",
    ]

    static func cell(_ text: String) -> String {
        let first = text.unicodeScalars.first { !$0.properties.isWhitespace || formulaStarts.contains($0) }
        let isRisky = first.map(formulaStarts.contains) ?? false
        let quoted = text.unicodeScalars.flatMap { $0 == "\"" ? ["\"", "\""] : [$0] }
        return "\"\(isRisky ? "'" : "")\(String(String.UnicodeScalarView(quoted)))\""
    }
}
