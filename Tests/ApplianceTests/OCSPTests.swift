import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

@Suite("Answers of the responder (STS-03, STS-04)", .sharedAppliance) struct OCSPTests {
    @Test("OpenSSL asks and believes: good, revoked with its reason, held, unknown", arguments: ["sha1", "sha256"])
    func openSSL(hash: String) throws {
        let desk = try OCSPDesk(SharedAppliance.current, issuer: "access-p256")
        let name = "ocsp-\(hash)"
        let good = try desk.client.issue(Stage.order("\(name)-good"))
        let bad = try desk.client.issue(Stage.order("\(name)-bad"))
        let held = try desk.client.issue(Stage.order("\(name)-held"))
        for (serial, text) in [(good.serial, "good"), (bad.serial, "good"), (held.serial, "good")] {
            #expect(try desk.ask(serial, hash: hash).contains(": \(text)"))
        }
        _ = try desk.client.status(.revokeCertificate) { writer in
            writer.member("serial", bad.serial)
            writer.member("reason", "keyCompromise")
        }
        let revoked = try desk.ask(bad.serial, hash: hash)
        #expect(revoked.contains(": revoked") && revoked.contains("Reason: keyCompromise"))
        _ = try desk.client.status(.holdCertificate) { $0.member("serial", held.serial) }
        #expect(try desk.ask(held.serial, hash: hash).contains("Reason: certificateHold"))
        _ = try desk.client.status(.releaseCertificate) { $0.member("serial", held.serial) }
        #expect(try desk.ask(held.serial, hash: hash).contains(": good"))
        #expect(try desk.ask("65aabbccddeeff00112233445566778899aabb00", hash: hash).contains(": unknown"))
    }

    @Test("every issuer has its responder: RSA and P-256, log-in and mail")
    func everyIssuer() throws {
        let appliance = try SharedAppliance.current
        for issuer in Establishment.developmentIssuers {
            let desk = try OCSPDesk(appliance, issuer: issuer.name)
            #expect(try desk.ask("65aabbccddeeff00112233445566778899aabb00").contains(": unknown"))
        }
    }

    @Test("a certificate is unknown to the responder of another issuer")
    func otherIssuer() throws {
        let appliance = try SharedAppliance.current
        let issued = try appliance.client().issue(Stage.order("ocsp-other"))
        #expect(try OCSPDesk(appliance, issuer: "access-p256").ask(issued.serial).contains(": good"))
        #expect(try OCSPDesk(appliance, issuer: "access-rsa").ask(issued.serial).contains(": unknown"))
    }

    @Test("a nonce is echoed, and many certificates are answered in one response")
    func nonceAndMany() throws {
        let desk = try OCSPDesk(SharedAppliance.current, issuer: "access-p256")
        let issued = try (0..<5).map { try desk.client.issue(Stage.order("ocsp-many-\($0)")) }
        // OpenSSL compares the nonces, and complains when there is none.
        let text = try desk.ask(issued.map(\.serial), nonce: true)
        #expect(text.components(separatedBy: "Cert Status: good").count == 6)
        #expect(text.contains("OCSP Nonce") && !text.contains("no nonce"))
    }

    @Test("GnuTLS agrees")
    func gnuTLS() throws {
        let desk = try OCSPDesk(SharedAppliance.current, issuer: "access-p256")
        let bad = try desk.client.issue(Stage.order("ocsp-gnutls"))
        _ = try desk.client.status(.revokeCertificate) { writer in
            writer.member("serial", bad.serial)
            writer.member("reason", "superseded")
        }
        _ = try desk.ask(bad.serial, nonce: true)
        let verdict = try ChildProgram.check(
            "ocsptool",
            ["--verify-response", "--load-trust", desk.issuerFile, "--load-response", desk.response]
        )
        #expect(verdict.contains("Success"), "\(verdict)")
        let text = try ChildProgram.check("ocsptool", ["--response-info", "--infile", desk.response])
        #expect(text.contains("revoked") && text.lowercased().contains("nonce"))
    }

    @Test("a revocation is in the very next answer, though the answer before was kept")
    func atOnce() throws {
        let desk = try OCSPDesk(SharedAppliance.current, issuer: "access-p256")
        let issued = try desk.client.issue(Stage.order("ocsp-at-once"))
        let request = try desk.request([issued.serial])
        let first = try desk.client.respondOCSP(request)
        #expect(try desk.client.respondOCSP(request) == first, "the kept answer, octet for octet")
        _ = try desk.client.status(.revokeCertificate) { writer in
            writer.member("serial", issued.serial)
            writer.member("reason", "keyCompromise")
        }
        #expect(try desk.client.respondOCSP(request) != first)
        #expect(try desk.ask(issued.serial).contains(": revoked"))
    }

    @Test("requests that cannot be read are answered malformedRequest, those about foreign issuers unauthorized")
    func refused() throws {
        let desk = try OCSPDesk(SharedAppliance.current, issuer: "access-p256")
        let good = try desk.request(["0102030405060708090a"])
        let malformed: [UInt8] = [0x30, 0x03, 0x0A, 0x01, 0x01]
        let unauthorized: [UInt8] = [0x30, 0x03, 0x0A, 0x01, 0x06]
        for broken in [[], [0x30], Array(good.dropLast()), good + [0], [UInt8](repeating: 0x30, count: 100_000)] {
            #expect(try desk.client.respondOCSP(broken) == malformed)
        }
        var foreign = good
        // The last octet of the issuer's key hash stands before the serial's tag and length.
        let serial = try #require(
            foreign.indices.dropLast(10).last { foreign[$0...].starts(with: [0x02, 0x0A, 0x01, 0x02]) }
        )
        foreign[serial - 1] ^= 1
        #expect(try desk.client.respondOCSP(foreign) == unauthorized)
        let many = try desk.request((1...40).map { String(format: "01%04x", $0) })
        #expect(try desk.client.respondOCSP(many) == malformed)
        let text = try desk.client.call(.respondOCSP) { $0.member("request", "no base64") }
        #expect(text["response"]?.stringValue == Data(malformed).base64EncodedString() && text["nextUpdate"] == nil)
    }

    @Test("what is not issued is never good, not even while it is being signed or after it was abandoned")
    func neverGood() throws {
        let token = try FaultyToken()
        let appliance = try token.start(options: ["callDeadlineSeconds": 2])
        let desk = try OCSPDesk(appliance, issuer: "access-p256")
        try token.order("C_Sign 1 0 return 48")
        let error = refusal { try desk.client.issue(Stage.order("ocsp-abandoned")) }
        #expect(error?.name == "io.inkan.Signer.TokenUnavailable")
        try token.order()
        try appliance.waitForToken("ready")
        let serial = try #require(token.establishment.history(of: "ocsp-abandoned").first?.serial)
        #expect(try desk.ask(serial).contains(": revoked"))
        #expect(appliance.stop() == 0)
    }

    @Test("what was signed is counted in the ledger, at the latest when the service stops")
    func counted() throws {
        let appliance = try Stage.appliance()
        let desk = try OCSPDesk(appliance, issuer: "access-rsa")
        for number in 1...7 { _ = try desk.ask(String(format: "0102%02x", number)) }
        #expect(appliance.stop() == 0)
        let entries = try appliance.ledgerJSON(kind: "ocsp-signed")
        #expect(
            entries.count == 1 && entries[0].contains("\"issuer\":\"access-rsa\"") && entries[0].contains("\"count\":7")
        )
        try appliance.establishment.expectSoundHistory()
    }
}

