import Foundation
import SignerAPI
import SignerClient
import Testing
import Workbench

@Suite("Start, limits and stop (SRV-01, SRV-02, SRV-06)")
struct LifecycleTests {
    // MARK: Stop

    @Test("SIGTERM finishes what is in flight: a pipelined burst is answered in full, and the service ends with 0")
    func stopsAfterBurst() throws {
        let appliance = try Stage.appliance()
        let client = try appliance.client()
        // Few enough to be read in one piece, so that with the first answer all of them are in flight.
        let orders = try (0..<16).map { try Stage.order("burst-\($0)") }
        for order in orders { client.send(order) }
        var released = [try client.receiveIssued()]
        kill(appliance.processIdentifier, SIGTERM)
        for _ in 1..<orders.count { released.append(try client.receiveIssued()) }
        #expect(released.map(\.order) == orders.map(\.order))
        #expect(try client.receiveUnlessCutOff() == nil)
        #expect(appliance.stop() == 0)
        let history = try appliance.establishment.history()
        #expect(history.last?.kind == "service-stopped")
        #expect(Set(released.map(\.serial)).isSubset(of: Set(history.compactMap(\.serial))))
        #expect(try appliance.log.contains(#""event":"service-stopped","answered":"true""#))
        try appliance.establishment.expectSoundHistory()
    }

    @Test("SIGTERM in the middle of a batch lets the whole batch be answered")
    func stopsAfterBatch() throws {
        let appliance = try Stage.appliance()
        let client = try appliance.client()
        let orders = try (0..<150).map { try Stage.order("batch-\($0)") }
        var answered: Set<Int> = []
        try client.issue(orders) { index, result in
            if answered.isEmpty { kill(appliance.processIdentifier, SIGTERM) }
            if case .success = result { answered.insert(index) }
        }
        #expect(answered.count == orders.count)
        #expect(appliance.stop() == 0)
        try appliance.establishment.expectSoundHistory()
    }

    @Test("under load SIGTERM leaves no order half done: each was fulfilled and recorded, or not begun")
    func stopsUnderLoad() throws {
        let appliance = try Stage.appliance()
        let load = try OrderLoad(socket: appliance.socket, connections: 4, pipelined: 32, name: "load")
        load.waitUntilReleased(50)
        #expect(appliance.stop() == 0)
        let outcome = load.join()
        #expect(outcome.refusals.isEmpty, "\(outcome.refusals.prefix(3))")
        let history = try appliance.establishment.history()
        #expect(!history.contains { $0.kind == "intent-closed" })
        let recorded = Set(history.filter { $0.kind == "certificate" }.compactMap(\.serial))
        #expect(Set(outcome.released.map(\.serial)).isSubset(of: recorded))
        try appliance.establishment.expectSoundHistory()
    }

    // MARK: Start

    @Test("sockets of a service manager are taken by their names, with their roles, and left to it at the end")
    func socketActivation() throws {
        let establishment = try Stage.establishment()
        let folder = establishment.folder
        let launcher = [
            "python3", "\(Stage.checkout)/Tests/Judges/activate.py", "officer=\(folder.file("officer.sock"))",
            "signer=\(folder.file("signer.sock"))", "--",
        ]
        let appliance = try RunningAppliance(establishment, prefix: launcher)
        #expect(try !appliance.client().issue(Stage.order("activated")).repeated)
        #expect(try appliance.inkan("token", "unlock", "issuing").status == 1)
        #expect(try appliance.inkan("token", "unlock", "issuing", officer: true).status == 0)
        #expect(appliance.stop() == 0)
        #expect(FileManager.default.fileExists(atPath: appliance.socket))
        #expect(FileManager.default.fileExists(atPath: appliance.officerSocket))
    }

    @Test("a second service on the same ledger, or on the same socket, is refused and does not disturb the first")
    func secondService() throws {
        let appliance = try Stage.appliance()
        let folder = appliance.establishment.folder
        func second(_ socket: String) throws -> ChildProgram.Outcome {
            try ChildProgram.run(
                "\(Stage.binaries)/inkan-signerd",
                ["--config", folder.file("signer.yaml"), "--socket", socket]
            )
        }
        let sameLedger = try second(folder.file("other.sock"))
        #expect(sameLedger.status == 1 && sameLedger.complaints.contains("ledger-in-use"), "\(sameLedger)")
        #expect(sameLedger.complaints.contains("Stop the other process"))
        let sameSocket = try second(appliance.socket)
        #expect(sameSocket.status == 1, "\(sameSocket)")
        #expect(try !appliance.client().issue(Stage.order("undisturbed")).repeated)
        #expect(appliance.stop() == 0)
        try appliance.establishment.expectSoundHistory()
    }

    @Test(
        "the first signature after a start, with few objects in the token and with 10,000 keys",
        arguments: [0, 10_000]
    )
    func startToFirstSignature(keys: Int) throws {
        let establishment = try Stage.establishment()
        if keys > 0 { try addKeys(keys, to: establishment) }
        let began = ContinuousClock.now
        let appliance = try RunningAppliance(establishment, waitReady: false)
        try appliance.waitForSocket()
        let issued = try appliance.client().issue(Stage.order("first"))
        print("start to first signature, \(keys) keys more in the token: \(ContinuousClock.now - began)")
        #expect(!issued.repeated)
        #expect(appliance.stop() == 0)
    }

