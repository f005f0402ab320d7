import Clocks
internal import GRDB

/// What is written about the log itself: its keys, its checkpoints, what witnesses have signed.
extension EntryWriter {
    /// Notes the key that signs checkpoints from now on. Answers `false` when it is the newest already.
    mutating func addLogKey(_ key: NoteKey, at time: EntryTime) throws -> Bool {
        if try LogReading.logKeys(db).last == key { return false }
        let sequence = try nextSequence()
        try SQLStatement(db, "INSERT INTO log_keys (sequence, vkey) VALUES (?, ?)").run {
            $0.integer(sequence)
            $0.text(key.vkey)
        }
        body.writeLogKey(key, sequence: sequence, time: time)
        _ = try addEntry(kind: EntryKind.logKey, time: time)
        return true
    }

    /// Keeps a checkpoint of a stored tree head.
    func add(_ checkpoint: Checkpoint, by key: NoteKey) throws {
        try checkpoint.verify(by: key)
        guard try LogReading.logKeys(db).last == key else {
            throw LedgerError.checkpointInvalid("the ledger knows another log key")
        }
        guard try LogReading.root(db, size: checkpoint.size) == checkpoint.root else {
            throw LedgerError.checkpointInvalid("the ledger has no tree head of this size and root")
        }
        if let kept = try LogReading.checkpoint(db, size: checkpoint.size) {
            guard kept.note.text == checkpoint.note.text else {
                throw LedgerError.checkpointInvalid("the ledger has a checkpoint of this size already")
            }
            return
        }
        try SQLStatement(db, "INSERT INTO checkpoints (size, note) VALUES (?, ?)").run {
            $0.integer(checkpoint.size)
            $0.blob(checkpoint.note.encoded)
        }
    }

    /// Keeps a witness's signature under a checkpoint of the ledger's own. One that is there already is kept once.
    func add(cosignature: SignedNote.Signature, by witness: NoteKey, size: Int64) throws {
        guard let kept = try LogReading.checkpoint(db, size: size) else {
            throw LedgerError.checkpointUnknown(size: size)
        }
        guard !kept.note.signatures.contains(cosignature) else { return }
        guard cosignature.isOf(witness), witness.isValid(cosignature.bytes, over: kept.note.text) else {
            throw LedgerError.checkpointInvalid(
                "the cosignature by \(witness.name) is not over the ledger's checkpoint"
            )
        }
        guard kept.note.signatures.count < SignedNote.mostSignatures else {
            throw LedgerError.checkpointInvalid("a checkpoint has at most \(SignedNote.mostSignatures) signatures")
        }
        try SQLStatement(db, "INSERT INTO cosignatures (size, line) VALUES (?, ?)").run {
            $0.integer(size)
            $0.text(cosignature.line)
        }
    }
}

extension EntryBody {
    mutating func writeLogKey(_ key: NoteKey, sequence: Int64, time: EntryTime) {
        begin(sequence: sequence, time: time, kind: EntryKind.logKey)
        text("origin", key.name)
        text("vkey", key.vkey)
        finish()
    }
}

/// Queries about the log itself.
enum LogReading {
    /// The keys that have signed checkpoints, the newest last.
    static func logKeys(_ db: Database) throws -> [NoteKey] {
        var keys: [NoteKey] = []
        try SQLStatement(db, "SELECT vkey FROM log_keys ORDER BY sequence").each { row in
            keys.append(try NoteKey(vkey: row.text(0)))
            return true
        }
        return keys
    }

    /// The root of a stored tree head.
    static func root(_ db: Database, size: Int64) throws -> MerkleHash? {
        let query = try SQLStatement(db, "SELECT root FROM tree_heads WHERE size = ?")
        return try query.first({ $0.integer(size) }) { $0.hash(0) } ?? nil
    }

    /// A checkpoint with all its cosignatures.
    static func checkpoint(_ db: Database, size: Int64) throws -> Checkpoint? {
        let query = try SQLStatement(db, "SELECT note FROM checkpoints WHERE size = ?")
        guard let note = try query.first({ $0.integer(size) }, read: { $0.blob(0) }) else { return nil }
        return try Checkpoint(parsing: note).adding(cosignatures(db, size: size))
    }

    /// The newest checkpoint with all its cosignatures, or the newest that a size covers.
    static func newestCheckpoint(_ db: Database, atLeast size: Int64 = 0) throws -> Checkpoint? {
        guard let newest = try Int64.fetchOne(db, sql: "SELECT max(size) FROM checkpoints"), newest >= size else {
            return nil
        }
        return try checkpoint(db, size: newest)
    }

    static func cosignatures(_ db: Database, size: Int64) throws -> [SignedNote.Signature] {
        var signatures: [SignedNote.Signature] = []
        let query = try SQLStatement(db, "SELECT line FROM cosignatures WHERE size = ? ORDER BY number")
        try query.each({ $0.integer(size) }) { row in
            signatures.append(try SignedNote.Signature(line: row.text(0)))
            return true
        }
        return signatures
    }
}
