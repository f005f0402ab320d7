import Foundation
import Workbench
import Testing

/// A folder that is there for one test.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("x509-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        do {
            try FileManager.default.removeItem(at: url)
        } catch {
            print("left behind: \(url.path)")
        }
    }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: url.appendingPathComponent(name))
    }

    func write(_ text: String, _ name: String) throws {
        try write(Array(text.utf8), name)
    }

    func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: url.appendingPathComponent(name)))
    }
}

/// What an outside tool answered; both of its outputs in one text.
struct ToolAnswer {
    let status: Int32
    let output: String
}

/// Runs a tool of the machine in a folder, to its end.
@discardableResult
func tool(_ name: String, _ arguments: [String], in folder: TemporaryFolder) throws -> ToolAnswer {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    process.currentDirectoryURL = folder.url
    process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C.UTF-8"]) { $1 }
    let pipe = Launching.pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try Launching.start(process)
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return ToolAnswer(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
}

/// `openssl` that must succeed.
@discardableResult
func openssl(_ arguments: String..., in folder: TemporaryFolder) throws -> String {
    let answer = try tool("openssl", arguments, in: folder)
    try #require(answer.status == 0, "openssl \(arguments.joined(separator: " ")): \(answer.output)")
    return answer.output
}
