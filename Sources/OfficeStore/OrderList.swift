import Clocks
import GRDB
package import Office

/// The list of orders: found by anything, newest first, a page at a time, at a cost that does not grow with the orders.
///
/// Each order has a line of its searched columns (`orderLines`), numbered as they came, and words in a full-text index
/// (`orderWords`) of the same numbers; how many lines there are of each profile and state is counted as they are written
/// (`orderCounts`). All three are written with the order itself, by `Repository`.
package struct OrderList {
    let database: Database

    /// Beyond so many behind a page's first line, lines are not counted one by one.
    package static let mostCounted = 1000

    /// A page of what the filter meets. Orders that arrive meanwhile neither double a line on the next page nor hide one.
    ///
    /// - Parameter offset: how many lines stand before the page, as the link to it says; they are not counted again.
    /// - Returns: nil where the place is no order of the tenant's.
    package func page(_ filter: OrderFilter, from place: OrderPlace, offset: Int, limit: Int) throws -> OrderPage? {
        var last: Int64 = .max
        switch place {
        case .newest: break
        case .after(let id):
            guard let number = try number(of: id, filter.tenant) else { return nil }
            last = number - 1
        case .before(let id):
            guard let number = try number(of: id, filter.tenant) else { return nil }
            let selection = OrderSelection(filter, above: number, isLarge: try isLarge(filter.tenant))
            let earlier = try Int64.fetchAll(
                database,
                sql: selection.sql("l.number"),
                arguments: selection.arguments(limit)
            )
            // Fewer than a page: it is the first one.
            if earlier.count == limit, let first = earlier.last { last = first }
        }
        let before = last == .max ? 0 : offset
        let known = try counted(filter)
        let most = limit + (known == nil ? Self.mostCounted : 1)
        let (lines, count) = try read(
            OrderSelection(filter, upTo: last, isLarge: try isLarge(filter.tenant)),
            lines: limit,
            most: most
        )
        return OrderPage(
            lines: lines,
            offset: before,
            total: OrderCount(number: known ?? before + count, isExact: known != nil || count < most),
            hasMore: count > limit
        )
    }

    /// Everything that the filter meets, newest first, at most so many.
    package func lines(_ filter: OrderFilter, most: Int) throws -> [OrderLine] {
        try read(OrderSelection(filter, isLarge: try isLarge(filter.tenant)), lines: most, most: most).lines
    }

    /// Whether much of all that there is belongs to the tenant.
    private func isLarge(_ tenant: String) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT (SELECT sum(count) FROM orderCounts WHERE tenant = ?) * 8
                        > (SELECT max(number) FROM orderLines)
                    """
            ),
            arguments: [tenant]
        ) ?? false
    }

    private func number(of id: String, _ tenant: String) throws -> Int64? {
        try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT number FROM orderLines WHERE id = ? AND tenant = ?"),
            arguments: [id, tenant]
        )
    }

    /// Reads lines, and counts on behind them.
    private func read(
        _ selection: OrderSelection,
        lines most: Int,
        most mostCounted: Int
    ) throws -> (lines: [OrderLine], count: Int) {
        let rows = try Row.fetchCursor(
            database,
            sql: selection.sql(OrderLine.columns),
            arguments: selection.arguments(mostCounted)
        )
        var lines: [OrderLine] = []
        var count = 0
        while let row = try rows.next() {
            if count < most { lines.append(try OrderLine(row)) }
            count += 1
        }
        return (lines, count)
    }

    /// How many there are, where profile and states are all that is asked for.
    private func counted(_ filter: OrderFilter) throws -> Int? {
        let selection = OrderSelection(filter)
        guard selection.conditions.allSatisfy(\.isCounted) else { return nil }
        return try Int.fetchOne(
            database,
            sql: "SELECT ifnull(sum(count), 0) FROM orderCounts AS l WHERE "
                + selection.conditions.map(\.sql).joined(separator: " AND "),
            arguments: StatementArguments(selection.conditions.flatMap(\.arguments))
        )
    }
}

/// A filter in SQL. The full-text index finds what may be meant, the line decides.
struct OrderSelection {
    struct Condition {
        let sql: String
        let arguments: [(any DatabaseValueConvertible)?]
        /// What is asked of the index; nil where the lines have an index of their own.
        let words: String?
        /// Whether `orderCounts` has the column.
        var isCounted = false
    }

    private(set) var conditions: [Condition]
    private let bound: Int64
    private let goesUp: Bool
    private let isLarge: Bool

    /// The lines up to a number, newest first.
    ///
    /// - Parameter isLarge: whether much of all that there is belongs to the tenant.
    init(_ filter: OrderFilter, upTo last: Int64 = .max, isLarge: Bool = false) {
        (conditions, bound, goesUp, self.isLarge) = (Self.conditions(filter), last, false, isLarge)
    }

    /// The lines above a number, oldest first.
    init(_ filter: OrderFilter, above first: Int64, isLarge: Bool = false) {
        (conditions, bound, goesUp, self.isLarge) = (Self.conditions(filter), first, true, isLarge)
    }

    /// Asking the index of an order by its tenant alone would be a detour, and by a large tenant besides, which its line
    /// says as well, a waste.
    private var words: [String] {
        let words = conditions.dropFirst().compactMap(\.words)
        guard !words.isEmpty, conditions.allSatisfy({ $0.words != nil }) else { return [] }
        return words + (isLarge ? [] : [conditions[0].words].compactMap { $0 })
    }

    func sql(_ columns: String) -> String {
        let usesIndex = !words.isEmpty
        let number = usesIndex ? "orderWords.rowid" : "l.number"
        let source =
            usesIndex ? "orderWords CROSS JOIN orderLines AS l ON l.number = orderWords.rowid" : "orderLines AS l"
        return "SELECT \(columns) FROM \(source) WHERE \(usesIndex ? "orderWords MATCH ? AND " : "")"
            + "\(number) \(goesUp ? ">" : "<=") ? AND " + conditions.map(\.sql).joined(separator: " AND ")
            + " ORDER BY \(number)\(goesUp ? "" : " DESC") LIMIT ?"
    }

    func arguments(_ limit: Int) -> StatementArguments {
        let question: [(any DatabaseValueConvertible)?] = words.isEmpty ? [] : [words.joined(separator: " AND ")]
        return StatementArguments(question + [bound] + conditions.flatMap(\.arguments) + [limit])
    }

    /// The tenant's is the first.
    private static func conditions(_ filter: OrderFilter) -> [Condition] {
        var all = [one(of: "tenant", .tenant, [filter.tenant], isCounted: true)]
        if let id = filter.id { all.append(Condition(sql: "l.id = ?", arguments: [id], words: nil)) }
        if let profiles = filter.profiles { all.append(one(of: "profile", .profile, profiles, isCounted: true)) }
        if let statuses = filter.statuses {
            all.append(one(of: "status", .status, statuses.map(\.rawValue), isCounted: true))
        }
        if let states = filter.certificateStates {
            all.append(one(of: "certificateStatus", .certificateState, states.map(\.rawValue), isCounted: true))
        }
        if let licence = filter.licence { all.append(one(of: "licence", .licence, [licence])) }
        if let manager = filter.manager { all.append(one(of: "manager", .manager, [manager])) }
        if let template = filter.template { all.append(one(of: "template", .template, [template])) }
        for (columns, properties, text) in [
            (["id", "commonName"], [.id, .name], filter.idOrName), (["service"], [.service], filter.service),
            (["department"], [.department], filter.department), (["mail"], [.mail], filter.mail),
        ] as [([String], [OrderWords.Property], String)] where !text.isEmpty {
            all.append(containing(columns, properties, text))
        }
        for (column, property, span) in [
            ("applied", .applied, filter.applied), ("issued", .issued, filter.issued), ("ends", .ends, filter.ends),
        ] as [(String, OrderWords.Property, OrderFilter.Span)] where !span.isOpen {
            all.append(
                Condition(
                    sql: "l.\(column) BETWEEN ? AND ?",
                    arguments: [span.first, span.last],
                    words: OrderWords.within(property, span)
                )
            )
        }
        return all
    }

    private static func one(
        of column: String,
        _ property: OrderWords.Property,
        _ values: [String],
        isCounted: Bool = false
    ) -> Condition {
        Condition(
            sql: "l.\(column) IN (\(values.isEmpty ? "NULL" : values.map { _ in "?" }.joined(separator: ", ")))",
            arguments: values,
            words: OrderWords.any(property, values),
            isCounted: isCounted
        )
    }

    private static func containing(
        _ columns: [String],
        _ properties: [OrderWords.Property],
        _ text: String
    ) -> Condition {
        let pattern = Query.pattern(containing: text)
        return Condition(
            sql: "(" + columns.map { "l.\($0) LIKE ? ESCAPE '\\'" }.joined(separator: " OR ") + ")",
            arguments: columns.map { _ in pattern },
            words: OrderWords.containing(properties, text)
        )
    }
}

extension OrderLine {
    static let columns = """
        l.id, l.tenant, l.profile, l.licence, l.manager, l.status, l.certificateStatus, l.issued, l.ends, l.applied, \
        l.organisation, l.commonName, l.service, l.mail, l.department, l.template
        """

    /// Reads the columns above.
    init(_ row: Row) throws {
        let id: String = row[0]
        let (status, state): (String, String?) = (row[5], row[6])
        guard let status = Order.Status(rawValue: status) else { throw OrderLineUnreadable(order: id) }
        var certificate: Certificate?
        if let state {
            guard let state = CertificateState(rawValue: state), let issued = row[7] as Int64?,
                let ends = row[8] as Int64?
            else { throw OrderLineUnreadable(order: id) }
            certificate = Certificate(
                state: state,
                issued: Timestamp(seconds: issued),
                notAfter: Timestamp(seconds: ends)
            )
        }
        self.init(
            id: id,
            tenant: row[1],
            profile: row[2],
            licence: row[3],
            manager: row[4],
            status: status,
            certificate: certificate,
            applied: Timestamp(seconds: row[9]),
            organisation: row[10],
            commonName: row[11],
            service: row[12],
            mail: row[13],
            departments: row[14],
            template: row[15]
        )
    }

    /// Writes the line, and the words under which it is found; the counters follow by themselves.
    func write(in database: Database) throws {
        let before = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT \(Self.columns), l.number FROM orderLines AS l WHERE l.id = ?"),
            arguments: [id]
        )
        guard let before else {
            try database.cachedStatement(sql: Self.insertion).execute(arguments: arguments)
            return try addWords(OrderWords.words(self), as: database.lastInsertedRowID, in: database)
        }
        let (old, number): (OrderLine, Int64) = (try OrderLine(before), before[16])
        guard old != self else { return }
        try database.cachedStatement(sql: Self.change).execute(arguments: arguments + [number])
        // The words are computed from what was read, so that exactly those go that once came.
        try database.cachedStatement(
            sql: "INSERT INTO orderWords (orderWords, rowid, words) VALUES ('delete', ?, ?)"
        ).execute(arguments: [number, OrderWords.words(old)])
        try addWords(OrderWords.words(self), as: number, in: database)
    }

    private func addWords(_ words: String, as number: Int64, in database: Database) throws {
        try database.cachedStatement(sql: "INSERT INTO orderWords (rowid, words) VALUES (?, ?)")
            .execute(arguments: [number, words])
    }

    private static let names = columns.replacing("l.", with: "")
    private static let insertion =
        "INSERT INTO orderLines (\(names)) VALUES (\(names.split(separator: ",").map { _ in "?" }.joined(separator: ", ")))"
    private static let change =
        "UPDATE orderLines SET (\(names)) = (\(names.split(separator: ",").map { _ in "?" }.joined(separator: ", "))) "
        + "WHERE number = ?"

    private var arguments: StatementArguments {
        [
            id, tenant, profile, licence, manager, status.rawValue, certificate?.state.rawValue,
            certificate?.issued.seconds, certificate?.notAfter.seconds, applied.seconds, organisation, commonName,
            service, mail, departments, template,
        ]
    }
}

/// A line that this program has not written.
struct OrderLineUnreadable: Error {
    let order: String
}
