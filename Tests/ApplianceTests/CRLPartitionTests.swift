import Foundation
import SignerAPI
import SignerClient
import Testing
import Workbench

/// An establishment whose issuer access-p256 is told to spread its certificates over several CRLs.
private struct PartitionedIssuer {
    let establishment: Establishment
    private let original: String

    static let base = "http://pki.inkan.example.com/crl/access-p256"

    init() throws {
        establishment = try Stage.establishment()
        original = try String(contentsOfFile: establishment.folder.file("profiles.yaml"), encoding: .utf8)
    }

    /// The service with so many parts; with nil the profile set says nothing of parts.
    func start(_ count: Int?, base: String = Self.base) throws -> RunningAppliance {
        let line = "crl: [\"\(Self.base).crl\"]\n"
        let parts = count.map { "    crlPartitions: {count: \($0), base: \"\(base)\"}\n" } ?? ""
        try #require(original.contains(line))
        try original.replacingOccurrences(of: line, with: line + parts)
            .write(toFile: establishment.folder.file("profiles.yaml"), atomically: true, encoding: .utf8)
        return try RunningAppliance(establishment)
    }
}

/// A certificate and where it says that its CRL is.
private struct Placed {
    let issued: IssuedCertificate
    let address: String
    let part: Int?

    init(_ issued: IssuedCertificate) throws {
        self.issued = issued
        let folder = try TemporaryFolder()
        try issued.certificate.write(toFile: folder.file("leaf.pem"), atomically: true, encoding: .utf8)
        let text = try ChildProgram.check(
            "openssl",
            ["x509", "-in", folder.file("leaf.pem"), "-noout", "-ext", "crlDistributionPoints"]
        )
        let start = try #require(text.range(of: "URI:"))
        address = String(text[start.upperBound...].prefix { !$0.isWhitespace })
        let number = address.dropLast(".crl".count).split(separator: "-").last ?? ""
        part = Int(number)
    }
}

extension Placed {
    /// Issues until a certificate is as it should be, at most some seconds: a change of the parts counts for certificates
    /// of the next two seconds.
    static func first(of client: SignerClient, _ name: String, that fits: (Placed) -> Bool) throws -> Placed {
        let deadline = ContinuousClock.now + .seconds(10)
        var number = 0
        while true {
            let placed = try Placed(client.issue(Stage.order("\(name)-first-\(number)")))
            if fits(placed) { return placed }
            try #require(ContinuousClock.now < deadline, "certificates still name \(placed.address)")
            number += 1
            poll(nil, 0, 100)
        }
    }
}

/// The verdicts of OpenSSL and GnuTLS on a certificate, with a CRL of its issuer.
private struct CRLVerdicts {
    let folder = Result { try TemporaryFolder("inkan-parts") }
    let appliance: RunningAppliance

    private var authorities: String { appliance.establishment.folder.file("authorities") }

    /// Waits until the CRL in force has the certificate, or does not have it.
    func fetch(_ part: Int?, until fits: (String) -> Bool) throws -> String {
        let crl = try folder.get().file("part.crl")
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            let outcome = try ChildProgram.run(
                "\(appliance.establishment.binaries)/inkan",
                ["crl", "access-p256", "--out", crl, "--socket", appliance.socket]
                    + (part.map { ["--partition", "\($0)"] } ?? [])
            )
            if outcome.status == 0 {
                let text = try ChildProgram.check("openssl", ["crl", "-in", crl, "-noout", "-text"])
                if fits(text) { return text }
            }
            try #require(ContinuousClock.now < deadline, "the CRL is not as expected: \(outcome.complaints)")
            poll(nil, 0, 10)
        }
    }

    func openSSL(_ issued: IssuedCertificate) throws -> String {
        let folder = try folder.get()
        try issued.certificate.write(toFile: folder.file("leaf.pem"), atomically: true, encoding: .utf8)
        let outcome = try ChildProgram.run(
            "openssl",
            [
                "verify", "-x509_strict", "-extended_crl", "-crl_check", "-CAfile", "\(authorities)/root-p256.pem",
                "-untrusted", "\(authorities)/access-p256.pem", "-CRLfile", folder.file("part.crl"),
                folder.file("leaf.pem"),
            ]
        )
        return outcome.output + outcome.complaints
    }

    func gnuTLS(_ issued: IssuedCertificate) throws -> String {
        let folder = try folder.get()
        try issued.certificate.write(toFile: folder.file("leaf.pem"), atomically: true, encoding: .utf8)
        let list = try ChildProgram.check(
            "certtool",
            [
                "--verify-crl", "--load-ca-certificate", "\(authorities)/access-p256.pem", "--infile",
                folder.file("part.crl"),
            ]
        )
        #expect(list.contains("Verified. The certificate is trusted"), "\(list)")
        let outcome = try ChildProgram.run(
            "certtool",
            [
                "--verify", "--load-ca-certificate", "\(authorities)/access-p256.pem", "--load-crl",
                folder.file("part.crl"), "--infile", folder.file("leaf.pem"),
            ]
        )
        return outcome.output + outcome.complaints
    }
}

