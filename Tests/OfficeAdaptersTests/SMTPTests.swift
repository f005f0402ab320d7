import Clocks
import Foundation
import OfficeMail
import Secrets
import Testing
import Workbench

@Suite("Mails to a real SMTP server")
struct SMTPTests {
    private func sender(_ port: Int, seconds: Int = 20) throws -> SMTPSender {
        try SMTPSender(host: "127.0.0.1", port: port, security: .none, ownName: "office.example.jp", seconds: seconds)
    }

    private func secret(_ text: String) -> Secret {
        Secret(count: text.utf8.count) { $0.copyBytes(from: text.utf8) }
    }

    @Test("envelope and content arrive as they were sent, in both encodings; lines that begin with a dot too")
    func arrives() async throws {
        let server = try MailServer()
        for encoding in MailEncoding.allCases {
            var message = try testMessage(subject: "件名", body: ".\n..\n.点\n本文\n", encoding: encoding)
            message.cc = [try MailAddress("kanri@example.jp")]
            message.bcc = [try MailAddress("hidden@example.jp"), try MailAddress("TARO@example.jp")]
            let outcome = try await sender(server.port).deliver(message)
            #expect(outcome == .delivered(words: "2.0.0 kept", refused: []))
            let kept = try #require(try server.kept().last)
            #expect(kept.from == "no_reply@inkan.example.jp" && kept.helo == "office.example.jp")
            #expect(kept.to == ["taro@example.jp", "kanri@example.jp", "hidden@example.jp"])
            #expect(kept.octets == (try message.encoded()))
        }
        #expect(try server.kept().count == 2)
    }

    @Test("one refused recipient does not keep the mail from the others, and can be tried again alone")
    func refusedRecipient() throws {
        let server = try MailServer()
        let message = try testMessage(to: ["taro@example.jp", "never@example.jp", "later@example.jp"])
        let refused = [
            SMTPRefusal(address: "never@example.jp", code: 550, words: "5.1.1 no such mailbox"),
            SMTPRefusal(address: "later@example.jp", code: 450, words: "4.2.1 mailbox busy"),
        ]
        #expect(try sender(server.port).send(message) == .delivered(words: "2.0.0 kept", refused: refused))
        #expect(refused.map(\.isTemporary) == [false, true])
        #expect(try server.kept().map(\.to) == [["taro@example.jp"]])
        let again = try sender(server.port).send(message, to: [MailAddress("later@example.jp")])
        #expect(again == .temporary(code: 450, words: "4.2.1 mailbox busy"))
    }

    @Test(
        "refusals are permanent or not by the server's code, in its words",
        arguments: [
            (
                "A", "never@example.jp", "no_reply@example.jp",
                SMTPOutcome.permanent(code: 550, words: "5.1.1 no such mailbox")
            ),
            ("A", "later@example.jp", "no_reply@example.jp", .temporary(code: 450, words: "4.2.1 mailbox busy")),
            ("A", "taro@example.jp", "nobody@example.jp", .permanent(code: 553, words: "5.1.8 unknown sender")),
            ("LATER", "taro@example.jp", "no_reply@example.jp", .temporary(code: 451, words: "4.3.0 disk full")),
            ("NEVER", "taro@example.jp", "no_reply@example.jp", .permanent(code: 554, words: "5.7.1 not wanted")),
        ]
    )
    func refusals(_ subject: String, _ to: String, _ from: String, _ expected: SMTPOutcome) throws {
        let server = try MailServer()
        var message = try testMessage(subject: subject, to: [to])
        message.from = try MailAddress(from)
        #expect(try sender(server.port).send(message) == expected)
        #expect(try server.kept().isEmpty)
    }

    @Test("where no server is, the mail waits")
    func dead() throws {
        let outcome = try sender(SilentSocket.freePort()).send(testMessage())
        guard case .temporary(nil, let words) = outcome else { throw Unexpected() }
        #expect(words.contains("127.0.0.1"))
    }

    @Test("a server that says nothing is left at the deadline")
    func silent() throws {
        let silent = try SilentSocket()
        let start = monotonicNanoseconds()
        let outcome = try sender(silent.port, seconds: 1).send(testMessage())
        #expect(outcome == .temporary(code: nil, words: "127.0.0.1:\(silent.port): no answer within 1 s"))
        #expect((900_000_000...10_000_000_000).contains(monotonicNanoseconds() - start))
    }

    @Test(
        "TLS and log-in: by STARTTLS or from the first octet, with a certificate that is trusted, never in clear",
        arguments: [SMTPSender.Security.starttls, .tls]
    )
    func secure(_ security: SMTPSender.Security) throws {
        let folder = try TemporaryFolder("inkan-mail-tls")
        let (certificate, key) = (folder.file("cert.pem"), folder.file("key.pem"))
        try ChildProgram.check(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-keyout", key,
                "-out", certificate, "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            ]
        )
        let implicit = security == .tls
        let server = try MailServer(
            #"{"cert":"\#(certificate)","key":"\#(key)","implicit":\#(implicit),"user":"office","password":"pass wörd"}"#
        )
        func send(_ password: String, trust: String?) throws -> SMTPOutcome {
            let logIn = SMTPSender.LogIn(user: "office", password: secret(password))
            let sender = try SMTPSender(
                host: "127.0.0.1",
                port: server.port,
                security: security,
                logIn: logIn,
                trust: trust,
                seconds: 20
            )
            return try sender.send(testMessage())
        }
        #expect(try send("pass wörd", trust: certificate) == .delivered(words: "2.0.0 kept", refused: []))
        let kept = try #require(try server.kept().first)
        // aiosmtpd notes the session of STARTTLS alone; under TLS from the first octet no other way leads here.
        #expect(kept.tls || implicit)
        #expect(kept.authenticated)
        // Our settings are wrong, not the mail: it waits.
        guard case .temporary(535, let words) = try send("wrong", trust: certificate) else { throw Unexpected() }
        #expect(!words.contains("wrong"))
        guard case .temporary(nil, _) = try send("pass wörd", trust: nil) else { throw Unexpected() }
        #expect(try server.kept().count == 1)
    }

    @Test("STARTTLS that the server does not offer stops before the mail is said")
    func noStartTLS() throws {
        let server = try MailServer()
        let sender = try SMTPSender(host: "127.0.0.1", port: server.port, security: .starttls, seconds: 20)
        guard case .temporary(_, _) = try sender.send(testMessage()) else { throw Unexpected() }
        #expect(try server.kept().isEmpty)
    }

    @Test("settings that cannot be are refused by name")
    func settings() {
        let logIn = SMTPSender.LogIn(user: "office", password: secret("x"))
        #expect(throws: MailProblem.logInWithoutTLS) {
            try SMTPSender(host: "mail.example.jp", port: 25, security: .none, logIn: logIn)
        }
        for (host, port) in [
            ("", 25), ("a/b", 25), ("a b", 25), ("a@b", 25), ("a\r\n", 25), ("mail", 0), ("mail", 70_000),
        ] {
            #expect(throws: MailProblem.self) { try SMTPSender(host: host, port: port, security: .tls) }
        }
        #expect(throws: MailProblem.self) {
            try SMTPSender(host: "mail", port: 25, security: .tls, ownName: "a\r\nMAIL FROM:<x>")
        }
    }

    private struct Unexpected: Error {}
}
