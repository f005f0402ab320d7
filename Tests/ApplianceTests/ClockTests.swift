import Foundation
import SignerAPI
import SignerClient
import Testing
import Workbench

/// A service whose clock stands by another time than the machine's, by way of libfaketime. The offset can be changed
/// while it runs.
struct ShiftedClock {
    let establishment: Establishment

    /// The library, of this machine's kind.
    static let library: String? = {
        let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]
        return folders.map { "\($0)/faketime/libfaketimeMT.so.1" }.first { FileManager.default.fileExists(atPath: $0) }
    }()

    init(establishment: Establishment) {
        self.establishment = establishment
    }

    private var file: String { establishment.folder.file("clock") }

    /// What a program needs to go by the same clock.
    var environment: [String: String] {
        [
            "LD_PRELOAD": Self.library ?? "", "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
            // Deadlines are not what is moved here; without the second, waits on them end at once.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        ]
    }

    /// Sets the clock so many seconds apart from the machine's.
    func set(_ seconds: Int) throws {
        try (seconds < 0 ? "\(seconds)" : "+\(seconds)").write(toFile: file, atomically: true, encoding: .utf8)
    }

    func start(waitReady: Bool = true) throws -> RunningAppliance {
        try RunningAppliance(establishment, environment: environment, waitReady: waitReady)
    }
}

@Suite("A clock that moves back (SGN-09)", .enabled(if: ShiftedClock.library != nil, "libfaketime is not installed"))
struct ClockTests {
    private let clock: ShiftedClock

    init() throws {
        clock = ShiftedClock(establishment: try Stage.establishment())
    }

    /// Half a minute; and a day, by which the authorities are not valid yet.
    @Test("issuing stops and says so, status too, and goes on when the clock is right", arguments: [-30, -86_400])
    func whileRunning(seconds: Int) throws {
        try clock.set(0)
        let appliance = try clock.start()
        let client = try appliance.client()
        let first = try client.issue(Stage.order("before"))
        try clock.set(seconds)
        try expectStopped(appliance)
        #expect(try client.issue(Stage.order("before")).certificate == first.certificate)
        let entries = try clock.establishment.history(of: "stopped")
        #expect(entries.map(\.kind) == ["refusal"] && entries.map(\.clock) == ["behind"])
        try clock.set(0)
        #expect(try client.call(.getStatus)["ready"]?.boolValue == true)
        #expect(try !client.issue(Stage.order("stopped")).repeated)
        #expect(appliance.stop() == 0)
        try clock.establishment.expectSoundHistory()
    }

    @Test("a service that starts by a clock before the last entry records its start, issues nothing, and says why")
    func atStart() throws {
        try clock.set(-3600)
        let appliance = try clock.start(waitReady: false)
        try appliance.waitForToken("ready")
        try expectStopped(appliance)
        #expect(try clock.establishment.history().contains { $0.kind == "service-started" && $0.clock == "behind" })
        let configuration = clock.establishment.folder.file("signer.yaml")
        let doctor = try appliance.inkan("doctor", "--config", configuration)
        #expect(doctor.status == 1 && doctor.output.contains("Set the clock right"), "\(doctor.output)")
        #expect(appliance.stop() == 0)
        try clock.set(0)
        let right = try clock.start()
        #expect(try !right.client().issue(Stage.order("stopped")).repeated)
        #expect(right.stop() == 0)
        try clock.establishment.expectSoundHistory()
    }

    @Test("a clock that has run ahead leaves a ledger that waits for the time to come")
    func ahead() throws {
        try clock.set(2 * 86_400)
        let early = try clock.start()
        #expect(try !early.client().issue(Stage.order("early")).repeated)
        #expect(early.stop() == 0)
        try clock.set(0)
        let appliance = try clock.start(waitReady: false)
        try appliance.waitForToken("ready")
        try expectStopped(appliance)
        appliance.stop()
        try clock.establishment.expectSoundHistory()
    }

    private func expectStopped(_ appliance: RunningAppliance) throws {
        let client = try appliance.client()
        let error = try #require(refusal { try client.issue(Stage.order("stopped")) })
        #expect(error.name == "io.inkan.Signer.ClockMovedBack" && error.rule == "SGN-09.clock-moved-back", "\(error)")
        #expect(error.mend.contains("Set the clock right"))
        let status = try client.call(.getStatus)
        #expect(status["ready"]?.boolValue == false)
        #expect(status["problem"]?.stringValue?.contains("SGN-09.clock-moved-back") == true)
    }
}
