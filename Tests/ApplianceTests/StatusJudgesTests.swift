import Foundation
import SignerAPI
import SignerClient
import Testing
import Workbench

@Suite("CRLs and OCSP answers as others judge them (STS-02, STS-03)") struct StatusJudgesTests {
    @Test("pkilint finds no error in any CRL and OCSP response: every issuer, every status, both digests, roots too")
    func pkilint() throws {
        let appliance = try Stage.appliance()
        let client = try appliance.client()
        let folder = try TemporaryFolder("inkan-status-judges")
        var files: [String] = []
        for (issuer, root) in Establishment.developmentIssuers {
            let desk = try OCSPDesk(appliance, issuer: issuer)
            let serials = issuer == "access-p256" ? try changedCertificates(client) : ["0102030405"]
            for (number, serial) in serials.enumerated() {
                for hash in ["sha1", "sha256"] {
                    _ = try desk.ask(serial, hash: hash, nonce: number == 0)
                    let copy = folder.file("\(issuer)-\(number)-\(hash).ocsp")
                    try FileManager.default.copyItem(atPath: desk.response, toPath: copy)
                    files.append("ocsp:\(copy)")
                }
            }
            let crls = try CRLFiles(appliance, issuer: issuer, root: root)
            try crls.waitForCRL { text in
                serials.count == 1 || text.contains("Privilege Withdrawn") && text.contains("Certificate Hold")
            }
            let copy = folder.file("\(issuer).crl")
            try FileManager.default.copyItem(atPath: crls.crl, toPath: copy)
            // Web servers' rules know no hold.
            files.append("\(serials.count == 1 ? "br-crl" : "crl"):\(copy)")
        }
        for root in ["root-rsa", "root-p256"] {
            files.append("arl:\(appliance.establishment.folder.file("status/\(root).crl"))")
        }
        let outcome = try ChildProgram.run(
            Judges.python(),
            ["\(Stage.checkout)/Tests/Judges/lint_status.py"] + files
        )
        #expect(outcome.status == 0, "\(outcome.output.suffix(4000))\(outcome.complaints.suffix(2000))")
        #expect(outcome.output.hasSuffix("\(files.count) files judged, 0 with errors\n"))
        #expect(appliance.stop() == 0)
        try appliance.establishment.expectSoundHistory()
    }

    /// Certificates of every status, by serial: good, each reason, held, cancelled.
    private func changedCertificates(_ client: SignerClient) throws -> [String] {
        var serials = [try client.issue(Stage.order("judged-good")).serial]
        let reasons = [
            "unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation",
            "privilegeWithdrawn",
        ]
        for reason in reasons {
            let issued = try client.issue(Stage.order("judged-\(reason)"))
            _ = try client.status(.revokeCertificate) { writer in
                writer.member("serial", issued.serial)
                writer.member("reason", reason)
            }
            serials.append(issued.serial)
        }
        let held = try client.issue(Stage.order("judged-held"))
        _ = try client.status(.holdCertificate) { $0.member("serial", held.serial) }
        return serials + [held.serial]
    }

    @Test("while the token is away the last CRL stays and kept answers go on; afterwards everything is made up for")
    func tokenLost() throws {
        let token = try FaultyToken()
        let appliance = try token.start(options: ["callDeadlineSeconds": 2])
        let desk = try OCSPDesk(appliance, issuer: "access-p256")
        let issued = try (0..<2).map { try desk.client.issue(Stage.order("lost-\($0)")) }
        let kept = try desk.request([issued[1].serial])
        let answer = try desk.client.respondOCSP(kept)
        let before = try desk.client.crl(issuer: "access-p256")
        try token.order("C_Sign 1 0 return 48")
        _ = try desk.client.status(.revokeCertificate) { writer in
            writer.member("serial", issued[0].serial)
            writer.member("reason", "keyCompromise")
        }
        let deadline = ContinuousClock.now + .seconds(20)
        while try !appliance.log.contains("crl-failed") {
            try #require(ContinuousClock.now < deadline, "nobody was told that the CRL could not be made")
            poll(nil, 0, 10)
        }
        #expect(try desk.client.crl(issuer: "access-p256").der == before.der)
        #expect(try desk.client.respondOCSP(kept) == answer)
        let refused = refusal { try desk.client.respondOCSP(desk.request([issued[0].serial])) }
        #expect(refused?.name == "io.inkan.Signer.TokenUnavailable")
        // The CRL's trouble stands with the CRL; what people are told first is the token's, from which it comes.
        let crls = try desk.client.call(.getStatus)["crls"]?.arrayValue?.compactMap(\.objectValue) ?? []
        let troubled = crls.filter { $0["problem"] != nil }
        #expect(troubled.compactMap { $0["issuer"]?.stringValue } == ["access-p256"])
        #expect(troubled.first?["number"]?.integerValue == before.crl.number)
        #expect(troubled.first?["problem"]?.stringValue?.hasPrefix("token issuing: ") == true, "\(troubled)")
        let problem = try appliance.waitForProblem { $0.hasPrefix("token issuing: ") }
        // Either is true for a while: the module failed, and the keys are being looked for anew.
        let isTokens = problem.contains("its module answered an error") || problem.contains("keys cannot be used")
        #expect(isTokens, "\(problem)")
        try token.order()
        let files = try CRLFiles(appliance, issuer: "access-p256", root: "root-p256")
        try files.waitForCRL(seconds: 60) { $0.contains(issued[0].serial.uppercased()) }
        #expect(try desk.ask(issued[0].serial).contains(": revoked"))
        #expect(appliance.stop() == 0)
        try token.establishment.expectSoundHistory()
    }

    @Test("after a start the CRL in force is the last one; a lost or damaged one is made again")
    func restarts() throws {
        let establishment = try Stage.establishment()
        let first = try RunningAppliance(establishment)
        let client = try first.client()
        let issued = try client.issue(Stage.order("restart-1"))
        _ = try client.status(.cancelCertificate) { $0.member("serial", issued.serial) }
        try CRLFiles(first, issuer: "access-p256", root: "root-p256").waitForCRL {
            $0.contains(issued.serial.uppercased())
        }
        let before = try client.crl(issuer: "access-p256")
        let other = try client.crl(issuer: "access-rsa")
        #expect(first.stop() == 0)
        let path = establishment.folder.file("status/access-rsa.crl")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let second = try RunningAppliance(establishment)
        let again = try CRLFiles(second, issuer: "access-rsa", root: "root-rsa")
        try again.waitForCRL { _ in true }
        let fresh = try second.client().crl(issuer: "access-rsa")
        #expect(fresh.crl.number == other.crl.number + 1)
        let kept = try second.client().crl(issuer: "access-p256")
        #expect(kept.crl.number >= before.crl.number && kept.crl.revokedCertificates == 1)
        #expect(second.stop() == 0)
        try establishment.expectSoundHistory()
    }
}
