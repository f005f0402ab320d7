import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

@Suite("Revoke, hold, release, cancel (STS-01, STS-04)", .sharedAppliance) struct RevocationTests {
    @Test("a revoked certificate is in the next CRL, and OpenSSL refuses it")
    func revokes() throws {
        let appliance = try SharedAppliance.current
        let client = try appliance.client()
        let good = try client.issue(Stage.order("revoke-good"))
        let bad = try client.issue(Stage.order("revoke-bad"))
        let firstSecond = try Self.firstSecond(of: bad)
        let status = try client.status(.revokeCertificate) { writer in
            writer.member("serial", bad.serial)
            writer.member("reason", "keyCompromise")
            writer.member("invalidityDate", firstSecond)
        }
        #expect(status.state == "revoked" && status.reason == "keyCompromise" && status.order == "revoke-bad")
        let files = try CRLFiles(appliance, issuer: "access-p256", root: "root-p256")
        try files.waitForCRL { $0.contains(bad.serial.uppercased()) }
        #expect(try files.verify(good).status == 0)
        let verdict = try files.verify(bad)
        #expect(verdict.status != 0 && verdict.complaints.contains("certificate revoked"))
        let text = try files.text()
        #expect(text.contains("Key Compromise") && text.contains("Invalidity Date"))
        #expect(try client.status(.getCertificateStatus) { $0.member("serial", good.serial) }.state == "good")
    }

    @Test("a held certificate is on the CRL as held, and gone from it when it is released")
    func holds() throws {
        let appliance = try SharedAppliance.current
        let client = try appliance.client()
        let issued = try client.issue(Stage.order("hold-1"))
        #expect(try client.status(.holdCertificate) { $0.member("order", "hold-1") }.state == "held")
        let files = try CRLFiles(appliance, issuer: "access-p256", root: "root-p256")
        try files.waitForCRL { $0.contains(issued.serial.uppercased()) }
        #expect(try files.text().contains("Certificate Hold"))
        #expect(try client.status(.releaseCertificate) { $0.member("order", "hold-1") }.state == "good")
        try files.waitForCRL { !$0.contains(issued.serial.uppercased()) }
        #expect(try files.verify(issued).status == 0)
    }

    @Test("a hold can become final, and keeps its date")
    func holdBecomesFinal() throws {
        let client = try SharedAppliance.current.client()
        _ = try client.issue(Stage.order("hold-2"))
        let held = try client.status(.holdCertificate) { $0.member("order", "hold-2") }
        let revoked = try client.status(.revokeCertificate) { writer in
            writer.member("order", "hold-2")
            writer.member("reason", "superseded")
        }
        #expect(revoked.state == "revoked" && revoked.reason == "superseded" && revoked.since == held.since)
    }

    @Test("a cancelled certificate is revoked as one whose use has ended")
    func cancels() throws {
        let client = try SharedAppliance.current.client()
        _ = try client.issue(Stage.order("cancel-1"))
        let status = try client.status(.cancelCertificate) { $0.member("order", "cancel-1") }
        #expect(status.state == "revoked" && status.reason == "cessationOfOperation")
    }

    @Test("what is revoked stays revoked: neither again, nor held, nor released")
    func finalIsFinal() throws {
        let client = try SharedAppliance.current.client()
        _ = try client.issue(Stage.order("final-1"))
        func change(_ method: SignerInterface.Method) throws -> CertificateStatus {
            try client.status(method) { writer in
                writer.member("order", "final-1")
                if method == .revokeCertificate { writer.member("reason", "superseded") }
            }
        }
        #expect(try change(.revokeCertificate).state == "revoked")
        for method in [
            SignerInterface.Method.revokeCertificate, .holdCertificate, .releaseCertificate, .cancelCertificate,
        ] {
            let error = refusal { try change(method) }
            #expect(error?.name == "io.inkan.Signer.StatusConflict" && error?.rule == "STS-01.already-revoked")
        }
    }

    @Test("a certificate that is not held cannot be released, and one that is held not held again")
    func holdConflicts() throws {
        let client = try SharedAppliance.current.client()
        _ = try client.issue(Stage.order("hold-3"))
        let release = refusal { try client.status(.releaseCertificate) { $0.member("order", "hold-3") } }
        #expect(release?.name == "io.inkan.Signer.StatusConflict" && release?.rule == "STS-01.not-held")
        _ = try client.status(.holdCertificate) { $0.member("order", "hold-3") }
        let again = refusal { try client.status(.holdCertificate) { $0.member("order", "hold-3") } }
        #expect(again?.rule == "STS-01.already-held")
    }

    /// A change that is refused, and the rule.
    struct Refused: Sendable, CustomTestStringConvertible {
        var method: SignerInterface.Method
        var parameters: [String: String]
        var error: String
        var rule: String

        var testDescription: String { "\(method.rawValue) \(parameters)" }

        init(_ method: SignerInterface.Method, _ parameters: [String: String], _ error: String, _ rule: String) {
            (self.method, self.parameters, self.error, self.rule) = (method, parameters, error, rule)
        }
    }

    @Test(
        "a change that names nothing, or says nothing that can be used, is refused, and the refusal is in the ledger",
        arguments: [
            Refused(
                .revokeCertificate,
                ["serial": "65aabbccddeeff00112233445566778899aabbcc", "reason": "superseded"],
                "NotFound",
                "STS-01.serial-unknown"
            ),
            Refused(.revokeCertificate, ["order": "never-sent", "reason": "superseded"], "NotFound", "request.order"),
            Refused(
                .revokeCertificate,
                ["serial": "xyz", "reason": "superseded"],
                "RequestRejected",
                "request.serial"
            ),
            Refused(
                .revokeCertificate,
                ["serial": String(repeating: "ab", count: 21), "reason": "superseded"],
                "RequestRejected",
                "request.serial"
            ),
            Refused(
                .revokeCertificate,
                ["serial": "01", "order": "x", "reason": "superseded"],
                "RequestRejected",
                "request.parameters"
            ),
            Refused(.holdCertificate, [:], "RequestRejected", "request.parameters"),
            Refused(.revokeCertificate, ["serial": "01", "reason": "boredom"], "RequestRejected", "request.reason"),
            Refused(
                .revokeCertificate,
                ["serial": "01", "reason": "certificateHold"],
                "RequestRejected",
                "request.reason"
            ),
            Refused(
                .revokeCertificate,
                ["serial": "01", "reason": "superseded", "invalidityDate": "yesterday"],
                "RequestRejected",
                "request.time"
            ),
        ]
    )
    func refusals(_ refused: Refused) throws {
        let appliance = try SharedAppliance.current
        let client = try appliance.client()
        let before = try appliance.ledgerEntries().count { $0.kind == "refusal" && $0.rule == refused.rule }
        let error = refusal {
            try client.status(refused.method) { writer in
                for (name, value) in refused.parameters { writer.member(name, value) }
            }
        }
        #expect(error?.name == "io.inkan.Signer.\(refused.error)" && error?.rule == refused.rule)
        #expect(error?.mend.isEmpty == false)
        let after = try appliance.ledgerEntries().count { $0.kind == "refusal" && $0.rule == refused.rule }
        // Another case with the same rule may have come between.
        #expect(after > before)
    }

    @Test("an invalidity date before the certificate or after the present is refused")
    func invalidityDates() throws {
        let client = try SharedAppliance.current.client()
        _ = try client.issue(Stage.order("date-1"))
        for date in ["2001-01-01T00:00:00Z", "2090-01-01T00:00:00Z"] {
            let error = refusal {
                try client.status(.revokeCertificate) { writer in
                    writer.member("order", "date-1")
                    writer.member("reason", "keyCompromise")
                    writer.member("invalidityDate", date)
                }
            }
            #expect(error?.rule == "request.invalidity-date")
        }
    }

    @Test("a profile that forbids holding, or does not list a reason, is obeyed")
    func profileRules() throws {
        let establishment = try Stage.establishment()
        let path = establishment.folder.file("profiles.yaml")
        let profiles = try String(contentsOfFile: path, encoding: .utf8)
        let first = try #require(
            profiles.range(of: "superseded, cessationOfOperation, privilegeWithdrawn]\n      hold: true")
        )
        try profiles.replacingCharacters(
            in: first,
            with: "cessationOfOperation, privilegeWithdrawn]\n      hold: false"
        )
        .write(toFile: path, atomically: true, encoding: .utf8)
        let appliance = try RunningAppliance(establishment)
        let client = try appliance.client()
        _ = try client.issue(Stage.order("rules-1"))
        let hold = refusal { try client.status(.holdCertificate) { $0.member("order", "rules-1") } }
        #expect(hold?.name == "io.inkan.Signer.PolicyViolation" && hold?.rule == "status.hold")
        let reason = refusal {
            try client.status(.revokeCertificate) { writer in
                writer.member("order", "rules-1")
                writer.member("reason", "superseded")
            }
        }
        #expect(reason?.name == "io.inkan.Signer.PolicyViolation" && reason?.rule == "status.reason")
        #expect(appliance.stop() == 0)
    }

    @Test("an authority's certificate is not revoked by the service")
    func authorities() throws {
        let appliance = try SharedAppliance.current
        let error = refusal {
            try appliance.client().status(.revokeCertificate) { writer in
                writer.member("order", "ceremony.development.access-p256")
                writer.member("reason", "keyCompromise")
            }
        }
        #expect(error?.name == "io.inkan.Signer.PolicyViolation" && error?.rule == "status.authority")
    }

    @Test("the CRL of an unknown issuer, and a part of one that is whole, are not found")
    func unknownCRLs() throws {
        let client = try SharedAppliance.current.client()
        for (issuer, partition) in [("nobody", nil), ("access-p256", 3)] as [(String, Int?)] {
            let error = refusal { try client.crl(issuer: issuer, partition: partition) }
            #expect(error?.name == "io.inkan.Signer.NotFound" && error?.rule == "issuer.unknown")
        }
        let replaced = refusal {
            try client.call(.getCRL) { writer in
                writer.member("issuer", "access-p256")
                writer.member("number", 999)
            }
        }
        #expect(replaced?.rule == "crl.replaced")
        let beyond = refusal {
            try client.call(.getCRL) { writer in
                writer.member("issuer", "access-p256")
                writer.member("offset", 1 << 40)
            }
        }
        #expect(beyond?.rule == "request.offset")
    }

    /// RFC 3339, from OpenSSL's words.
    private static func firstSecond(of issued: IssuedCertificate) throws -> String {
        let folder = try TemporaryFolder()
        try issued.certificate.write(toFile: folder.file("leaf.pem"), atomically: true, encoding: .utf8)
        let text = try ChildProgram.check(
            "openssl",
            ["x509", "-in", folder.file("leaf.pem"), "-noout", "-startdate", "-dateopt", "iso_8601"]
        )
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
            .replacingOccurrences(of: "notBefore=", with: "").replacingOccurrences(of: " ", with: "T")
    }
}

