import Foundation
package import SignerClient

/// `inkan-signerd` running over an establishment, on sockets in its folder.
package final class RunningAppliance: Sendable {
    package let establishment: Establishment
    private let process: Process
    private let logFile: String

    /// What keeps the service from becoming ready, with the end of its log.
    package struct NotReady: Error, CustomStringConvertible {
        package let description: String
    }

    /// Starts the service and waits until it is ready.
    ///
    /// - Parameters:
    ///   - settings: its settings file's text; the establishment's own where none is given.
    ///   - prefix: a command that the service is run under, such as faketime or strace with its arguments.
    ///   - arguments: further arguments of the service.
    ///   - waitReady: `false` for a service that is not meant to become ready.
    package init(
        _ establishment: Establishment,
        settings: String? = nil,
        prefix: [String] = [],
        arguments: [String] = [],
        environment: [String: String] = [:],
        waitReady: Bool = true
    ) throws {
        self.establishment = establishment
        let folder = establishment.folder
        try (settings ?? establishment.settings()).write(
            toFile: folder.file("signer.yaml"),
            atomically: true,
            encoding: .utf8
        )
        logFile = folder.file("signerd.log")
        if !FileManager.default.fileExists(atPath: logFile) { try Data().write(to: URL(fileURLWithPath: logFile)) }
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            prefix + [
                "\(establishment.binaries)/inkan-signerd", "--config", folder.file("signer.yaml"),
                "--socket", folder.file("signer.sock"), "--officer-socket", folder.file("officer.sock"),
            ] + arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }.merging(environment) { $1 }
        let log = try FileHandle(forWritingTo: URL(fileURLWithPath: logFile))
        try log.seekToEnd()
        process.standardError = log
        process.standardInput = FileHandle.nullDevice
        try Launching.start(process)
        if waitReady { try self.waitReady() }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    package var processIdentifier: Int32 { process.processIdentifier }
    package var socket: String { establishment.folder.file("signer.sock") }
    package var officerSocket: String { establishment.folder.file("officer.sock") }

    /// Everything the service has written to its log.
    package var log: String {
        get throws { try String(contentsOfFile: logFile, encoding: .utf8) }
    }

    package func client(timeout: Duration = .seconds(30)) throws -> SignerClient {
        try SignerClient(socket: socket, timeout: timeout)
    }

    /// Waits until the service answers that it is ready, at most half a minute.
    package func waitReady() throws {
        let outcome = try ChildProgram.run(
            "\(establishment.binaries)/inkan",
            ["status", "--wait", "30", "--socket", socket]
        )
        guard outcome.status == 0 else {
            throw NotReady(description: "\(outcome.output)\(outcome.complaints)\n\(try log.suffix(2000))")
        }
    }

    /// Asks the service to stop, and waits for its end.
    ///
    /// - Returns: its exit status.
    @discardableResult
    package func stop() -> Int32 {
        if process.isRunning { kill(process.processIdentifier, SIGTERM) }
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Ends the service as a power cut would.
    package func killAtOnce() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
