import Foundation
import Testing
import Workbench

@Suite("opencryptoki's soft token (TOK-01)")
struct OpencryptokiTests {
    /// A blank soft token has this SO PIN from its maker; `inkan token init` replaces it.
    private static func token() throws -> CertificationToken {
        let stage = try ModuleStage(.opencryptoki)
        let path = try stage.secret("87654321", in: "makers-pin")
        return try CertificationToken(stage, options: ["--makers-pin-file", path, "--pin-length", "8"])
    }

    @Test("RSA keys are made in the token, proven, and sign certificates that OpenSSL verifies; others are refused")
    func certificationKeys() throws {
        try Proof(token: Self.token(), makes: ["rsa-2048", "rsa-3072", "rsa-4096"])
            .hold(module: "opencryptoki", package: "opencryptoki", remarks: "soft token; Debian builds it without EC")
    }

    @Test("A user's token is personalised, and signs as the user's software has it sign (USB-03, USB-04)")
    func userToken() throws {
        let stage = try ModuleStage(.opencryptoki)
        let pin = try stage.secret("87654321", in: "makers-pin")
        let users = try UserTokens(
            stage,
            options: """
                    makersPIN: "\(pin)"
                    userPIN: { length: 8, characters: digits }
                    officerPIN: { length: 8, characters: alphanumeric }
                """
        )
        let made = try users.hold(key: "rsa-2048")
        users.stop()
        #expect(made.attributes.contains("CKA_NEVER_EXTRACTABLE=true"))
        try MatrixRow.personalised("opencryptoki", package: "opencryptoki", key: "rsa-2048")
    }
}
