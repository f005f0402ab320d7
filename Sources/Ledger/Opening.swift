import Clocks
internal import GRDB

/// Brings the writer's memory back from the file, and refuses a file that contradicts itself.
///
/// The tree's edge is rebuilt from at most 255 tiles a level and checked against the last stored head, which takes as
/// long for a long ledger as for a short one. The index takes less than a second for a million entries. All the rest
/// is checked by `Verification`.
enum Opening {
    /// Reads all that a writer has to know, and looks for damage, without changing anything: what the file declares, the
    /// newest entries, the tree over all, the tables beside the entries.
    static func restore(_ db: Database, index: IntentIndex) throws -> WriterMemory {
        if let difference = try Schema.differences(db).first { throw LedgerError.damaged(difference.message) }
        var memory = try restoreTree(db)
        let unissued = try fill(index, db, size: memory.tree.size)
        memory.open = unissued.open
        memory.authorityKeys = try authorityKeys(db)
        memory.crlNumbers = try Reading.crlNumbers(db)
        try fillBook(index.book, db, closed: unissued.closed, size: memory.tree.size)
        return memory
    }

    /// Makes sure that the file still says what was read from it before its write-ahead log was copied back.
    static func check(_ db: Database, isStill memory: WriterMemory) throws {
        if let difference = try Schema.differences(db).first { throw LedgerError.damaged(difference.message) }
        let now = try restoreTree(db)
        guard now.tree.size == memory.tree.size, now.tree.root == memory.tree.root else {
            throw LedgerError.damaged("it changed while it was opened")
        }
    }

    private static func restoreTree(_ db: Database) throws -> WriterMemory {
        let size = try entryCount(db)
        var memory = WriterMemory()
        memory.tree = try tree(db, size: size)
        let readHead = try SQLStatement(db, "SELECT size, root, time_ms FROM tree_heads ORDER BY size DESC LIMIT 1")
        let head = try readHead.first { row in
            (size: row.integer(0), root: row.hash(1), time: row.integer(2))
        }
        guard let head else {
            guard size == 0 else { throw LedgerError.damaged("there are entries, but no tree head") }
            try checkNothingIsLeft(db)
            return memory
        }
        guard head.size == size else {
            throw LedgerError.damaged("the last tree head is of size \(head.size), but there are \(size) entries")
        }
        guard head.root == memory.tree.root else {
            throw LedgerError.damaged("the entries do not give the root of the last tree head")
        }
        let lastTime = try Int64.fetchOne(db, sql: "SELECT time_ms FROM entries ORDER BY sequence DESC LIMIT 1")
        guard lastTime == head.time, Limits.times.contains(head.time) else {
            throw LedgerError.damaged("the last entry's time is not the last tree head's, or in no calendar")
        }
        memory.sealed = SealedTree(memory.tree)
        memory.lastTime = Timestamp(milliseconds: head.time)
        return memory
    }

    /// The tree's edge, from tiles and the last leaves.
    static func tree(_ db: Database, size: Int64) throws -> MerkleTree {
        MerkleTree(size: size, unfinished: try unfinishedTiles(db, size: size))
    }

    static func entryCount(_ db: Database) throws -> Int64 {
        let last = try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM entries") ?? -1
        guard (-1...HintTable.highest).contains(last) else {
            throw LedgerError.damaged("an entry has the number \(last)")
        }
        return last + 1
    }

    /// Without entries there can be nothing that comes from entries.
    private static func checkNothingIsLeft(_ db: Database) throws {
        let tables = [
            "intents", "tiles", "authority_keys", "log_keys", "checkpoints", "cosignatures", "status_changes",
            "crl_numbers",
        ]
        for table in tables {
            guard try Int64.fetchOne(db, sql: "SELECT count(*) FROM \(table)") == 0 else {
                throw LedgerError.damaged("there are no entries, but \(table) is not empty")
            }
        }
    }

