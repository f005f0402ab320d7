import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

/// An appliance with a reader: users' tokens are SoftHSM2 tokens in a folder of their own, behind the module that fails
/// on order.
final class Desk: Sendable {
    let appliance: RunningAppliance

    static let reader = "desk"

    private init(_ appliance: RunningAppliance) {
        self.appliance = appliance
    }

    /// Starts the service with an empty reader.
    ///
    /// - Parameters:
    ///   - options: further settings of the reader, such as `userPIN`.
    ///   - profiles: changes the profile set.
    ///   - sharesTokens: the reader shows the service's own tokens.
    static func open(
        options: String = "",
        profiles: (String) -> String = { $0 },
        sharesTokens: Bool = false
    ) throws -> Desk {
        let establishment = try Stage.establishment()
        let folder = establishment.folder
        let profileSet = try String(contentsOfFile: folder.file("profiles.yaml"), encoding: .utf8)
        try profiles(profileSet).write(toFile: folder.file("profiles.yaml"), atomically: true, encoding: .utf8)
        try FileManager.default.createDirectory(
            atPath: folder.file("users/tokens"),
            withIntermediateDirectories: true
        )
        try """
        directories.tokendir = \(folder.file(sharesTokens ? "softhsm" : "users/tokens"))
        objectstore.backend = file
        log.level = ERROR
        slots.removable = false

        """.write(toFile: folder.file("users/softhsm2.conf"), atomically: true, encoding: .utf8)
        return try Desk(RunningAppliance(establishment, settings: settings(establishment, options: options)))
    }

    private static func settings(_ establishment: Establishment, options: String) throws -> String {
        let folder = establishment.folder
        return try establishment.settings(
            extra: """
                readers:
                  - name: \(reader)
                    allows: { write: ["\(folder.file("users"))"] }
                    module: "\(Stage.binaries)/libInkanFaultModule.so"
                    environment: { SOFTHSM2_CONF: "\(folder.file("users/softhsm2.conf"))", \
                INKAN_FAULT_PLAN: "\(folder.file("users/plan"))", INKAN_FAULT_LOGINS: "\(folder.file("users/logins"))" }
                    \(options)
                """
        )
    }

    /// The desk of the suite that the running test belongs to (`.sharedDesk`); each test makes tokens of its own.
    static func shared() throws -> Desk {
        try #require(SharedDesk.running, "the suite has no shared desk")
    }

    /// The service again, after its end, with the same settings.
    func reopen() throws -> Desk {
        let settings = try String(contentsOfFile: folder.file("signer.yaml"), encoding: .utf8)
        return try Desk(RunningAppliance(appliance.establishment, settings: settings))
    }

    var folder: TemporaryFolder { appliance.establishment.folder }

    /// A client of the officers' socket.
    func officer(timeout: Duration = .seconds(60)) throws -> SignerClient {
        try SignerClient(socket: appliance.officerSocket, timeout: timeout)
    }

    // MARK: Tokens

    /// A token, and what opens it.
    struct UserToken {
        let serial: String
        var label = ""
        let pin: String
        let officerPIN: String
    }

    /// Initialises a blank token.
    ///
    /// - Parameter prefix: of its label, which no other token has.
    func makeToken(label prefix: String = "user") throws -> UserToken {
        let label = "\(prefix)-\(UUID().uuidString.prefix(8))"
        var pins = JSONObject()
        let last = try officer().steps(of: .initialiseToken) { writer in
            writer.member("reader", Self.reader)
            writer.member("label", label)
        } _: {
            if let made = $0["pins"]?.objectValue { pins = made }
        }
        let token = try #require(last["token"]?.objectValue?["token"]?.stringValue)
        return UserToken(
            serial: token,
            label: label,
            pin: try #require(pins["user"]?.stringValue),
            officerPIN: try #require(pins["officer"]?.stringValue)
        )
    }

    /// Every token in the reader, by its serial number.
    func tokens() throws -> [JSONObject] {
        let answer = try officer().call(.listTokens)
        #expect(answer["problems"]?.arrayValue == [])
        return (answer["tokens"]?.arrayValue ?? []).compactMap(\.objectValue)
    }

    func token(_ serial: String) throws -> JSONObject {
        try #require(tokens().first { $0["token"]?.stringValue == serial })
    }

    /// What people's certificates are in a token.
    func certificates(in token: UserToken) throws -> [JSONObject] {
        (try self.token(token.serial)["certificates"]?.arrayValue ?? []).compactMap(\.objectValue)
    }

    // MARK: Orders

    /// What a user wants; the keys are P-256, which are made at once.
    static func order(_ id: String, profile: String = "access-1y", key: String? = "p-256") -> TokenOrder {
        var order = CertificateOrder(
            order: id,
            profile: profile,
            request: "",
            subject: [
                .init("countryName", "JP"), .init("organizationName", "Inkan Example"),
                .init("commonName", "山田 \(id)"),
            ]
        )
        order.issuer = "access-p256"
        return TokenOrder(order, keyAlgorithm: key)
    }

