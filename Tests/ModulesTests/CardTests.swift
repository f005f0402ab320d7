import Foundation
import Testing
import Workbench

@Suite("OpenSC over a virtual card (TOK-01)")
struct CardTests {
    static let pin = "123456"

    /// Beside a key that wants its PIN each time OpenSC keeps none for anything else, and then cannot write.
    private static let openSCForConsent = """
        app default {
            framework pkcs15 {
                pin_cache_ignore_user_consent = true;
            }
        }

        """

    /// A card with a PKCS#15 structure, as a card's issuer makes it.
    static func stage(_ options: [String] = []) throws -> ModuleStage {
        let stage = try ModuleStage(.card, options: options)
        try stage.check(
            "pkcs15-init",
            ["--reader", "0", "--create-pkcs15", "--label", "inkan", "--serial", "31415926"]
                + ["--so-pin", pin, "--so-puk", "0123456789abcdef"]
        )
        _ = try stage.secret(pin, in: "pin")
        return stage
    }

    /// A key that is made on the card, in a way that says so in its attributes.
    static func makeKey(_ stage: ModuleStage, identifier: String, label: String, options: [String] = []) throws {
        try stage.check(
            "pkcs15-init",
            ["--generate-key", "rsa/2048", "--auth-id", "FF", "--id", identifier, "--label", label]
                + ["--key-usage", "sign", "--verify-pin", "--pin", pin] + options
        )
    }

