import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

@Suite("PINs sealed to a recipient: whoever stands at the desk never sees them (USB-02)", .serialized, .sharedDesk)
struct SealedPINTests {
    /// Somebody whom PINs are sealed to, made by OpenSSL.
    struct Recipient {
        let folder: TemporaryFolder

        /// - Parameters:
        ///   - key: arguments of `openssl req` that make the key.
        ///   - usage: of the certificate.
        init(_ key: [String], usage: String = "keyEncipherment,keyAgreement") throws {
            folder = try TemporaryFolder("inkan-recipient")
            try ChildProgram.check(
                "openssl",
                [
                    "req", "-x509", "-nodes", "-keyout", folder.file("key.pem"), "-out", folder.file("recipient.pem"),
                    "-subj", "/CN=Mail room", "-addext", "keyUsage=\(usage)",
                ] + key
            )
        }

        static let rsa = ["-newkey", "rsa:2048"]
        static let ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]

        var certificateFile: String { folder.file("recipient.pem") }

        func certificate() throws -> String { try String(contentsOfFile: certificateFile, encoding: .utf8) }

        /// What a sealed letter says.
        func open(_ letter: String) throws -> String {
            try ChildProgram.check(
                "openssl",
                ["cms", "-decrypt", "-inform", "PEM", "-inkey", folder.file("key.pem"), "-recip", certificateFile],
                input: Data(letter.utf8)
            )
        }

        /// The PIN in a letter.
        func pin(_ name: String, in letter: String) throws -> String {
            let lines = try open(letter).split(separator: "\n")
            return String(try #require(lines.last { $0.hasPrefix("\(name): ") }).dropFirst(name.count + 2))
        }
    }

