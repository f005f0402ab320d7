import Foundation
import SignerAPI
import Testing
import Workbench

@Suite("An issuer's key and the reviewed profile set")
struct IssuerKeyTests {
    /// Has the profile set of an establishment say which key an issuer has.
    private func review(_ issuer: String, key: String, in establishment: Establishment) throws {
        let path = establishment.folder.file("profiles.yaml")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let named = text.replacingOccurrences(
            of: "  - name: \(issuer)\n",
            with: "  - name: \(issuer)\n    keySHA256: \"\(key)\"\n"
        )
        try #require(named != text)
        try named.write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// SHA-256 of a certificate's SubjectPublicKeyInfo, by OpenSSL.
    private func key(of issuer: String, in establishment: Establishment) throws -> String {
        let certificate = establishment.folder.file("authorities/\(issuer).pem")
        let text = try ChildProgram.check(
            "bash",
            [
                "-c",
                #"set -o pipefail; openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum"#,
                "key",
                certificate,
            ]
        )
        return String(text.prefix(64))
    }

    private func doctor(_ establishment: Establishment) throws -> ChildProgram.Outcome {
        try ChildProgram.run(
            "\(Stage.binaries)/inkan",
            ["doctor", "--config", establishment.folder.file("signer.yaml")]
                + ["--socket", establishment.folder.file("none.sock")]
        )
    }

    @Test("the key that was reviewed: the service issues with it")
    func same() throws {
        let establishment = try Stage.establishment()
        try review("access-p256", key: key(of: "access-p256", in: establishment), in: establishment)
        let appliance = try RunningAppliance(establishment)
        _ = try appliance.client().issue(Stage.order("reviewed"))
        appliance.stop()
        let findings = try doctor(establishment)
        #expect(findings.status == 0, "\(findings.output)")
    }

    @Test("another key: nothing is served, and service and doctor say which is which")
    func other() throws {
        let establishment = try Stage.establishment()
        let reviewed = try key(of: "access-rsa", in: establishment)
        let found = try key(of: "access-p256", in: establishment)
        try #require(reviewed != found)
        try review("access-p256", key: reviewed, in: establishment)
        let folder = establishment.folder
        try establishment.settings().write(toFile: folder.file("signer.yaml"), atomically: true, encoding: .utf8)
        let outcome = try ChildProgram.run(
            "\(Stage.binaries)/inkan-signerd",
            [
                "--config", folder.file("signer.yaml"), "--socket", folder.file("signer.sock"),
                "--officer-socket", folder.file("officer.sock"),
            ]
        )
        #expect(outcome.status != 0)
        let findings = try doctor(establishment)
        #expect(findings.status == 1)
        for text in [outcome.complaints, findings.output] {
            #expect(text.contains("access-p256") && text.contains(reviewed) && text.contains(found), "\(text)")
        }
    }
}
