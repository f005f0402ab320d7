import Clocks
import Foundation
import GRDB
import Ledger
import Testing

@Suite struct OpeningTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("a ledger that is opened again goes on where it ended, over the edge of a tile too")
    func reopening() async throws {
        var size: Int64 = 0
        for round in 0..<12 {
            let ledger = try folder.open()
            #expect(try ledger.reader.head()?.size ?? 0 == size)
            #expect(ledger.closedAtOpening.isEmpty)
            for number in 0..<(round * 9) {
                try await ledger.append("note", [("number", .number(Int64(number)))])
                size += 1
            }
            let order = SampleOrder("round-\(round)")
            try await ledger.issue(order)
            size += 2
            if round > 0 { #expect(try ledger.reader.certificate(order: "round-\(round - 1)") != nil) }
            ledger.stop()
        }
        let report = try LedgerReader(path: folder.ledger).verify()
        #expect(report.isSound && report.entries == size && size > 512)
    }

    @Test("a ledger that was closed can be opened at once, whoever still has a copy of its lock's descriptor")
    func copiedDescriptor() throws {
        let ledger = try folder.open()
        // What a child has between its making and the program that it is to run: the same open file.
        let copies = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
            .filter { target(of: $0) == folder.ledger + ".lock" }.map { dup($0) }
        defer { for copy in copies { close(copy) } }
        #expect(copies.count == 1)
        #expect(throws: LedgerError.inUse(path: folder.ledger)) { try folder.open() }
        ledger.stop()
        try folder.open().stop()
    }

    private func target(of descriptor: Int32) -> String? {
        guard let path = realpath("/proc/self/fd/\(descriptor)", nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    @Test("orders, serial numbers and keys are known after opening again")
    func remembered() async throws {
        let (order, authority) = (SampleOrder("A"), SampleOrder("B"))
        var ledger = try folder.open()
        try await ledger.issue(order)
        try await ledger.registerAuthorityKey(authority.intent.publicKeyHash)
        ledger.stop()
        ledger = try folder.open()
        guard case .alreadyIssued = try await ledger.intend(order.again().intent) else { throw Unexpected() }
        var other = SampleOrder()
        other.intent.serial = order.intent.serial
        await #expect(throws: LedgerError.serialRepeated) { try await ledger.intend(other.intent) }
        other = SampleOrder()
        other.intent.publicKeyHash = order.intent.publicKeyHash
        await #expect(throws: LedgerError.keyBelongsToOther(subjectHash: order.intent.subjectHash)) {
            try await ledger.intend(other.intent)
        }
        await #expect(throws: LedgerError.keyOfAuthority) { try await ledger.intend(authority.intent) }
        #expect(try await ledger.registerAuthorityKey(authority.intent.publicKeyHash) == nil)
    }

    @Test("intents without certificate are closed at opening as never released, and handed to the caller")
    func crashLeftovers() async throws {
        var ledger = try folder.open()
        let (done, left, closed) = (SampleOrder("done"), SampleOrder("left"), SampleOrder("closed"))
        try await ledger.issue(done)
        let intent = try await ledger.intended(left)
        try await ledger.close(try await ledger.intended(closed))
        ledger.stop()

        ledger = try folder.open()
        #expect(ledger.closedAtOpening.map(\.orderID) == ["left"])
        #expect(ledger.closedAtOpening.map(\.serial) == [left.intent.serial])
        #expect(try ledger.reader.status(serial: left.intent.serial) == .neverReleased(intentSequence: intent.sequence))
        let last = try #require(try ledger.reader.entry(sequence: 5))
        let fields = try EntryFields(body: last.body)
        #expect(last.kind == EntryKind.intentClosed && fields["reason"] == .text("crash"))
        await #expect(throws: LedgerError.intentSettled(sequence: intent.sequence)) {
            try await ledger.record(left.record(intent))
        }
        try await ledger.issue(left.again())
        ledger.stop()
        ledger = try folder.open()
        #expect(ledger.closedAtOpening.isEmpty)
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("a ledger has one writer, and any number of readers meanwhile")
    func oneWriter() async throws {
        let ledger = try folder.open()
        try await ledger.append("note")
        #expect(throws: LedgerError.inUse(path: folder.ledger)) { try folder.open() }
        let reader = try LedgerReader(path: folder.ledger)
        #expect(try reader.head()?.size == 1)
        try await ledger.append("note")
        #expect(try reader.head()?.size == 2)
        #expect(try reader.verify().isSound)
    }

    @Test("a reader without index finds certificates by reading")
    func plainReader() async throws {
        let ledger = try folder.open()
        let order = SampleOrder("A")
        try await ledger.issue(order)
        let reader = try LedgerReader(path: folder.ledger)
        #expect(try reader.certificate(order: "A")?.certificateDER == order.certificate)
        #expect(try reader.certificate(serial: order.intent.serial)?.orderID == "A")
        #expect(try reader.status(serial: order.intent.serial) == .issued(sequence: 1))
        #expect(try reader.status(serial: [1]) == .unknown)
    }

    @Test("the ledger's files are their owner's alone")
    func modes() async throws {
        let ledger = try folder.open()
        try await ledger.append("note")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count == 4)
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + name)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        withExtendedLifetime(ledger) {}
    }

    @Test("where no ledger may be made, a missing or empty one is refused, and nothing is put in its place")
    func mayNotCreate() async throws {
        func isRefused() -> Bool {
            do {
                try folder.open { $0.mayCreate = false }.stop()
                return false
            } catch {
                guard case LedgerError.unreadable(let reason) = error else { return false }
                return reason.contains("ceremony") && reason.contains("backup")
            }
        }
        #expect(isRefused())
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        try Data().write(to: URL(fileURLWithPath: folder.ledger))
        #expect(isRefused())
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.ledger)).isEmpty)
        try folder.open().stop()
        try folder.open { $0.mayCreate = false }.stop()
    }

    @Test("nothing is trusted before the write-ahead log is copied: who holds it from that is named")
    func heldLog() async throws {
        let ledger = try folder.open { $0.busySeconds = 0.05 }
        try await ledger.append("note")
        let reader = try DatabaseQueue(path: folder.ledger)
        try await reader.read { [folder] db in
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM entries") == 1)
            ledger.stop()
            do {
                try folder.open { $0.busySeconds = 0.05 }.stop()
                Issue.record("it was opened")
            } catch LedgerError.storageFailed(let reason) {
                #expect(reason.contains("another process"))
            }
        }
        let again = try folder.open()
        let size = try FileManager.default.attributesOfItem(atPath: folder.ledger + "-wal")[.size] as? Int
        #expect(size == 0)
        #expect(try again.reader.verify().isSound)
    }

    @Test("another application's database is refused as it is")
    func foreignDatabase() async throws {
        let queue = try DatabaseQueue(path: folder.ledger)
        try await queue.write { try $0.execute(sql: "CREATE TABLE theirs (a)") }
        try queue.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.ledger))
        #expect { try folder.open() } throws: { ($0 as? LedgerError)?.code == "ledger-foreign-format" }
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.ledger)) == before)
    }

    @Test("other files are not taken for ledgers")
    func foreignFiles() throws {
        try Data("not a database at all, but long enough to look like one".utf8).write(
            to: URL(fileURLWithPath: folder.ledger)
        )
        #expect(throws: LedgerError.self) { try folder.open() }
        #expect(throws: LedgerError.self) { try LedgerReader(path: folder.ledger) }
        let missing = folder.path + "/none/ledger.sqlite"
        #expect(throws: LedgerError.self) { try LedgerReader(path: missing) }
        #expect(throws: LedgerError.self) {
            try LedgerStore(LedgerSettings(path: missing), clock: SystemClock(), log: { _ in })
        }
    }
}
