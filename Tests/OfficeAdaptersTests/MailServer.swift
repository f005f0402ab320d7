import Clocks
import Foundation
import OfficeMail
import Testing
import Workbench

/// A real SMTP server (aiosmtpd) and the mails that it has taken.
struct MailServer {
    struct Kept: Decodable {
        var from: String
        var to: [String]
        var helo: String
        var tls: Bool
        var authenticated: Bool
        var content: String

        var octets: [UInt8] { Array(Data(base64Encoded: content) ?? Data()) }
    }

    private let folder: TemporaryFolder
    private let server: LocalServer

    init(_ options: String = "{}") throws {
        folder = try TemporaryFolder("inkan-mail")
        server = try LocalServer(script: "mail_server.py", [folder.path, options])
    }

    var port: Int { server.port }

    func kept() throws -> [Kept] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }.sorted()
            .map { try JSONDecoder().decode(Kept.self, from: Data(contentsOf: URL(fileURLWithPath: folder.file($0)))) }
    }
}

/// A mail as Python's email package reads it.
struct ReadMail: Decodable, Equatable {
    var names: [String]
    var subject: String
    var from: [[String]]
    var to: [[String]]
    var cc: [[String]]
    var replyTo: [[String]]
    var date: String?
    var body: String
    var charset: String?
    var transfer: String
    var longest: Int
    var longestEncoded: Int
    var defects: [String]

    static func read(_ mails: [[UInt8]]) throws -> [ReadMail] {
        let told = try ChildProgram.check(
            LocalServer.python(),
            ["\(LocalServer.checkout)/Tests/Judges/read_mail.py"],
            input: JSONEncoder().encode(mails.map { Data($0).base64EncodedString() })
        )
        return try JSONDecoder().decode([ReadMail].self, from: Data(told.utf8))
    }
}

func testMessage(
    subject: String = "A test",
    body: String = "Hello\n",
    encoding: MailEncoding = .utf8,
    to: [String] = ["taro@example.jp"]
) throws -> MailMessage {
    MailMessage(
        from: try MailAddress("no_reply@inkan.example.jp", name: "Inkan"),
        to: try to.map { try MailAddress(parsing: $0) },
        subject: subject,
        body: body,
        encoding: encoding,
        date: Timestamp(seconds: 1_795_761_005),
        messageID: try MessageID("1.2@inkan.example.jp")
    )
}
