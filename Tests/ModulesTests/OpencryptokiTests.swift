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
}
