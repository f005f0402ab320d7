import Foundation
import SignerAPI
import SignerClient
import Testing
import Workbench

@Suite("Killed at any moment (SGN-06, SGN-07)")
struct CrashTests {
    /// What the ledger knows of the order that was under way.
    enum Trace: String, Sendable { case nothing, intent, certificate }

    @Test(
        "killed while the intent is flushed, the order is open, is closed at the start, and can be asked again",
        .enabled(if: SystemCallFault.isPossible, SystemCallFault.whyNot)
    )
    func atIntent() throws {
        let trace = try traceAfterKill(.atFlush(of: .intent, .kill))
        #expect(trace.state == .intent && trace.order == CrashTests.orders.last)
    }

    @Test(
        "killed while the certificate is flushed, it has been shown to nobody, and the order gives that very certificate",
        .enabled(if: SystemCallFault.isPossible, SystemCallFault.whyNot)
    )
    func atCertificate() throws {
        let trace = try traceAfterKill(.atFlush(of: .certificate, .kill))
        #expect(trace.state == .certificate && trace.order == CrashTests.orders.last)
    }

    @Test("killed while the token signs, the same as at the intent")
    func whileSigning() throws {
        let token = try FaultyToken()
        let doomed = try token.start()
        try token.order("C_Sign 1 0 hang")
        let victim = try Stage.order("victim")
        let calls = HungCalls(socket: doomed.socket, orders: [victim])
        try token.waitUntilHung()
        doomed.killAtOnce()
        _ = calls.join()
        #expect(calls.answered == 0)
        #expect(try expectOneCertificate(victim, in: token.establishment) == .intent)
    }

    @Test(
        "killed at the very moment of an answer, what was to be answered is recorded",
        .enabled(if: SystemCallFault.mayAttach, SystemCallFault.whyNot)
    )
    func atAnswer() throws {
        let establishment = try Stage.establishment()
        let doomed = try RunningAppliance(establishment)
        let released = try doomed.client().issue(Stage.order("before"))
        // Whichever of the workers answers: the committer is one, and has sent the body to the token before.
        let straces = [
            try AttachedStrace(threads: doomed.threads(named: "worker-"), injection: "sendto:signal=KILL:when=1"),
            try AttachedStrace(threads: doomed.threads(named: "ledger-commit"), injection: "sendto:signal=KILL:when=2"),
        ]
        let victim = try Stage.order("victim")
        #expect(try doomed.client().isCutOff(at: victim))
        #expect(doomed.stop() == SIGKILL)
        for strace in straces { strace.join() }
        #expect(try expectOneCertificate(victim, in: establishment, released: [released]) == .certificate)
    }

    /// Numbers of writes of the committer's that reach from the intent of the order to its certificate; a commit writes
    /// some six times, of which any can be the last.
    private static let atWrites = [29, 31, 32, 34, 35, 36, 38, 40].map { SystemCallFault.atWrite($0, .kill) }

    @Test(
        "killed in the middle of a write, the service has recorded all it released, and an order has one certificate",
        .enabled(if: SystemCallFault.isPossible, SystemCallFault.whyNot),
        arguments: atWrites
    )
    func writes(fault: SystemCallFault) throws {
        _ = try traceAfterKill(fault)
    }

    /// What is ordered until the service is killed.
    private static let orders = (0...SystemCallFault.ordersBefore).map { "order-\($0)" }

    /// Sends orders until the service is killed, and checks all that must hold then.
    private func traceAfterKill(_ fault: SystemCallFault) throws -> (order: String, state: Trace) {
        let establishment = try Stage.establishment()
        var released: [IssuedCertificate] = []
        let doomed = try fault.start(establishment)
        let client = try doomed.client()
        for name in CrashTests.orders {
            client.send(try Stage.order(name))
            guard let certificate = try client.receiveUnlessCutOff() else { break }
            released.append(certificate)
        }
        let victim = try #require(CrashTests.orders.dropFirst(released.count).first, "nothing was killed")
        #expect(doomed.stop() == SIGKILL)
        return (victim, try expectOneCertificate(Stage.order(victim), in: establishment, released: released))
    }

