import Foundation
import SignerAPI
import Testing
import Varlink
import Workbench

@Suite("A personalised token is usable by real clients (USB-06)")
struct RealClientTests {
    /// A user's token with a log-in certificate in it, and a server that lets in who has one.
    private final class Setting: Sendable {
        let desk: Desk
        let token: Desk.UserToken
        let certificate: String
        let identifier: String
        let root: String
        private let server: Process

        let port: Int
        let address = "localhost"

        init(key: String) throws {
            desk = try Desk.open()
            token = try desk.makeToken()
            let done = try desk.personalise(Desk.order("client", key: key), token).done
            let folder = desk.folder
            certificate = folder.file("user.pem")
            root = folder.file("authorities/root-p256.pem")
            try #require(done["certificate"]?.stringValue).write(toFile: certificate, atomically: true, encoding: .utf8)
            let chain = try #require(done["chain"]?.arrayValue).compactMap(\.stringValue)
            try chain.joined().write(toFile: folder.file("chain.pem"), atomically: true, encoding: .utf8)
            let objects = try desk.pkcs11Tool(
                token,
                "--login",
                "--pin",
                token.pin,
                "--list-objects",
                "--type",
                "privkey"
            )
            let line = try #require(objects.split(separator: "\n").first { $0.contains("ID:") })
            identifier = String(try #require(line.split(separator: ":").last)).trimmingCharacters(in: .whitespaces)
            try desk.writeSecret(token.pin, to: folder.file("user.pin"))
            try ChildProgram.check(
                "openssl",
                [
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder.file("server.key"), "-out",
                    folder.file("server.pem"), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                ]
            )
            port = try Self.freePort()
            server = Process()
            server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            server.arguments = [
                "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-cert", folder.file("server.pem"), "-key",
                folder.file("server.key"), "-CAfile", folder.file("chain.pem"), "-Verify", "3", "-verify_return_error",
                "-www",
            ]
            server.standardOutput = FileHandle.nullDevice
            server.standardError = FileHandle.nullDevice
            try server.run()
            let deadline = ContinuousClock.now + .seconds(20)
            while try ChildProgram.run("bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port)"]).status != 0 {
                try #require(ContinuousClock.now < deadline, "the server does not listen")
                poll(nil, 0, 20)
            }
        }

        deinit {
            // Not SIGTERM: what a test's thread starts has that blocked, and OpenSSL does not wait for it.
            kill(server.processIdentifier, SIGKILL)
            server.waitUntilExit()
        }

        private static func freePort() throws -> Int {
            let text = try ChildProgram.check(
                "python3",
                ["-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"]
            )
            return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        }

        /// RFC 7512, without a PIN.
        func uri(_ type: String) -> String {
            let bytes = stride(from: 0, to: identifier.utf8.count, by: 2).map {
                "%" + identifier.dropFirst($0).prefix(2)
            }
            return "pkcs11:serial=\(token.serial);id=\(bytes.joined());type=\(type)"
        }

        var environment: [String: String] {
            [
                "SOFTHSM2_CONF": desk.folder.file("users/softhsm2.conf"), "PKCS11_MODULE_PATH": Establishment.softHSM,
                "GNUTLS_PIN": token.pin,
            ]
        }

        var pinSource: String { "pin-source=file:\(desk.folder.file("user.pin"))" }
    }

