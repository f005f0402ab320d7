import Clocks
import Foundation
import GRDB
import Testing

@testable import Ledger

@Suite("Backup, restore, export (LDG-06, LDG-07)") struct CopyingTests {
    private let folder: TemporaryFolder
    private let log: SoftLogKey
    private let ledger: LedgerStore

    init() async throws {
        folder = try TemporaryFolder()
        log = try SoftLogKey()
        ledger = try folder.open()
        try await ledger.register(log.key)
        for _ in 0..<3 { try await ledger.issue(SampleOrder()) }
        try await ledger.keep(try log.checkpoint(ledger.sealed.size, ledger.sealed.root), by: log.key)
    }

    private func code(of error: any Error) -> String? { (error as? LedgerError)?.code }

    private var backup: String { folder.path + "/backup.sqlite" }

    @Test("a backup is made while orders come in: one commit's state, whole, verified, the owner's alone")
    func whileRunning() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [ledger] in for _ in 0..<150 { try await ledger.issue(SampleOrder()) } }
            for number in 0..<3 {
                let path = backup + "\(number)"
                let outcome = try LedgerCopying(key: log.key).copy(LedgerReader(path: folder.ledger), to: path)
                #expect(outcome.report.isSound && outcome.report.entries >= 7 && outcome.checkpoint?.size == 7)
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
            try await group.waitForAll()
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count { $0.hasPrefix("backup") } == 3)
    }

    @Test("nothing is overwritten, and nothing is left behind, when a copy is refused")
    func refused() async throws {
        let copying = LedgerCopying(key: log.key)
        let source = try LedgerReader(path: folder.ledger)
        #expect { try copying.copy(source, to: folder.ledger) } throws: { code(of: $0) == "ledger-copy-refused" }
        #expect { try copying.copy(source, to: folder.path + "/none/x") } throws: {
            code(of: $0) == "ledger-copy-refused"
        }
        let stranger = try SoftLogKey()
        #expect { try LedgerCopying(key: stranger.key).copy(source, to: backup) } throws: {
            code(of: $0) == "ledger-copy-refused"
        }
        let later = try log.checkpoint(99, .emptyRoot)
        #expect { try LedgerCopying(key: log.key, seen: [later]).copy(source, to: backup) } throws: { error in
            code(of: error) == "ledger-copy-refused" && "\(error)".contains("99 were seen")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count { $0.hasPrefix("backup") } == 0)
        ledger.stop()
        let queue = try DatabaseQueue(path: folder.ledger)
        try await queue.write { db in
            try db.execute(sql: "DROP TRIGGER entries_stay")
            try db.execute(sql: "UPDATE entries SET body = x'7b7d' WHERE sequence = 2")
        }
        try queue.close()
        #expect { try copying.copy(LedgerReader(path: folder.ledger), to: backup) } throws: {
            code(of: $0) == "ledger-copy-refused"
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count { $0.hasPrefix("backup") } == 0)
    }

    @Test("what was put back goes on, repeats neither order nor serial that it has, and is known to be old")
    func restored() async throws {
        let known = SampleOrder("known")
        try await ledger.issue(known)
        _ = try LedgerCopying().copy(LedgerReader(path: folder.ledger), to: backup)
        try await ledger.issue(SampleOrder("lost"))
        let seen = try log.checkpoint(ledger.sealed.size, ledger.sealed.root)
        ledger.stop()
        let place = folder.path + "/restored.sqlite"
        _ = try LedgerCopying().copy(LedgerReader(path: backup), to: place)
        var settings = LedgerSettings(path: place)
        settings.mayCreate = false
        let again = try LedgerStore(settings, clock: SystemClock(), log: { _ in })
        guard case .alreadyIssued = try await again.intend(known.again().intent) else { throw Unexpected() }
        var other = SampleOrder()
        other.intent.serial = known.intent.serial
        await #expect(throws: LedgerError.serialRepeated) { try await again.intend(other.intent) }
        #expect { try again.reader.compare(with: seen, by: "the log token") } throws: {
            code(of: $0) == "ledger-older-than-seen"
        }
        #expect(try again.reader.verify(key: log.key).isSound)
        #expect(try again.reader.verify(key: log.key, seen: [seen]).findings.map(\.kind) == [.older])
    }

    @Test(
        "changes to the log's own tables are found",
        arguments: [
            "UPDATE checkpoints SET note = CAST(replace(CAST(note AS TEXT), '7', '8') AS BLOB)",
            "UPDATE checkpoints SET size = 5",
            "UPDATE checkpoints SET note = x'00'",
            "DELETE FROM checkpoints; INSERT INTO cosignatures VALUES (1, 7, 'x')",
            "INSERT INTO cosignatures VALUES (1, 7, 'x')", "UPDATE log_keys SET vkey = vkey || 'A'",
            "DELETE FROM log_keys", "UPDATE log_keys SET sequence = 3",
        ]
    )
    func damagedLog(statement: String) async throws {
        ledger.stop()
        let queue = try DatabaseQueue(path: folder.ledger)
        try await queue.write { db in
            let guards = try String.fetchAll(db, sql: "SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
            for name in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
                try db.execute(sql: "DROP TRIGGER \(name)")
            }
            try db.execute(sql: statement)
            for guardian in guards { try db.execute(sql: guardian) }
        }
        try queue.close()
        do {
            #expect(try !LedgerReader(path: folder.ledger).verify(key: log.key).isSound)
        } catch {
            #expect(["checkpoint-invalid", "ledger-damaged"].contains(error.code))
        }
    }

    // MARK: Export

    private func lines(_ filter: EntryFilter = EntryFilter()) throws -> [LedgerEntry] {
        var found: [LedgerEntry] = []
        try ledger.reader.forEachEntry(filter) { found.append($0) }
        return found
    }

    @Test("entries are given out by time and kind")
    func filtered() async throws {
        ledger.stop()
        try FileManager.default.removeItem(atPath: folder.ledger)
        let clock = ManualClock(Timestamp(seconds: 1_800_000_000))
        let ledger = try folder.open(clock)
        for kind in ["note", "other", "note", "other"] {
            try await ledger.append(kind)
            clock.advance(seconds: 10)
        }
        func found(_ change: (inout EntryFilter) -> Void) throws -> [Int64] {
            var filter = EntryFilter()
            change(&filter)
            var numbers: [Int64] = []
            try ledger.reader.forEachEntry(filter) { numbers.append($0.sequence) }
            return numbers
        }
        #expect(try found { _ in } == [0, 1, 2, 3])
        #expect(try found { $0.kinds = ["other"] } == [1, 3])
        #expect(try found { $0.from = Timestamp(seconds: 1_800_000_010) } == [1, 2, 3])
        #expect(try found { $0.until = Timestamp(seconds: 1_800_000_010) } == [0])
        #expect(
            try found {
                $0.from = Timestamp(seconds: 1_800_000_001)
                $0.until = Timestamp(seconds: 1_800_000_030)
                $0.kinds = ["note"]
            } == [2]
        )
    }

    @Test("a whole export in lines is checked with a checkpoint and the log's key; any change to it is found")
    func exportedLines() async throws {
        let bodies = try lines().map(\.body)
        let checkpoint = try #require(try ledger.reader.checkpoint())
        func findings(_ bodies: [[UInt8]], _ seen: [Checkpoint] = []) throws -> Int {
            var verification = try LogLinesVerification(checkpoint: checkpoint, key: log.key, seen: seen)
            for body in bodies { verification.add(body) }
            return verification.finish().findingCount
        }
        #expect(try findings(bodies) == 0)
        #expect(try findings(bodies, [try log.checkpoint(99, .emptyRoot)]) > 0)
        #expect(try findings(bodies.dropLast()) > 0 && findings(bodies + [bodies[0]]) > 0)
        for place in bodies.indices {
            var changed = bodies
            changed[place][30] ^= 1
            #expect(try findings(changed) > 0)
            changed = bodies
            changed.swapAt(place, (place + 1) % bodies.count)
            #expect(try findings(changed) > 0)
        }
        let stranger = try SoftLogKey()
        #expect { try LogLinesVerification(checkpoint: checkpoint, key: stranger.key) } throws: {
            code(of: $0) == "checkpoint-invalid"
        }
    }

    @Test(
        "no cell of a table is a formula",
        arguments: [
            "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u{a0}=1", "＝1+1", "＋1", "－1", "＠a",
            "|calc",
            "%0a=1",
        ]
    )
    func formulas(text: String) async throws {
        try await ledger.append("note", [("order", .text(text)), ("reason", .text("a \"quoted\", text\r\n"))])
        let row = try EntryTable.row(try #require(try lines().last))
        #expect(row.contains(",\"'\(text)\","), "\(row)")
        #expect(row.contains(",\"a \"\"quoted\"\", text\r\n\","))
        #expect(row.hasSuffix("}\"\r\n"))
        #expect(EntryTable.header.hasPrefix("\"entry\",\"time\",\"kind\",\"order\""))
    }
}
