import Clocks
import Ledger
import Testing

@Suite("Certificates' status (STS-01)")
struct StatusTests {
    private static let issuerKey = IssuerKeyTag.of(sha256(Array("smime-rsa".utf8)))

    private func listed(_ ledger: LedgerStore) -> [[UInt8]] {
        var serials: [[UInt8]] = []
        ledger.revokedSerials.forEach(ofIssuerKey: Self.issuerKey) { serials.append($0.serial) }
        return serials
    }

    @Test("a revocation is known at once, in the list of its issuer alone, and after opening anew")
    func revoked() async throws {
        let folder = try TemporaryFolder()
        let ledger = try folder.open(ManualClock(Timestamp(seconds: 1_800_000_000)))
        let (bad, good) = (SampleOrder(), SampleOrder())
        try await ledger.issue(bad)
        try await ledger.issue(good)
        let receipt = try await ledger.change(bad, .revoke(reason: 1), invalidityDate: 1_790_000_000)
        let standing = receipt.standing
        #expect(standing.state == .revoked && standing.reason == 1 && standing.since == 1_800_000_000)
        #expect(standing.invalidityDate == 1_790_000_000 && receipt.orderID == bad.intent.orderID)
        #expect(try ledger.standing(serial: bad.intent.serial) == standing)
        #expect(try ledger.standing(serial: good.intent.serial).state == .good)
        #expect(listed(ledger) == [bad.intent.serial])
        ledger.revokedSerials.forEach(ofIssuerKey: 7) { _ in Issue.record("another issuer's list has an entry") }
        ledger.stop()
        let again = try folder.open()
        #expect(try again.standing(serial: bad.intent.serial) == standing)
        #expect(try again.standing(serial: good.intent.serial).state == .good)
        #expect(listed(again) == [bad.intent.serial])
        again.stop()
        let reader = try LedgerReader(path: folder.ledger)
        #expect(try reader.standing(serial: bad.intent.serial) == standing)
        #expect(try reader.verify().isSound)
    }

    @Test("a hold that is released leaves nothing, one that becomes final keeps its date")
    func holds() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(Timestamp(seconds: 1_800_000_000))
        let ledger = try folder.open(clock)
        let (released, final) = (SampleOrder(), SampleOrder())
        for order in [released, final] {
            try await ledger.issue(order)
            #expect(try await ledger.change(order, .hold).standing.state == .held)
        }
        clock.advance(seconds: 100)
        #expect(try await ledger.change(released, .release).standing.state == .good)
        let standing = try await ledger.change(final, .cancel).standing
        #expect(standing.state == .revoked && standing.reason == 5 && standing.since == 1_800_000_000)
        #expect(listed(ledger) == [final.intent.serial])
        try await ledger.change(released, .hold)
        #expect(Set(listed(ledger)) == [final.intent.serial, released.intent.serial])
        ledger.stop()
        let again = try folder.open()
        #expect(try again.standing(serial: final.intent.serial) == standing)
        #expect(try again.standing(serial: released.intent.serial).since == 1_800_000_100)
        again.stop()
        #expect(try LedgerReader(path: folder.ledger).verify().isSound)
    }

    @Test("final is final, only a hold is released, and nothing changes what was not issued")
    func refusals() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(Timestamp(seconds: 1_800_000_000))
        let ledger = try folder.open(clock)
        let order = SampleOrder()
        await #expect(throws: LedgerError.unknownSerial) { try await ledger.change(order, .hold) }
        let intent = try await ledger.intended(order)
        await #expect(throws: LedgerError.serialInFlight) { try await ledger.change(order, .hold) }
        _ = try await ledger.record(order.record(intent))
        await #expect(throws: LedgerError.notHeld) { try await ledger.change(order, .release) }
        try await ledger.change(order, .hold)
        await #expect(throws: LedgerError.alreadyHeld(since: clock.now)) { try await ledger.change(order, .hold) }
        try await ledger.change(order, .revoke(reason: 4))
        for action in [StatusChange.Action.revoke(reason: 1), .hold, .release, .cancel] {
            await #expect(throws: LedgerError.alreadyRevoked(since: clock.now)) {
                try await ledger.change(order, action)
            }
        }
        for reason: UInt8 in [6, 7, 8, 11, 255] {
            await #expect(throws: LedgerError.self) { try await ledger.change(order, .revoke(reason: reason)) }
        }
        #expect(try ledger.reader.entries(from: 0, limit: 100, kinds: ["certificate-revoked"]).count == 1)
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("a number that was never released counts as revoked, at once and after opening anew")
    func neverReleased() async throws {
        let folder = try TemporaryFolder()
        let ledger = try folder.open()
        let order = SampleOrder()
        let intent = try await ledger.intended(order)
        #expect(try ledger.standing(serial: order.intent.serial).state == .inFlight)
        #expect(listed(ledger).isEmpty)
        try await ledger.close(intent)
        #expect(try ledger.standing(serial: order.intent.serial).state == .neverReleased)
        #expect(listed(ledger) == [order.intent.serial])
        await #expect(throws: LedgerError.self) { try await ledger.change(order, .hold) }
        ledger.stop()
        let again = try folder.open()
        #expect(try again.standing(serial: order.intent.serial).state == .neverReleased)
        #expect(listed(again) == [order.intent.serial])
        #expect(try again.standing(serial: [1, 2, 3]).state == .unknown)
    }

    @Test("while the clock is behind, revocation goes on, with the last entry's time")
    func clockBehind() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(Timestamp(seconds: 1_800_000_000))
        let ledger = try folder.open(clock)
        let order = SampleOrder()
        try await ledger.issue(order)
        clock.advance(seconds: -1000)
        #expect(try await ledger.change(order, .revoke(reason: 1)).standing.since == 1_800_000_000)
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("CRL numbers only grow, for each key apart, also over a new opening")
    func crlNumbers() async throws {
        let folder = try TemporaryFolder()
        let ledger = try folder.open()
        try await ledger.intendCRL(number: 1)
        try await ledger.intendCRL(number: 5)
        try await ledger.intendCRL(number: 2, of: "smime-p256")
        await #expect(throws: LedgerError.crlNumberRepeated(last: 5)) { try await ledger.intendCRL(number: 5) }
        ledger.stop()
        let again = try folder.open()
        await #expect(throws: LedgerError.crlNumberRepeated(last: 5)) { try await again.intendCRL(number: 4) }
        #expect(try again.reader.lastCRLNumber(issuerKeyHash: sha256(Array("smime-rsa".utf8))) == 5)
        try await again.intendCRL(number: 6)
        #expect(try again.reader.verify().isSound)
    }

    @Test("many changes at the same time: each certificate is revoked once")
    func concurrent() async throws {
        let folder = try TemporaryFolder()
        let ledger = try folder.open()
        let orders = (0..<40).map { _ in SampleOrder() }
        for order in orders { try await ledger.issue(order) }
        let done = await withTaskGroup(of: Bool.self) { group in
            for order in orders {
                for reason: UInt8 in 1...5 {
                    group.addTask {
                        do {
                            try await ledger.change(order, .revoke(reason: reason))
                            return true
                        } catch {
                            return false
                        }
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(done == orders.count && Set(listed(ledger)).count == orders.count)
        #expect(try ledger.reader.verify().isSound)
    }
}
