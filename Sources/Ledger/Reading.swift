import Clocks
internal import GRDB

/// Queries, on whichever connection they are given.
enum Reading {
    /// The certificate whose entry has this number.
    static func certificate(_ db: Database, sequence: Int64) throws -> IssuedCertificate {
        let query = try SQLStatement(
            db,
            "SELECT sequence, time_ms, kind, leaf_hash, body FROM entries WHERE sequence = ?"
        )
        let found = try query.first({ $0.integer(sequence) }) { Reading.entry($0) }
        guard let entry = found, entry.kind == EntryKind.certificate else {
            throw LedgerError.damaged("entry \(sequence) should hold a certificate")
        }
        let fields = try EntryFields(body: entry.body)
        guard let order = fields.text("order"), let serial = fields.hex("serial"),
            let der = fields.base64("certificate"), let intent = fields.number("intent")
        else { throw LedgerError.damaged("the certificate of entry \(sequence) is not complete") }
        let facts = try intentFacts(db, sequence: intent)
        return IssuedCertificate(
            orderID: order,
            contentHash: facts.contentHash,
            profileSetVersion: facts.profileSetVersion,
            profile: facts.profile,
            issuer: facts.issuer,
            keyOrigin: facts.keyOrigin,
            keyRoute: facts.keyRoute,
            serial: serial,
            certificateDER: der,
            intentSequence: intent,
            sequence: sequence,
            time: entry.time,
            leafHash: entry.leafHash
        )
    }

    private typealias IntentFacts = (
        contentHash: [UInt8], profileSetVersion: String, profile: String, issuer: String,
        keyOrigin: String, keyRoute: String?
    )

    private static func intentFacts(_ db: Database, sequence: Int64) throws -> IntentFacts {
        let query = try SQLStatement(db, "SELECT body FROM entries WHERE sequence = ?")
        let body = try query.first({ $0.integer(sequence) }) { $0.blob(0) }
        let fields = try body.map { try EntryFields(body: $0) }
        guard let content = fields?.hex("content"), let version = fields?.text("profileSetVersion"),
            let profile = fields?.text("profile"), let issuer = fields?.text("issuer"),
            let origin = fields?.text("keyOrigin")
        else { throw LedgerError.damaged("the intent of entry \(sequence) is not complete") }
        return (content, version, profile, issuer, origin, fields?.text("keyRoute"))
    }

    /// What an intent is looked for by.
    enum Name {
        case serial([UInt8])
        case order(String)
    }

    /// The newest intent of a name. Without an index the whole table is read.
    static func intent(_ db: Database, _ name: Name, _ index: IntentIndex?) throws -> IntentRow? {
        if let index {
            let findRow = try SQLStatement(db, "SELECT \(IntentRow.columns) FROM intents WHERE sequence = ?")
            let finder = IntentFinder(index, findRow: findRow)
            switch name {
            case .serial(let serial): return try finder.intent(serial: serial)
            case .order(let order): return try finder.newest(order: order)
            }
        }
        let query = "SELECT \(IntentRow.columns) FROM intents WHERE"
        let newest = "ORDER BY sequence DESC LIMIT 1"
        switch name {
        case .serial(let serial):
            return try SQLStatement(db, "\(query) serial = ? \(newest)").first({ $0.blob(serial) }) { IntentRow($0) }
        case .order(let order):
            return try SQLStatement(db, "\(query) order_id = ? \(newest)").first({ $0.text(order) }) { IntentRow($0) }
        }
    }

    static func certificate(_ db: Database, _ name: Name, _ index: IntentIndex?) throws -> IssuedCertificate? {
        guard let row = try intent(db, name, index), row.state == IntentState.issued, let sequence = row.outcome else {
            return nil
        }
        return try certificate(db, sequence: sequence)
    }

    static func status(_ db: Database, serial: [UInt8], _ index: IntentIndex?) throws -> SerialStatus {
        guard let row = try intent(db, .serial(serial), index) else { return .unknown }
        switch (row.state, row.outcome) {
        case (IntentState.open, nil): return .inFlight(intentSequence: row.sequence)
        case (IntentState.issued, let sequence?): return .issued(sequence: sequence)
        case (IntentState.neverReleased, _), (IntentState.neverSigned, _):
            return .neverReleased(intentSequence: row.sequence)
        default: throw LedgerError.damaged("the intent \(row.sequence) is in no known state")
        }
    }

    static func entry(_ row: SQLRow) -> LedgerEntry {
        LedgerEntry(
            sequence: row.integer(0),
            time: Timestamp(milliseconds: row.integer(1)),
            kind: row.text(2),
            body: row.blob(4),
            leafHash: row.blob(3)
        )
    }

    /// Entries from a number on, in order; of some kinds alone, if any are named.
    static func entries(_ db: Database, from start: Int64, limit: Int, kinds: Set<String>) throws -> [LedgerEntry] {
        let query = try SQLStatement(
            db,
            "SELECT sequence, time_ms, kind, leaf_hash, body FROM entries WHERE sequence >= ? ORDER BY sequence"
        )
        var entries: [LedgerEntry] = []
        guard limit > 0 else { return [] }
        try query.each({ $0.integer(start) }) { row in
            if kinds.isEmpty || kinds.contains(row.text(2)) { entries.append(entry(row)) }
            return entries.count < limit
        }
        return entries
    }

    static func tokenEntries(_ db: Database) throws -> [LedgerEntry] {
        try allEntries(db, where: Schema.tokenEntries)
    }

    /// - Parameter condition: the very words of an index.
    static func allEntries(_ db: Database, where condition: String) throws -> [LedgerEntry] {
        let query = try SQLStatement(
            db,
            "SELECT sequence, time_ms, kind, leaf_hash, body FROM entries WHERE \(condition) ORDER BY sequence"
        )
        var entries: [LedgerEntry] = []
        try query.each { row in
            entries.append(entry(row))
            return true
        }
        return entries
    }

    static func head(_ db: Database) throws -> TreeHead? {
        let query = try SQLStatement(db, "SELECT size, root, time_ms FROM tree_heads ORDER BY size DESC LIMIT 1")
        return try query.first { row in
            TreeHead(size: row.integer(0), root: row.blob(1), time: Timestamp(milliseconds: row.integer(2)))
        }
    }

    /// Intents without outcome.
    static func openIntents(_ db: Database) throws -> [OpenIntent] {
        let query = try SQLStatement(
            db,
            "SELECT \(IntentRow.columns) FROM intents WHERE state = \(IntentState.open) ORDER BY sequence"
        )
        var open: [OpenIntent] = []
        try query.each { row in
            open.append(IntentRow(row).open)
            return true
        }
        return open
    }
}
