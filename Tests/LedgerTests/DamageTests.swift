import Clocks
import Foundation
import GRDB
import Ledger
import Testing

/// One sound ledger of several hundred entries, made once and damaged in copies.
private struct SoundLedger: Sendable {
    let folder: TemporaryFolder
    let orders: [SampleOrder]
    let entries: [LedgerEntry]

    static let shared = Task {
        let folder = try TemporaryFolder(keptUntilExit: true)
        var random = SeededGenerator(seed: 42)
        let ledger = try folder.open(ManualClock(Timestamp(seconds: 1_800_000_000)))
        var orders: [SampleOrder] = []
        try await ledger.registerAuthorityKey(random.bytes(32))
        for number in 0..<150 {
            let order = SampleOrder("order-\(number)", using: &random)
            orders.append(order)
            let intent = try await ledger.intended(order)
            if number % 10 == 3 {
                try await ledger.close(intent)
            } else {
                _ = try await ledger.record(order.record(intent))
            }
            if number % 20 == 5 { try await ledger.append("note", [("number", .number(Int64(number)))]) }
        }
        try await ledger.change(orders[0], .revoke(reason: 1))
        try await ledger.change(orders[1], .hold)
        try await ledger.change(orders[1], .release)
        try await ledger.change(orders[2], .hold)
        try await ledger.intendCRL(number: 1)
        let entries = try ledger.reader.entries(from: 0, limit: 1_000)
        ledger.stop()
        return SoundLedger(folder: folder, orders: orders, entries: entries)
    }

    /// Changes a copy behind the ledger's back.
    func damaged(_ change: (Database) throws -> Void) throws -> String {
        let copy = try folder.copy(of: folder.ledger)
        let queue = try DatabaseQueue(path: copy)
        try queue.write { db in
            let guards = try dropGuards(db)
            try change(db)
            for guardian in guards { try db.execute(sql: guardian) }
        }
        try queue.close()
        return copy
    }
}

/// Takes the triggers away. Answers what makes them again.
private func dropGuards(_ db: Database) throws -> [String] {
    let guards = try String.fetchAll(db, sql: "SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
    for name in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
        try db.execute(sql: "DROP TRIGGER \(name)")
    }
    return guards
}

private func leafHash(_ body: [UInt8]) -> Data {
    Data(sha256([0] + body))
}

@Suite struct DamageTests {
    @Test("a copy of a sound ledger is sound, and its triggers keep us from changing it ourselves")
    func soundCopy() async throws {
        let sound = try await SoundLedger.shared.value
        let copy = try sound.folder.copy(of: sound.folder.ledger)
        var heard: [Int64] = []
        let report = try LedgerReader(path: copy).verify { heard.append($0) }
        #expect(report.isSound && report.entries == Int64(sound.entries.count) && report.certificates == 135)
        #expect(heard.last == report.entries)
        let queue = try DatabaseQueue(path: copy)
        for table in ["entries", "tree_heads", "tiles"] {
            for statement in ["DELETE FROM \(table)", "UPDATE \(table) SET rowid = rowid + 1000"] {
                #expect(throws: DatabaseError.self) { try queue.write { try $0.execute(sql: statement) } }
            }
        }
    }