    /// Runs a client that asks the server a question. Its input stays open until the answer can be there: some clients
    /// end with it, and some never do.
    private func ask(_ setting: Setting, _ client: String, _ arguments: [String]) throws -> ChildProgram.Outcome {
        try ChildProgram.run(
            "bash",
            ["-c", #"{ cat; sleep 2; } | timeout -s KILL 60 "$@""#, "ask", client] + arguments,
            environment: setting.environment,
            input: Self.question
        )
    }

    private static let question = Data("GET / HTTP/1.0\r\n\r\n".utf8)

    private func expectLogIn(_ outcome: ChildProgram.Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(
            outcome.output.contains("Client certificate") && outcome.output.contains("Inkan Example"),
            "\(outcome.output.suffix(800))\(outcome.complaints.suffix(800))",
            sourceLocation: sourceLocation
        )
    }

    @Test("OpenSSL with libp11 logs in to a server and signs a mail that verifies", arguments: ["p-256", "rsa-2048"])
    func openSSL(key: String) throws {
        let setting = try Setting(key: key)
        let folder = setting.desk.folder
        let engine = ["-engine", "pkcs11", "-keyform", "engine"]
        let privateKey = "\(setting.uri("private"));\(setting.pinSource)"
        expectLogIn(
            try ask(
                setting,
                "openssl",
                [
                    "s_client", "-connect", "127.0.0.1:\(setting.port)", "-CAfile", folder.file("server.pem"),
                    "-verify_return_error", "-servername", setting.address, "-cert", setting.certificate,
                    "-cert_chain", folder.file("chain.pem"), "-key", privateKey, "-quiet", "-ign_eof",
                ] + engine
            )
        )
        let signed = try ChildProgram.check(
            "openssl",
            [
                "cms", "-sign", "-signer", setting.certificate, "-certfile", folder.file("chain.pem"), "-inkey",
                privateKey,
            ] + engine,
            environment: setting.environment,
            input: Data("Content-Type: text/plain\r\n\r\nこんにちは\r\n".utf8)
        )
        let verdict = try ChildProgram.run(
            "openssl",
            ["cms", "-verify", "-CAfile", setting.root, "-purpose", "any"],
            input: Data(signed.utf8)
        )
        #expect(verdict.status == 0, "\(verdict.complaints)")
    }

    @Test(
        "GnuTLS finds key, certificate and chain in the token by their URIs, and logs in",
        arguments: ["p-256", "rsa-2048"]
    )
    func gnuTLS(key: String) throws {
        let setting = try Setting(key: key)
        let outcome = try ask(
            setting,
            "gnutls-cli",
            [
                "--provider", Establishment.softHSM, "--port", "\(setting.port)", "--x509cafile",
                setting.desk.folder.file("server.pem"), "--x509certfile", setting.uri("cert"), "--x509keyfile",
                setting.uri("private"), setting.address,
            ]
        )
        expectLogIn(outcome)
    }

    @Test(
        "NSS lists the certificate, and no CA's, as the user's own",
        arguments: ["p-256", "rsa-2048"]
    )
    func nss(key: String) throws {
        let setting = try Setting(key: key)
        let folder = setting.desk.folder
        let database = "sql:\(folder.file("nss"))"
        try FileManager.default.createDirectory(atPath: folder.file("nss"), withIntermediateDirectories: false)
        let environment = setting.environment
        try ChildProgram.check("certutil", ["-N", "-d", database, "--empty-password"])
        try ChildProgram.check(
            "modutil",
            ["-dbdir", database, "-add", "token", "-libfile", Establishment.softHSM, "-force"],
            environment: environment
        )
        for (name, file, trust) in [("root", setting.root, "CT,C,C"), ("server", folder.file("server.pem"), "CP,,")] {
            try ChildProgram.check("certutil", ["-A", "-d", database, "-n", name, "-t", trust, "-a", "-i", file])
        }
        let nickname = "\(setting.token.label):山田 client"
        let password = folder.file("user.pin")
        let listing = try ChildProgram.check(
            "certutil",
            ["-L", "-d", database, "-h", setting.token.label, "-f", password],
            environment: environment
        )
        let own = listing.split(separator: "\n").filter { $0.hasSuffix("u,u,u") }
        #expect(own.count == 1 && own[0].hasPrefix(nickname), "\(listing)")
    }

    @Test("inkan token prove: a log-in and a message, through libp11; a wrong PIN and a stranger's root are told apart")
    func prove() throws {
        let setting = try Setting(key: "rsa-2048")
        let folder = setting.desk.folder
        func prove(_ pinFile: String, root: String) throws -> ChildProgram.Outcome {
            try ChildProgram.run(
                "\(Stage.binaries)/inkan",
                ["token", "prove", "--token", setting.token.serial, "--root", root, "--pin-file", pinFile],
                environment: setting.environment
            )
        }
        let proven = try prove(folder.file("user.pin"), root: setting.root)
        #expect(proven.status == 0, "\(proven.complaints)")
        #expect(proven.output.contains("TLSv1.3") && proven.output.contains("signed and verified"))
        let stranger = try prove(folder.file("user.pin"), root: folder.file("server.pem"))
        #expect(stranger.status == 1 && stranger.complaints.contains("certificate and key are in the token"))
        try setting.desk.writeSecret("00000000", to: folder.file("wrong.pin"))
        let wrong = try prove(folder.file("wrong.pin"), root: setting.root)
        #expect(wrong.status == 1 && wrong.complaints.contains("tried once"), "\(wrong.complaints)")
        #expect(try prove(folder.file("user.pin"), root: folder.file("none.pem")).status == 1)
    }
}
