internal import GRDB
internal import GRDBSQLite

/// A prepared statement of a GRDB connection, bound and stepped without copies: the ledger's hot path.
///
/// It lives inside the access to its connection that made it.
struct SQLStatement {
    private let statement: Statement
    private let handle: SQLiteStatement

    /// Prepares the statement, or takes it from the connection's cache.
    init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
    }

    /// Runs a statement that answers no rows.
    @inline(__always)
    func run(_ bind: (inout SQLBindings) -> Void = { _ in }) throws {
        try prepare(bind)
        defer { sqlite3_reset(handle) }
        let code = sqlite3_step(handle)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw failure() }
    }

    /// Runs a query and reads its first row, if there is one.
    func first<T>(_ bind: (inout SQLBindings) -> Void = { _ in }, read: (SQLRow) throws -> T) throws -> T? {
        try prepare(bind)
        defer { sqlite3_reset(handle) }
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return try read(SQLRow(handle: handle))
        case SQLITE_DONE: return nil
        default: throw failure()
        }
    }

    /// Runs a query and reads each row, until `read` answers `false`.
    func each(_ bind: (inout SQLBindings) -> Void = { _ in }, read: (SQLRow) throws -> Bool) throws {
        try prepare(bind)
        defer { sqlite3_reset(handle) }
        while let row = try next() {
            if try !read(row) { return }
        }
    }

    /// Starts a query that is read row by row with `next`.
    func start() throws {
        try prepare { _ in }
    }

    /// The next row of a started query; good until the next step.
    func next() throws -> SQLRow? {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return SQLRow(handle: handle)
        case SQLITE_DONE: return nil
        default: throw failure()
        }
    }

    func stop() {
        sqlite3_reset(handle)
    }

    @inline(__always)
    private func prepare(_ bind: (inout SQLBindings) -> Void) throws {
        sqlite3_reset(handle)
        var bindings = SQLBindings(handle: handle)
        bind(&bindings)
        guard bindings.code == SQLITE_OK else { throw failure() }
    }

    private func failure() -> DatabaseError {
        let connection = sqlite3_db_handle(handle)
        return DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection))
        )
    }
}

/// Gives a statement's parameters their values, in order.
struct SQLBindings {
    fileprivate let handle: SQLiteStatement
    fileprivate var code = SQLITE_OK
    private var place: CInt = 0

    fileprivate init(handle: SQLiteStatement) {
        self.handle = handle
    }

    /// SQLite is told to copy (SQLITE_TRANSIENT): the copy is small beside the page that it lands on.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    mutating func integer(_ number: Int64) {
        place += 1
        keep(sqlite3_bind_int64(handle, place, number))
    }

    mutating func integer(_ number: Int64?) {
        if let number { return integer(number) }
        place += 1
        keep(sqlite3_bind_null(handle, place))
    }

    mutating func text(_ text: String) {
        place += 1
        var text = text
        let code = text.withUTF8 { characters in
            characters.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(handle, place, $0.baseAddress, CInt($0.count), SQLBindings.transient)
            }
        }
        keep(code)
    }

    mutating func blob(_ bytes: [UInt8], dropping count: Int = 0) {
        bytes.withUnsafeBytes { blob(UnsafeRawBufferPointer(rebasing: $0[count...])) }
    }

    mutating func hash(_ hash: MerkleHash) {
        withUnsafeBytes(of: hash) { blob($0) }
    }

    private mutating func blob(_ bytes: UnsafeRawBufferPointer) {
        place += 1
        guard let start = bytes.baseAddress, !bytes.isEmpty else {
            keep(sqlite3_bind_zeroblob(handle, place, 0))
            return
        }
        keep(sqlite3_bind_blob(handle, place, start, CInt(bytes.count), SQLBindings.transient))
    }

    private mutating func keep(_ result: CInt) {
        if code == SQLITE_OK { code = result }
    }
}

/// The row that a statement stands on. Columns are counted from 0.
struct SQLRow {
    fileprivate let handle: SQLiteStatement

    func isNull(_ column: Int) -> Bool {
        sqlite3_column_type(handle, CInt(column)) == SQLITE_NULL
    }

    func integer(_ column: Int) -> Int64 {
        sqlite3_column_int64(handle, CInt(column))
    }

    func text(_ column: Int) -> String {
        guard let start = sqlite3_column_text(handle, CInt(column)) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, CInt(column)))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func withText<T>(_ column: Int, _ body: (UnsafeRawBufferPointer) -> T) -> T {
        let start = sqlite3_column_text(handle, CInt(column))
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, CInt(column)))))
    }

    func blob(_ column: Int) -> [UInt8] {
        withBlob(column) { Array($0) }
    }

    func withBlob<T>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        let start = sqlite3_column_blob(handle, CInt(column))
        return try body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, CInt(column)))))
    }

    /// A hash of 32 octets; `nil` when the column holds anything else.
    func hash(_ column: Int) -> MerkleHash? {
        withBlob(column) { MerkleHash($0) }
    }
}

/// Rows that an `UPDATE` of this connection changed last.
func changes(_ db: Database) -> Int {
    Int(sqlite3_changes(db.sqliteConnection))
}
