import Clocks
import Foundation
import Glibc
import Ledger
import Testing

@Suite struct FullDiskTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Issues until the ledger refuses. Answers what was told to be durable.
    private func fill(_ ledger: LedgerStore) async throws -> [SampleOrder] {
        var issued: [SampleOrder] = []
        while issued.count < 20_000 {
            let order = SampleOrder()
            do {
                try await ledger.issue(order)
                issued.append(order)
            } catch LedgerError.full {
                return issued
            }
        }
        throw Unexpected()
    }

    private func check(_ ledger: LedgerStore, holds orders: [SampleOrder]) throws {
        for order in orders {
            #expect(try ledger.reader.certificate(serial: order.intent.serial)?.certificateDER == order.certificate)
        }
        let report = try ledger.reader.verify()
        #expect(report.isSound, "\(report.findings)")
    }

    @Test("at the file's ceiling every request is refused as a whole, and a higher ceiling mends it")
    func ceiling() async throws {
        let ledger = try folder.open { $0.pageLimit = 60 }
        let issued = try await fill(ledger)
        #expect(issued.count > 5)
        let refusals = await withTaskGroup(of: LedgerError?.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    do {
                        _ = try await ledger.append("note", [("text", .text(String(repeating: "x", count: 9_000)))])
                        return nil
                    } catch {
                        return error as? LedgerError
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(refusals.allSatisfy { $0 == .full } && refusals.count == 50)
        #expect(ledger.failure == nil)
        try check(ledger, holds: issued)
        ledger.stop()
        let roomier = try folder.open { $0.pageLimit = 400 }
        try await roomier.issue(SampleOrder())
        try check(roomier, holds: issued)
    }

    private static let mayMount = getuid() == 0 && access("/proc/self/ns/mnt", R_OK) == 0 && canMount()

    private static func canMount() -> Bool {
        let place = NSTemporaryDirectory() + "inkan-mount-" + UUID().uuidString
        guard mkdir(place, 0o700) == 0 else { return false }
        defer { rmdir(place) }
        guard mount("tmpfs", place, "tmpfs", 0, "size=64k") == 0 else { return false }
        return umount2(place, 0) == 0
    }

    @Test(
        "on a full file system nothing is half done, and issuing goes on by itself when there is space",
        .enabled(if: mayMount, "needs the right to mount a tmpfs")
    )
    func fullFileSystem() async throws {
        let disk = folder.path + "/disk"
        try #require(mkdir(disk, 0o700) == 0)
        try #require(mount("tmpfs", disk, "tmpfs", 0, "size=3m") == 0)
        defer { umount2(disk, 2) }
        let filler = disk + "/filler"
        try Data(count: 1_500_000).write(to: URL(fileURLWithPath: filler))
        var settings = LedgerSettings(path: disk + "/ledger.sqlite")
        settings.checkpointPages = 100
        let ledger = try LedgerStore(settings, clock: SystemClock(), log: { _ in })
        let issued = try await fill(ledger)
        #expect(ledger.failure == nil)
        try check(ledger, holds: issued)
        try FileManager.default.removeItem(atPath: filler)
        for _ in 0..<20 { try await ledger.issue(SampleOrder()) }
        try check(ledger, holds: issued)
        ledger.stop()
    }
}
