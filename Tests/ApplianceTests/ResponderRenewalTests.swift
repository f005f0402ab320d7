import Foundation
import SignerAPI
import SignerClient
import Testing
import Workbench

@Suite(
    "The OCSP responders' certificates are renewed by the service (STS-03)",
    .enabled(if: ShiftedClock.library != nil, "libfaketime is not installed")
)
struct ResponderRenewalTests {
    private static let day = 86_400
    private let clock: ShiftedClock

    init() throws {
        clock = ShiftedClock(establishment: try Stage.establishment())
    }

    private static let prefix = "service/responder-renewal/"

    /// The certificates that the service has issued to an issuer's responder: serial numbers, in order.
    private func renewals(_ issuer: String = "access-p256") throws -> [String] {
        try clock.establishment.history().filter {
            $0.kind == "certificate" && $0.order?.hasPrefix("\(Self.prefix)\(issuer)/") == true
        }.compactMap(\.serial)
    }

    private func waitForRenewals(_ count: Int) throws -> [String] {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let found = try renewals()
            if found.count == count { return found }
            try #require(ContinuousClock.now < deadline, "\(found.count) renewals, not \(count)")
            poll(nil, 0, 50)
        }
    }

    /// Asks, has OpenSSL judge by the moved clock, and checks which certificate of the responder came with the answer.
    private func expectAnswer(_ appliance: RunningAppliance, after seconds: Int, with serial: String) throws {
        var desk = try OCSPDesk(appliance, issuer: "access-p256")
        desk.judgedAt = Int(Date().timeIntervalSince1970) + seconds
        let text = try desk.ask("65aabbccddeeff00112233445566778899aabb00", nonce: true)
        let octets = stride(from: 0, to: serial.count, by: 2).map { place in
            String(Array(serial)[place..<(place + 2)])
        }
        #expect(text.contains(octets.joined(separator: ":")), "\(text)")
    }

    @Test(
        "when a third of its time is left, again and again, over restarts; answers carry the new one, for the same key"
    )
    func renews() throws {
        try clock.set(0)
        let appliance = try clock.start()
        let key = try OCSPDesk(appliance, issuer: "access-p256").ask("0102", nonce: true)
        #expect(try renewals().isEmpty && key.contains("Cert Status: unknown"))
        // The ceremony's certificate holds for a year, those of the service for 90 days.
        try clock.set(250 * Self.day)
        let first = try waitForRenewals(1)
        try expectAnswer(appliance, after: 250 * Self.day, with: first[0])
        let status = try appliance.client().call(.getStatus)
        let responders = status["responders"]?.arrayValue?.compactMap(\.objectValue) ?? []
        #expect(responders.count == 4 && responders.allSatisfy { $0["renewed"]?.boolValue == true })
        #expect(appliance.stop() == 0)
        let again = try clock.start()
        try expectAnswer(again, after: 250 * Self.day, with: first[0])
        try clock.set(315 * Self.day)
        let second = try waitForRenewals(2)
        try expectAnswer(again, after: 315 * Self.day, with: second[1])
        #expect(try again.log.contains("responder-renewed"))
        #expect(again.stop() == 0)
        for issuer in Establishment.developmentIssuers { #expect(try renewals(issuer.name).count == 2) }
        // Long after the last one's end a start is enough.
        try clock.set(600 * Self.day)
        let late = try clock.start()
        let third = try waitForRenewals(3)
        try expectAnswer(late, after: 600 * Self.day, with: third[2])
        #expect(late.stop() == 0)
        try clock.establishment.expectSoundHistory()
    }

    @Test("where the profile set does not let the service renew, nothing is issued, and doctor says when it ends")
    func notAllowed() throws {
        let path = clock.establishment.folder.file("profiles.yaml")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try #require(text.contains("    renewalDays: 90\n"))
        try text.replacingOccurrences(of: "    renewalDays: 90\n", with: "")
            .write(toFile: path, atomically: true, encoding: .utf8)
        try clock.set(345 * Self.day)
        let appliance = try clock.start()
        let responders = try appliance.client().call(.getStatus)["responders"]?.arrayValue ?? []
        #expect(responders.count == 4)
        #expect(responders.allSatisfy { $0.objectValue?["renewed"]?.boolValue == false })
        // The CRLs have ended by this clock, and are made anew.
        let deadline = ContinuousClock.now + .seconds(20)
        while try !doctor().contains("ok       CRL access-p256 number") {
            try #require(ContinuousClock.now < deadline, "no new CRL has come")
            poll(nil, 0, 50)
        }
        let running = try doctor()
        #expect(running.contains("advice   OCSP access-p256") && running.contains("nobody renews it"), "\(running)")
        #expect(appliance.stop() == 0)
        #expect(try renewals().isEmpty)
        try clock.set(400 * Self.day)
        let stopped = try doctor()
        #expect(stopped.contains("PROBLEM  OCSP access-p256 its certificate ended at"), "\(stopped)")
        #expect(stopped.contains("PROBLEM  CRL access-p256 out of date"), "\(stopped)")
        #expect(stopped.contains("OCSP access-p256 its key is in token issuing and signs"), "\(stopped)")
    }

    /// What the doctor says, by the moved clock.
    private func doctor() throws -> String {
        let folder = clock.establishment.folder
        return try ChildProgram.run(
            "\(clock.establishment.binaries)/inkan",
            ["doctor", "--config", folder.file("signer.yaml"), "--socket", folder.file("signer.sock")],
            environment: clock.environment
        ).output
    }
}
