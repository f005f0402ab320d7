import Foundation
import Testing
import Workbench

/// A PKCS#11 module that runs in namespaces of its own, with its daemons, as long as this lives. See
/// Tests/Modules/stage.py.
final class ModuleStage: Sendable {
    enum Kind: String, Sendable {
        case opencryptoki, tpm2, card
    }

    private struct Announcement: Decodable {
        var process: Int32
        var module: String
        var environment: [String: String]
    }

    let folder: TemporaryFolder
    let module: String
    /// What the module's worker wants in its environment.
    let environment: [String: String]
    /// The command that other commands are run under, to be where the module is.
    let prefix: [String]
    private let process: Process
    private let orders: FileHandle
    private let answers: FileHandle

    static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Starts the module. A card's options are those of virtual_card.py.
    init(_ kind: Kind, options: [String] = []) throws {
        try #require(getuid() == 0, "modules run in namespaces of their own: run the tests as root")
        folder = try TemporaryFolder("inkan-\(kind.rawValue)")
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["unshare", "--mount", "--ipc", "--net", try Self.python()]
            + ["\(Self.checkout)/Tests/Modules/stage.py", kind.rawValue, folder.file("stage")] + options
        let (input, output) = (Launching.pipe(), Launching.pipe())
        process.standardInput = input
        process.standardOutput = output
        try Launching.start(process)
        orders = input.fileHandleForWriting
        answers = output.fileHandleForReading
        let line = Self.line(from: answers)
        guard !line.isEmpty else {
            process.waitUntilExit()
            let log = FileManager.default.contents(atPath: folder.file("stage/daemons.log")) ?? Data()
            throw Failure(description: "\(kind) does not start: \(String(decoding: log.suffix(2000), as: UTF8.self))")
        }
        let announced = try JSONDecoder().decode(Announcement.self, from: line)
        module = announced.module
        environment = announced.environment
        let spaces = "/proc/\(announced.process)/ns"
        // opencryptoki gives its files to its group; a worker has no capability to do so from outside of it, root or not.
        let groups = kind == .opencryptoki ? ["setpriv", "--groups", "root,pkcs11"] : []
        prefix = ["nsenter", "--mount=\(spaces)/mnt", "--ipc=\(spaces)/ipc", "--net=\(spaces)/net"] + groups
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    deinit {
        do { try orders.close() } catch { print("the stage's standard input cannot be closed: \(error)") }
        process.waitUntilExit()
    }

    /// Writes a PIN into a file of mode 0600 in the stage's folder.
    ///
    /// - Returns: its path.
    func secret(_ text: String, in name: String) throws -> String {
        let path = folder.file(name)
        let isMade = FileManager.default.createFile(
            atPath: path,
            contents: Data(text.utf8),
            attributes: [.posixPermissions: 0o600]
        )
        guard isMade else { throw Failure(description: "\(path) cannot be written") }
        return path
    }

    /// Pulls the card out of its reader, in the middle of whatever it does.
    func pullCard() throws { try order("pull") }

    /// Puts the card in again.
    func insertCard() throws { try order("insert") }

    private func order(_ word: String) throws {
        try orders.write(contentsOf: Data("\(word)\n".utf8))
        let answer = Self.line(from: answers)
        guard answer == Data("done".utf8) else { throw Failure(description: "the stage does not \(word)") }
    }

    private static func line(from handle: FileHandle) -> Data {
        var line = Data()
        while true {
            let octet = handle.readData(ofLength: 1)
            if octet.isEmpty || octet[0] == UInt8(ascii: "\n") { return line }
            line += octet
        }
    }

    /// The interpreter that `Tests/run` makes, with `cryptography`.
    private static func python() throws -> String {
        let made = "\(checkout)/.build/test-python/bin/python3"
        if let python = ProcessInfo.processInfo.environment["INKAN_TEST_PYTHON"] { return python }
        try #require(
            FileManager.default.isExecutableFile(atPath: made),
            "\(made) is missing; Tests/run makes it from Tests/requirements.txt"
        )
        return made
    }

    /// Runs a program where the module is.
    func run(_ command: String, _ arguments: [String]) throws -> ChildProgram.Outcome {
        let whole = prefix + [command] + arguments
        return try ChildProgram.run(whole[0], Array(whole.dropFirst()), environment: environment)
    }

    /// Runs a program that has to succeed, where the module is.
    @discardableResult
    func check(_ command: String, _ arguments: [String]) throws -> String {
        let whole = prefix + [command] + arguments
        return try ChildProgram.check(whole[0], Array(whole.dropFirst()), environment: environment)
    }
}