    static func examine(_ stage: ModuleStage) throws -> Examined {
        let uri = "pkcs11:serial=31415926?module-path=\(stage.module)&pin-source=\(stage.folder.file("pin"))"
        let outcome = try stage.run(
            "\(CertificationToken.binaries)/inkan",
            ["doctor", "--uri", uri, "--json"]
        )
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.complaints)")
        struct Answer: Decodable { var tokens: [Examined] }
        let answer = try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
        return try #require(answer.tokens.first, "\(outcome.output)")
    }

    @Test("A user's key on the card is found and proven without any settings (TOK-05)")
    func userKey() throws {
        let stage = try Self.stage()
        try Self.makeKey(stage, identifier: "4501", label: "user")
        let card = try Self.examine(stage)
        #expect(card.interface == "3.0")
        let key = try #require(card.keys.first)
        #expect(key.label == "user" && key.algorithm == "rsa-2048")
        for attribute in ["CKA_SENSITIVE=true", "CKA_EXTRACTABLE=false", "CKA_LOCAL=true"] {
            #expect(key.attributes.contains(attribute))
        }
        #expect(card.provenAlgorithms == ["sha256WithRSA", "sha384WithRSA", "sha512WithRSA"])
        try MatrixRow(
            module: "OpenSC",
            package: "opensc-pkcs11",
            model: card.model,
            interface: card.interface,
            makes: ["rsa-2048"],
            signs: card.provenAlgorithms.sorted(),
            microseconds: card.slowest,
            remarks: "virtual card, isoApplet driver; keys made by pkcs15-init"
        ).write()
    }

    @Test("A key that the module makes and describes as neither sensitive nor local is refused and destroyed (TOK-04)")
    func refusedAttributes() throws {
        let stage = try Self.stage()
        let folder = stage.folder
        let uri = "pkcs11:serial=31415926?module-path=\(stage.module)&pin-source=\(folder.file("pin"))"
        for (name, text) in [
            ("plan", Plan.root("rsa-2048")), ("site", "tokens:\n  - { name: ca, uri: \"\(uri)\" }\n"),
            ("profiles", try Plan.profiles()),
        ] {
            try text.write(toFile: folder.file("\(name).yaml"), atomically: true, encoding: .utf8)
        }
        let outcome = try stage.run(
            "\(CertificationToken.binaries)/inkan",
            ["ceremony", "run", "--plan", folder.file("plan.yaml"), "--site", folder.file("site.yaml")]
                + ["--profiles", folder.file("profiles.yaml"), "--ledger", folder.file("ledger.sqlite")]
                + ["--output", folder.path]
        )
        #expect(outcome.status == 1 && outcome.complaints.contains("CKA_SENSITIVE is false"), "\(outcome.complaints)")
        #expect(!outcome.complaints.contains("not destroyed"))
        #expect(try Self.examine(stage).keys.isEmpty)
    }

    @Test(
        "A key that was made through the module all the same is told by the doctor for what it is said to be (TOK-05)"
    )
    func doctor() throws {
        let stage = try Self.stage()
        try stage.check(
            "pkcs11-tool",
            ["--module", stage.module, "--login", "--pin", Self.pin, "--keypairgen", "--key-type", "rsa:2048"]
                + ["--id", "4503", "--label", "loose"]
        )
        let uri = "pkcs11:serial=31415926?module-path=\(stage.module)&pin-source=\(stage.folder.file("pin"))"
        let outcome = try stage.run("\(CertificationToken.binaries)/inkan", ["doctor", "--uri", uri])
        #expect(outcome.status == 1, "\(outcome.output)\(outcome.complaints)")
        #expect(outcome.output.contains("does not say that the key cannot leave it"), "\(outcome.output)")
        #expect(outcome.output.contains("the token's own tool"), "\(outcome.output)")
    }

    @Test("A card that forgets the PIN with each signature gets it before each, for a key that says so (TOK-09)")
    func pinPerSignature() throws {
        let stage = try Self.stage(["--pin-per-signature"])
        try Self.makeKey(stage, identifier: "4502", label: "consent", options: ["--user-consent", "1"])
        let card = try Self.examine(stage)
        let key = try #require(card.keys.first)
        #expect(key.attributes.contains("CKA_ALWAYS_AUTHENTICATE=true"))
        #expect(key.signatures.count == 3 && key.signatures.allSatisfy(\.verified))
    }

    @Test(
        "A user's card is personalised with a key that the card's own tool has made inside it (USB-03, USB-04)",
        arguments: [false, true]
    )
    func personalised(wantsPINEachTime: Bool) throws {
        let stage = try Self.stage(wantsPINEachTime ? ["--pin-per-signature"] : [])
        let consent = wantsPINEachTime ? ["--user-consent", "1"] : []
        let configuration = try stage.secret(Self.openSCForConsent, in: "opensc.conf")
        let users = try UserTokens(stage, environment: wantsPINEachTime ? ["OPENSC_CONF": configuration] : [:])
        // OpenSC does not say of the keys that it makes what must be said; the refusal tells what to do.
        let refusal = try users.refusal {
            try users.personalise("user-1", key: "rsa-2048", token: "31415926", pin: Self.pin)
        }
        #expect(refusal.name == "io.inkan.TokenStation.TokenRefused" && refusal.rule == "token.attributesRefused")
        let identifier = try #require(refusal.mend.firstMatch(of: /CKA_ID ([0-9a-f]{32})/)).1
        try Self.makeKey(stage, identifier: String(identifier), label: "user", options: consent)
        let made = try users.personalise("user-1", key: "rsa-2048", token: "31415926", pin: Self.pin)
        #expect(made.steps == ["token", "key", "issued", "installed", "done"])
        for attribute in ["CKA_SENSITIVE=true", "CKA_EXTRACTABLE=false", "CKA_LOCAL=true"] {
            #expect(made.attributes.contains(attribute))
        }
        try users.useAsUser(made, pin: Self.pin, identifier: String(identifier))
        #expect(try users.issuedCount() == 3)
        users.stop()
        guard !wantsPINEachTime else { return }
        try MatrixRow.personalised("OpenSC", package: "opensc-pkcs11", key: "rsa-2048")
    }

    @Test(
        "A card pulled out in the middle is told as such, and the order goes on when it is put in again (USB-04)",
        arguments: ["key", "issued", "installed"]
    )
    func pulledOut(step: String) throws {
        // Every signature takes a while, so that the card is pulled out while it makes one.
        let stage = try Self.stage(["--sign-seconds", "0.4"])
        let users = try UserTokens(stage)
        let refusal = try users.refusal {
            try users.personalise("user-1", key: "rsa-2048", token: "31415926", pin: Self.pin)
        }
        let identifier = try #require(refusal.mend.firstMatch(of: /CKA_ID ([0-9a-f]{32})/)).1
        try Self.makeKey(stage, identifier: String(identifier), label: "user")

        let pulled = try users.refusal {
            try users.personalise("user-1", key: "rsa-2048", token: "31415926", pin: Self.pin) {
                if $0 == step { try stage.pullCard() }
            }
        }
        #expect(pulled.name == "io.inkan.TokenStation.TokenUnavailable", "\(pulled)")
        #expect(
            pulled.rule == "token.tokenMissing" && pulled.mend.contains("same order"),
            "\(pulled.rule): \(pulled.message)"
        )

        try stage.insertCard()
        let made = try users.personalise("user-1", key: "rsa-2048", token: "31415926", pin: Self.pin)
        #expect(made.steps.last == "done")
        try users.useAsUser(made, pin: Self.pin, identifier: String(identifier))
        // The root, the issuing authority, and one for the order.
        #expect(try users.issuedCount() == 3)
        users.stop()
    }
}
