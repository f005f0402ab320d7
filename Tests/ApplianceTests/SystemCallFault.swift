import Foundation
import Testing
import Workbench

/// A system call of the service that fails, or that the service does not live to see, by way of strace.
///
/// strace counts the calls of each thread by itself. The ledger's committer flushes twice for the service's start (a new
/// log begins with a flush of its own), once for the first checkpoint, and twice for each order, for the intent and for
/// the certificate; no other thread flushes as often. So the number of a flush names a step of a certain order. There is
/// no second checkpoint before the service stops.
struct SystemCallFault: Sendable, CustomTestStringConvertible {
    enum Effect: Sendable {
        case kill
        case fail(String)
    }

    let name: String
    let number: Int
    let effect: Effect
    let testDescription: String

    /// How many orders have to be fulfilled before the one that is hit.
    static let ordersBefore = 2
    private static let writesOfCheckpoint = 2

    /// Starts the service under the fault, and waits until it has made its first checkpoint.
    func start(_ establishment: Establishment) throws -> RunningAppliance {
        let settings = try establishment.settings(logOptions: ", checkpointSeconds: 3600")
        let appliance = try RunningAppliance(establishment, settings: settings, prefix: prefix, waitReady: false)
        try appliance.waitForSocket()
        _ = try appliance.checkpoint(covering: 1, appliance.client())
        return appliance
    }

    static func atFlush(of step: Step, _ effect: Effect) -> SystemCallFault {
        SystemCallFault(
            name: "fdatasync",
            number: 3 + 2 * ordersBefore + (step == .intent ? 1 : 2),
            effect: effect,
            testDescription: "flush of the \(step)"
        )
    }

    static func atWrite(_ number: Int, _ effect: Effect) -> SystemCallFault {
        SystemCallFault(
            name: "pwrite64",
            number: number + writesOfCheckpoint,
            effect: effect,
            testDescription: "write \(number)"
        )
    }

    enum Step: Sendable { case intent, certificate }

    /// What the service is run under. `-D` leaves it this process's own child.
    var prefix: [String] {
        let injection =
            switch effect {
            case .kill: "signal=KILL"
            case .fail(let error): "error=\(error)"
            }
        return [
            "strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(name)", "-e",
            "inject=\(name):\(injection):when=\(number)",
        ]
    }

    /// Whether this machine lets a program be started under strace. It does not in some containers.
    static let isPossible = works(["-D", "-f", "true"])
    /// Whether strace may attach to a running service, which forbids that to all but root.
    static let mayAttach = isPossible && getuid() == 0
    static let whyNot: Comment = "strace is missing, or tracing is not allowed here"

    private static func works(_ arguments: [String]) -> Bool {
        do {
            let options = ["-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO"]
            return try ChildProgram.run("strace", options + arguments).status == 0
        } catch {
            return false
        }
    }
}

/// strace on some threads of a service that runs already.
final class AttachedStrace {
    private let process = Process()

    /// Attaches, and waits until that is done.
    init(threads: [Int32], injection: String) throws {
        let complaints = Launching.pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["strace", "-o", "/dev/null", "-e", "trace=\(injection.prefix { $0 != ":" })", "-e", "inject=\(injection)"]
            + threads.flatMap { ["-p", String($0)] }
        process.standardError = complaints
        try Launching.start(process)
        var said = ""
        while said.components(separatedBy: "attached").count <= threads.count {
            let bytes = complaints.fileHandleForReading.availableData
            try #require(!bytes.isEmpty, "strace could not attach: \(said)")
            said += String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Waits for its end, which comes with the threads' end.
    func join() {
        process.waitUntilExit()
    }
}

extension RunningAppliance {
    /// The service's threads whose names begin so.
    func threads(named prefix: String) throws -> [Int32] {
        let tasks = "/proc/\(processIdentifier)/task"
        return try FileManager.default.contentsOfDirectory(atPath: tasks).filter { task in
            // A connection's thread may be gone by now.
            FileManager.default.contents(atPath: "\(tasks)/\(task)/comm")?.starts(with: Data(prefix.utf8)) == true
        }.compactMap { Int32($0) }
    }
}
