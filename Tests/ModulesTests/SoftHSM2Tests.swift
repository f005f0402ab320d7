import Testing

@Suite("SoftHSM2 (TOK-01)")
struct SoftHSM2Tests {
    @Test("Every kind of key is made in the token, proven, and signs certificates that OpenSSL verifies")
    func certificationKeys() throws {
        try Proof(token: CertificationToken(nil), makes: Plan.algorithms)
            .hold(module: "SoftHSM2", package: "softhsm2", remarks: "")
    }

    @Test("A CA key that wants its PIN before each signature gets it, and signs certificates (TOK-09)")
    func pinPerSignature() throws {
        let proof = Proof(token: try CertificationToken(nil), makes: ["p-256", "rsa-2048"])
        try proof.authorities(pinPerSignature: true)
        #expect(try proof.examined().keys.allSatisfy { $0.attributes.contains("CKA_ALWAYS_AUTHENTICATE=true") })
        #expect(try proof.certificates() == 7)
    }

    @Test("A user's token is personalised, and signs as the user's software has it sign (USB-03, USB-04)")
    func userToken() throws {
        let users = try UserTokens(nil)
        let made = try users.hold(key: "p-256")
        users.stop()
        #expect(made.attributes.contains("CKA_NEVER_EXTRACTABLE=true"))
        try MatrixRow.personalised("SoftHSM2", package: "softhsm2", key: "p-256")
    }
}
