import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

@Suite("Tokens that fail while a key is made")
struct KeyFaultTests {
    private func expectOpens(_ issued: IssuedKey, password: String = "Aa1Bb2Cc3Dd4") throws {
        #expect(try !KeySecrecyTests.numbers(of: issued, password: password).isEmpty)
    }

    @Test(
        "a module that lets no key out: the key is made from its random source, and the ledger says so",
        arguments: ["C_WrapKey 1 0 return 0x70", "C_WrapKey 2 0 return 0x6a", "C_GenerateKey 1 0 return 0x54"]
    )
    func withoutWrapping(fault: String) throws {
        let token = try FaultyToken()
        try token.order(fault)
        let appliance = try token.start()
        let client = try appliance.client()
        for key in ["p-256", "rsa-2048"] {
            let issued = try client.issueKey(Stage.keyOrder("inside-\(key)", key: key))
            #expect(issued.keyRoute == "token-random")
            try expectOpens(issued)
            let intent = try appliance.ledgerEntries(order: "inside-\(key)").first { $0.kind == "intent" }
            #expect(intent?.keyOrigin == "service-generated" && intent?.keyRoute == "token-random")
        }
        #expect(try appliance.log.contains("keys-not-wrapped"))
    }

    @Test(
        "a fault while the key is made: a typed refusal, nothing issued, and the same order goes on afterwards",
        arguments: [
            "C_WrapKey 1 0 return 0x30", "C_GenerateKeyPair 1 0 return 0x32", "C_GenerateKeyPair 1 0 abort",
            "C_WrapKey 2 0 abort", "C_WrapKey 2 0 flip", "C_WrapKey 1 0 flip",
        ]
    )
    func faults(fault: String) throws {
        let token = try FaultyToken()
        let appliance = try token.start()
        let client = try appliance.client()
        try token.order(fault)
        let error = try #require(refusal { try client.issueKey(Stage.keyOrder("victim")) })
        let expected = fault.hasSuffix("flip") ? "InternalError" : "TokenUnavailable"
        #expect(error.name == "io.inkan.Signer.\(expected)", "\(error)")
        #expect(try !appliance.ledgerEntries(order: "victim").contains { $0.kind == "intent" })
        // The token that signs has not noticed.
        _ = try client.issue(Stage.order("beside"))
        try token.order()
        try expectOpens(client.issueKey(Stage.keyOrder("victim")))
    }

    @Test("a token that fails at the signature: the intent is closed, the key forgotten, the order can be asked again")
    func signature() throws {
        let token = try FaultyToken()
        let appliance = try token.start()
        let client = try appliance.client()
        try token.order("C_Sign 1 0 return 0x31")
        let error = try #require(refusal { try client.issueKey(Stage.keyOrder("unsigned")) })
        #expect(error.name == "io.inkan.Signer.TokenUnavailable")
        let entries = try appliance.ledgerEntries(order: "unsigned").map(\.kind)
        #expect(entries.contains("intent-closed") && !entries.contains("certificate"))
        try token.order()
        try appliance.waitReady()
        try expectOpens(client.issueKey(Stage.keyOrder("unsigned")))
        appliance.stop()
        try token.establishment.expectSoundHistory()
    }

    @Test("a PIN file that has changed is never tried by a worker that makes keys")
    func changedPIN() throws {
        let token = try FaultyToken()
        let appliance = try token.start()
        let client = try appliance.client()
        _ = try client.issueKey(Stage.keyOrder("before"))
        let logins = token.loginCount
        try token.writePIN("not-the-right-one")
        for number in 0..<3 {
            let error = try #require(refusal { try client.issueKey(Stage.keyOrder("after-\(number)")) })
            #expect(error.rule == "token.pinUnavailable", "\(error)")
        }
        #expect(token.loginCount == logins)
        _ = try client.issue(Stage.order("still-signing"))
    }

    @Test("a caller that goes away before its key is made leaves no certificate behind")
    func abandoned() throws {
        let appliance = try Stage.appliance()
        let gone = try appliance.client()
        for number in 0..<12 { gone.send(try Stage.keyOrder("gone-\(number)", key: "rsa-3072")) }
        try gone.abandon()
        let client = try appliance.client()
        // Behind them in the line: when this is answered, they have been looked at.
        _ = try client.issueKey(Stage.keyOrder("present"))
        appliance.stop()
        try appliance.establishment.expectSoundHistory()
        let certificates = try appliance.establishment.history().filter {
            $0.kind == "certificate" && $0.order?.hasPrefix("gone-") == true
        }
        #expect(certificates.count < 12)
    }
}