    /// Starts the service again and checks all that must hold: what callers saw is there, the order that was under way
    /// gets its one certificate, a serial that led to nothing counts as never released, the ledger verifies.
    ///
    /// - Returns: what the ledger knew of the order.
    private func expectOneCertificate(
        _ victim: CertificateOrder,
        in establishment: Establishment,
        released: [IssuedCertificate] = []
    ) throws -> Trace {
        let appliance = try RunningAppliance(establishment)
        let client = try appliance.client()
        try expectReleased(released, by: client)
        let history = try establishment.history(of: victim.order)
        let intents = history.filter { $0.kind == "intent" }
        let recorded = history.filter { $0.kind == "certificate" }
        let again = try client.issue(victim)
        #expect(again.repeated == !recorded.isEmpty)
        if let first = recorded.first {
            #expect(again.serial == first.serial)
        } else {
            for serial in intents.compactMap(\.serial) {
                #expect(serial != again.serial)
                #expect(try client.fate(ofSerial: serial) == "neverReleased")
            }
        }
        try expectReleased([again], by: client)
        #expect(try establishment.history(of: victim.order).count { $0.kind == "certificate" } == 1)
        appliance.stop()
        try establishment.expectSoundHistory()
        return recorded.isEmpty ? (intents.isEmpty ? .nothing : .intent) : .certificate
    }

    @Test("killed again and again under load, nothing was released that is not recorded, and nothing is there twice")
    func underLoad() throws {
        let establishment = try Stage.establishment()
        var released: [IssuedCertificate] = []
        var cutOff: [CertificateOrder] = []
        for round in 0..<15 {
            let appliance = try RunningAppliance(establishment)
            let client = try appliance.client()
            try expectReleased(released.suffix(8), by: client)
            for order in cutOff { released.append(try client.issue(order)) }
            let load = try OrderLoad(socket: appliance.socket, connections: 4, pipelined: 4, name: "round-\(round)")
            load.waitUntilReleased(3 + round * 4)
            appliance.killAtOnce()
            let outcome = load.join()
            released += outcome.released
            cutOff = outcome.unanswered
        }
        #expect(released.count > 300)
        let appliance = try RunningAppliance(establishment)
        try expectReleased(released, by: appliance.client())
        appliance.stop()
        try establishment.expectSoundHistory()
        let history = try establishment.history().filter { $0.kind == "certificate" }
        #expect(Set(released.map(\.serial)).count == released.count)
        #expect(Set(released.map(\.serial)).isSubset(of: Set(history.compactMap(\.serial))))
    }

    /// What a caller has seen is in the ledger, and its order gives it again, to the byte.
    private func expectReleased(_ certificates: some Sequence<IssuedCertificate>, by client: SignerClient) throws {
        for seen in certificates {
            let kept = try client.call(.getCertificate) { $0.member("order", seen.order) }
            #expect(kept["certificate"]?.stringValue == seen.certificate)
            #expect(kept["serial"]?.stringValue == seen.serial)
        }
    }
}

extension SignerClient {
    /// Whether an order is answered by the connection's end.
    func isCutOff(at order: CertificateOrder) -> Bool {
        do {
            _ = try issue(order)
            return false
        } catch {
            if case .connection = error { return true }
            return false
        }
    }

    /// The next answer; `nil` when the connection ends instead.
    func receiveUnlessCutOff() throws -> IssuedCertificate? {
        do {
            return try receiveIssued()
        } catch {
            if case .connection = error { return nil }
            throw error
        }
    }

    /// What GetCertificate says of a serial: issued or neverReleased.
    func fate(ofSerial serial: String) throws -> String? {
        try call(.getCertificate) { $0.member("serial", serial) }["status"]?.stringValue
    }
}

extension RunningAppliance {
    /// Waits until the socket takes connections, which is before the tokens are ready.
    func waitForSocket() throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            do {
                _ = try client()
                return
            } catch {
                guard ContinuousClock.now < deadline else { throw error }
                poll(nil, 0, 5)
            }
        }
    }
}
