import Foundation
import Testing
import Threads
import Workbench

/// A real SMTP server (aiosmtpd) of a test's own, and the mails that it has taken.
final class MailCatcher: Sendable {
    /// A mail as Python's email package reads it, with its envelope.
    struct Caught: Sendable {
        let recipients: [String]
        let raw: String
        let content: Content

        struct Content: Decodable, Sendable {
            var subject: String
            var from: [[String]]
            var to: [[String]]
            var cc: [[String]]
            var replyTo: [[String]]
            var body: String
            var charset: String?
        }
    }

    private struct Kept: Decodable {
        var to: [String]
        var content: String
    }

    private let folder: TemporaryFolder
    private let process: Process
    /// Ends the server with this process, however that ends.
    private let leash = Launching.pipe()
    private let caught = Guarded<[Caught]>([])
    private let taken = Guarded<Set<Int>>([])
    let port: Int

    init() throws {
        folder = try TemporaryFolder("inkan-mails")
        process = Process()
        process.executableURL = URL(fileURLWithPath: try Self.python())
        process.arguments = ["\(OfficeFixture.checkout)/Tests/Servers/mail_server.py", folder.path, "{}"]
        let told = Launching.pipe()
        process.standardInput = leash
        process.standardOutput = told
        try Launching.start(process)
        let line = LineReader(told.fileHandleForReading).next()
        port = try #require(line.flatMap { Int($0) }, "the mail server does not start")
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// The interpreter that `Tests/run` makes.
    static func python() throws -> String {
        let made = "\(OfficeFixture.checkout)/.build/test-python/bin/python3"
        let python = ProcessInfo.processInfo.environment["INKAN_TEST_PYTHON"] ?? made
        try #require(FileManager.default.isExecutableFile(atPath: python), "\(python) is missing; Tests/run makes it")
        return python
    }

    /// All that came until now, oldest first.
    func all() throws -> [Caught] {
        let known = caught.withLock { $0 }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
            .sorted()
        let new = try names.dropFirst(known.count).map { name in
            try JSONDecoder().decode(Kept.self, from: Data(contentsOf: URL(fileURLWithPath: folder.file(name))))
        }
        guard !new.isEmpty else { return known }
        let told = try ChildProgram.check(
            Self.python(),
            ["\(OfficeFixture.checkout)/Tests/Judges/read_mail.py"],
            input: JSONEncoder().encode(new.map(\.content))
        )
        let contents = try JSONDecoder().decode([Caught.Content].self, from: Data(told.utf8))
        let more = zip(new, contents).map { kept, content in
            let raw = String(decoding: Data(base64Encoded: kept.content) ?? Data(), as: UTF8.self)
            return Caught(recipients: kept.to, raw: raw, content: content)
        }
        return caught.withLock { all in
            if all.count == known.count { all += more }
            return all
        }
    }

    /// The next mail to the address whose subject or body has the part; each is given once. Waits 20 s at most.
    func next(to address: String, containing part: String = "") async throws -> Caught {
        for _ in 0..<100 {
            let all = try all()
            let found = taken.withLock { taken -> Caught? in
                for (index, mail) in all.enumerated()
                where !taken.contains(index) && mail.recipients.contains(address)
                    && (part.isEmpty || mail.content.body.contains(part) || mail.content.subject.contains(part))
                {
                    taken.insert(index)
                    return mail
                }
                return nil
            }
            if let found { return found }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw NoMail(address: address, part: part, subjects: try all().map(\.content.subject))
    }

    struct NoMail: Error {
        let address: String
        let part: String
        let subjects: [String]
    }
}
