internal import GRDB

/// The writer's statements, prepared once.
struct WriterStatements {
    let begin: SQLStatement
    let commit: SQLStatement
    let addEntry: SQLStatement
    let addHead: SQLStatement
    let addTile: SQLStatement
    let addIntent: SQLStatement
    let settleIntent: SQLStatement
    let closeIntent: SQLStatement
    let findIntent: SQLStatement
    let addAuthorityKey: SQLStatement
    let addStatusChange: SQLStatement
    let addCRLNumber: SQLStatement

    init(_ db: Database) throws {
        begin = try SQLStatement(db, "BEGIN IMMEDIATE")
        commit = try SQLStatement(db, "COMMIT")
        addEntry = try SQLStatement(
            db,
            "INSERT INTO entries (sequence, time_ms, kind, leaf_hash, body) VALUES (?, ?, ?, ?, ?)"
        )
        addHead = try SQLStatement(db, "INSERT INTO tree_heads (size, root, time_ms) VALUES (?, ?, ?)")
        addTile = try SQLStatement(db, "INSERT INTO tiles (address, hashes) VALUES (?, ?)")
        addIntent = try SQLStatement(
            db,
            "INSERT INTO intents (\(IntentRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, \(IntentState.open), NULL)"
        )
        settleIntent = try SQLStatement(
            db,
            """
            UPDATE intents SET state = \(IntentState.issued), outcome_sequence = ?
            WHERE sequence = ? AND state = \(IntentState.open) AND order_id = ? AND serial = ? AND tbs_hash = ?
            """
        )
        closeIntent = try SQLStatement(
            db,
            """
            UPDATE intents SET state = ?, outcome_sequence = ?
            WHERE sequence = ? AND state = \(IntentState.open)
            """
        )
        findIntent = try SQLStatement(db, "SELECT \(IntentRow.columns) FROM intents WHERE sequence = ?")
        addAuthorityKey = try SQLStatement(db, "INSERT INTO authority_keys (sequence, public_key_hash) VALUES (?, ?)")
        addStatusChange = try SQLStatement(
            db,
            """
            INSERT INTO status_changes (sequence, time_ms, intent, act, reason, invalidity_date)
            VALUES (?, ?, ?, ?, ?, ?)
            """
        )
        addCRLNumber = try SQLStatement(
            db,
            "INSERT INTO crl_numbers (sequence, issuer_key, partition, number) VALUES (?, ?, ?, ?)"
        )
    }
}
