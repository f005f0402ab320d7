import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

@Suite("A ledger that was put back, witnesses, copies (LDG-02, LDG-04, LDG-06, LDG-07)")
struct LogGuardTests {
    private func inkan(_ arguments: String...) throws -> ChildProgram.Outcome {
        try ChildProgram.run("\(Stage.binaries)/inkan", arguments)
    }

    /// Runs until an order is under a checkpoint that the token remembers, keeps the ledger as it was before it, and
    /// puts that back.
    private func putBack(_ establishment: Establishment) throws -> (lost: IssuedCertificate, kept: Int64) {
        let first = try RunningAppliance(establishment)
        _ = try first.client().issue(Stage.order("kept"))
        let backup = establishment.folder.file("backup.sqlite")
        let made = try inkan("backup", "--config", establishment.folder.file("signer.yaml"), "--to", backup, "--json")
        #expect(made.status == 0, "\(made)")
        let lost = try first.client().issue(Stage.order("lost"))
        #expect(first.stop() == 0)
        let kept = try #require(try JSONSerialization.jsonObject(with: Data(made.output.utf8)) as? [String: Any])
        return (lost, Int64(try #require(kept["entries"] as? Int)))
    }

    @Test(
        "an older ledger issues nothing: the token has seen more; a restore over a ledger is refused; an officer's word ends it"
    )
    func rolledBack() throws {
        let establishment = try Stage.establishment()
        let folder = establishment.folder
        let (lost, kept) = try putBack(establishment)
        let config = folder.file("signer.yaml")
        let ledger = establishment.ledgerPath

        let over = try inkan("restore", "--config", config, "--from", folder.file("backup.sqlite"))
        #expect(over.status == 1 && over.complaints.contains("nothing is ever overwritten"), "\(over)")
        for name in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: ledger + name) {
            try FileManager.default.moveItem(atPath: ledger + name, toPath: folder.file("evidence.sqlite") + name)
        }
        let restored = try inkan("restore", "--config", config, "--from", folder.file("backup.sqlite"))
        #expect(restored.status == 0 && restored.output.contains("\(kept) entries"), "\(restored)")

        let stale = try RunningAppliance(establishment, waitReady: false)
        try stale.waitForSocket()
        let refused = refusal { try stale.client().issue(Stage.order("after")) }
        #expect(refused?.name == "io.inkan.Signer.LedgerUnavailable")
        #expect(refused?.rule == "LDG-06.ledger-older-than-seen")
        #expect(refused?.mend.contains("accept-loss") == true)
        let status = try stale.client().call(.getStatus)
        #expect(status["ready"]?.boolValue == false)
        #expect(status["problem"]?.stringValue?.contains("the log token") == true)
        // It has forgotten revocations, so that its word is no OCSP answer.
        let desk = try OCSPDesk(stale, issuer: "access-p256")
        let unsaid = refusal { try desk.client.respondOCSP(desk.request([lost.serial])) }
        #expect(unsaid?.rule == "LDG-06.ledger-older-than-seen")
        // What the ledger has can still be read.
        #expect(try stale.client().call(.getCertificate) { $0.member("order", "kept") }["status"] == "issued")
        #expect(stale.stop() == 0)
        #expect(try stale.log.contains("ledger-older-than-seen"))

        let message = try #require(refused?.message)
        let seen = try #require(message.split(separator: " ").compactMap { Int64($0.filter(\.isNumber)) }.max())
        #expect(seen > lost.ledgerEntry)
        let accept = { (lost: Int64, origin: String) in
            try inkan(
                "ledger",
                "accept-loss",
                "--config",
                config,
                "--origin",
                origin,
                "--lost",
                "\(lost)",
                "--reason",
                "test"
            )
        }
        #expect(try accept(seen - 1, "inkan.example/second").status == 1)
        #expect(try accept(seen, "inkan.example/development").status == 1)
        let accepted = try accept(seen, "inkan.example/second")
        #expect(accepted.status == 0 && accepted.output.contains("inkan.example/second+"), "\(accepted)")
        #expect(try accept(seen, "inkan.example/third").status == 1)

        let again = try RunningAppliance(establishment)
        #expect(try again.client().issue(Stage.order("kept")).repeated)
        let renewed = try again.client().issue(Stage.order("lost"))
        #expect(!renewed.repeated && renewed.serial != lost.serial)
        _ = try again.checkpoint(covering: renewed.ledgerEntry + 1, again.client())
        #expect(again.stop() == 0)
        #expect(try establishment.history().contains { $0.kind == "ledger-loss-accepted" })
        try establishment.expectSoundHistory()
    }

    @Test("a token that has forgotten what it saw does not let an older ledger pass")
    func forgetfulToken() throws {
        let establishment = try Stage.establishment()
        let first = try RunningAppliance(establishment)
        _ = try first.checkpoint(covering: 1, first.client())
        #expect(first.stop() == 0)
        let pin = try String(contentsOfFile: establishment.folder.file("secrets/log.pin"), encoding: .utf8)
        try ChildProgram.check(
            "pkcs11-tool",
            [
                "--module", Establishment.softHSM, "--token-label", "inkan-log", "--login", "--pin", pin,
                "--delete-object", "--type", "data", "--label", "inkan-mark",
            ],
            environment: ["SOFTHSM2_CONF": establishment.folder.file("softhsm2.conf")]
        )
        let stale = try RunningAppliance(establishment, waitReady: false)
        try stale.waitForSocket()
        let refused = refusal { try stale.client().issue(Stage.order("after")) }
        #expect(refused?.rule == "LDG-06.ledger-older-than-seen")
        #expect(refused?.message.contains("remembers none") == true, "\(String(describing: refused))")
        #expect(stale.stop() == 0)
    }

    @Test("without the log token nothing is issued, and it goes on by itself when the token is there")
    func missingToken() throws {
        let establishment = try Stage.establishment()
        let pin = establishment.folder.file("secrets/log.pin")
        try FileManager.default.moveItem(atPath: pin, toPath: pin + ".away")
        let appliance = try RunningAppliance(establishment, waitReady: false)
        try appliance.waitForSocket()
        let refused = refusal { try appliance.client().issue(Stage.order("early")) }
        #expect(refused?.rule == "LDG-06.ledger-not-compared", "\(String(describing: refused))")
        #expect(refused?.mend.contains("log token") == true)
        try FileManager.default.moveItem(atPath: pin + ".away", toPath: pin)
        #expect(try appliance.inkan("token", "unlock", "log", officer: true).status == 0)
        try appliance.waitReady()
        #expect(try !appliance.client().issue(Stage.order("early")).repeated)
        #expect(appliance.stop() == 0)
    }

    @Test("settings that name no log, or another key, do not start a service whose checkpoints are signed")
    func settings() throws {
        let establishment = try Stage.establishment()
        let whole = try establishment.settings()
        let without = whole.split(separator: "\n").filter { !$0.hasPrefix("log:") }.joined(separator: "\n")
        let first = try RunningAppliance(establishment, settings: without, waitReady: false)
        #expect(first.waitForEnd() == 1)
        #expect(try first.log.contains("name that log in the settings"))
        let other = establishment.folder.file("other.vkey")
        try "inkan.example/golden+761796ed+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs\n"
            .write(toFile: other, atomically: true, encoding: .utf8)
        let changed = whole.replacing(establishment.folder.file("authorities/log.vkey"), with: other)
        let second = try RunningAppliance(establishment, settings: changed, waitReady: false)
        #expect(second.waitForEnd() == 1)
        #expect(try second.log.contains("the settings name the log key"))
        let shared = whole.replacing("log: { token: log,", with: "log: { token: issuing,")
        let third = try RunningAppliance(establishment, settings: shared, waitReady: false)
        #expect(third.waitForEnd() == 1)
        #expect(try third.log.contains("the log key has a token of its own"))
    }

    // MARK: Witnesses and copies

    @Test(
        "a witness checks a copy, signs its checkpoint, and the appliance keeps that; Go verifies copy and signatures"
    )
    func witnessed() throws {
        let establishment = try Stage.establishment()
        let folder = establishment.folder
        let key = folder.file("witness.key")
        let made = try inkan("ledger", "witness", "key", "--name", "witness.example/w1", "--key-file", key)
        let witness = made.output.trimmingCharacters(in: .newlines)
        #expect(witness.hasPrefix("witness.example/w1+") && made.status == 0, "\(made)")
        let settings = try establishment.settings(
            logOptions: ", witnesses: [\"\(witness)\"], checkpointFile: \"\(folder.file("newest"))\""
        )
        let appliance = try RunningAppliance(establishment, settings: settings)
        let client = try appliance.client()
        let ledger = establishment.ledgerPath
        let log = try #require(try establishment.logKey)
        for number in 0..<300 { client.send(try Stage.order("order-\(number)")) }
        var last: Int64 = 0
        for _ in 0..<300 { last = max(last, try client.receiveIssued().ledgerEntry) }
        _ = try appliance.checkpoint(covering: last + 1, client)

        let copy = folder.file("copy")
        let sign = {
            try inkan(
                "ledger",
                "witness",
                "sign",
                "--name",
                "witness.example/w1",
                "--key-file",
                key,
                "--copy",
                copy,
                "--key",
                log,
                "--state",
                folder.file("state"),
                "--out",
                folder.file("signed")
            )
        }
        #expect(try inkan("ledger", "copy", "--ledger", ledger, "--to", copy).status == 0)
        let verified = try inkan("ledger", "verify", "--copy", copy, "--key", log)
        #expect(verified.status == 0 && verified.output.contains("nothing found wrong"), "\(verified)")
        let signed = try sign()
        #expect(signed.status == 0 && signed.output.hasPrefix("— witness.example/w1 "), "\(signed)")
        let kept = try appliance.inkan("ledger", "cosign", "--checkpoint", folder.file("signed"))
        #expect(kept.status == 0 && kept.output.hasPrefix("1 cosignatures kept"), "\(kept)")
        var evidence = LogEvidence(key: log, witness: witness, copy: copy)
        evidence.checkpoints = [try String(contentsOfFile: folder.file("signed"), encoding: .utf8)]
        #expect(try evidence.judge().hasPrefix("copy: "))

        // A later copy is consistent with what was signed; one that was tampered with is not signed.
        _ = try client.issue(Stage.order("later"))
        _ = try appliance.checkpoint(covering: last + 3, client)
        #expect(try inkan("ledger", "copy", "--ledger", ledger, "--to", copy).status == 0)
        #expect(try sign().status == 0)
        let bundle = "\(copy)/tile/entries/000"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: bundle))
        bytes[100] ^= 1
        try bytes.write(to: URL(fileURLWithPath: bundle))
        let tampered = try sign()
        #expect(tampered.status == 1 && tampered.complaints.contains("FOUND"))

