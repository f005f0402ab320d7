import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

/// What Go's checksum database is to judge.
struct LogEvidence: Encodable {
    struct Inclusion: Encodable {
        var entry: Int64
        var leaf: String
        var treeSize: Int64
        var rootHash: String
        var hashes: [String]
    }

    struct Consistency: Encodable {
        var fromSize: Int64
        var toSize: Int64
        var fromRoot: String
        var toRoot: String
        var hashes: [String]
    }

    var key: String
    var witness = ""
    var checkpoints: [String] = []
    var inclusions: [Inclusion] = []
    var consistency: [Consistency] = []
    var copy = ""

    /// Hands it to the judge. Answers what that has to say.
    func judge() throws -> String {
        let folder = try TemporaryFolder("inkan-log-evidence")
        try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: folder.file("evidence.json")))
        return try ChildProgram.check(
            "go",
            ["run", "\(Stage.checkout)/Tests/Judges/verify_log.go", folder.file("evidence.json")],
            environment: [
                "GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": folder.file("cache"), "GOPATH": "/usr/share/gocode",
            ]
        )
    }
}

extension RunningAppliance {
    /// Waits until a checkpoint covers so many entries.
    func checkpoint(covering size: Int64, _ client: SignerClient) throws -> String {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            if let answer = try newestCheckpoint(client), answer["size"]?.integerValue ?? 0 >= size {
                return answer["checkpoint"]?.stringValue ?? ""
            }
            usleep(50_000)
        }
        Issue.record("no checkpoint covers \(size) entries")
        return ""
    }

    /// Nothing while the first one is still being signed.
    private func newestCheckpoint(_ client: SignerClient) throws -> JSONObject? {
        do {
            return try client.call(LedgerInterface.Method.getCheckpoint.fullName)
        } catch {
            guard case .refused(let refusal) = error, refusal.rule == "LDG-04.checkpoint-unknown" else { throw error }
            return nil
        }
    }
}

@Suite("The ledger's log as outsiders see it (LDG-02, LDG-03)")
struct LogTests {
    @Test("each certificate comes with its inclusion proof, and a signed checkpoint follows: Go's tlog verifies both")
    func proven() throws {
        let appliance = try Stage.appliance()
        let client = try appliance.client()
        var evidence = LogEvidence(key: try #require(try appliance.establishment.logKey))
        #expect(evidence.key.hasPrefix("inkan.example/development+"))
        var issued: [IssuedCertificate] = []
        let first = try appliance.checkpoint(covering: 1, client)
        for number in 0..<40 { try issued.append(client.issue(Stage.order("proven-\(number)"))) }
        let last = try appliance.checkpoint(covering: try #require(issued.last).ledgerEntry + 1, client)
        evidence.checkpoints = [first, last]
        for certificate in issued {
            let answer = try client.call(LedgerInterface.Method.getInclusionProof.fullName) {
                $0.member("entry", certificate.ledgerEntry)
            }
            let leaf = try #require(answer["leaf"]?.stringValue)
            #expect(leaf.contains("\"serial\":\"\(certificate.serial)\""))
            #expect(answer["checkpoint"]?.stringValue == last)
            // The proof of the answer to the order, and the one that was asked for afterwards.
            let own = certificate.inclusion
            evidence.inclusions.append(
                .init(
                    entry: certificate.ledgerEntry,
                    leaf: leaf,
                    treeSize: own.treeSize,
                    rootHash: own.rootHash,
                    hashes: own.hashes
                )
            )
            let proof = try #require(answer["proof"]?.objectValue)
            evidence.inclusions.append(
                .init(
                    entry: try #require(proof["entry"]?.integerValue),
                    leaf: leaf,
                    treeSize: try #require(proof["treeSize"]?.integerValue),
                    rootHash: try #require(proof["rootHash"]?.stringValue),
                    hashes: try #require(proof["hashes"]?.arrayValue).compactMap(\.stringValue)
                )
            )
            let size = try #require(proof["treeSize"]?.integerValue)
            let steps = try client.call(LedgerInterface.Method.getConsistencyProof.fullName) {
                $0.member("fromSize", own.treeSize)
                $0.member("toSize", size)
            }
            #expect(steps["fromRoot"]?.stringValue == own.rootHash)
            evidence.consistency.append(
                .init(
                    fromSize: own.treeSize,
                    toSize: size,
                    fromRoot: own.rootHash,
                    toRoot: try #require(steps["toRoot"]?.stringValue),
                    hashes: try #require(steps["hashes"]?.arrayValue).compactMap(\.stringValue)
                )
            )
        }
        let again = try client.issue(Stage.order("proven-3"))
        #expect(again.repeated && again.inclusion.treeSize > issued[3].inclusion.treeSize)
        #expect(again.inclusion.leafHash == issued[3].inclusion.leafHash)
        #expect(try evidence.judge() == "2 checkpoints, 80 inclusions, 40 consistencies verified\n")
        #expect(try client.call(.getStatus)["ledger"]?.objectValue?["checkpoint"]?.integerValue != nil)
        #expect(appliance.stop() == 0)
        let log = try appliance.log
        #expect(!log.contains("checkpoint-trouble"), "\(log)")
        try appliance.establishment.expectSoundHistory()
    }

    @Test("proofs of what is not there are refused, and name the rule")
    func refused() throws {
        let appliance = try Stage.appliance()
        let client = try appliance.client()
        _ = try appliance.checkpoint(covering: 1, client)
        let entry = { (number: Int64, size: Int64?) in
            refusal {
                try client.call(LedgerInterface.Method.getInclusionProof.fullName) { writer in
                    writer.member("entry", number)
                    if let size { writer.member("size", size) }
                }
            }
        }
        for error in [entry(9_999, nil), entry(-1, nil), entry(0, 99_999), entry(5, 5), entry(0, -1)] {
            #expect(error?.name == "io.inkan.Ledger.RequestRejected" && error?.rule == "LDG-03.proof-impossible")
        }
        for (from, to) in [(3, 2), (-1, 2), (0, 99_999)] {
            let error = refusal {
                try client.call(LedgerInterface.Method.getConsistencyProof.fullName) {
                    $0.member("fromSize", from)
                    $0.member("toSize", to)
                }
            }
            #expect(error?.rule == "LDG-03.proof-impossible")
        }
        // Entries that are no certificates are the officers' to read.
        let asked = { (client: SignerClient) in
            try client.call(LedgerInterface.Method.getInclusionProof.fullName) { $0.member("entry", 0) }
        }
        #expect(try asked(client)["leaf"] == nil)
        let officer = try SignerClient(socket: appliance.officerSocket)
        #expect(try asked(officer)["leaf"]?.stringValue?.contains("\"sequence\":0,") == true)
    }
}
