import Foundation
import Glibc
import SignerAPI
import SignerClient
import Testing
import Workbench

@Suite("A disk in trouble (SGN-07)")
struct DiskTests {
    // MARK: Full

    private static let mayMount = getuid() == 0 && canMount()

    private static func canMount() -> Bool {
        let place = NSTemporaryDirectory() + "inkan-mount-" + UUID().uuidString
        guard mkdir(place, 0o700) == 0 else { return false }
        defer { rmdir(place) }
        guard mount("tmpfs", place, "tmpfs", 0, "size=64k") == 0 else { return false }
        return umount2(place, 0) == 0
    }

    @Test(
        "on a full disk orders are refused as a whole, what was released stays, and issuing goes on by itself when there is space",
        .enabled(if: mayMount, "needs the right to mount a tmpfs")
    )
    func full() throws {
        let establishment = try Stage.establishment()
        let disk = establishment.folder.file("disk")
        try #require(mkdir(disk, 0o700) == 0)
        try #require(mount("tmpfs", disk, "tmpfs", 0, "size=32m") == 0)
        defer { umount2(disk, Int32(MNT_DETACH)) }
        let ledger = "\(disk)/ledger.sqlite"
        try FileManager.default.copyItem(atPath: establishment.ledgerPath, toPath: ledger)
        let settings = try establishment.settings()
            .replacingOccurrences(of: establishment.ledgerPath, with: ledger)
        let appliance = try RunningAppliance(establishment, settings: settings)
        let filler = "\(disk)/filler"
        try fill(filler, of: disk, leaving: 300_000)

        let load = try OrderLoad(socket: appliance.socket, connections: 2, pipelined: 8, limit: 150, name: "load")
        let outcome = load.join()
        #expect(outcome.unanswered.isEmpty && !outcome.released.isEmpty && !outcome.refusals.isEmpty)
        for refusal in outcome.refusals {
            #expect(refusal.name == "io.inkan.Signer.LedgerUnavailable" && refusal.rule == "SGN-07.ledger-full")
            #expect(refusal.mend.contains("space"))
        }
        let client = try appliance.client()
        for seen in outcome.released {
            let kept = try client.call(.getCertificate) { $0.member("order", seen.order) }
            #expect(kept["certificate"]?.stringValue == seen.certificate)
        }
        #expect(try client.call(.getStatus)["version"] != nil)

        try FileManager.default.removeItem(atPath: filler)
        #expect(try !client.issue(Stage.order("after")).repeated)
        for number in 0..<150 { _ = try client.issue(Stage.order("load-0-\(number)")) }
        #expect(appliance.stop() == 0)
        try establishment.expectSoundHistory(ledger: ledger)
    }

    private func fill(_ filler: String, of disk: String, leaving rest: Int) throws {
        var facts = statvfs()
        try #require(statvfs(disk, &facts) == 0)
        let free = Int(facts.f_bavail) * Int(facts.f_frsize)
        try Data(count: max(0, free - rest)).write(to: URL(fileURLWithPath: filler))
    }

    // MARK: Failing

