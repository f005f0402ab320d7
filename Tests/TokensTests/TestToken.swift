import Clocks
import Foundation
import Testing
import Threads
import Tokens

/// Where the build put the programs that tests need.
enum Built {
    static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .path
    static let worker = folder + "/inkan-tokend"
    static let faultModule = folder + "/libInkanFaultModule.so"
    static let softHSM = "/usr/lib/softhsm/libsofthsm2.so"
}

/// A SoftHSM2 token in a temporary folder of its own, behind the fault module. The folder goes when the token does.
final class TestToken: Sendable {
    let folder: String
    let label: String
    let serial: String
    let pin: String
    let environment: [String: String]

    private init(folder: String, label: String, serial: String, pin: String, environment: [String: String]) {
        self.folder = folder
        self.label = label
        self.serial = serial
        self.pin = pin
        self.environment = environment
    }

    /// - Parameter interface3: the fault module is then asked for through `C_GetInterface`.
    static func make(label: String = "test", interface3: Bool = false) throws -> TestToken {
        let folder = FileManager.default.temporaryDirectory.path + "/inkan-token-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/tokens", withIntermediateDirectories: true)
        let settings = "directories.tokendir = \(folder)/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
        try settings.write(toFile: folder + "/softhsm2.conf", atomically: true, encoding: .utf8)
        var environment = [
            "SOFTHSM2_CONF": folder + "/softhsm2.conf", "INKAN_FAULT_PLAN": folder + "/plan",
            "INKAN_FAULT_LOGINS": folder + "/logins",
        ]
        if interface3 { environment["INKAN_FAULT_INTERFACE"] = "3" }
        let pin = "pin-" + UUID().uuidString
        try writeSecret(pin, to: folder + "/pin")
        try writeSecret("so-" + UUID().uuidString, to: folder + "/so-pin")
        let made = try TokenStation(workerExecutable: Built.worker, environment: environment).initializeToken(
            modulePath: Built.softHSM,
            label: label,
            securityOfficerPINFile: folder + "/so-pin",
            userPINFile: folder + "/pin"
        )
        return TestToken(folder: folder, label: label, serial: made.serial, pin: pin, environment: environment)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: folder) } catch { print("left behind: \(folder)") }
    }

    static func writeSecret(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    var station: TokenStation { TokenStation(workerExecutable: Built.worker, environment: environment) }

    var uri: String { uri(serial: serial) }

    func uri(serial: String) -> String {
        "pkcs11:serial=\(serial)?module-path=\(Built.faultModule)&pin-source=\(folder)/pin"
    }

    var settings: TokenSettings {
        var settings = TokenSettings(name: label, uri: uri, environment: environment, sessions: 2)
        // The fault module keeps its plan and its notes there.
        settings.allows = WorkerAllowance(write: [folder])
        settings.callDeadline = 60_000_000_000
        return settings
    }

    /// Serves the token for the time of `body`.
    func serving<Answer>(
        _ settings: TokenSettings? = nil,
        events: EventLog = EventLog(),
        _ body: (TokenWorkerSupervisor) throws -> Answer
    ) throws -> Answer {
        let supervisor = TokenWorkerSupervisor(
            settings: settings ?? self.settings,
            workerExecutable: Built.worker,
            log: { events.add($0) }
        )
        supervisor.start()
        defer { supervisor.stop() }
        return try body(supervisor)
    }

    /// Orders faults; the running worker obeys from its next call on. See fault_module.c for the language.
    func order(_ lines: String...) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix("plan.used.") {
            try FileManager.default.removeItem(atPath: folder + "/" + name)
        }
        try (lines.joined(separator: "\n") + "\n# \(UUID().uuidString)\n")
            .write(toFile: folder + "/plan", atomically: true, encoding: .utf8)
    }

    /// How often somebody tried to log in.
    var loginCount: Int {
        guard let text = FileManager.default.contents(atPath: folder + "/logins") else { return 0 }
        return text.split(separator: UInt8(ascii: "\n")).count
    }
}

/// Remembers a supervisor's events.
final class EventLog: Sendable {
    private let events = Guarded<[TokenEvent]>([])

    func add(_ event: TokenEvent) {
        events.withLock { $0.append(event) }
        events.broadcast()
    }

    var all: [TokenEvent] { events.withLock { $0 } }

    /// Waits for an event, at most half a minute.
    func wait(for kind: TokenEvent.Kind, count: Int = 1) -> Bool {
        let deadline = monotonicNanoseconds() + 30_000_000_000
        return events.wait(until: deadline) { $0.count(where: { $0.kind == kind }) >= count ? () : nil } != nil
    }
}

/// The code of the error that `body` throws.
func code(_ body: () throws -> Void) -> TokenError.Code? {
    do {
        try body()
        return nil
    } catch let error as TokenError {
        return error.code
    } catch {
        Issue.record("not a TokenError: \(error)")
        return nil
    }
}
