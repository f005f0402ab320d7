import Testing

@Suite("tpm2-pkcs11 over swtpm (TOK-01)")
struct TPM2Tests {
    @Test(
        "RSA and EC keys are made in the TPM, proven, and sign certificates that OpenSSL verifies; others are refused"
    )
    func certificationKeys() throws {
        let proof = Proof(
            token: try CertificationToken(ModuleStage(.tpm2)),
            makes: ["p-256", "p-384", "rsa-2048", "rsa-3072"],
            lacks: ["rsassaPSSSHA256", "rsassaPSSSHA384", "rsassaPSSSHA512"]
        )
        try proof.hold(
            module: "tpm2-pkcs11",
            package: "libtpm2-pkcs11-1",
            remarks: "over swtpm; its RSA keys also decrypt, which the ledger records"
        )
    }

    @Test("Tokens of one serial number are told apart by their labels (TOK-02)")
    func sameSerial() throws {
        let stage = try ModuleStage(.tpm2)
        let first = try CertificationToken(stage)
        let environment = stage.environment.flatMap { ["--env", "\($0.key)=\($0.value)"] }
        let pins = ["--so-pin-file", first.folder.file("so-pin-2"), "--pin-file", first.folder.file("pin-2")]
        try stage.check(
            "\(CertificationToken.binaries)/inkan",
            ["token", "init", "--module", stage.module, "--label", "another"] + pins + environment
        )
        let proof = Proof(token: first, makes: ["p-256"])
        try proof.authorities()
        #expect(try proof.examined().keys.count == 2)

        let uri = first.uri.replacing("token=inkan-ca;", with: "")
        let refused = try stage.run(
            "\(CertificationToken.binaries)/inkan",
            ["doctor", "--uri", uri] + environment
        )
        #expect(refused.status == 1 && refused.output.contains("tokens have this name"), "\(refused.output)")
    }

    @Test("A user's token is personalised, and signs as the user's software has it sign (USB-03, USB-04)")
    func userToken() throws {
        let users = try UserTokens(ModuleStage(.tpm2))
        let made = try users.hold(key: "p-256")
        users.stop()
        #expect(made.attributes.contains("CKA_NEVER_EXTRACTABLE=true"))
        try MatrixRow.personalised("tpm2-pkcs11", package: "libtpm2-pkcs11-1", key: "p-256")
    }
}