    @Test(
        "a write that finds no space costs its order alone, and issuing goes on by itself",
        .enabled(if: SystemCallFault.isPossible, SystemCallFault.whyNot),
        arguments: [30, 33, 36, 39].map { SystemCallFault.atWrite($0, .fail("ENOSPC")) }
    )
    func failedWrite(fault: SystemCallFault) throws {
        let establishment = try Stage.establishment()
        let appliance = try fault.start(establishment)
        let client = try appliance.client()
        var refused: [String] = []
        for number in 0..<6 {
            client.send(try Stage.order("order-\(number)"))
            guard case .failure(let error) = try client.receiveSettled() else { continue }
            #expect(error.rule == "SGN-07.ledger-full" && !error.mend.isEmpty)
            refused.append("order-\(number)")
        }
        #expect(refused.count == 1)
        for order in refused { #expect(try !client.issue(Stage.order(order)).repeated) }
        #expect(appliance.stop() == 0)
        try establishment.expectSoundHistory()
    }

    @Test(
        "after a flush that failed nothing is signed or released until a restart, which finds out what is on the disk",
        .enabled(if: SystemCallFault.isPossible, SystemCallFault.whyNot),
        arguments: [SystemCallFault.Step.intent, .certificate]
    )
    func failedFlush(step: SystemCallFault.Step) throws {
        let establishment = try Stage.establishment()
        let fault = SystemCallFault.atFlush(of: step, .fail("EIO"))
        let broken = try fault.start(establishment)
        let client = try broken.client()
        let released = try (0..<SystemCallFault.ordersBefore).map { try client.issue(Stage.order("before-\($0)")) }
        for name in ["victim", "victim", "after"] {
            let error = try #require(refusal { try client.issue(Stage.order(name)) })
            #expect(error.name == "io.inkan.Signer.LedgerUnavailable" && error.rule == "SGN-07.ledger-storage-failed")
            #expect(error.mend.contains("start the service again"))
        }
        let status = try client.call(.getStatus)
        #expect(status["ready"]?.boolValue == false)
        #expect(status["problem"]?.stringValue?.contains("ledger-storage-failed") == true)
        for seen in released {
            let kept = try client.call(.getCertificate) { $0.member("order", seen.order) }
            #expect(kept["certificate"]?.stringValue == seen.certificate)
        }
        broken.stop()

        let mended = try RunningAppliance(establishment)
        let again = try mended.client().issue(Stage.order("victim"))
        let recorded = try establishment.history(of: "victim").filter { $0.kind == "certificate" }
        #expect(recorded.map(\.serial) == [again.serial])
        #expect(try !mended.client().issue(Stage.order("after")).repeated)
        for seen in released { #expect(try mended.client().issue(Stage.order(seen.order)).serial == seen.serial) }
        #expect(mended.stop() == 0)
        try establishment.expectSoundHistory()
    }

    // MARK: Damaged

    enum Damage: String, CaseIterable, Sendable {
        case header, lastEntry, cutShort, otherFile
    }

    @Test(
        "a damaged ledger is not served: the log says by which rule and what to do, and the file stays as it is",
        arguments: Damage.allCases
    )
    func damaged(damage: Damage) throws {
        let establishment = try Stage.establishment()
        try spoil(establishment.ledgerPath, damage)
        let before = try Data(contentsOf: URL(fileURLWithPath: establishment.ledgerPath))
        let refused = try RunningAppliance(establishment, waitReady: false)
        #expect(refused.waitForEnd() == 1)
        let line = try #require(try refused.log.split(separator: "\n").last { $0.contains("service-failed") })
        #expect(line.contains("LDG-02.ledger-"), "\(line)")
        #expect(line.contains("restore the last good backup") || line.contains("Give the path of a ledger"), "\(line)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: establishment.ledgerPath)) == before)
        #expect(try refused.inkan("status").status == 2)
        let configuration = establishment.folder.file("signer.yaml")
        #expect(try refused.inkan("doctor", "--config", configuration).status == 1)
        let verdict = try ChildProgram.run(
            "\(establishment.binaries)/inkan",
            ["ledger", "verify", "--ledger", establishment.ledgerPath]
        )
        #expect(verdict.status == 1)
    }

    @Test(
        "a ledger that is gone, or was emptied, is not begun anew: orders and serials would be forgotten",
        arguments: [true, false]
    )
    func lost(isGone: Bool) throws {
        let establishment = try Stage.establishment()
        let ledger = establishment.ledgerPath
        if isGone {
            try FileManager.default.removeItem(atPath: ledger)
        } else {
            try Data().write(to: URL(fileURLWithPath: ledger))
        }
        let refused = try RunningAppliance(establishment, waitReady: false)
        #expect(refused.waitForEnd() == 1)
        let line = try #require(try refused.log.split(separator: "\n").last { $0.contains("service-failed") })
        #expect(line.contains("there is no ledger at") && line.contains("restore the backup"), "\(line)")
    }

    private func spoil(_ path: String, _ damage: Damage) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        switch damage {
        case .header: bytes.replaceSubrange(0..<64, with: Data(repeating: 0x5a, count: 64))
        case .lastEntry:
            let last = try #require(bytes.range(of: Data("ceremony-ended".utf8), options: .backwards))
            bytes[last.lowerBound] ^= 1
        case .cutShort: bytes = bytes.prefix(bytes.count / 2)
        case .otherFile: bytes = Data("this is no ledger\n".utf8)
        }
        try bytes.write(to: URL(fileURLWithPath: path))
    }
}

extension RunningAppliance {
    /// Waits for the end of a service that ends by itself.
    ///
    /// - Returns: its exit status.
    func waitForEnd() -> Int32 {
        let process = processIdentifier
        var information = siginfo_t()
        // Its end is only looked at; `stop` collects it.
        waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT)
        return stop()
    }
}