        try refuseCosignatures(appliance, folder, log)
        let exported = try String(contentsOfFile: folder.file("newest"), encoding: .utf8)
        #expect(exported.hasPrefix("inkan.example/development\n"))
        #expect(appliance.stop() == 0)
        let proof = try inkan("ledger", "prove", "\(last)", "--ledger", ledger)
        #expect(proof.output.hasPrefix("c2sp.org/tlog-proof@v1\nindex \(last)\n"))
        #expect(
            try inkan("ledger", "verify", "--ledger", ledger, "--key", log, "--checkpoint", folder.file("newest"))
                .status == 0
        )
    }

    /// Cosignatures by nobody known, of another checkpoint, damaged ones.
    private func refuseCosignatures(_ appliance: RunningAppliance, _ folder: TemporaryFolder, _ log: String) throws {
        let client = try appliance.client()
        let add = { (text: String) in
            refusal {
                try client.call(LedgerInterface.Method.addCosignature.fullName) { $0.member("checkpoint", text) }
            }
        }
        let good = try String(contentsOfFile: folder.file("signed"), encoding: .utf8)
        let own = try #require(good.split(separator: "\n").last { $0.hasPrefix("— witness") })
        #expect(add("no checkpoint")?.rule == "LDG-02.checkpoint-invalid")
        #expect(add(good.replacing("\(own)\n", with: ""))?.rule == "LDG-04.witness-unknown")
        let stranger = good.replacing("— witness.example/w1 ", with: "— witness.example/w2 ")
        #expect(add(stranger)?.rule == "LDG-04.witness-unknown")
        let changed = good.replacing("inkan.example/development\n", with: "inkan.example/elsewhere\n")
        #expect(add(changed)?.rule == "LDG-02.checkpoint-invalid")
        #expect(add(String(good.dropLast(9)) + "\n")?.rule == "LDG-02.checkpoint-invalid")
        #expect(try !client.issue(Stage.order("undisturbed")).repeated)
    }

    @Test("a witness that has seen a later checkpoint proves that the ledger was put back: nothing is issued any more")
    func witnessedLater() throws {
        let establishment = try Stage.establishment()
        let folder = establishment.folder
        let key = folder.file("witness.key")
        let made = try inkan("ledger", "witness", "key", "--name", "witness.example/w1", "--key-file", key)
        let witness = made.output.trimmingCharacters(in: .newlines)
        let settings = try establishment.settings(logOptions: ", witnesses: [\"\(witness)\"]")
        let twin = try establishment.copy()
        // The same keys and the same beginning in two places: two histories.
        let first = try RunningAppliance(establishment, settings: settings)
        let log = try #require(try establishment.logKey)
        for number in 0..<20 { _ = try first.client().issue(Stage.order("one-\(number)")) }
        _ = try first.checkpoint(covering: 40, first.client())
        #expect(first.stop() == 0)
        #expect(
            try inkan("ledger", "copy", "--ledger", establishment.ledgerPath, "--to", folder.file("copy")).status == 0
        )
        let signed = try inkan(
            "ledger",
            "witness",
            "sign",
            "--name",
            "witness.example/w1",
            "--key-file",
            key,
            "--copy",
            folder.file("copy"),
            "--key",
            log,
            "--state",
            folder.file("state"),
            "--out",
            folder.file("signed")
        )
        #expect(signed.status == 0, "\(signed)")
        let second = try RunningAppliance(
            twin,
            settings: try twin.settings(logOptions: ", witnesses: [\"\(witness)\"]")
        )
        #expect(try !second.client().issue(Stage.order("before")).repeated)
        let told = try second.inkan("ledger", "cosign", "--checkpoint", folder.file("signed"))
        #expect(told.status == 1 && told.complaints.contains("witness.example/w1"), "\(told)")
        let refused = refusal { try second.client().issue(Stage.order("after")) }
        #expect(refused?.rule == "LDG-06.ledger-older-than-seen")
        #expect(second.stop() == 0)
    }

    // MARK: Exports

    @Test("an export is signed at an officer's desk with OpenSSL and libp11, and verifies; a changed one does not")
    func signedExport() throws {
        let establishment = try Stage.establishment()
        let folder = establishment.folder
        let export = folder.file("export.jsonl")
        let ledger = establishment.ledgerPath
        let kinds = ["--kind", "key-generated", "--kind", "log-key"]
        let written = try ChildProgram.run(
            "\(Stage.binaries)/inkan",
            ["ledger", "export", "--ledger", ledger, "--out", export] + kinds
        )
        #expect(written.status == 0, "\(written)")
        let lines = try String(contentsOfFile: export, encoding: .utf8).split(separator: "\n")
        #expect(lines.count >= 8 && lines.allSatisfy { $0.hasPrefix("{\"sequence\":") })
        #expect(try inkan("ledger", "export", "--ledger", ledger, "--out", export).status == 1)
        #expect(try inkan("ledger", "export", "--ledger", ledger, "--from", "yesterday").status == 1)
        let table = try inkan("ledger", "export", "--ledger", ledger, "--format", "csv")
        #expect(table.output.hasPrefix("\"entry\",\"time\",\"kind\","))

        let desk = try OfficersDesk(folder)
        try desk.sign(export, into: folder.file("export.p7s"))
        #expect(try desk.verify(export, folder.file("export.p7s")).status == 0)
        try (lines.joined(separator: "\n") + "\n ").write(toFile: export, atomically: true, encoding: .utf8)
        #expect(try desk.verify(export, folder.file("export.p7s")).status != 0)
    }
}

