import Clocks
internal import GRDB

/// What the tables say of certificates' status.
extension Reading {
    /// A row of `status_changes` with the intent that it is of.
    struct StatusRow {
        let sequence: Int64
        let time: Int64
        let intent: Int64
        let act: StatusAct
        let reason: UInt8
        let invalidityDate: Int64?

        static let columns = "sequence, time_ms, intent, act, reason, invalidity_date"

        init(_ row: SQLRow) throws {
            sequence = row.integer(0)
            time = row.integer(1)
            intent = row.integer(2)
            guard let act = StatusAct(rawValue: row.integer(3)), let reason = UInt8(exactly: row.integer(4)) else {
                throw LedgerError.damaged("the change of status \(sequence) is of no known kind")
            }
            self.act = act
            self.reason = reason
            invalidityDate = row.isNull(5) ? nil : row.integer(5)
        }
    }

    /// The last number of each issuer's key.
    static func crlNumbers(_ db: Database) throws -> [Int64: Int64] {
        var numbers: [Int64: Int64] = [:]
        try SQLStatement(db, "SELECT issuer_key, max(number) FROM crl_numbers GROUP BY issuer_key").each { row in
            numbers[row.integer(0)] = row.integer(1)
            return true
        }
        return numbers
    }

    /// The number of the last CRL of a key's part, or of its whole.
    static func lastCRLNumber(_ db: Database, issuerKey: Int64, partition: Int64?) throws -> Int64? {
        try lastCRL(db, "max(number)", issuerKey: issuerKey, partition: partition)
    }

    private static func lastCRL(
        _ db: Database,
        _ what: String,
        issuerKey: Int64,
        partition: Int64?
    ) throws -> Int64? {
        try SQLStatement(db, "SELECT \(what) FROM crl_numbers WHERE issuer_key = ? AND partition IS ?").first(
            {
                $0.integer(issuerKey)
                $0.integer(partition)
            },
            read: { $0.isNull(0) ? nil : $0.integer(0) }
        ) ?? nil
    }

    /// How CRLs were spread over parts: every entry that tells of a change, in order.
    static func crlPartitionsEntries(_ db: Database) throws -> [LedgerEntry] {
        try allEntries(db, where: Schema.crlPartitionsEntries)
    }

    /// Of whichever issuer: to make a CRL too many does no harm.
    static func hasStatusChanged(_ db: Database, afterCRLOf issuerKey: Int64, partition: Int64?) throws -> Bool {
        let last = try lastCRL(db, "max(sequence)", issuerKey: issuerKey, partition: partition)
        let change = try SQLStatement(db, "SELECT max(sequence) FROM status_changes")
            .first { $0.isNull(0) ? -1 : $0.integer(0) }
        return change ?? -1 > last ?? -1
    }

    static func standing(_ db: Database, serial: [UInt8], _ index: IntentIndex?) throws -> Standing {
        guard let row = try intent(db, .serial(serial), index) else { return .unknown }
        switch row.state {
        case IntentState.open: return Standing(state: .inFlight, issuerKey: row.issuerKey)
        case IntentState.issued: break
        default:
            let since = try time(db, of: row.outcome ?? row.sequence)
            return row.neverReleased(since: since.seconds).standing(issuerKey: row.issuerKey)
        }
        let current = try index.map { $0.book.entry(intent: row.sequence) } ?? changed(db, row)
        return current?.standing(issuerKey: row.issuerKey) ?? Standing(state: .good, issuerKey: row.issuerKey)
    }

    static func time(_ db: Database, of sequence: Int64) throws -> Timestamp {
        let find = try SQLStatement(db, "SELECT time_ms FROM entries WHERE sequence = ?")
        guard let time = try find.first({ $0.integer(sequence) }, read: { $0.integer(0) }) else {
            throw LedgerError.damaged("entry \(sequence) is missing")
        }
        return Timestamp(milliseconds: time)
    }

    /// What all changes together made of a certificate. Without an index the whole table is read.
    private static func changed(_ db: Database, _ intent: IntentRow) throws -> RevokedSerial? {
        let query = try SQLStatement(
            db,
            "SELECT \(StatusRow.columns) FROM status_changes WHERE intent = ? ORDER BY sequence"
        )
        var current: RevokedSerial?
        try query.each({ $0.integer(intent.sequence) }) { row in
            current = intent.applying(try StatusRow(row), to: current).entry
            return true
        }
        return current
    }
}

extension IntentRow {
    func applying(_ change: Reading.StatusRow, to current: RevokedSerial?) -> StatusBook.Change {
        applying(
            change.act,
            reason: change.reason,
            invalidityDate: change.invalidityDate,
            at: Timestamp(milliseconds: change.time).seconds,
            to: current
        )
    }
}

extension IntentIndex {
    /// How a serial number stands that is not good; nil for all others. Nothing is read from the file.
    func revokedStanding(serial: [UInt8]) -> Standing? {
        for hint in hints(serial: serial) {
            if let entry = book.entry(intent: hint), entry.has(serial: serial) { return book.standing(intent: hint) }
        }
        return nil
    }
}

extension Opening {
    /// Puts every serial number that is not good into the book.
    ///
    /// - Parameter closed: the intents that were closed without a certificate.
    static func fillBook(_ book: StatusBook, _ db: Database, closed: [Int64], size: Int64) throws {
        let findIntent = try SQLStatement(db, "SELECT \(IntentRow.columns) FROM intents WHERE sequence = ?")
        for sequence in closed {
            guard let intent = try findIntent.first({ $0.integer(sequence) }, read: { IntentRow($0) }) else { continue }
            let since = try Reading.time(db, of: intent.outcome ?? intent.sequence)
            book.apply([.put(intent.neverReleased(since: since.seconds), issuerKey: intent.issuerKey)])
        }
        let changes = try SQLStatement(
            db,
            "SELECT \(Reading.StatusRow.columns) FROM status_changes ORDER BY sequence"
        )
        try changes.each { row in
            let change = try Reading.StatusRow(row)
            guard (0..<size).contains(change.sequence),
                let intent = try findIntent.first({ $0.integer(change.intent) }, read: { IntentRow($0) })
            else { throw LedgerError.damaged("the change of status \(change.sequence) is of no intent") }
            book.apply([intent.applying(change, to: book.entry(intent: change.intent))])
            return true
        }
    }
}
