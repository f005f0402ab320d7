import Foundation
import SignerAPI
import Testing
import Workbench

@Suite("Log-in through the whole appliance (TOK-09)")
struct LoginTests {
    private let token: FaultyToken

    init() throws {
        token = try FaultyToken()
    }

    @Test("a wrong PIN is tried once; the token stays locked until the PIN file is mended and an officer unlocks it")
    func wrongPIN() throws {
        let pin = try String(contentsOfFile: token.pinFile, encoding: .utf8)
        try token.writePIN("not-the-pin")
        let appliance = try token.start(waitReady: false)
        try appliance.waitForToken("locked")
        for number in 0..<3 {
            let error = try expectTokenUnavailable(
                Stage.order("locked-\(number)"),
                by: appliance,
                rules: ["token.wrongPIN"]
            )
            #expect(error.mend.contains("inkan token unlock"))
        }
        let configuration = token.establishment.folder.file("signer.yaml")
        let doctor = try appliance.inkan("doctor", "--config", configuration)
        #expect(doctor.status == 1 && doctor.output.contains("inkan token unlock"), "\(doctor.output)")
        #expect(try appliance.inkan("status").status == 2)
        #expect(token.loginCount == 1)

        try token.writePIN(pin)
        try expectTokenUnavailable(Stage.order("locked-0"), by: appliance, rules: ["token.wrongPIN"])
        #expect(token.loginCount == 1)
        #expect(try appliance.inkan("token", "unlock", "issuing").status == 1)
        #expect(try appliance.tokenState().state == "locked")
        #expect(try appliance.inkan("token", "unlock", "issuing", officer: true).status == 0)
        try appliance.waitReady()
        #expect(try !appliance.client().issue(Stage.order("locked-0")).repeated)
        #expect(token.loginCount == 2)
        try token.establishment.expectSoundHistory()
    }

    @Test("with one try left no PIN is tried, and the status says why")
    func finalTry() throws {
        // CKF_USER_PIN_FINAL_TRY
        try token.order("C_GetTokenInfo 1 0 flags 0x20000")
        let appliance = try token.start(waitReady: false)
        try appliance.waitForToken("locked")
        try expectTokenUnavailable(Stage.order("final"), by: appliance, rules: ["token.pinFinalTry"])
        #expect(try appliance.tokenState().problem.contains("one more wrong PIN"))
        #expect(token.loginCount == 0)
    }
}
