import Clocks
internal import GRDB

/// Reads a whole ledger once, in order, and checks all that is stored against the bodies of the entries.
///
/// Every commit ends with a tree head, and its entries have one time. So a head that was taken out of the middle is
/// missed where the time changes; one between two commits of the same millisecond can't be known to have been there.
struct Verification {
    private let db: Database
    private let progress: (Int64) -> Void
    private var report = VerificationReport()
    private var tree = MerkleTree()
    private var lastTime: Int64?
    /// Size of the last tree head that was met.
    private var lastHead: Int64 = 0
    private var tiles: Int64 = 0

    private static let entriesBetweenProgress: Int64 = 4_096

    init(_ db: Database, progress: @escaping (Int64) -> Void) {
        self.db = db
        self.progress = progress
    }

    mutating func run(_ checkpoints: CheckpointCheck) throws -> VerificationReport {
        guard try checkFile() else { return report }
        var history = try HistoryCheck(db)
        try walkEntries(&history)
        try history.finish(&report)
        try checkCount(of: "tiles", expected: tiles, kind: .tile)
        report.openIntents = history.open.sorted()
        report.head = try Reading.head(db)
        try checkpoints.run(&report)
        return report
    }

    /// Pages, row formats, and what the file declares. Answers whether there are tables to go on with.
    private mutating func checkFile() throws -> Bool {
        let check = try SQLStatement(db, "PRAGMA integrity_check(20)")
        var messages: [String] = []
        try check.each { row in
            messages.append(row.text(0))
            return true
        }
        for message in messages where message != "ok" { report.add(.file, nil, message) }
        let differences = try Schema.differences(db)
        for difference in differences { report.add(.file, nil, difference.message) }
        return differences.allSatisfy(\.leavesTables)
    }

    private mutating func walkEntries(_ history: inout HistoryCheck) throws {
        let entries = try SQLStatement(
            db,
            "SELECT sequence, time_ms, kind, leaf_hash, body FROM entries ORDER BY sequence"
        )
        let heads = try SQLStatement(db, "SELECT size, root, time_ms FROM tree_heads ORDER BY size")
        let findTile = try SQLStatement(db, "SELECT hashes FROM tiles WHERE address = ?")
        try entries.start()
        try heads.start()
        defer {
            entries.stop()
            heads.stop()
        }
        var head = try heads.next()
        while let row = try entries.next() {
            try check(Reading.entry(row), &history)
            try checkTiles(findTile)
            while let stored = head, stored.integer(0) <= tree.size {
                check(head: stored)
                lastHead = stored.integer(0)
                head = try heads.next()
            }
            if tree.size % Verification.entriesBetweenProgress == 0 { progress(tree.size) }
        }
        while let stored = head {
            report.add(.treeHead, nil, "a tree head of size \(stored.integer(0)) covers entries that are missing")
            head = try heads.next()
        }
        report.entries = tree.size
        progress(tree.size)
        let last = try Reading.head(db)?.size ?? 0
        if last < tree.size { report.add(.treeHead, last, "no tree head covers the entries from here on") }
    }

    private mutating func check(_ entry: LedgerEntry, _ history: inout HistoryCheck) throws {
        if entry.sequence != tree.size {
            report.add(.sequence, entry.sequence, "entry \(tree.size) was expected here")
        }
        let leaf = entry.body.withUnsafeBytes { MerkleHash.leaf($0) }
        if leaf.bytes != entry.leafHash { report.add(.leaf, entry.sequence, "the body does not give the leaf's hash") }
        tree.append(leaf: leaf)
        checkTime(entry)
        do {
            let fields = try EntryFields(body: entry.body)
            checkRow(entry, fields)
            if entry.kind == EntryKind.certificate { report.certificates += 1 }
            // Such a number was reported as out of order, and fits into no index.
            guard (0...HintTable.highest).contains(entry.sequence) else { return }
            try history.check(entry, fields, &report)
        } catch let error as LedgerError {
            report.add(.body, entry.sequence, error.message)
        }
    }

    /// - Precondition: the entry's leaf stands in the tree.
    private mutating func checkTime(_ entry: LedgerEntry) {
        let time = entry.time.milliseconds
        if !Limits.times.contains(time) {
            report.add(.time, entry.sequence, "its time is not of the years 1970 to 9999")
        }
        if let lastTime, time < lastTime { report.add(.time, entry.sequence, "it is older than the entry before it") }
        if let lastTime, time != lastTime, lastHead < tree.size - 1 {
            report.add(.treeHead, entry.sequence, "the tree head of the commit before this entry is missing")
        }
        lastTime = time
    }

    private mutating func checkRow(_ entry: LedgerEntry, _ fields: EntryFields) {
        let names = fields.members.prefix(3).map(\.0)
        if names != ["sequence", "time", "kind"] {
            report.add(.body, entry.sequence, "the body does not begin with sequence, time and kind")
        }
        if fields.number("sequence") != entry.sequence {
            report.add(.body, entry.sequence, "the body says another number than its row")
        }
        if fields.text("time") != entry.time.rfc3339 {
            report.add(.body, entry.sequence, "the body says another time than its row")
        }
        if fields.text("kind") != entry.kind {
            report.add(.body, entry.sequence, "the body says another kind than its row")
        }
    }

    private mutating func checkTiles(_ find: SQLStatement) throws {
        for tile in tree.completed {
            tiles += 1
            let stored = try find.first({ $0.integer(tile.address) }) { $0.blob(0) }
            if stored != MerkleHash.bytes(of: tile.hashes) {
                report.add(.tile, nil, "tile \(tile.number) of level \(tile.level) is missing or not the entries'")
            }
        }
        tree.clearCompleted()
    }

    private mutating func check(head: SQLRow) {
        let size = head.integer(0)
        guard size == tree.size else {
            report.add(.treeHead, nil, "a tree head of size \(size) can't be checked: its entry is missing")
            return
        }
        if head.hash(1) != tree.root {
            report.add(.treeHead, size - 1, "the tree head of size \(size) has another root than the entries")
        }
        if head.integer(2) != lastTime {
            report.add(.treeHead, size - 1, "the tree head of size \(size) has another time than its last entry")
        }
    }

    private mutating func checkCount(of table: String, expected: Int64, kind: VerificationReport.Finding.Kind) throws {
        let found = try Int64.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
        if found != expected { report.add(kind, nil, "\(table) has \(found) rows where the entries give \(expected)") }
    }
}
