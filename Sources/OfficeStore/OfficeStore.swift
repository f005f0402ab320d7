import GRDB
package import Office

/// The office's database: SQLite, one file, with a write-ahead log that is flushed at every commit.
///
/// What belongs together is written in one transaction, mails among it: an order without its mail, or a mail without its
/// order, cannot be. Reads and writes run on threads of the database's own.
package final class OfficeStore: Sendable {
    private let pool: DatabasePool

    /// Opens, and brings an older file up to date.
    ///
    /// - Parameter path: of the file, made with mode 0600 by the process's mask.
    package init(path: String) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(10)
        configuration.foreignKeysEnabled = true
        pool = try DatabasePool(path: path, configuration: configuration)
        // GRDB opens a write-ahead log with synchronous=NORMAL, which can lose the last commits with the power.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous=FULL") }
        try Schema.migrator.migrate(pool)
    }

    /// Reads from one snapshot.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (OfficeRecords) throws -> Value
    ) async throws -> Value {
        try await pool.read { try body(OfficeRecords($0)) }
    }

    /// Writes everything or, when `body` throws, nothing.
    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (OfficeRecords) throws -> Value
    ) async throws -> Value {
        try await pool.write { try body(OfficeRecords($0)) }
    }

    package func close() throws {
        try pool.close()
    }
}

/// The records within one transaction, a repository for each kind.
package struct OfficeRecords {
    let database: Database

    init(_ database: Database) {
        self.database = database
    }

    package var tenants: Repository<Tenant> { .init(database) }
    package var users: Repository<User> { .init(database) }
    package var operators: Repository<Operator> { .init(database) }
    package var sessions: Repository<Session> { .init(database) }
    package var administratorCertificates: Repository<AdministratorCertificate> { .init(database) }
    package var licences: Repository<Licence> { .init(database) }
    package var profiles: Repository<Profile> { .init(database) }
    package var mailDomains: Repository<MailDomain> { .init(database) }
    package var orders: Repository<Order> { .init(database) }
    package var orderList: OrderList { .init(database: database) }
    package var history: Repository<HistoryEntry> { .init(database) }
    package var mails: Repository<OutgoingMail> { .init(database) }
    package var templates: Repository<StoredTemplate> { .init(database) }
    package var files: Repository<KeyFile> { .init(database) }
    package var submissions: Repository<Submission> { .init(database) }
}
