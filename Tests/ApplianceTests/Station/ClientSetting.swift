import Foundation
import SignerAPI
import Testing
import Varlink
import Workbench

/// A user's token with a certificate in it, and a server that lets in who has one for log-ins.
final class ClientSetting: Sendable {
    let desk: Desk
    let token: Desk.UserToken
    let certificate: String
    let identifier: String
    let root: String
    private let server: Process

    let port: Int
    let address = "localhost"

    /// - Parameter order: what the token's certificate is for.
    init(order: TokenOrder) throws {
        desk = try Desk.open()
        token = try desk.makeToken()
        let done = try desk.personalise(order, token).done
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
        try Launching.start(server)
        let deadline = ContinuousClock.now + .seconds(20)
        while try ChildProgram.run("bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port)"]).status != 0 {
            try #require(ContinuousClock.now < deadline, "the server does not listen")
            poll(nil, 0, 20)
        }
    }

    /// With a certificate for log-ins.
    convenience init(key: String) throws {
        try self.init(order: Desk.order("client", key: key))
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

    var pinFile: String { desk.folder.file("user.pin") }

    /// The private key as OpenSSL's programs take it, with `engine`.
    var privateKey: String { "\(uri("private"));pin-source=file:\(pinFile)" }

    static let engine = ["-engine", "pkcs11", "-keyform", "engine"]

    /// Makes a database of NSS that knows the users' tokens, trusts the root, and the server by itself.
    func database() throws -> String {
        let folder = desk.folder
        let database = "sql:\(folder.file("nss"))"
        try FileManager.default.createDirectory(atPath: folder.file("nss"), withIntermediateDirectories: false)
        try ChildProgram.check("certutil", ["-N", "-d", database, "--empty-password"])
        try ChildProgram.check(
            "modutil",
            ["-dbdir", database, "-add", "token", "-libfile", Establishment.softHSM, "-force"],
            environment: environment
        )
        for (name, file, trust) in [("root", root, "CT,C,C"), ("server", folder.file("server.pem"), "CP,,")] {
            try ChildProgram.check("certutil", ["-A", "-d", database, "-n", name, "-t", trust, "-a", "-i", file])
        }
        return database
    }
}
