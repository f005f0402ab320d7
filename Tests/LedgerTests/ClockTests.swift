import Clocks
import Ledger
import Testing

@Suite struct ClockTests {
    private let folder: TemporaryFolder
    private let clock = ManualClock(Timestamp(seconds: 1_800_000_000))
    private let ledger: LedgerStore

    init() throws {
        folder = try TemporaryFolder()
        ledger = try folder.open(clock)
    }

    @Test("a clock that went back stops issuing, says so, and issuing goes on when it has caught up")
    func movedBack() async throws {
        let (first, second) = (SampleOrder(), SampleOrder())
        try await ledger.issue(first)
        let intent = try await ledger.intended(second)
        clock.advance(seconds: -1)
        let expected = LedgerError.clockMovedBack(
            last: Timestamp(seconds: 1_800_000_000),
            now: Timestamp(seconds: 1_799_999_999)
        )
        await #expect(throws: expected) { try await ledger.intend(SampleOrder().intent) }
        await #expect(throws: expected) { try await ledger.record(second.record(intent)) }
        #expect(expected.rule == "SGN-09")
        #expect(expected.message.contains("2027-01-15T08:00:00.000Z"))
        guard case .alreadyIssued = try await ledger.intend(first.intent) else { throw Unexpected() }
        clock.advance(seconds: 1)
        _ = try await ledger.record(second.record(intent))
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("a clock that went back behind other entries costs no certificate whose intent is older still")
    func smallStepBack() async throws {
        let order = SampleOrder()
        let intent = try await ledger.intended(order)
        clock.advance(seconds: 2)
        try await ledger.append("note")
        clock.advance(seconds: -1)
        await #expect(throws: LedgerError.self) { try await ledger.intend(SampleOrder().intent) }
        let receipt = try await ledger.record(order.record(intent))
        #expect(receipt.time == Timestamp(seconds: 1_800_000_002))
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("the text of a time never traps, however wild the number")
    func wildTimes() {
        for milliseconds in [Int64.min, Int64.min + 1, -1, 0, Int64.max] {
            #expect(Timestamp(milliseconds: milliseconds).rfc3339.hasSuffix("Z"))
        }
        #expect(Timestamp(milliseconds: -1).rfc3339 == "1969-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: -1_000).seconds == -1 && Timestamp(milliseconds: -1_001).seconds == -2)
    }

    @Test("while the clock is behind, other entries get the last entry's time and say so")
    func clamped() async throws {
        let intent = try await ledger.intended(SampleOrder())
        clock.advance(seconds: -3_600)
        let event = try await ledger.append("service-started", [("version", .text("1"))])
        let closing = try await ledger.close(intent)
        #expect(event.time == Timestamp(seconds: 1_800_000_000) && closing.time == event.time)
        let body = try #require(try ledger.reader.entry(sequence: 1)).body
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"sequence":1,"time":"2027-01-15T08:00:00.000Z","kind":"service-started","clock":"behind","version":"1"}"#
        )
        clock.advance(seconds: 3_601)
        try await ledger.append("note")
        let entry = try #require(try ledger.reader.entry(sequence: 3))
        let fields = try EntryFields(body: entry.body)
        #expect(fields["clock"] == nil && fields["time"] == .text("2027-01-15T08:00:01.000Z"))
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("the last entry's time holds after opening again")
    func afterReopening() async throws {
        _ = try await ledger.intended(SampleOrder())
        ledger.stop()
        clock.advance(seconds: -60)
        let again = try folder.open(clock)
        #expect(again.closedAtOpening.count == 1)
        await #expect(throws: LedgerError.self) { try await again.intend(SampleOrder().intent) }
        clock.advance(seconds: 60)
        try await again.issue(SampleOrder())
        #expect(try again.reader.verify().isSound)
    }
}