    /// The last answer of a `PersonaliseToken`, and its steps.
    @discardableResult
    func personalise(
        _ order: TokenOrder,
        _ token: UserToken,
        pin: String? = nil,
        replace: Bool = false
    ) throws -> (done: JSONObject, steps: [String]) {
        var steps: [String] = []
        let last = try officer().steps(of: .personaliseToken) { writer in
            writer.member("reader", Self.reader)
            writer.member("token", token.serial)
            writer.member("pin", pin ?? token.pin)
            writer.name("order")
            order.write(to: &writer)
            if replace { writer.member("replace", true) }
        } _: {
            steps.append($0["step"]?.stringValue ?? "")
        }
        return (try #require(last["personalised"]?.objectValue), steps)
    }

    /// Sends a `PersonaliseToken` and does not wait for its answers.
    func begin(_ order: TokenOrder, _ token: UserToken, with connection: Connection) throws {
        connection.send(TokenStationInterface.Method.personaliseToken.fullName, .more) { writer in
            writer.member("reader", Self.reader)
            writer.member("token", token.serial)
            writer.member("pin", token.pin)
            writer.name("order")
            order.write(to: &writer)
        }
        try connection.flush()
    }

    /// Checks that an order has one certificate that counts, and that the token has it, with its key.
    func expectOneCertificate(
        of id: String,
        in token: UserToken,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let history = try appliance.establishment.history(of: id)
        let certificates = history.filter { $0.kind == "certificate" }
        #expect(certificates.count == 1, "\(history)", sourceLocation: sourceLocation)
        let held = (try self.token(token.serial)["certificates"]?.arrayValue ?? []).compactMap(\.objectValue)
        #expect(
            held.filter { $0["order"]?.stringValue == id }.map { $0["serial"]?.stringValue }
                == certificates.map(\.serial),
            "\(held)",
            sourceLocation: sourceLocation
        )
        #expect(history.last { $0.kind == "token-certificate-installed" } != nil, sourceLocation: sourceLocation)
        let keys = try pkcs11Tool(token, "--login", "--pin", token.pin, "--list-objects", "--type", "privkey")
        #expect(
            keys.components(separatedBy: "Private Key Object").count == 2,
            "\(keys)",
            sourceLocation: sourceLocation
        )
    }

    // MARK: Faults

    /// Orders faults of the users' tokens, in place of those ordered before (see fault_module.c).
    func order(_ faults: String...) throws {
        try (faults + ["# \(UUID().uuidString)", ""]).joined(separator: "\n")
            .write(toFile: folder.file("users/plan"), atomically: true, encoding: .utf8)
    }

    /// Waits until a call has begun to hang that the plan orders to hang.
    func waitUntilHung() throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !FileManager.default.fileExists(atPath: folder.file("users/plan.hung")) {
            try #require(ContinuousClock.now < deadline, "no call has begun to hang")
            poll(nil, 0, 10)
        }
    }

    /// How often somebody has tried to log in to a user's token.
    var loginCount: Int {
        let text = FileManager.default.contents(atPath: folder.file("users/logins")) ?? Data()
        return text.count { $0 == UInt8(ascii: "\n") }
    }

    /// Takes every token out of the reader.
    func pullOut() throws {
        try FileManager.default.moveItem(atPath: folder.file("users/tokens"), toPath: folder.file("users/pocket"))
        try FileManager.default.createDirectory(atPath: folder.file("users/tokens"), withIntermediateDirectories: false)
    }

    /// Puts them in again.
    func putIn() throws {
        try FileManager.default.removeItem(atPath: folder.file("users/tokens"))
        try FileManager.default.moveItem(atPath: folder.file("users/pocket"), toPath: folder.file("users/tokens"))
    }

    func writeSecret(_ secret: String, to path: String) throws {
        try secret.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    /// Writes a certificate into a token that OpenSSL has made for itself.
    func importForeignCertificate(into token: UserToken) throws {
        let (key, file) = (folder.file("users/foreign.key"), folder.file("users/foreign.der"))
        try ChildProgram.check(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                "-outform", "DER", "-out", file, "-subj", "/CN=Somebody Else", "-addext", "basicConstraints=CA:false",
            ]
        )
        _ = try pkcs11Tool(
            token,
            "--login",
            "--pin",
            token.pin,
            "--write-object",
            file,
            "--type",
            "cert",
            "--id",
            "99"
        )
    }

    /// Has a token given a new user PIN, and answers it.
    func resetPIN(_ token: UserToken, officerPIN: String) throws -> String {
        var pin: String?
        _ = try officer().steps(of: .resetTokenPIN) { writer in
            writer.member("reader", Self.reader)
            writer.member("token", token.serial)
            writer.member("officerPIN", officerPIN)
        } _: {
            pin = $0["pins"]?.objectValue?["user"]?.stringValue ?? pin
        }
        return try #require(pin)
    }

    // MARK: Looking into tokens with other tools

    /// The users' tokens as pkcs11-tool sees them.
    func pkcs11Tool(_ token: UserToken, _ arguments: String...) throws -> String {
        try ChildProgram.check(
            "pkcs11-tool",
            ["--module", Establishment.softHSM, "--token-label", token.label] + arguments,
            environment: ["SOFTHSM2_CONF": folder.file("users/softhsm2.conf")]
        )
    }
}

/// One desk for all tests of a suite: opened with the suite, closed with it.
struct SharedDesk: SuiteTrait, TestScoping {
    @TaskLocal static var running: Desk?

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        let desk = try Desk.open()
        defer { desk.appliance.stop() }
        try await Self.$running.withValue(desk) { try await function() }
    }
}

extension Trait where Self == SharedDesk {
    static var sharedDesk: Self { SharedDesk() }
}
