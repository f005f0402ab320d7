import Testing
import Tokens

@Suite("Which token is meant (TOK-02)")
struct TokenIdentityTests {
    private static let patience: UInt64 = 30_000_000_000

    @Test("The token is found by its serial, wherever its slot stands")
    func reorderedSlots() throws {
        let token = try TestToken.make()
        let spki = try token.serving { try $0.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki }
        // A further token in the same module takes a slot of its own, and the slots come in another order.
        _ = try token.station.initializeToken(
            modulePath: Built.softHSM,
            label: "further",
            securityOfficerPINFile: token.folder + "/so-pin",
            userPINFile: token.folder + "/pin"
        )
        try token.order("C_GetSlotList 1 0 reverse")
        try token.serving { supervisor in
            let signature = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: SignatureCase.p256.input)
            #expect(try SignatureCase.p256.isValid(spki, signature.raw))
            #expect(supervisor.status.token?.serial == token.serial)
        }
    }

    @Test("Another token with the same label is not taken for this one")
    func sameLabel() throws {
        let token = try TestToken.make()
        var settings = token.settings
        settings.uri = token.uri(serial: "0000000000000000") + ""
        try token.serving(settings) { supervisor in
            guard case .missing(let error) = supervisor.waitUntilSettled(nanoseconds: TokenIdentityTests.patience).state
            else {
                Issue.record("\(supervisor.status)")
                return
            }
            #expect(error.code == .tokenMissing)
        }
        #expect(token.loginCount == 0)
    }

    @Test("A label alone will do, and a wrong model or manufacturer will not", arguments: [true, false])
    func labelOnly(isRight: Bool) throws {
        let token = try TestToken.make()
        var settings = token.settings
        let query = "module-path=\(Built.faultModule)&pin-source=\(token.folder)/pin"
        settings.uri = "pkcs11:token=test;model=\(isRight ? "SoftHSM%20v2" : "Other")?\(query)"
        try token.serving(settings) { supervisor in
            let state = supervisor.waitUntilSettled(nanoseconds: TokenIdentityTests.patience).state
            #expect((state == .ready) == isRight)
        }
    }

    @Test(
        "URIs that cannot be used are refused with a reason, and nobody logs in",
        arguments: [
            "pkcs11:serial=1?module-path=MODULE&pin-value=1234", "pkcs11:serial=1", "pkcs11:?module-path=MODULE",
            "pkcs11:serial=1;slot-id=0?module-path=MODULE", "pkcs11:serial=1?module-path=relative.so", "garbage",
            "pkcs11:serial=1?module-path=/nonexistent.so", "pkcs11:serial=1?module-path=/etc/passwd",
            "pkcs11:serial=1?module-path=MODULE&pin-source=relative",
        ]
    )
    func badURI(uri: String) throws {
        let token = try TestToken.make()
        var settings = token.settings
        settings.uri = uri.replacing("MODULE", with: Built.faultModule)
        try token.serving(settings) { supervisor in
            guard case .failed(let error) = supervisor.waitUntilSettled(nanoseconds: TokenIdentityTests.patience).state
            else {
                Issue.record("\(supervisor.status)")
                return
            }
            #expect(error.code == .configuration)
            #expect(!error.description.contains("1234"))
        }
        #expect(token.loginCount == 0)
    }
}