    /// `InitialiseToken`: the serial number and the sealed PINs.
    private func initialise(
        _ desk: Desk,
        label: String,
        recipient: String?
    ) throws -> (serial: String, sealed: JSONObject) {
        var sealed = JSONObject()
        let last = try desk.officer().steps(of: .initialiseToken) { writer in
            writer.member("reader", Desk.reader)
            writer.member("label", label)
            writer.member("recipient", recipient)
        } _: { step in
            #expect(step["pins"] == nil, "a PIN is shown")
            sealed = step["sealedPINs"]?.objectValue ?? sealed
        }
        return (try #require(last["token"]?.objectValue?["token"]?.stringValue), sealed)
    }

    @Test("by the caller's wish: the letters open for the recipient alone, and their PINs are the token's")
    func byTheCaller() throws {
        let desk = try Desk.shared()
        let (mailRoom, other) = (try Recipient(Recipient.rsa), try Recipient(Recipient.ec))
        let label = "sealed-\(UUID().uuidString.prefix(8))"
        let (serial, sealed) = try initialise(desk, label: label, recipient: mailRoom.certificate())
        let letter = try #require(sealed["user"]?.stringValue)
        let pin = try mailRoom.pin("PIN", in: letter)
        let officerPIN = try mailRoom.pin("SO PIN", in: #require(sealed["officer"]?.stringValue))
        #expect(try mailRoom.open(letter) == "Token: \(label)\nPIN: \(pin)\n")
        #expect(pin.utf8.count == 8 && officerPIN.utf8.count == 16)
        #expect(throws: ChildProgram.Failure.self) { try other.open(letter) }
        let structure = try ChildProgram.check("openssl", ["asn1parse", "-inform", "PEM"], input: Data(letter.utf8))
        for expected in ["pkcs7-envelopedData", "rsaesOaep", "sha256", "aes-256-cbc"] {
            #expect(structure.contains(expected), "\(structure)")
        }

        let token = Desk.UserToken(serial: serial, label: label, pin: pin, officerPIN: officerPIN)
        try desk.personalise(Desk.order("sealed-\(serial)"), token)
        // Another PIN, to somebody else.
        let stranger = try other.certificate()
        var renewed = JSONObject()
        _ = try desk.officer().steps(of: .resetTokenPIN) { writer in
            writer.member("reader", Desk.reader)
            writer.member("token", serial)
            writer.member("officerPIN", officerPIN)
            writer.member("recipient", stranger)
        } _: {
            renewed = $0["sealedPINs"]?.objectValue ?? renewed
        }
        #expect(renewed["officer"] == nil)
        let second = try #require(renewed["user"]?.stringValue)
        let newPIN = try other.pin("PIN", in: second)
        #expect(newPIN != pin)
        let curve = try ChildProgram.check("openssl", ["asn1parse", "-inform", "PEM"], input: Data(second.utf8))
        #expect(curve.contains("dhSinglePass-stdDH-sha256kdf-scheme"), "\(curve)")
        _ = try desk.pkcs11Tool(
            Desk.UserToken(serial: serial, label: label, pin: newPIN, officerPIN: officerPIN),
            "--login",
            "--pin",
            newPIN,
            "--list-objects"
        )
    }

    @Test("by the settings: a reader never shows a PIN, and no caller chooses another recipient")
    func bySettings() throws {
        let mailRoom = try Recipient(Recipient.ec)
        let desk = try Desk.open(options: "sealPINsTo: \"\(mailRoom.certificateFile)\"")
        let chosen = refusal { try initialise(desk, label: "chosen", recipient: mailRoom.certificate()) }
        #expect(chosen?.rule == "request.recipient")
        let (serial, sealed) = try initialise(desk, label: "ours", recipient: nil)
        let token = Desk.UserToken(
            serial: serial,
            label: "ours",
            pin: try mailRoom.pin("PIN", in: #require(sealed["user"]?.stringValue)),
            officerPIN: try mailRoom.pin("SO PIN", in: #require(sealed["officer"]?.stringValue))
        )
        try desk.personalise(Desk.order("ours"), token)
        let unfit = try Recipient(Recipient.rsa, usage: "digitalSignature")
        desk.appliance.stop()
        try FileManager.default.removeItem(atPath: mailRoom.certificateFile)
        try FileManager.default.copyItem(atPath: unfit.certificateFile, toPath: mailRoom.certificateFile)
        let folder = desk.folder
        let outcome = try ChildProgram.run(
            "\(Stage.binaries)/inkan-signerd",
            [
                "--config", folder.file("signer.yaml"), "--socket", folder.file("signer.sock"),
                "--officer-socket", folder.file("officer.sock"),
            ]
        )
        #expect(outcome.status != 0 && outcome.complaints.contains("sealPINsTo"), "\(outcome.complaints.suffix(600))")
        #expect(outcome.complaints.contains("key usage"), "\(outcome.complaints.suffix(600))")
    }

    static let unfitKeys: [(key: [String], usage: String)] = [
        (["-newkey", "rsa:1024"], "keyEncipherment"), (["-newkey", "ed25519"], "digitalSignature"),
        (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp521r1"], "keyAgreement"),
        (Recipient.rsa, "digitalSignature"), (Recipient.ec, "keyEncipherment"),
    ]

    @Test("a certificate that nothing can be sealed to is refused before any token is touched", arguments: unfitKeys)
    func unfit(key: [String], usage: String) throws {
        let desk = try Desk.shared()
        let recipient = try Recipient(key, usage: usage).certificate()
        try expectRefused(recipient, desk)
    }

    @Test(
        "so is what is no certificate",
        arguments: ["", "no PEM", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"]
    )
    func garbage(text: String) throws {
        try expectRefused(text, try Desk.shared())
    }

    private func expectRefused(_ recipient: String, _ desk: Desk) throws {
        let before = try desk.tokens().filter { $0["state"] == "blank" }.count
        let error = refusal { try initialise(desk, label: "unfit", recipient: recipient) }
        #expect(
            error?.name == "io.inkan.TokenStation.RequestRejected" && error?.rule == "request.recipient",
            "\(error as Any)"
        )
        #expect(try desk.tokens().filter { $0["state"] == "blank" }.count == before)
    }

    @Test("inkan token personalise --seal-to writes letters that the command cannot read")
    func command() throws {
        let desk = try Desk.open()
        let mailRoom = try Recipient(Recipient.rsa)
        let (letter, officers) = (desk.folder.file("taro.p7m"), desk.folder.file("taro-so.p7m"))
        let outcome = try ChildProgram.run(
            "\(Stage.binaries)/inkan",
            [
                "token", "personalise", "--socket", desk.appliance.officerSocket, "--reader", Desk.reader, "--label",
                "taro", "--order", "sealed-1", "--profile", "access-1y", "--issuer", "access-p256", "--key-algorithm",
                "p-256", "--subject", "countryName=JP", "--subject", "organizationName=Inkan Example", "--subject",
                "commonName=山田 太郎", "--seal-to", mailRoom.certificateFile, "--letter", letter, "--officer-letter",
                officers,
            ]
        )
        #expect(outcome.status == 0 && outcome.output.contains("sealed"), "\(outcome.output)\(outcome.complaints)")
        let text = try mailRoom.open(String(contentsOfFile: letter, encoding: .utf8))
        #expect(text.hasPrefix("Token: taro\nOrder: sealed-1\nPIN: "))
        let officerPIN = try mailRoom.pin("SO PIN", in: String(contentsOfFile: officers, encoding: .utf8))
        #expect(officerPIN.utf8.count == 16)
        let mode = try FileManager.default.attributesOfItem(atPath: letter)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }
}
