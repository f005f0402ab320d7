internal import GRDB

/// The tables, and how connections to them are set up.
///
/// `entries` is the ledger; all else can be computed from it, and `verify` does, but for the signatures of checkpoints. Every table is in the order of the
/// entries, so that a commit writes to few pages however long the ledger is; what is looked up by other keys is found
/// through `IntentIndex`.
enum Schema {
    /// "INKN": tells the file from any other SQLite database.
    static let applicationID: Int64 = 0x494e_4b4e
    static let version: Int64 = 1

    /// One row of SQLite's own list of what the file holds.
    struct Item: Hashable {
        enum Kind: String {
            case table
            case trigger
            case index
        }

        let kind: Kind
        let name: String
        /// As SQLite keeps it: without the semicolon.
        let sql: String
    }

    static let tables = [
        table(
            "entries",
            """
                sequence INTEGER PRIMARY KEY,
                time_ms INTEGER NOT NULL,
                kind TEXT NOT NULL,
                leaf_hash BLOB NOT NULL,
                body BLOB NOT NULL
            """
        ),
        table(
            "tree_heads",
            """
                size INTEGER PRIMARY KEY,
                root BLOB NOT NULL,
                time_ms INTEGER NOT NULL
            """
        ),
        table(
            "tiles",
            """
                address INTEGER PRIMARY KEY,
                hashes BLOB NOT NULL
            """
        ),
        table(
            "intents",
            """
                sequence INTEGER PRIMARY KEY,
                order_id TEXT NOT NULL,
                content_hash BLOB NOT NULL,
                serial BLOB NOT NULL,
                tbs_hash BLOB NOT NULL,
                public_key_hash BLOB NOT NULL,
                subject_hash BLOB NOT NULL,
                issuer_key INTEGER NOT NULL,
                not_after INTEGER NOT NULL,
                state INTEGER NOT NULL,
                outcome_sequence INTEGER
            """
        ),
        table(
            "authority_keys",
            """
                sequence INTEGER PRIMARY KEY,
                public_key_hash BLOB NOT NULL
            """
        ),
        table(
            "log_keys",
            """
                sequence INTEGER PRIMARY KEY,
                vkey TEXT NOT NULL
            """
        ),
        table(
            "checkpoints",
            """
                size INTEGER PRIMARY KEY,
                note BLOB NOT NULL
            """
        ),
        table(
            "cosignatures",
            """
                number INTEGER PRIMARY KEY,
                size INTEGER NOT NULL,
                line TEXT NOT NULL
            """
        ),
        table(
            "status_changes",
            """
                sequence INTEGER PRIMARY KEY,
                time_ms INTEGER NOT NULL,
                intent INTEGER NOT NULL,
                act INTEGER NOT NULL,
                reason INTEGER NOT NULL,
                invalidity_date INTEGER
            """
        ),
        table(
            "crl_numbers",
            """
                sequence INTEGER PRIMARY KEY,
                issuer_key INTEGER NOT NULL,
                partition INTEGER,
                number INTEGER NOT NULL
            """
        ),
    ]

    private static func table(_ name: String, _ columns: String) -> Item {
        Item(kind: .table, name: name, sql: "CREATE TABLE \(name) (\n\(columns)\n) STRICT")
    }

    /// Which entries tell of users' tokens. They are few among many, and all of them are read when the service starts.
    static let tokenEntries = "kind GLOB 'token-*'"
    /// Which entries tell of changes of how CRLs are spread over parts: a few in a ledger's life.
    static let crlPartitionsEntries = "kind = '\(LedgerReader.crlPartitionsKind)'"
    static let indexes = [
        Item(
            kind: .index,
            name: "token_entries",
            sql: "CREATE INDEX token_entries ON entries (sequence) WHERE \(tokenEntries)"
        ),
        Item(
            kind: .index,
            name: "crl_partitions_entries",
            sql: "CREATE INDEX crl_partitions_entries ON entries (sequence) WHERE \(crlPartitionsEntries)"
        ),
    ]

    private static let items = tables + indexes + guards

    /// Guards against our own mistakes; who means harm is found by the Merkle tree.
    static let guards = ["entries", "tree_heads", "tiles", "log_keys", "checkpoints", "cosignatures"].flatMap { table in
        [trigger("\(table)_stay", "UPDATE ON \(table)"), trigger("\(table)_remain", "DELETE ON \(table)")]
    }

    private static func trigger(_ name: String, _ event: String) -> Item {
        let sql = """
            CREATE TRIGGER \(name) BEFORE \(event)
            BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
            """
        return Item(kind: .trigger, name: name, sql: sql)
    }

    /// Makes the tables in an empty file, in one transaction.
    static func create(_ db: Database) throws {
        try db.inTransaction(.immediate) {
            for item in items { try db.execute(sql: item.sql) }
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: "PRAGMA user_version = \(version)")
            return .commit
        }
    }

    /// Something in the file that is not as this software made it.
    struct Difference {
        let message: String
        /// Whether the tables themselves can still be read as they should.
        let leavesTables: Bool
    }

    /// Compares all that the file declares with what `create` makes: a trigger may be gone, or planted.
    static func differences(_ db: Database) throws -> [Difference] {
        var missing = Set(items)
        var found: [Difference] = []
        let read = try SQLStatement(db, "SELECT type, name, sql FROM sqlite_schema")
        try read.each { row in
            let kind = Item.Kind(rawValue: row.text(0))
            if let kind, missing.remove(Item(kind: kind, name: row.text(1), sql: row.text(2))) != nil { return true }
            let message = "the \(row.text(0)) \(row.text(1)) is not as the ledger makes it, or not the ledger's"
            found.append(Difference(message: message, leavesTables: true))
            return true
        }
        for item in missing.sorted(by: { $0.name < $1.name }) {
            let message = "the \(item.kind.rawValue) \(item.name) is missing or changed"
            found.append(Difference(message: message, leavesTables: item.kind != .table))
        }
        return found
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
        // Functions that a changed schema names are not to be run on its behalf.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA trusted_schema = OFF") }
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

    /// Copies the whole write-ahead log into the file and cuts it to nothing.
    ///
    /// After a failed flush the system may show pages of the log that never reached the disk, and no later flush would
    /// bring them there. Copying writes and flushes them anew, so that what is then read is on the disk.
    static func emptyLog(_ db: Database) throws {
        let rest: Int
        do {
            rest = try db.checkpoint(.truncate).walFrameCount
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            throw LedgerError.storageFailed(
                "its write-ahead log can't be emptied while another process reads the ledger; end that and start again"
            )
        }
        guard rest <= 0 else { throw LedgerError.storageFailed("\(rest) pages stay in its write-ahead log") }
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
