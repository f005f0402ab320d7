import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

/// A service whose CA key lies in SoftHSM2, with a reader of users' tokens on the module that is to be proven.
struct UserTokens {
    static let reader = "desk"
    private let authority: CertificationToken
    private let appliance: RunningAppliance
    private let module: String
    private let stage: ModuleStage?
    private let environment: [String: String]

    /// - Parameters:
    ///   - options: further lines of the reader's settings, indented by four blanks.
    ///   - more: further variables of the module's.
    init(_ stage: ModuleStage?, options: String = "", environment more: [String: String] = [:]) throws {
        self.stage = stage
        authority = try CertificationToken(nil)
        let proof = Proof(token: authority, makes: ["p-256"])
        try proof.authorities()
        module = stage?.module ?? Establishment.softHSM
        var environment = (stage?.environment ?? [:]).merging(more) { $1 }
        if stage == nil {
            // Apart from the CA's token: the service does not let officers reach its own.
            let folder = authority.folder
            try FileManager.default.createDirectory(atPath: folder.file("users"), withIntermediateDirectories: false)
            try "directories.tokendir = \(folder.file("users"))\nobjectstore.backend = file\nlog.level = ERROR\n"
                .write(toFile: folder.file("users.conf"), atomically: true, encoding: .utf8)
            environment["SOFTHSM2_CONF"] = folder.file("users.conf")
        }
        self.environment = environment
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key): \"\($0.value)\"" }
        let readers = """
            readers:
              - name: \(Self.reader)
                module: "\(module)"
                environment: { \(variables.joined(separator: ", ")) }
            \(options)
            """
        appliance = try RunningAppliance(
            Establishment(binaries: CertificationToken.binaries, folder: authority.folder, issuers: []),
            settings: authority.settings(issuers: ["access-p256"], root: "root") + readers,
            prefix: stage?.prefix ?? []
        )
    }

    /// What a call for one order has answered.
    struct Personalised {
        var steps: [String] = []
        var userPIN: String?
        var token = ""
        var serial = ""
        var certificate = ""
        var attributes: [String] = []
    }

    /// Personalises a token: a blank one when no PIN is given.
    ///
    /// - Parameter step: hears of each step as it comes.
    func personalise(
        _ order: String,
        key: String,
        token: String? = nil,
        pin: String? = nil,
        step: (String) throws -> Void = { _ in }
    ) throws -> Personalised {
        var certificate = CertificateOrder(
            order: order,
            profile: "access-1y",
            request: "",
            subject: [
                .init("countryName", "JP"), .init("organizationName", "Inkan Example"),
                .init("commonName", "山田 太郎"),
            ]
        )
        certificate.issuer = "access-p256"
        var answer = Personalised()
        var failure: (any Error)?
        let client = try SignerClient(socket: appliance.officerSocket, timeout: .seconds(60))
        let last = try client.steps(of: .personaliseToken) { writer in
            writer.member("reader", Self.reader)
            writer.member("token", token)
            writer.member("pin", pin)
            if pin == nil { writer.member("label", "user") }
            writer.name("order")
            TokenOrder(certificate, keyAlgorithm: key).write(to: &writer)
        } _: { object in
            let name = object["step"]?.stringValue ?? ""
            answer.steps.append(name)
            if let pins = object["pins"]?.objectValue { answer.userPIN = pins["user"]?.stringValue }
            do { try step(name) } catch { failure = error }
        }
        if let failure { throw failure }
        let done = try #require(last["personalised"]?.objectValue)
        answer.token = done["token"]?.stringValue ?? ""
        answer.serial = done["serial"]?.stringValue ?? ""
        answer.certificate = done["certificate"]?.stringValue ?? ""
        answer.attributes = done["key"]?.objectValue?["attributes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return answer
    }

    /// Why a call was refused.
    func refusal(of body: () throws -> some Any) throws -> ServiceError {
        do {
            let answer = try body()
            throw ModuleStage.Failure(description: "not refused: \(answer)")
        } catch SignerClientError.refused(let error) {
            return error
        }
    }

    /// Has the token's key sign as the user's software would, by pkcs11-tool, and OpenSSL verify with the certificate;
    /// looks that certificate and chain are in the token, and that OpenSSL trusts the certificate.
    func useAsUser(_ made: Personalised, pin: String, identifier: String) throws {
        let folder = authority.folder
        try made.certificate.write(toFile: folder.file("user.pem"), atomically: true, encoding: .utf8)
        let verdict = try ChildProgram.check(
            "openssl",
            ["verify", "-x509_strict", "-CAfile", folder.file("authorities/root.pem")]
                + ["-untrusted", folder.file("authorities/access-p256.pem"), folder.file("user.pem")]
        )
        #expect(verdict.hasSuffix(": OK\n"))
        let isRSA = try ChildProgram.check("openssl", ["x509", "-in", folder.file("user.pem"), "-noout", "-text"])
            .contains("rsaEncryption")
        let digest = Data(repeating: 7, count: 32)
        try digest.write(to: URL(fileURLWithPath: folder.file("digest")))
        // RSA takes a DigestInfo (RFC 8017 9.2): SHA-256's prefix, then the digest.
        let prefix: [UInt8] = [
            0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 5, 0, 4, 0x20,
        ]
        try (isRSA ? Data(prefix) + digest : digest).write(to: URL(fileURLWithPath: folder.file("input")))
        let format = isRSA ? [] : ["--signature-format", "openssl"]
        try tool(
            ["--login", "--pin", pin, "--id", identifier, "--sign", "--mechanism", isRSA ? "RSA-PKCS" : "ECDSA"]
                + ["--input-file", folder.file("input"), "--output-file", folder.file("signature")] + format
        )
        let signed = try ChildProgram.check(
            "openssl",
            ["pkeyutl", "-verify", "-certin", "-inkey", folder.file("user.pem"), "-in", folder.file("digest")]
                + ["-sigfile", folder.file("signature"), "-pkeyopt", "digest:sha256"]
        )
        #expect(signed.contains("Signature Verified Successfully"))
        let objects = try tool(["--list-objects", "--type", "cert"])
        #expect(objects.components(separatedBy: "Certificate Object").count == 4, "\(objects)")
        #expect(objects.contains(identifier), "\(objects)")
    }

    @discardableResult
    private func tool(_ arguments: [String]) throws -> String {
        let whole = ["--module", module, "--token-label", tokenLabel] + arguments
        if let stage { return try stage.check("pkcs11-tool", whole) }
        return try ChildProgram.check("pkcs11-tool", whole, environment: environment)
    }

    private var tokenLabel: String { module.contains("opensc") ? "inkan (User PIN)" : "user" }

    /// `CKA_ID` of the only private key of the user.
    func identifier(pin: String) throws -> String {
        let keys = try tool(["--login", "--pin", pin, "--list-objects", "--type", "privkey"])
        let identifiers = keys.split(separator: "\n").filter { $0.contains("ID:") }
        #expect(identifiers.count == 1, "\(keys)")
        let text = try #require(identifiers.first).split(separator: ":").last ?? ""
        return text.trimmingCharacters(in: .whitespaces)
    }

    /// How many certificates the ledger has.
    func issuedCount() throws -> Int {
        try ChildProgram.check(
            "\(CertificationToken.binaries)/inkan",
            ["ledger", "list", "--ledger", authority.folder.file("ledger.sqlite"), "--json"]
        ).components(separatedBy: "\"kind\":\"certificate\"").count - 1
    }

    /// A whole life on a module whose blank tokens the station initialises itself.
    func hold(key: String) throws -> Personalised {
        let made = try personalise("user-1", key: key)
        #expect(made.steps == ["token", "pins", "initialised", "key", "issued", "installed", "done"])
        for attribute in ["CKA_SENSITIVE=true", "CKA_EXTRACTABLE=false", "CKA_LOCAL=true"] {
            #expect(made.attributes.contains(attribute))
        }
        let pin = try #require(made.userPIN)
        try useAsUser(made, pin: pin, identifier: identifier(pin: pin))
        // The same order asked again on the same token: the same key and certificate.
        let again = try personalise("user-1", key: key, token: made.token, pin: pin)
        #expect(again.serial == made.serial)
        return made
    }

    func stop() {
        #expect(appliance.stop() == 0)
    }
}