    /// Puts keys into the issuing token: one is made, and its two objects, which SoftHSM keeps in a file each, are
    /// copied. Making thousands takes minutes.
    private func addKeys(_ count: Int, to establishment: Establishment) throws {
        let tokens = establishment.folder.file("softhsm")
        let before = try objects(tokens)
        let pin = try String(contentsOfFile: establishment.folder.file("secrets/issuing.pin"), encoding: .utf8)
        try ChildProgram.check(
            "pkcs11-tool",
            [
                "--module", Establishment.softHSM, "--token-label", "inkan-issuing", "--login", "--pin", pin,
                "--keypairgen", "--key-type", "EC:prime256v1", "--label", "one of many", "--id", "6d616e79",
            ],
            environment: ["SOFTHSM2_CONF": establishment.folder.file("softhsm2.conf")]
        )
        let made = try objects(tokens).subtracting(before).filter { !$0.hasSuffix("/token.object") }
        #expect(made.count == 2)
        for object in made {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: object))
            let folder = URL(fileURLWithPath: object).deletingLastPathComponent()
            for _ in 0..<count / 2 {
                try bytes.write(to: folder.appendingPathComponent("\(UUID().uuidString.lowercased()).object"))
            }
        }
    }

    private func objects(_ folder: String) throws -> Set<String> {
        let names = try #require(FileManager.default.enumerator(atPath: folder))
        return Set(names.compactMap { $0 as? String }.filter { $0.hasSuffix(".object") }.map { "\(folder)/\($0)" })
    }

    // MARK: Limits

    @Test("under load the service stays under 100 MB of memory")
    func memory() throws {
        let appliance = try Stage.appliance()
        let load = try OrderLoad(socket: appliance.socket, connections: 4, pipelined: 64, limit: 600, name: "load")
        let outcome = load.join()
        #expect(outcome.released.count == 2400 && outcome.refusals.isEmpty)
        let status = try String(contentsOfFile: "/proc/\(appliance.processIdentifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let kilobytes = try #require(line.split(separator: " ").compactMap { Int($0) }.first)
        print("most memory of inkan-signerd during \(outcome.released.count) orders: \(kilobytes / 1024) MB")
        #expect(kilobytes < 100 * 1024)
    }

    @Test("peers that send half a message, or a byte at a time, are cut off while others are served")
    func slowPeers() throws {
        let establishment = try Stage.establishment()
        let settings = try establishment.settings(extra: "limits: { messageDeadlineSeconds: 1 }\n")
        let appliance = try RunningAppliance(establishment, settings: settings)
        let peers = try (0..<8).map { _ in try RawPeer(appliance.socket) }
        for peer in peers { try peer.send(Array(#"{"method":"io.inkan.Signer.GetSta"#.utf8)) }
        let trickle = try Trickle(socket: appliance.socket)
        let client = try appliance.client()
        for number in 0..<10 { #expect(try !client.issue(Stage.order("beside-\(number)")).repeated) }
        for peer in peers {
            #expect(try peer.receiveError()?.parameters?.reason == "the message did not come as a whole in time")
            #expect(try peer.receive() == nil)
        }
        #expect(trickle.bytesUntilCutOff() < Trickle.message.count)
        #expect(try !client.issue(Stage.order("after")).repeated)
    }

    @Test(
        "beyond the cap a connection is told Busy and closed; those that are there are served, and a place that comes free is taken"
    )
    func connectionCap() throws {
        let establishment = try Stage.establishment()
        let settings = try establishment.settings(extra: "limits: { connections: 3 }\n")
        let appliance = try RunningAppliance(establishment, settings: settings)
        var clients = try (0..<3).map { _ in try appliance.client() }
        for client in clients { _ = try client.call(.listIssuers) }
        let tooMany = try RawPeer(appliance.socket)
        let answer = try #require(try tooMany.receiveError())
        #expect(answer.error == "io.inkan.Signer.Busy" && answer.parameters?.rule == "limit.connections")
        #expect(answer.parameters?.mend?.isEmpty == false)
        #expect(try tooMany.receive() == nil)
        for (number, client) in clients.enumerated() {
            #expect(try !client.issue(Stage.order("capped-\(number)")).repeated)
        }
        clients.removeLast()
        #expect(try appliance.isAdmitted())
    }
}

/// Sends a message of a kilobyte at twenty bytes a second, until it is cut off.
private final class Trickle {
    static let message =
        Array(#"{"method":"io.inkan.Signer.GetStatus","padding":""#.utf8) + [UInt8](repeating: 0x61, count: 1000)

    private let peer: RawPeer
    private let began = ContinuousClock.now

    init(socket: String) throws {
        peer = try RawPeer(socket)
        try peer.send([Self.message[0]])
    }

    /// Goes on until the peer hangs up.
    ///
    /// - Returns: how many bytes it took.
    func bytesUntilCutOff() -> Int {
        var sent = 1
        while sent < Self.message.count, !peer.hears(within: 50) {
            do {
                try peer.send([Self.message[sent]])
            } catch {
                return sent
            }
            sent += 1
        }
        return sent
    }
}

extension RawPeer {
    /// Whether the other side answers or hangs up within some milliseconds.
    func hears(within milliseconds: Int32) -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, milliseconds) == 1
    }
}

extension RunningAppliance {
    /// Whether a place for a connection comes free, within half a minute.
    fileprivate func isAdmitted() throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if answersStatus() { return true }
            poll(nil, 0, 5)
        }
        return false
    }

    private func answersStatus() -> Bool {
        do {
            return try client().call(.getStatus)["version"] != nil
        } catch {
            return false
        }
    }
}