@Suite("CRLs in parts (STS-02)") struct CRLPartitionTests {
    @Test("certificates name the CRL of their part, each part is served and kept as a file, OpenSSL and GnuTLS agree")
    func parts() throws {
        let issuer = try PartitionedIssuer()
        let appliance = try issuer.start(3)
        let client = try appliance.client()
        _ = try Placed.first(of: client, "part") { $0.part != nil }
        var byPart: [Int: [Placed]] = [:]
        for number in 0..<40 where byPart.count < 3 || byPart.values.contains(where: { $0.count < 2 }) {
            let placed = try Placed(client.issue(Stage.order("part-\(number)")))
            byPart[try #require(placed.part), default: []].append(placed)
            #expect(placed.address == "\(PartitionedIssuer.base)-\(placed.part ?? -1).crl")
        }
        try #require(Set(byPart.keys) == [0, 1, 2])
        for part in 0..<3 {
            let (bad, good) = (try #require(byPart[part]?.first).issued, try #require(byPart[part]?.last).issued)
            _ = try client.status(.revokeCertificate) { writer in
                writer.member("serial", bad.serial)
                writer.member("reason", "keyCompromise")
            }
            let verdicts = CRLVerdicts(appliance: appliance)
            let text = try verdicts.fetch(part) { $0.contains(bad.serial.uppercased()) }
            #expect(text.contains("X509v3 Issuing Distribution Point: critical"))
            #expect(text.contains("\(PartitionedIssuer.base)-\(part).crl"))
            #expect(try verdicts.openSSL(bad).contains("certificate revoked"))
            #expect(try verdicts.openSSL(good).contains("OK"))
            #expect(try verdicts.gnuTLS(bad).contains("revoked"))
            #expect(try !verdicts.gnuTLS(good).contains("revoked"))
            // Another part's certificate is not in the scope of this CRL.
            let other = try #require(byPart[(part + 1) % 3]?.last).issued
            #expect(try verdicts.openSSL(other).contains("different CRL scope"))
            #expect(
                FileManager.default.fileExists(
                    atPath: issuer.establishment.folder.file("status/access-p256-\(part).crl")
                )
            )
            // Those who want all of it have it in one as well.
            _ = try verdicts.fetch(nil) { $0.contains(bad.serial.uppercased()) && !$0.contains("Distribution Point") }
        }
        let unknown = refusal { try client.crl(issuer: "access-p256", partition: 3) }
        #expect(unknown?.name == "io.inkan.Signer.NotFound" && unknown?.rule == "issuer.unknown")
        let issuers = try client.call(.listIssuers)["issuers"]?.arrayValue?.compactMap(\.objectValue) ?? []
        let counts = issuers.map { ($0["name"]?.stringValue, $0["crlPartitions"]?.integerValue) }
        #expect(counts.contains { $0 == ("access-p256", 3) } && counts.contains { $0 == ("access-rsa", nil) })
        #expect(appliance.stop() == 0)
        try issuer.establishment.expectSoundHistory()
    }

    @Test("a certificate's CRL stays where the certificate says when the number of parts or their address is changed")
    func changes() throws {
        let issuer = try PartitionedIssuer()
        var placed: [Placed] = []
        let settings: [(count: Int?, base: String)] = [
            (nil, PartitionedIssuer.base), (5, PartitionedIssuer.base), (2, "http://crl.inkan.example.com/p256"),
            (nil, PartitionedIssuer.base),
        ]
        for (number, setting) in settings.enumerated() {
            let appliance = try issuer.start(setting.count, base: setting.base)
            let client = try appliance.client()
            func fits(_ one: Placed) -> Bool {
                (one.part == nil) == (setting.count == nil) && one.address.hasPrefix(setting.base)
            }
            placed.append(try Placed.first(of: client, "change-\(number)", that: fits))
            placed.append(try Placed(client.issue(Stage.order("change-\(number)-more"))))
            #expect(try fits(#require(placed.last)))
            guard number == settings.count - 1 else {
                #expect(appliance.stop() == 0)
                continue
            }
            for revoked in placed {
                _ = try client.status(.cancelCertificate) { $0.member("serial", revoked.issued.serial) }
                let verdicts = CRLVerdicts(appliance: appliance)
                let text = try verdicts.fetch(revoked.part) { $0.contains(revoked.issued.serial.uppercased()) }
                #expect(revoked.part == nil || text.contains(revoked.address))
                #expect(try verdicts.openSSL(revoked.issued).contains("certificate revoked"), "\(revoked.address)")
            }
            #expect(appliance.stop() == 0)
        }
        #expect(try issuer.establishment.history().count { $0.kind == "crl-partitions" } == 3)
        try issuer.establishment.expectSoundHistory()
    }
}
