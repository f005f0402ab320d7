import Foundation
import Testing
import Tokens

@Suite("Tokens that are not being served")
struct TokenStationTests {
    @Test("Tokens are listed with the URI that names them, blank ones too")
    func list() throws {
        let token = try TestToken.make(label: "Ünïque; label?")
        let tokens = try token.station.listTokens(modulePath: Built.softHSM)
        let listed = try #require(tokens.first { $0.serial == token.serial })
        #expect(listed.label == "Ünïque; label?")
        #expect(listed.isInitialized && listed.hasUserPIN)
        #expect(tokens.contains { !$0.isInitialized })
        var settings = token.settings
        settings.uri = listed.uri + "&pin-source=\(token.folder)/pin"
        #expect(try token.serving(settings) { try $0.randomBytes(4) }.count == 4)
    }

    @Test("A label that is taken is refused, and the token that has it stays as it is")
    func takenLabel() throws {
        let token = try TestToken.make()
        #expect(
            code {
                _ = try token.station.initializeToken(
                    modulePath: Built.softHSM,
                    label: "test",
                    securityOfficerPINFile: token.folder + "/so-pin",
                    userPINFile: token.folder + "/pin"
                )
            } == .requestRefused
        )
        #expect(try token.serving { try $0.randomBytes(4) }.count == 4)
    }

    @Test("Labels that do not fit are refused", arguments: ["", String(repeating: "x", count: 33)])
    func badLabel(label: String) throws {
        let token = try TestToken.make()
        #expect(
            code {
                _ = try token.station.initializeToken(
                    modulePath: Built.softHSM,
                    label: label,
                    securityOfficerPINFile: token.folder + "/so-pin",
                    userPINFile: token.folder + "/pin"
                )
            } != nil
        )
    }

    @Test("Mechanisms are told by name, with key sizes and uses")
    func mechanisms() throws {
        let token = try TestToken.make()
        let mechanisms = try token.station.listMechanisms(modulePath: Built.softHSM, serial: token.serial)
        let rsa = try #require(mechanisms.first { $0.name == "CKM_RSA_PKCS" })
        #expect(rsa.canSign && rsa.maximumKeySize >= 4096)
        #expect(mechanisms.contains { $0.name == "CKM_EC_KEY_PAIR_GEN" && $0.canGenerateKeyPair })
        #expect(
            code { _ = try token.station.listMechanisms(modulePath: Built.softHSM, serial: "none") } == .tokenMissing
        )
    }

    @Test(
        "A module that is not there, or is none, is refused",
        arguments: ["/nonexistent.so", "/etc/passwd", "relative.so"]
    )
    func badModule(path: String) throws {
        let station = TokenStation(workerExecutable: Built.worker, environment: [:])
        #expect(code { _ = try station.listTokens(modulePath: path) } == .configuration)
    }
}