    /// One change to the rows of entries, at a random place. The last three give the changed body its right leaf hash.
    private func mutate(_ db: Database, _ kind: Int, _ entries: [LedgerEntry], _ random: inout SeededGenerator) throws {
        let entry = entries[Int.random(in: 0..<entries.count, using: &random)]
        let other = entries[(Int(entry.sequence) + Int.random(in: 1..<entries.count, using: &random)) % entries.count]
        var body = entry.body
        let place = Int.random(in: 0..<body.count, using: &random)
        let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &random)
        func set(_ column: String, _ value: any DatabaseValueConvertible, of sequence: Int64 = entry.sequence) throws {
            try db.execute(sql: "UPDATE entries SET \(column) = ? WHERE sequence = ?", arguments: [value, sequence])
        }
        switch kind {
        case 0:
            body[place] ^= bit
            try set("body", Data(body))
        case 1: try set("body", Data(body.dropLast()))
        case 2: try set("time_ms", entry.time.milliseconds + 1)
        case 3: try set("kind", entry.kind + "x")
        case 4:
            var hash = entry.leafHash
            hash[place % 32] ^= bit
            try set("leaf_hash", Data(hash))
        case 5: try db.execute(sql: "DELETE FROM entries WHERE sequence = ?", arguments: [entry.sequence])
        case 6:
            try set("body", Data(other.body))
            try set("leaf_hash", Data(other.leafHash))
        case 7:
            try set("sequence", -1)
            try set("sequence", entry.sequence, of: other.sequence)
            try set("sequence", other.sequence, of: -1)
        case 8:
            try db.execute(sql: "DELETE FROM entries WHERE sequence >= ?", arguments: [entry.sequence])
        case 9:
            try db.execute(
                sql: "INSERT INTO entries SELECT ?, time_ms, kind, leaf_hash, body FROM entries WHERE sequence = ?",
                arguments: [entries.count, entry.sequence]
            )
        case 10:
            body[place] ^= bit
            try set("body", Data(body))
            try set("leaf_hash", leafHash(body))
        default:
            let text = String(decoding: body, as: UTF8.self).replacing("2027-01-15", with: "2027-01-14")
            try set("body", Data(text.utf8))
            try set("leaf_hash", leafHash(Array(text.utf8)))
            try set("time_ms", entry.time.milliseconds - 86_400_000)
        }
    }

    /// What is wrong with a ledger that a crash left with its write-ahead log.
    private static let leftovers = [
        "UPDATE entries SET body = x'7b7d' WHERE sequence = (SELECT max(sequence) FROM entries)",
        "UPDATE intents SET sequence = 100000 WHERE sequence = (SELECT max(sequence) FROM intents)",
        "DROP TABLE crl_numbers",
        "DELETE FROM tree_heads WHERE size = (SELECT max(size) FROM tree_heads)",
    ]

    @Test(
        "damage that stands in the write-ahead log is refused before the log is copied back: every file stays as it was",
        arguments: leftovers
    )
    func evidence(statement: String) async throws {
        let left = try TemporaryFolder()
        try leave(try await SoundLedger.shared.value, changedBy: statement, in: left)
        let files = [left.ledger, left.ledger + "-wal"]
        let before = try files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        #expect(before[1].count > 4096)
        #expect {
            try left.open()
        } throws: {
            ($0 as? LedgerError)?.code == "ledger-damaged"
        }
        #expect(try files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) } == before)
    }

    /// A changed copy as a power cut would leave it: the change stands in the write-ahead log alone.
    private func leave(_ sound: SoundLedger, changedBy statement: String, in left: TemporaryFolder) throws {
        let copy = try sound.folder.copy(of: sound.folder.ledger)
        let queue = try DatabaseQueue(path: copy)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0")
            let guards = try dropGuards(db)
            try db.execute(sql: statement)
            for guardian in guards { try db.execute(sql: guardian) }
        }
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: copy + suffix, toPath: left.ledger + suffix)
        }
        try queue.close()
    }

    @Test("every change to an entry is found: 360 random ones of twelve kinds")
    func mutations() async throws {
        let sound = try await SoundLedger.shared.value
        var random = SeededGenerator(seed: 7)
        for round in 0..<360 {
            let copy = try sound.damaged { try mutate($0, round % 12, sound.entries, &random) }
            let report = try LedgerReader(path: copy).verify()
            #expect(!report.isSound, "round \(round)")
            try FileManager.default.removeItem(atPath: copy)
        }
    }

    @Test(
        "every change to what is computed from the entries is found",
        arguments: [
            "UPDATE tree_heads SET root = zeroblob(32) WHERE size = (SELECT size FROM tree_heads LIMIT 1 OFFSET 70)",
            "UPDATE tree_heads SET time_ms = time_ms + 1 WHERE size = (SELECT max(size) FROM tree_heads)",
            "DELETE FROM tree_heads WHERE size = (SELECT max(size) FROM tree_heads)",
            "INSERT INTO tree_heads SELECT size + 5, root, time_ms FROM tree_heads ORDER BY size DESC LIMIT 1",
            "UPDATE tiles SET hashes = zeroblob(8192)", "DELETE FROM tiles", "INSERT INTO tiles VALUES (77, x'00')",
            "UPDATE intents SET serial = x'01' WHERE sequence = (SELECT min(sequence) FROM intents)",
            "UPDATE intents SET order_id = 'x' WHERE sequence = (SELECT min(sequence) FROM intents)",
            "UPDATE intents SET content_hash = zeroblob(32) WHERE sequence = (SELECT min(sequence) FROM intents)",
            "UPDATE intents SET tbs_hash = zeroblob(32) WHERE sequence = (SELECT min(sequence) FROM intents)",
            "UPDATE intents SET public_key_hash = zeroblob(32) WHERE sequence = (SELECT min(sequence) FROM intents)",
            "UPDATE intents SET subject_hash = zeroblob(32) WHERE sequence = (SELECT min(sequence) FROM intents)",
            "UPDATE intents SET state = 0, outcome_sequence = NULL WHERE sequence = (SELECT max(sequence) FROM intents)",
            "UPDATE intents SET state = 2 WHERE sequence = (SELECT min(sequence) FROM intents)",
            "UPDATE intents SET outcome_sequence = 7 WHERE sequence = (SELECT min(sequence) FROM intents)",
            "DELETE FROM intents WHERE sequence = (SELECT max(sequence) FROM intents)",
            "INSERT INTO intents SELECT 9999, 'y', content_hash, x'02', tbs_hash, x'03', x'04', 5, 6, 2, 3 FROM intents LIMIT 1",
            "DELETE FROM authority_keys", "INSERT INTO authority_keys VALUES (500, zeroblob(32))",
            "UPDATE intents SET state = 3 WHERE state = 2", "UPDATE intents SET sequence = -7 WHERE sequence = 1",
            "UPDATE entries SET time_ms = -9223372036854775807 - 1 WHERE sequence = 9",
            "UPDATE entries SET time_ms = 9223372036854775807 WHERE sequence > 9",
            """
            UPDATE entries SET sequence = 9223372036854775807
            WHERE sequence = (SELECT max(sequence) FROM entries WHERE kind = 'intent')
            """,
            "UPDATE entries SET sequence = -9 WHERE sequence = 1",
            "UPDATE intents SET issuer_key = 7 WHERE sequence = (SELECT min(sequence) FROM intents)",
            "UPDATE intents SET not_after = 7 WHERE sequence = (SELECT min(sequence) FROM intents)",
            "DELETE FROM status_changes WHERE act = 3", "UPDATE status_changes SET reason = 0 WHERE act = 1",
            "UPDATE status_changes SET act = 4 WHERE act = 1", "UPDATE status_changes SET intent = intent + 1",
            "UPDATE status_changes SET time_ms = time_ms + 1", "UPDATE status_changes SET invalidity_date = 3",
            "INSERT INTO status_changes SELECT 9999, time_ms, intent, act, reason, NULL FROM status_changes LIMIT 1",
            "DELETE FROM crl_numbers", "UPDATE crl_numbers SET number = number + 1",
            "UPDATE crl_numbers SET issuer_key = 7", "INSERT INTO crl_numbers VALUES (9999, 7, NULL, 7)",
            "UPDATE crl_numbers SET partition = 3",
        ]
    )
    func derivedTables(statement: String) async throws {
        let sound = try await SoundLedger.shared.value
        let copy = try sound.damaged { try $0.execute(sql: statement) }
        let report = try LedgerReader(path: copy).verify()
        #expect(!report.isSound)
    }

    @Test(
        "a ledger whose end contradicts itself is not opened for writing",
        arguments: [
            "DELETE FROM entries WHERE sequence = (SELECT max(sequence) FROM entries)",
            "UPDATE entries SET body = x'7b7d' WHERE sequence = (SELECT max(sequence) FROM entries)",
            "UPDATE entries SET time_ms = 5 WHERE sequence = (SELECT max(sequence) FROM entries)",
            "DELETE FROM entries WHERE sequence = (SELECT max(sequence) - 1 FROM entries)",
            "UPDATE tree_heads SET root = zeroblob(32)", "DELETE FROM tree_heads", "DELETE FROM tiles",
            "UPDATE tiles SET hashes = zeroblob(8192)", "UPDATE tiles SET hashes = zeroblob(100)",
            "DELETE FROM entries", "DELETE FROM entries; DELETE FROM tree_heads",
            "UPDATE intents SET sequence = -7 WHERE sequence = 1",
            "UPDATE intents SET sequence = 99999999999 WHERE sequence = 1",
            "UPDATE entries SET sequence = 9223372036854775807 WHERE sequence = (SELECT max(sequence) FROM entries)",
            """
            UPDATE entries SET time_ms = 9223372036854775807 WHERE sequence = (SELECT max(sequence) FROM entries);
            UPDATE tree_heads SET time_ms = 9223372036854775807 WHERE size = (SELECT max(size) FROM tree_heads)
            """,
        ]
    )
    func refusedAtOpening(statement: String) async throws {
        let sound = try await SoundLedger.shared.value
        let copy = try sound.damaged { try $0.execute(sql: statement) }
        do {
            let ledger = try LedgerStore(LedgerSettings(path: copy), clock: SystemClock(), log: { _ in })
            ledger.stop()
            Issue.record("it was opened")
        } catch LedgerError.damaged(let what) {
            #expect(!what.isEmpty)
        }
    }

    @Test(
        "guards that were taken away, and whatever was planted, are found and not opened for writing",
        arguments: [
            "DROP TRIGGER tiles_stay", "CREATE TABLE more (a)", "CREATE INDEX faster ON entries (kind)",
            "CREATE TRIGGER planted AFTER INSERT ON entries BEGIN DELETE FROM intents; END",
            "ALTER TABLE tiles RENAME TO old; CREATE VIEW tiles AS SELECT * FROM old",
            "ALTER TABLE intents ADD COLUMN more INTEGER", "DROP TABLE authority_keys",
        ]
    )
    func declarations(statement: String) async throws {
        let sound = try await SoundLedger.shared.value
        let copy = try sound.folder.copy(of: sound.folder.ledger)
        let queue = try DatabaseQueue(path: copy)
        try await queue.write { try $0.execute(sql: statement) }
        try queue.close()
        let report = try LedgerReader(path: copy).verify()
        #expect(report.findings.contains { $0.kind == .file })
        do {
            try LedgerStore(LedgerSettings(path: copy), clock: SystemClock(), log: { _ in }).stop()
            Issue.record("it was opened")
        } catch {
            #expect(error.code == "ledger-damaged")
        }
    }

    @Test("a tree head that was taken out of the middle is missed where the time changes")
    func missingHead() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(Timestamp(seconds: 1_800_000_000))
        let ledger = try folder.open(clock)
        for _ in 0..<5 {
            try await ledger.append("note")
            clock.advance(seconds: 1)
        }
        ledger.stop()
        let queue = try DatabaseQueue(path: folder.ledger)
        try await queue.write { db in
            let guards = try dropGuards(db)
            try db.execute(sql: "DELETE FROM tree_heads WHERE size = 3")
            for guardian in guards { try db.execute(sql: guardian) }
        }
        try queue.close()
        let findings = try LedgerReader(path: folder.ledger).verify().findings
        #expect(findings.map(\.kind) == [.treeHead] && findings.first?.sequence == 3)
    }

    @Test("a damage that the writer itself meets ends the writing")
    func metByWriter() async throws {
        let folder = try TemporaryFolder()
        let ledger = try folder.open()
        let order = SampleOrder()
        try await ledger.issue(order)
        let intruder = try DatabaseQueue(path: folder.ledger)
        try await intruder.write { db in
            _ = try dropGuards(db)
            try db.execute(sql: "UPDATE entries SET body = x'7b7d' WHERE sequence = 1")
        }
        func isDamage(_ error: any Error) -> Bool { (error as? LedgerError)?.code == "ledger-damaged" }
        await #expect { try await ledger.intend(order.intent) } throws: { isDamage($0) }
        await #expect { try await ledger.append("note") } throws: { isDamage($0) }
        #expect(ledger.failure?.code == "ledger-damaged")
    }

    @Test("a changed octet anywhere in the file is found, or changes nothing that the ledger holds")
    func flippedOctets() async throws {
        let sound = try await SoundLedger.shared.value
        let original = try Data(contentsOf: URL(fileURLWithPath: sound.folder.ledger))
        var random = SeededGenerator(seed: 99)
        var found = 0
        for round in 0..<150 {
            var bytes = original
            let place = Int.random(in: 0..<bytes.count, using: &random)
            bytes[place] ^= UInt8.random(in: 1...255, using: &random)
            let path = sound.folder.path + "/flipped-\(round).sqlite"
            try bytes.write(to: URL(fileURLWithPath: path))
            do {
                let reader = try LedgerReader(path: path)
                if try reader.verify().isSound {
                    #expect(try reader.entries(from: 0, limit: 1_000) == sound.entries, "octet \(place)")
                } else {
                    found += 1
                }
            } catch {
                #expect(["ledger-damaged", "ledger-foreign-format"].contains(error.code), "octet \(place): \(error)")
                found += 1
            }
            try FileManager.default.removeItem(atPath: path)
        }
        #expect(found > 75)
    }

    @Test("a second writer behind our back is noticed: the ledger stops writing and says why")
    func secondWriter() async throws {
        let folder = try TemporaryFolder()
        let ledger = try folder.open()
        try await ledger.append("note")
        let intruder = try DatabaseQueue(path: folder.ledger)
        try await intruder.write { db in
            try db.execute(sql: "INSERT INTO entries VALUES (1, 5, 'note', zeroblob(32), x'7b7d')")
        }
        do {
            try await ledger.append("note")
            Issue.record("it was written")
        } catch LedgerError.damaged {
            #expect(ledger.failure?.code == "ledger-damaged")
            #expect(try !ledger.reader.verify().isSound)
        }
    }
}