/// An officer's own token and certificate, and the OpenSSL commands of the handbook.
private struct OfficersDesk {
    private let folder: TemporaryFolder
    private let environment: [String: String]
    private static let uri = "pkcs11:token=officer;object=sign;type=private"

    init(_ folder: TemporaryFolder) throws {
        self.folder = folder
        environment = [
            "SOFTHSM2_CONF": folder.file("softhsm2.conf"), "PKCS11_MODULE_PATH": Establishment.softHSM,
            "PATH": "/usr/bin:/bin",
        ]
        let pins = ["--so-pin-file", folder.file("officer.so"), "--pin-file", folder.file("officer.secret")]
        try ChildProgram.check(
            "\(Stage.binaries)/inkan",
            ["token", "init", "--module", Establishment.softHSM, "--label", "officer"] + pins,
            environment: environment
        )
        let pin = try String(contentsOfFile: folder.file("officer.secret"), encoding: .utf8)
        try ChildProgram.check(
            "pkcs11-tool",
            [
                "--module", Establishment.softHSM, "--token-label", "officer", "--login", "--pin", pin, "--keypairgen",
                "--key-type", "EC:prime256v1", "--label", "sign", "--id", "01",
            ],
            environment: environment
        )
        try openSSL(
            "req",
            "-new",
            "-x509",
            "-engine",
            "pkcs11",
            "-keyform",
            "engine",
            "-key",
            keyURI(),
            "-subj",
            "/CN=Officer",
            "-days",
            "2",
            "-out",
            folder.file("officer.pem")
        )
    }

    private func keyURI() -> String {
        "\(Self.uri);pin-source=file:\(folder.file("officer.secret"))"
    }

    private func openSSL(_ arguments: String...) throws {
        try ChildProgram.check("openssl", arguments, environment: environment)
    }

    func sign(_ file: String, into signature: String) throws {
        try openSSL(
            "cms",
            "-sign",
            "-engine",
            "pkcs11",
            "-keyform",
            "engine",
            "-binary",
            "-in",
            file,
            "-signer",
            folder.file("officer.pem"),
            "-inkey",
            keyURI(),
            "-outform",
            "DER",
            "-out",
            signature
        )
    }

    func verify(_ file: String, _ signature: String) throws -> ChildProgram.Outcome {
        try ChildProgram.run(
            "openssl",
            [
                "cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", file, "-CAfile",
                folder.file("officer.pem"), "-purpose", "any", "-out", "/dev/null",
            ]
        )
    }
}
