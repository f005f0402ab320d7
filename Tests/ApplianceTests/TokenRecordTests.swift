import Foundation
import SignerAPI
import Testing
import Workbench

@Suite("How the service's own tokens fare is in the ledger (LDG-01)")
struct TokenRecordTests {
    private let token: FaultyToken

    init() throws {
        token = try FaultyToken()
    }

    private struct Line: Decodable {
        var sequence: Int64
        var kind: String
        var token: String?
        var state: String?
        var error: String?
        var reason: String?
    }

    private var ledger: String { token.establishment.folder.file("ledger.sqlite") }

    private func inkan(_ arguments: String...) throws -> String {
        try ChildProgram.check("\(Stage.binaries)/inkan", arguments + ["--ledger", ledger])
    }

    /// The entries that tell of the issuing token.
    private func lines() throws -> [Line] {
        try inkan("ledger", "list", "--json", "--kind", "service-token").split(separator: "\n").map { text in
            try JSONDecoder().decode(Line.self, from: Data(text.utf8))
        }.filter { $0.token == "issuing" }
    }

    /// Waits until the entries tell of these states, in this order, others among them, at most half a minute.
    private func expectStates(
        _ states: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [Line] {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let lines = try lines()
            var wanted = states[...]
            for line in lines where line.state == wanted.first { wanted.removeFirst() }
            if wanted.isEmpty { return lines }
            try #require(
                ContinuousClock.now < deadline,
                "\(lines.map { $0.state ?? "" }) where \(states) is expected",
                sourceLocation: sourceLocation
            )
            poll(nil, 0, 20)
        }
    }

    @Test("a worker that crashes and comes back is told, and shown by list, show, export and verify")
    func crash() throws {
        let appliance = try token.start()
        try token.order("once C_Sign 1 1 abort")
        try expectTokenUnavailable(Stage.order("crash"), by: appliance, rules: ["token.workerDied"])
        try appliance.waitReady()
        let lines = try expectStates(["worker-ended", "ready"])
        let ended = try #require(lines.first { $0.state == "worker-ended" })
        #expect(ended.reason?.contains("was ended by signal 6") == true, "\(ended)")
        #expect(lines.last?.reason?.contains("token serial") == true)

        #expect(appliance.stop() == 0)
        #expect(try inkan("ledger", "list").contains("service-token"))
        #expect(try inkan("ledger", "show", "\(ended.sequence)").contains("\"state\":\"worker-ended\""))
        for format in ["jsonl", "csv"] {
            let exported = try inkan("ledger", "export", "--kind", "service-token", "--format", format)
            #expect(
                exported.contains("worker-ended") && !exported.contains("intent-closed")
                    && !exported.contains("service-started")
            )
        }
        try token.establishment.expectSoundHistory()
    }

    @Test("a token that is pulled out is told once however long it is away, and so is its coming back")
    func pulledOut() throws {
        let appliance = try token.start()
        try token.order("C_GetSlotList 1 0 empty", "C_Sign 1 0 return 0xe0", "C_OpenSession 1 0 return 0xe0")
        _ = refusal { try appliance.client().issue(Stage.order("pulled")) }
        try appliance.waitForToken("missing")
        let restarts = try appliance.restarts()
        while try appliance.restarts() < restarts + 2 { poll(nil, 0, 20) }
        try token.order()
        try appliance.waitReady()
        let lines = try expectStates(["missing", "ready"])
        #expect(lines.count { $0.state == "missing" } == 1)
        #expect(lines.first { $0.state == "missing" }?.error == "tokenMissing")
        try token.establishment.expectSoundHistory()
    }

    @Test("a wrong PIN is told with its rule, and never the PIN; the officer's act and the token's return follow")
    func wrongPIN() throws {
        let pin = try String(contentsOfFile: token.pinFile, encoding: .utf8)
        try token.writePIN("not-the-pin")
        let appliance = try token.start(waitReady: false)
        try appliance.waitForToken("locked")
        #expect(try expectStates(["locked"]).last?.error == "wrongPIN")
        try token.writePIN(pin)
        #expect(try appliance.inkan("token", "unlock", "issuing", officer: true).status == 0)
        try appliance.waitReady()
        let locked = try #require(try expectStates(["locked", "ready"]).first)
        let all = try token.establishment.history()
        let unlocked = try #require(all.first { $0.kind == "token-unlocked" })
        #expect(locked.sequence < unlocked.sequence)
        #expect(try !inkan("ledger", "list", "--json").contains("not-the-pin"))
        try token.establishment.expectSoundHistory()
    }
}

extension RunningAppliance {
    /// How often the issuing token's worker was started anew.
    fileprivate func restarts() throws -> Int64 {
        let status = try client().call(.getStatus)
        let tokens = status["tokens"]?.arrayValue?.compactMap(\.objectValue) ?? []
        return tokens.first { $0["name"]?.stringValue == "issuing" }?["restarts"]?.integerValue ?? 0
    }
}
