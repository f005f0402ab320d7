internal import GRDB

/// The tables, and how connections to them are set up.
///
/// `entries` is the ledger; all else can be computed from it, and `verify` does. Every table is in the order of the
/// entries, so that a commit writes to few pages however long the ledger is; what is looked up by other keys is found
/// through `IntentIndex`.
enum Schema {
    /// "INKN": tells the file from any other SQLite database.
    static let applicationID: Int64 = 0x494e_4b4e
    static let version: Int64 = 1

    static let statements = """
        CREATE TABLE entries (
            sequence INTEGER PRIMARY KEY,
            time_ms INTEGER NOT NULL,
            kind TEXT NOT NULL,
            leaf_hash BLOB NOT NULL,
            body BLOB NOT NULL
        ) STRICT;
        CREATE TABLE tree_heads (
            size INTEGER PRIMARY KEY,
            root BLOB NOT NULL,
            time_ms INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE tiles (
            address INTEGER PRIMARY KEY,
            hashes BLOB NOT NULL
        ) STRICT;
        CREATE TABLE intents (
            sequence INTEGER PRIMARY KEY,
            order_id TEXT NOT NULL,
            content_hash BLOB NOT NULL,
            serial BLOB NOT NULL,
            tbs_hash BLOB NOT NULL,
            public_key_hash BLOB NOT NULL,
            subject_hash BLOB NOT NULL,
            state INTEGER NOT NULL,
            outcome_sequence INTEGER
        ) STRICT;
        CREATE TABLE authority_keys (
            sequence INTEGER PRIMARY KEY,
            public_key_hash BLOB NOT NULL
        ) STRICT;
        """

    /// Guards against our own mistakes; who means harm is found by the Merkle tree.
    static let guards = ["entries", "tree_heads", "tiles"].map { table in
        """
        CREATE TRIGGER \(table)_stay BEFORE UPDATE ON \(table)
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        CREATE TRIGGER \(table)_remain BEFORE DELETE ON \(table)
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        """
    }.joined(separator: "\n")

    /// Makes the tables in an empty file, in one transaction.
    static func create(_ db: Database) throws {
        try db.inTransaction(.immediate) {
            try db.execute(sql: statements)
            try db.execute(sql: guards)
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: "PRAGMA user_version = \(version)")
            return .commit
        }
    }

    /// Whether the file is a ledger of this version; `nil` when it is empty.
    static func identify(_ db: Database) throws -> Bool? {
        let application = try Int64.fetchOne(db, sql: "PRAGMA application_id")
        let found = try Int64.fetchOne(db, sql: "PRAGMA user_version")
        if application == 0, found == 0, try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0 {
            return nil
        }
        return application == applicationID && found == version
    }
}

enum Connections {
    static func configuration(label: String, readonly: Bool = false) -> Configuration {
        var configuration = Configuration()
        configuration.label = label
        configuration.readonly = readonly
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = false
        configuration.maximumReaderCount = 4
        return configuration
    }

    /// Makes a commit of this connection mean *on the disk*.
    ///
    /// GRDB sets `synchronous` to NORMAL when it opens a database in WAL mode, after `prepareDatabase`; so this has to
    /// be done on the open connection, and is read back.
    static func makeDurable(_ db: Database) throws {
        try db.execute(sql: "PRAGMA synchronous = FULL")
        guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2,
            try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal"
        else {
            throw DatabaseError(
                resultCode: .SQLITE_ERROR,
                message: "SQLite does not take synchronous = FULL in WAL mode"
            )
        }
    }

    /// The writer does not check-point by itself: `LogTrimmer` chooses the moment.
    static func prepareWriter(_ db: Database, pageLimit: Int?) throws {
        try makeDurable(db)
        try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
        if let pageLimit { try db.execute(sql: "PRAGMA max_page_count = \(pageLimit)") }
    }
}

extension LedgerError {
    /// What a failure of SQLite means here.
    init(_ error: any Error) {
        if let error = error as? LedgerError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self = .storageFailed("\(error)")
            return
        }
        let text = "SQLite \(error.extendedResultCode.rawValue), \(error.message ?? "no message")"
        switch (error.resultCode, error.extendedResultCode) {
        case (.SQLITE_FULL, _), (_, .SQLITE_IOERR_SHMSIZE): self = .full
        case (.SQLITE_CORRUPT, _), (.SQLITE_CONSTRAINT, _): self = .damaged(text)
        case (.SQLITE_NOTADB, _): self = .foreignFormat(text)
        case (.SQLITE_CANTOPEN, _), (.SQLITE_PERM, _), (.SQLITE_READONLY, _), (.SQLITE_AUTH, _):
            self = .unreadable(text)
        default: self = .storageFailed(text)
        }
    }
}
