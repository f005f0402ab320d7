import Foundation
import SignerAPI
import Testing
import Varlink
import Workbench

@Suite("A personalised token is usable by real clients (USB-06)")
struct RealClientTests {
    /// Runs a client that asks the server a question. Its input stays open until the answer can be there: some clients
    /// end with it, and some never do.
    private func ask(_ setting: ClientSetting, _ client: String, _ arguments: [String]) throws -> ChildProgram.Outcome {
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

    @Test(
        "OpenSSL with libp11 logs in to a server and signs a message that verifies",
        arguments: ["p-256", "rsa-2048"]
    )
    func openSSL(key: String) throws {
        let setting = try ClientSetting(key: key)
        let folder = setting.desk.folder
        expectLogIn(
            try ask(
                setting,
                "openssl",
                [
                    "s_client", "-connect", "127.0.0.1:\(setting.port)", "-CAfile", folder.file("server.pem"),
                    "-verify_return_error", "-servername", setting.address, "-cert", setting.certificate,
                    "-cert_chain", folder.file("chain.pem"), "-key", setting.privateKey, "-quiet", "-ign_eof",
                ] + ClientSetting.engine
            )
        )
        let signed = try ChildProgram.check(
            "openssl",
            [
                "cms", "-sign", "-signer", setting.certificate, "-certfile", folder.file("chain.pem"), "-inkey",
                setting.privateKey,
            ] + ClientSetting.engine,
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
        let setting = try ClientSetting(key: key)
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
        "NSS lists the certificate, and no CA's, as the user's own, and logs in with it",
        arguments: ["p-256", "rsa-2048"]
    )
    func nss(key: String) throws {
        let setting = try ClientSetting(key: key)
        let database = try setting.database()
        let nickname = "\(setting.token.label):山田 client"
        let listing = try ChildProgram.check(
            "certutil",
            ["-L", "-d", database, "-h", setting.token.label, "-f", setting.pinFile],
            environment: setting.environment
        )
        let own = listing.split(separator: "\n").filter { $0.hasSuffix("u,u,u") }
        #expect(own.count == 1 && own[0].hasPrefix(nickname), "\(listing)")
        expectLogIn(
            try ask(
                setting,
                "tstclnt",
                [
                    "-h", "127.0.0.1", "-a", setting.address, "-p", "\(setting.port)", "-d", database, "-n", nickname,
                    "-W", setting.pinFile, "-V", "tls1.2:",
                ]
            )
        )
    }

    @Test("inkan token prove: a log-in and a message, through libp11; a wrong PIN and a stranger's root are told apart")
    func prove() throws {
        let setting = try ClientSetting(key: "rsa-2048")
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