    /// Puts every intent into the index. Answers those without outcome, and those that were closed.
    private static func fill(
        _ index: IntentIndex,
        _ db: Database,
        size: Int64
    ) throws -> (open: Set<Int64>, closed: [Int64]) {
        let read = try SQLStatement(db, "SELECT sequence, state, order_id, serial, public_key_hash FROM intents")
        let findRow = try SQLStatement(db, "SELECT \(IntentRow.columns) FROM intents WHERE sequence = ?")
        let intents = IntentFinder(index, findRow: findRow)
        var open: Set<Int64> = []
        var closed: [Int64] = []
        try read.each { row in
            let (sequence, state) = (row.integer(0), row.integer(1))
            guard (0..<size).contains(sequence) else {
                throw LedgerError.damaged("an intent has the number \(sequence), but there are \(size) entries")
            }
            if state == IntentState.open { open.insert(sequence) }
            if IntentState.isClosed(state) { closed.append(sequence) }
            let isKnown = row.withText(2) { !index.hints(order: $0).isEmpty }
            let earlier = isKnown ? try intents.newest(order: row.text(2))?.sequence : nil
            row.withText(2) { order in
                row.withBlob(3) { serial in
                    index.add(order: order, serial: serial, at: sequence, replacing: earlier)
                }
            }
            if state != IntentState.neverSigned {
                let key = row.blob(4)
                if try intents.any(key: key)?.state ?? IntentState.open == IntentState.open {
                    index.add(key: key, at: sequence)
                }
            }
            return true
        }
        return (open, closed)
    }

    private static func authorityKeys(_ db: Database) throws -> Set<[UInt8]> {
        let read = try SQLStatement(db, "SELECT public_key_hash FROM authority_keys")
        var keys: Set<[UInt8]> = []
        try read.each { row in
            keys.insert(row.blob(0))
            return true
        }
        return keys
    }

    private static func unfinishedTiles(_ db: Database, size: Int64) throws -> [[MerkleHash]] {
        guard size > 0 else { return [] }
        var levels = [try lastLeaves(db, size: size)]
        while size >> Int64(8 * levels.count) > 0 {
            let level = levels.count
            let end = size >> Int64(8 * level)
            var hashes: [MerkleHash] = []
            for number in (end & ~255)..<end {
                hashes.append(MerkleHash.root(ofComplete: try tile(db, level: level - 1, number: number)[...]))
            }
            levels.append(hashes)
        }
        return levels
    }

    /// Hashes of the leaves after the last complete tile, checked against the entries' bodies.
    private static func lastLeaves(_ db: Database, size: Int64) throws -> [MerkleHash] {
        let read = try SQLStatement(
            db,
            "SELECT sequence, leaf_hash, body FROM entries WHERE sequence >= ? ORDER BY sequence"
        )
        var hashes: [MerkleHash] = []
        let start = size & ~255
        try read.each({ $0.integer(start) }) { row in
            let sequence = start + Int64(hashes.count)
            guard row.integer(0) == sequence else { throw LedgerError.damaged("entry \(sequence) is missing") }
            guard let leaf = row.hash(1), leaf == row.withBlob(2, { MerkleHash.leaf($0) }) else {
                throw LedgerError.damaged("entry \(sequence) does not have its leaf's hash")
            }
            hashes.append(leaf)
            return true
        }
        return hashes
    }

    static func tile(_ db: Database, level: Int, number: Int64) throws -> [MerkleHash] {
        let read = try SQLStatement(db, "SELECT hashes FROM tiles WHERE address = ?")
        let hashes = try read.first({ $0.integer(MerkleTile.address(level: level, number: number)) }) { row in
            row.withBlob(0) { bytes in
                stride(from: 0, to: bytes.count - MerkleHash.size + 1, by: MerkleHash.size).compactMap {
                    MerkleHash(UnsafeRawBufferPointer(rebasing: bytes[$0..<$0 + MerkleHash.size]))
                }
            }
        }
        guard let hashes, hashes.count == MerkleTile.width else {
            throw LedgerError.damaged("tile \(number) of level \(level) is missing or cut")
        }
        return hashes
    }

    /// Closes what a crash left open, in one transaction: those certificates were never released (SGN-07), but may have
    /// been signed.
    static func closeOpenIntents(
        _ db: Database,
        memory: inout WriterMemory,
        index: IntentIndex,
        now: Timestamp
    ) throws -> [OpenIntent] {
        guard !memory.open.isEmpty else { return [] }
        let open = try Reading.openIntents(db)
        let time = EntryTime(clock: now, last: memory.lastTime)
        var writer = try EntryWriter(db, memory: memory, index: index)
        try db.inTransaction(.immediate) {
            for intent in open {
                let receipt = IntentReceipt(sequence: intent.sequence, time: time.moment)
                _ = try writer.close(receipt, reason: "crash", wasSigned: true, at: time)
            }
            try writer.finish(time: time)
            return .commit
        }
        writer.publish()
        memory = writer.memory
        return open
    }
}