/// The CRLs of one issuer and its root on disk, for OpenSSL.
struct CRLFiles {
    let appliance: RunningAppliance
    let issuer: String
    let root: String
    let folder: TemporaryFolder

    init(_ appliance: RunningAppliance, issuer: String, root: String) throws {
        (self.appliance, self.issuer, self.root) = (appliance, issuer, root)
        folder = try TemporaryFolder("inkan-crl")
    }

    var crl: String { folder.file("issuer.crl") }
    private var authorities: String { appliance.establishment.folder.file("authorities") }

    /// Fetches the CRL in force with the command line.
    func fetch() throws {
        let outcome = try appliance.inkan("crl", issuer, "--out", crl)
        try #require(outcome.status == 0, "\(outcome.complaints)")
    }

    private func isFetched() throws -> Bool {
        try appliance.inkan("crl", issuer, "--out", crl).status == 0
    }

    /// What OpenSSL reads in it.
    func text() throws -> String {
        try fetch()
        return try ChildProgram.check("openssl", ["crl", "-in", crl, "-noout", "-text"])
    }

    /// Waits until there is a CRL and it is as it should be, at most some seconds.
    func waitForCRL(
        seconds: Int = 10,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ fits: (String) throws -> Bool
    ) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try !isFetched() || !fits(text()) {
            try #require(ContinuousClock.now < deadline, "the CRL is not as expected", sourceLocation: sourceLocation)
            poll(nil, 0, 10)
        }
        let verdict = try ChildProgram.run(
            "openssl",
            ["crl", "-in", crl, "-noout", "-CAfile", "\(authorities)/\(issuer).pem"]
        )
        #expect(verdict.complaints.contains("verify OK"), sourceLocation: sourceLocation)
    }

    /// OpenSSL's verdict on a certificate, with the CRLs of its issuer and of the root.
    func verify(_ issued: IssuedCertificate) throws -> ChildProgram.Outcome {
        try issued.certificate.write(toFile: folder.file("leaf.pem"), atomically: true, encoding: .utf8)
        let rootCRL = appliance.establishment.folder.file("status/\(root).crl")
        try ChildProgram.check(
            "openssl",
            ["crl", "-inform", "DER", "-in", rootCRL, "-out", folder.file("root.crl")]
        )
        return try ChildProgram.run(
            "openssl",
            [
                "verify", "-x509_strict", "-crl_check_all", "-CAfile", "\(authorities)/\(root).pem", "-untrusted",
                "\(authorities)/\(issuer).pem", "-CRLfile", crl, "-CRLfile", folder.file("root.crl"),
                folder.file("leaf.pem"),
            ]
        )
    }
}
