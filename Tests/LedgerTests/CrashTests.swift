import Clocks
import Foundation
import Glibc
import Ledger
import Synchronization
import Testing

@Suite struct CrashTests {
    /// Issues without end and notes each answer outside, until the process is killed. Runs in a process of its own.
    private static func issueUntilKilled(folder: String, microseconds: UInt32) {
        let notes = open(folder + "/notes", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let note: @Sendable (String) -> Void = { line in
            let bytes = Array((line + "\n").utf8)
            guard write(notes, bytes, bytes.count) == bytes.count else { _exit(3) }
        }
        do {
            let settings = LedgerSettings(path: folder + "/ledger.sqlite")
            let ledger = try LedgerStore(settings, clock: SystemClock(), log: { _ in })
            let loops = (0..<12).map { IssuingLoop(ledger, name: "\(getpid())-\($0)", note: note) }
            for loop in loops { loop.next() }
            usleep(microseconds)
            kill(getpid(), SIGKILL)
            withExtendedLifetime(ledger) { _ = pause() }
        } catch {
            print(error)
            _exit(4)
        }
    }

    @Test(
        "killed at any moment, a ledger keeps all that it called durable, and closes the rest",
        .timeLimit(.minutes(3))
    )
    func killed() async throws {
        let folder = try TemporaryFolder()
        var certificates = 0
        for round in 0..<12 {
            let delay = UInt32(3_000 + round * round * 700)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = folder.path as String, delay = delay as UInt32] in
                CrashTests.issueUntilKilled(folder: path, microseconds: delay)
            }
            let ledger = try folder.open()
            certificates += try check(ledger, notes: folder.path + "/notes")
            let report = try ledger.reader.verify()
            #expect(report.isSound && report.openIntents.isEmpty, "\(report.findings)")
            ledger.stop()
            try FileManager.default.removeItem(atPath: folder.path + "/notes")
        }
        #expect(certificates > 50)
    }

    /// Compares what was called durable with what is there. Answers how many certificates were.
    private func check(_ ledger: LedgerStore, notes: String) throws -> Int {
        let lines = try String(contentsOfFile: notes, encoding: .utf8).split(separator: "\n")
        let closed = Set(ledger.closedAtOpening.map(\.orderID))
        var issued: Set<Substring> = []
        for line in lines {
            let words = line.split(separator: " ")
            let order = String(words[1])
            let sequence = try #require(Int64(words[2]))
            let entry = try #require(try ledger.reader.entry(sequence: sequence))
            let fields = try EntryFields(body: entry.body)
            #expect(fields["order"] == .text(order))
            #expect(entry.kind == (words[0] == "intended" ? EntryKind.intent : EntryKind.certificate))
            if words[0] == "issued" {
                issued.insert(words[1])
                #expect(try ledger.reader.certificate(order: order) != nil)
                #expect(!closed.contains(order))
            }
        }
        for intent in ledger.closedAtOpening {
            #expect(try ledger.reader.status(serial: intent.serial) == .neverReleased(intentSequence: intent.sequence))
        }
        return issued.count
    }
}

/// One order after the other: intent, then certificate, then the next.
private final class IssuingLoop: Sendable {
    private let ledger: LedgerStore
    private let name: String
    private let note: @Sendable (String) -> Void
    private let count = Mutex(0)

    init(_ ledger: LedgerStore, name: String, note: @escaping @Sendable (String) -> Void) {
        self.ledger = ledger
        self.name = name
        self.note = note
    }

    func next() {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let order = SampleOrder("\(name)-\(number)")
        ledger.intend(order.intent) { [self] outcome in
            guard case .success(.intended(let receipt)) = outcome else { return }
            note("intended \(order.intent.orderID) \(receipt.sequence)")
            ledger.record(order.record(receipt)) { [self] answer in
                guard case .success(let certificate) = answer else { return }
                note("issued \(order.intent.orderID) \(certificate.sequence)")
                next()
            }
        }
    }
}
