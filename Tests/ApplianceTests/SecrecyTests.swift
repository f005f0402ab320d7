import Foundation
import SignerAPI
import SignerClient
import Testing
import Workbench

@Suite("Secrets stay out (TOK-10)")
struct SecrecyTests {
    /// Everything that was written or shown, by where it was seen.
    private struct Evidence {
        var texts: [(place: String, bytes: Data)] = []

        mutating func add(_ place: String, _ text: String) {
            texts.append((place, Data(text.utf8)))
        }

        mutating func add(_ place: String, _ outcome: ChildProgram.Outcome) {
            add("\(place), output", outcome.output)
            add("\(place), complaints", outcome.complaints)
        }

        /// What the kernel shows of a process and its descendants.
        ///
        /// - Returns: how many descendants there are.
        mutating func addProcesses(of ancestor: Int32) throws -> Int {
            let descendants = try ProcessTree.descendants(of: ancestor)
            for process in [ancestor] + descendants {
                for name in ["cmdline", "environ", "status", "maps"] {
                    let bytes = try #require(FileManager.default.contents(atPath: "/proc/\(process)/\(name)"))
                    texts.append(("/proc/\(process)/\(name)", bytes))
                }
                let limits = try String(contentsOfFile: "/proc/\(process)/limits", encoding: .utf8)
                let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
                #expect(core.split(separator: " ").dropFirst(4).prefix(2).allSatisfy { $0 == "0" }, "\(core)")
            }
            return descendants.count
        }

        /// Every file below a folder but the PINs' own and what the token keeps.
        mutating func addFiles(of folder: String) throws {
            let names = try #require(FileManager.default.enumerator(atPath: folder))
            for case let name as String in names {
                if name.hasSuffix(".pin") || name.hasSuffix(".so-pin") || name.hasPrefix("softhsm/") { continue }
                guard let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }
                texts.append((name, bytes))
            }
        }
    }

    @Test("no PIN is in any log, answer, ledger entry, file, argument or environment, whatever goes wrong")
    func canaries() throws {
        let token = try FaultyToken()
        let folder = token.establishment.folder
        let secrets = folder.file("secrets")
        var canaries = try FileManager.default.contentsOfDirectory(atPath: secrets)
            .filter { $0.hasSuffix("pin") }
            .map { try String(contentsOfFile: "\(secrets)/\($0)", encoding: .utf8) }
        #expect(canaries.count == 6 && canaries.allSatisfy { $0.utf8.count >= 16 })
        let rightPIN = try String(contentsOfFile: token.pinFile, encoding: .utf8)
        canaries.append("canary-that-is-no-pin")

        var evidence = Evidence()
        let first = try token.start()
        #expect(try evidence.addProcesses(of: first.processIdentifier) == 3)
        try showEverything(first, into: &evidence)
        try causeTrouble(first, token, into: &evidence)
        evidence.add("exit", "\(first.stop())")

        try token.order()
        try token.writePIN("canary-that-is-no-pin")
        let second = try token.start(waitReady: false)
        try second.waitForToken("locked")
        try showEverything(second, into: &evidence)
        _ = try evidence.addProcesses(of: second.processIdentifier)
        try token.writePIN(rightPIN)
        evidence.add("unlock", try second.inkan("token", "unlock", "issuing", officer: true))
        try second.waitReady()
        try showEverything(second, into: &evidence)
        second.stop()
        evidence.add("doctor of a stopped service", try second.inkan("doctor", "--config", folder.file("signer.yaml")))

        try evidence.addFiles(of: folder.path)
        try expectAbsent(canaries, from: evidence)
    }

    private func expectAbsent(_ canaries: [String], from evidence: Evidence) throws {
        for place in ["signerd.log", "ledger.sqlite", "signer.yaml"] {
            #expect(evidence.texts.contains { $0.place == place }, "\(place) was not searched")
        }
        for canary in canaries {
            let bytes = Data(canary.utf8)
            let hexadecimal = bytes.map { String(format: "%02x", $0) }.joined()
            for form in [bytes, bytes.base64EncodedData(), Data(hexadecimal.utf8)] {
                for (place, text) in evidence.texts where text.range(of: form) != nil {
                    Issue.record("a PIN is in \(place)")
                }
            }
        }
    }

    /// What officers and callers look at.
    private func showEverything(_ appliance: RunningAppliance, into evidence: inout Evidence) throws {
        let configuration = appliance.establishment.folder.file("signer.yaml")
        for command in ["status", "issuers", "profiles"] {
            evidence.add(command, try appliance.inkan(command))
            evidence.add("\(command) --json", try appliance.inkan(command, "--json"))
        }
        evidence.add("doctor", try appliance.inkan("doctor", "--config", configuration))
        let client = try appliance.client()
        for order in [
            try Stage.order("seen"), try Stage.order("seen", subject: "other"), try Stage.order("bad identifier"),
        ] {
            client.send(order)
            evidence.add("answer", "\(try client.receiveSettled())")
        }
    }

    /// Every kind of trouble a token can make, so that every kind of message is written.
    private func causeTrouble(
        _ appliance: RunningAppliance,
        _ token: FaultyToken,
        into evidence: inout Evidence
    ) throws {
        let client = try appliance.client()
        for plan in ["C_Sign 1 1 return 0x30", "C_Sign 1 1 return 0x20", "C_Sign 1 1 flip", "once C_Sign 1 1 abort"] {
            try token.order(plan)
            client.send(try Stage.order("trouble-\(plan.filter(\.isLetter))-\(plan.utf8.count)"))
            evidence.add(plan, "\(try client.receiveSettled())")
            evidence.add(plan, try appliance.inkan("status"))
        }
        try token.order("C_Login 1 0 return 0xa0", "once C_Sign 1 1 abort")
        client.send(try Stage.order("last"))
        evidence.add("log-in", "\(try client.receiveSettled())")
        try appliance.waitForToken("locked")
        evidence.add("locked", try appliance.inkan("status"))
    }
}