/// A client that asks an issuer's responder, with OpenSSL's requests, and judges its responses.
struct OCSPDesk {
    let appliance: RunningAppliance
    let client: SignerClient
    let issuer: String
    private let folder: TemporaryFolder
    /// When OpenSSL judges a response, where it is not now: seconds since 1970.
    var judgedAt: Int?

    init(_ appliance: RunningAppliance, issuer: String) throws {
        (self.appliance, self.issuer) = (appliance, issuer)
        client = try appliance.client()
        folder = try TemporaryFolder("inkan-ocsp")
    }

    var issuerFile: String { appliance.establishment.folder.file("authorities/\(issuer).pem") }
    var response: String { folder.file("response.der") }
    private var root: String {
        let root = Establishment.developmentIssuers.first { $0.name == issuer }?.root ?? ""
        return appliance.establishment.folder.file("authorities/\(root).pem")
    }

    /// A request made by OpenSSL, DER.
    func request(_ serials: [String], hash: String = "sha1", nonce: Bool = false) throws -> [UInt8] {
        try ChildProgram.check(
            "openssl",
            [
                "ocsp", "-\(hash)", "-issuer", issuerFile, nonce ? "-nonce" : "-no_nonce", "-reqout",
                folder.file("request.der"),
            ]
                + serials.flatMap { ["-serial", "0x\($0)"] }
        )
        return try Array(Data(contentsOf: URL(fileURLWithPath: folder.file("request.der"))))
    }

    func ask(_ serial: String, hash: String = "sha1", nonce: Bool = false) throws -> String {
        try ask([serial], hash: hash, nonce: nonce)
    }

    /// Asks with the command line, has OpenSSL verify the response, and answers what OpenSSL says.
    func ask(_ serials: [String], hash: String = "sha1", nonce: Bool = false) throws -> String {
        _ = try request(serials, hash: hash, nonce: nonce)
        let outcome = try appliance.inkan("ocsp", folder.file("request.der"), "--out", response)
        try #require(outcome.status == 0, "\(outcome.complaints)")
        // With serials OpenSSL would make a request of its own, with another nonce; without, it prints no summary.
        let question =
            nonce
            ? ["-reqin", folder.file("request.der"), "-resp_text"]
            : ["-\(hash)", "-no_nonce"] + serials.flatMap { ["-serial", "0x\($0)"] }
        let verdict = try ChildProgram.run(
            "openssl",
            ["ocsp", "-respin", response, "-issuer", issuerFile, "-CAfile", root] + question
                + (judgedAt.map { ["-attime", "\($0)", "-validity_period", "100000000"] } ?? [])
        )
        #expect(verdict.complaints.contains("Response verify OK"), "\(verdict.complaints)\(verdict.output)")
        return verdict.output + verdict.complaints
    }
}

extension RunningAppliance {
    /// The entries of one kind, JSON.
    func ledgerJSON(kind: String) throws -> [String] {
        try ChildProgram.check(
            "\(establishment.binaries)/inkan",
            [
                "ledger", "list", "--json", "--kind", kind, "--limit", "1000000", "--ledger",
                establishment.folder.file("ledger.sqlite"),
            ]
        ).split(separator: "\n").map(String.init)
    }
}
