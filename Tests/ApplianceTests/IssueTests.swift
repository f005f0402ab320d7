import Foundation
import SignerAPI
import Testing
import Workbench

@Suite struct IssueTests {
    @Test("a request goes in, and a certificate that OpenSSL verifies comes out")
    func issues() throws {
        let appliance = try Stage.appliance()
        let issued = try appliance.client().issue(Stage.order("issue-1"))
        let folder = try TemporaryFolder()
        try issued.certificate.write(toFile: folder.file("leaf.pem"), atomically: true, encoding: .utf8)
        try issued.chain.joined().write(toFile: folder.file("chain.pem"), atomically: true, encoding: .utf8)
        let root = appliance.establishment.folder.file("authorities/root-p256.pem")
        let verdict = try ChildProgram.check(
            "openssl",
            [
                "verify", "-x509_strict", "-CAfile", root, "-untrusted", folder.file("chain.pem"),
                folder.file("leaf.pem"),
            ]
        )
        #expect(verdict.contains("OK"))
        #expect(issued.timers.total >= issued.timers.token)
        #expect(appliance.stop() == 0)
    }

    @Test("the same order with the same content gives the same certificate, with other content is refused")
    func repeats() throws {
        let appliance = try Stage.appliance()
        let client = try appliance.client()
        let first = try client.issue(Stage.order("repeat-1"))
        let again = try client.issue(Stage.order("repeat-1"))
        #expect(again.certificate == first.certificate && again.repeated && !first.repeated)
        let error = refusal { try client.issue(Stage.order("repeat-1", subject: "somebody else")) }
        #expect(error?.name == "io.inkan.Signer.OrderConflict")
    }
}
