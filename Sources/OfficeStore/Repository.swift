import Foundation
package import GRDB

/// An entity as the database keeps it: the whole of it as JSON, and beside it the columns that are searched.
///
/// The columns are written from the entity each time, so that they cannot say something else than it.
package protocol Stored: Codable, Sendable {
    static var table: String { get }
    var key: String { get }
    /// The searched columns, by name.
    var columns: [String: (any DatabaseValueConvertible)?] { get }
    /// Writes what else finds the entity.
    func writeIndex(in database: Database) throws
}

extension Stored {
    package func writeIndex(in database: Database) throws {}
}

/// What may be deleted; everything else stays for good.
package protocol Discardable: Stored {}

/// The records of one kind within a transaction.
package struct Repository<Entity: Stored> {
    fileprivate let database: Database

    init(_ database: Database) {
        self.database = database
    }

    package func get(_ key: String) throws -> Entity? {
        try String.fetchOne(
            database.cachedStatement(sql: "SELECT body FROM \(Entity.table) WHERE id = ?"),
            arguments: [key]
        ).map(Self.decode)
    }

    package func exists(_ key: String) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM \(Entity.table) WHERE id = ?)"),
            arguments: [key]
        ) ?? false
    }

    /// - Throws: where the key is already there.
    package func insert(_ entity: Entity) throws {
        try put(entity, replacing: false)
    }

    /// Writes the entity, whether it was there or not.
    package func save(_ entity: Entity) throws {
        try put(entity, replacing: true)
    }

    package func find(_ query: Query = Query()) throws -> [Entity] {
        try String.fetchAll(
            database,
            sql: "SELECT body FROM \(Entity.table)" + query.sql,
            arguments: StatementArguments(query.arguments)
        ).map(Self.decode)
    }

    package func first(_ query: Query) throws -> Entity? {
        var query = query
        query.limit = 1
        return try find(query).first
    }

    /// The identifiers alone of what the query finds.
    package func keys(_ query: Query) throws -> [String] {
        try String.fetchAll(
            database,
            sql: "SELECT id FROM \(Entity.table)" + query.sql,
            arguments: StatementArguments(query.arguments)
        )
    }

    package func count(_ query: Query = Query()) throws -> Int {
        try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM \(Entity.table)" + query.whereClause,
            arguments: StatementArguments(query.conditionArguments)
        ) ?? 0
    }

    private func put(_ entity: Entity, replacing: Bool) throws {
        let columns = entity.columns.sorted { $0.key < $1.key }
        let names = ["id", "body"] + columns.map(\.key)
        let values = [entity.key, try Self.encode(entity)] + columns.map(\.value)
        var sql = "INSERT INTO \(Entity.table) (\(names.joined(separator: ", "))) VALUES "
        sql += "(\(names.map { _ in "?" }.joined(separator: ", ")))"
        if replacing {
            let changes = names.dropFirst().map { "\($0) = excluded.\($0)" }
            sql += " ON CONFLICT (id) DO UPDATE SET \(changes.joined(separator: ", "))"
        }
        try database.cachedStatement(sql: sql).execute(arguments: StatementArguments(values))
        try entity.writeIndex(in: database)
    }

    private static func encode(_ entity: Entity) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(entity), as: UTF8.self)
    }

    static func decode(_ body: String) throws -> Entity {
        do {
            return try JSONDecoder().decode(Entity.self, from: Data(body.utf8))
        } catch let problem as DecodingError {
            throw UnreadableRecord(table: Entity.table, problem: problem)
        }
    }
}

/// A stored entity that this program cannot read: a later program wrote it, or a migration is missing (`Schema`).
package struct UnreadableRecord: Error, CustomStringConvertible {
    package let table: String
    package let problem: DecodingError

    package var description: String { "a record of \(table) cannot be read by this program: \(problem)" }
}

extension Repository where Entity: Discardable {
    @discardableResult
    package func delete(_ key: String) throws -> Bool {
        try database.execute(sql: "DELETE FROM \(Entity.table) WHERE id = ?", arguments: [key])
        return database.changesCount > 0
    }

    /// Deletes what the query's conditions meet.
    package func delete(_ query: Query) throws {
        try database.execute(
            sql: "DELETE FROM \(Entity.table)" + query.whereClause,
            arguments: StatementArguments(query.conditionArguments)
        )
    }
}

/// Conditions on the searched columns, the order, and a page of what is found.
package struct Query {
    private var conditions: [String] = []
    var conditionArguments: [(any DatabaseValueConvertible)?] = []
    private var order = ""
    package var limit: Int?
    package var offset = 0

    package init() {}

    /// The column has the value.
    package func equal(_ column: StaticString, _ value: (any DatabaseValueConvertible)?) -> Query {
        adding("\(column) IS ?", [value])
    }

    package func equal(_ column: StaticString, optional value: (any DatabaseValueConvertible)?) -> Query {
        value == nil ? self : equal(column, value)
    }

    package func among(_ column: StaticString, _ values: [String]) -> Query {
        adding("\(column) IN (\(values.map { _ in "?" }.joined(separator: ", ")))", values)
    }

    package func atLeast(_ column: StaticString, _ value: Int64?) -> Query {
        value.map { adding("\(column) >= ?", [$0]) } ?? self
    }

    package func atMost(_ column: StaticString, _ value: Int64?) -> Query {
        value.map { adding("\(column) <= ?", [$0]) } ?? self
    }

    /// One of the columns contains the text.
    package func contains(_ columns: [StaticString], _ text: String) -> Query {
        guard !text.isEmpty else { return self }
        let pattern = Self.pattern(containing: text)
        return adding(
            "(" + columns.map { "\($0) LIKE ? ESCAPE '\\'" }.joined(separator: " OR ") + ")",
            columns.map { _ in pattern }
        )
    }

    /// For LIKE with `\` as its escape.
    static func pattern(containing text: String) -> String {
        "%" + text.unicodeScalars.map { "%_\\".unicodeScalars.contains($0) ? "\\\($0)" : "\($0)" }.joined() + "%"
    }

    package func sorted(by column: StaticString, descending: Bool = false) -> Query {
        var query = self
        query.order = " ORDER BY \(column)\(descending ? " DESC" : "")"
        return query
    }

    package func page(offset: Int, limit: Int) -> Query {
        var query = self
        (query.offset, query.limit) = (offset, limit)
        return query
    }

    private func adding(_ condition: String, _ values: [(any DatabaseValueConvertible)?]) -> Query {
        var query = self
        query.conditions.append(condition)
        query.conditionArguments += values
        return query
    }

    var whereClause: String {
        conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    }

    var sql: String {
        whereClause + order + (limit == nil ? "" : " LIMIT ? OFFSET ?")
    }

    var arguments: [(any DatabaseValueConvertible)?] {
        conditionArguments + (limit.map { [$0, offset] } ?? [])
    }
}
