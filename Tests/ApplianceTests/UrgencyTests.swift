import Clocks
import Foundation
import SignerAPI
import SignerClient
import Testing
import Threads
import Workbench

@Suite("What goes first in a token's queue (SRV-03)") struct UrgencyTests {
    @Test("a revocation's CRL and an OCSP answer overtake 200 waiting issuances of a slow token; all of those come too")
    func overtakes() throws {
        let token = try FaultyToken()
        let appliance = try token.start(options: ["callDeadlineSeconds": 60, "sessions": 1])
        let desk = try OCSPDesk(appliance, issuer: "access-p256")
        let bad = try desk.client.issue(Stage.order("urgent-bad"))
        let request = try desk.request([bad.serial], nonce: true)
        try token.order("C_Sign 1 0 slow 30")
        let issued = Guarded(0)
        let load = try Self.load(appliance, issued)
        // Twenty are there, so the token is at its slow work with a long queue behind it.
        let isBusy: Bool? = issued.wait(until: monotonicNanoseconds() + 20_000_000_000) { $0 >= 20 ? true : nil }
        try #require(isBusy == true, "the orders do not get on")
        _ = try desk.client.status(.revokeCertificate) { writer in
            writer.member("serial", bad.serial)
            writer.member("reason", "keyCompromise")
        }
        let answer = try desk.client.respondOCSP(request)
        let afterOCSP = issued.withLock { $0 }
        let files = try CRLFiles(appliance, issuer: "access-p256", root: "root-p256")
        try files.waitForCRL { $0.contains(bad.serial.uppercased()) }
        let afterCRL = issued.withLock { $0 }
        #expect(!answer.isEmpty && afterOCSP < 100 && afterCRL < 150, "\(afterOCSP), \(afterCRL) of 200 were before")
        load.join()
        #expect(issued.withLock { $0 } == 200)
        try token.order()
        #expect(try desk.ask(bad.serial).contains(": revoked"))
        #expect(appliance.stop() == 0)
        try token.establishment.expectSoundHistory()
    }

    /// A thread that sends 200 orders in one call, and counts the certificates that come.
    private static func load(_ appliance: RunningAppliance, _ issued: Guarded<Int>) throws -> JoinableThread {
        let orders = try (0..<200).map { try Stage.order("urgent-\($0)") }
        let socket = appliance.socket
        return JoinableThread(named: "orders") {
            do {
                let client = try SignerClient(socket: socket, timeout: .seconds(60))
                try client.issue(orders) { _, result in
                    guard case .success = result else {
                        Issue.record("\(result)")
                        return
                    }
                    issued.withLock { $0 += 1 }
                    issued.broadcast()
                }
            } catch {
                Issue.record(error)
            }
        }
    }
}
