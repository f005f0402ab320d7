import Foundation
import Testing
import Threads
import Workbench

/// The office as a process, which can be ended at any moment.
final class OfficeProcess: Sendable {
    private let process = Process()
    private let input: FileHandle
    private let output: Guarded<LineReader>
    let console: Int
    let area: Int
    let publisher: Int

    /// Starts it, and waits until it listens.
    ///
    /// - Parameters:
    ///   - folder: where its settings are, and its log.
    ///   - moment: where its clock stands, in Unix seconds.
    init(_ folder: TemporaryFolder, at moment: Int64, _ environment: [String: String] = [:]) throws {
        process.executableURL = URL(fileURLWithPath: "\(OfficeFixture.binaries)/inkan-office-stage")
        process.arguments = [folder.file("office.yaml"), "\(moment)"]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (entrance, exit) = (Launching.pipe(), Launching.pipe())
        process.standardInput = entrance
        process.standardOutput = exit
        let log = folder.file("office.log")
        if !FileManager.default.fileExists(atPath: log) { try Data().write(to: URL(fileURLWithPath: log)) }
        let complaints = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try complaints.seekToEnd()
        process.standardError = complaints
        try Launching.start(process)
        input = entrance.fileHandleForWriting
        let reader = LineReader(exit.fileHandleForReading)
        var ports: [String: Int] = [:]
        while ports.count < 3, let line = reader.next() {
            let parts = line.split(separator: " ")
            if parts.count == 2 { ports[String(parts[0])] = Int(parts[1]) }
        }
        output = Guarded(reader)
        let words = try String(contentsOfFile: log, encoding: .utf8)
        console = try #require(ports["console"], "the office did not start: \(words)")
        area = try #require(ports["area"])
        publisher = try #require(ports["publisher"])
    }

    deinit {
        killAtOnce()
    }

    /// Sets its clock.
    func move(to moment: Int64) throws {
        try input.write(contentsOf: Data("\(moment)\n".utf8))
        while let line = output.withLock({ $0.next() }), line != "ok" {}
    }

    func killAtOnce() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }
}

/// Reads lines from a pipe.
final class LineReader {
    private let handle: FileHandle
    private var rest = Data()

    init(_ handle: FileHandle) {
        self.handle = handle
    }

    func next() -> String? {
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
                rest = Data(rest[rest.index(after: end)...])
                return line
            }
            let more = handle.availableData
            if more.isEmpty { return nil }
            rest += more
        }
    }
}
