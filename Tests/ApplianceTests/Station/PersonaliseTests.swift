import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

@Suite("Users' tokens are personalised (USB-01 to USB-05, USB-07)")
struct PersonaliseTests {
    @Test("in one call: a key made inside the token, a certificate, the chain beside it, and a signature under it")
    func oneCall() throws {
        let desk = try Desk.open()
        #expect(try desk.tokens().map { $0["state"] } == ["blank"])
        let token = try desk.makeToken()
        #expect(try desk.token(token.serial)["state"] == "initialised")

        let (done, steps) = try desk.personalise(Desk.order("one-call"), token)
        #expect(steps == ["token", "key", "issued", "installed", "done"])
        #expect(done["token"]?.stringValue == token.serial)
        let attributes = done["key"]?.objectValue?["attributes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        for expected in [
            "CKA_SENSITIVE=true", "CKA_EXTRACTABLE=false", "CKA_ALWAYS_SENSITIVE=true", "CKA_NEVER_EXTRACTABLE=true",
            "CKA_LOCAL=true",
        ] {
            #expect(attributes.contains(expected))
        }

        let listed = try desk.token(token.serial)
        #expect(listed["state"] == "personalised")
        let certificates = (listed["certificates"]?.arrayValue ?? []).compactMap(\.objectValue)
        #expect(certificates.map { $0["order"] } == ["one-call"] && certificates.map { $0["status"] } == ["issued"])
        #expect(certificates.first?["serial"] == done["serial"])

        let objects = try desk.pkcs11Tool(token, "--login", "--pin", token.pin, "--list-objects")
        #expect(objects.components(separatedBy: "Certificate Object").count == 4, "\(objects)")
        #expect(objects.components(separatedBy: "Private Key Object").count == 2, "\(objects)")
        let identifiers = objects.split(separator: "\n").filter { $0.contains("ID:") }.map { $0.suffix(32) }
        #expect(Set(identifiers).count == 3 && identifiers.count == 5, "\(objects)")

        let entries = try desk.appliance.establishment.history(of: "one-call")
        #expect(
            entries.map(\.kind) == ["token-key-generated", "intent", "certificate", "token-certificate-installed"]
        )
        #expect(try desk.entry(entries[1].sequence).contains(#""keyOrigin":"token-generated""#))
        let known = try desk.appliance.client().call(.getCertificate) { $0.member("order", "one-call") }
        #expect(known["keyOrigin"] == "token-generated" && known["keyRoute"] == nil)
        try desk.appliance.establishment.expectSoundHistory()
    }
}

extension Desk {
    /// One entry of the ledger, as text.
    func entry(_ sequence: Int64) throws -> String {
        try ChildProgram.check(
            "\(Stage.binaries)/inkan",
            ["ledger", "show", "\(sequence)", "--ledger", appliance.establishment.ledgerPath]
        )
    }
}
