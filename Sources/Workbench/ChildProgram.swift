import Foundation
import Threads

/// Another program, run to its end or left running: for tests, the benchmark and dry runs. The service never uses this.
package struct ChildProgram {
    /// How a program ended and what it wrote.
    package struct Outcome: Sendable {
        package let status: Int32
        package let output: String
        package let complaints: String
    }

    /// A program that could not be run, or ended with another status than 0.
    package struct Failure: Error, CustomStringConvertible {
        package let command: String
        package let outcome: Outcome?

        package var description: String {
            guard let outcome else { return "\(command) cannot be started; is its package installed?" }
            return "\(command) ended with \(outcome.status): \(outcome.complaints)\(outcome.output)"
        }
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - path: absolute, or a name to look for in PATH.
    ///   - environment: added to this process's own.
    package static func run(
        _ path: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: Data? = nil
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [path] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Launching.pipe()
        let complaints = Launching.pipe()
        let entrance = Launching.pipe()
        process.standardOutput = output
        process.standardError = complaints
        process.standardInput = entrance
        try Launching.start(process)
        if let input { try entrance.fileHandleForWriting.write(contentsOf: input) }
        try entrance.fileHandleForWriting.close()
        // Both pipes are emptied side by side, so that neither can fill up and stop the program.
        let collected = Guarded<Data?>(nil)
        let source = complaints.fileHandleForReading
        startThread(named: "complaints") {
            let data = source.readDataToEndOfFile()
            collected.withLock { $0 = data }
            collected.broadcast()
        }
        let written = output.fileHandleForReading.readDataToEndOfFile()
        let complained = collected.wait { $0 }
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: String(decoding: written, as: UTF8.self),
            complaints: String(decoding: complained, as: UTF8.self)
        )
    }

    /// Runs a program that has to succeed, and answers what it wrote.
    @discardableResult
    package static func check(
        _ path: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: Data? = nil
    ) throws -> String {
        let outcome = try run(path, arguments, environment: environment, input: input)
        guard outcome.status == 0 else {
            throw Failure(command: ([path] + arguments.prefix(3)).joined(separator: " "), outcome: outcome)
        }
        return outcome.output
    }
}
