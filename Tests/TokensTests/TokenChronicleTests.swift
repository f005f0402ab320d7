import Testing
import Tokens

@Suite("What of a token's changes becomes an entry of the ledger (LDG-01)")
struct TokenChronicleTests {
    private static let second: UInt64 = 1_000_000_000

    private func event(
        _ kind: TokenEvent.Kind,
        _ code: TokenError.Code? = nil,
        detail: String = "so"
    ) -> TokenEvent {
        TokenEvent(kind: kind, token: "issuing", detail: detail, code: code)
    }

    @Test("each change is written at once, with its cause; what is no change is not")
    func changes() {
        var chronicle = TokenChronicle(now: 0)
        let events: [(TokenEvent, String?)] = [
            (event(.started), nil), (event(.ready), nil), (event(.workerEnded), "worker-ended"),
            (event(.startPutOff), nil), (event(.started), nil), (event(.startFailed, .moduleError), "start-failed"),
            (event(.startFailed, .moduleError, detail: "again"), nil), (event(.missing, .tokenMissing), "missing"),
            (event(.missing, .tokenMissing), nil), (event(.ready), "ready"), (event(.locked, .wrongPIN), "locked"),
            (event(.locked, .pinFinalTry), "locked"), (event(.stopped), nil),
        ]
        for (event, state) in events {
            let entry = chronicle.note(event, now: Self.second)
            #expect(entry?.change.state == state && entry?.leftOut ?? 0 == 0, "\(event.kind)")
            if entry != nil { #expect(entry?.change.code == event.code && entry?.change.detail == event.detail) }
        }
        #expect(chronicle.dueAt == nil && chronicle.takeRest() == nil)
    }

    @Test("the same trouble after an officer's act is news")
    func lockedAgain() {
        var chronicle = TokenChronicle(now: 0)
        #expect(chronicle.note(event(.locked, .wrongPIN), now: 0) != nil)
        #expect(chronicle.note(event(.locked, .wrongPIN), now: 0) == nil)
        #expect(chronicle.note(event(.unlocked), now: 0) == nil)
        #expect(chronicle.note(event(.locked, .wrongPIN), now: 0) != nil)
    }

    @Test("a token that flaps for a day fills no disk, no change goes uncounted, and its last state is told")
    func flapping() {
        var chronicle = TokenChronicle(now: 0)
        var (entries, told, changes): (Int, Int, Int) = (0, 0, 0)
        func take(_ entry: TokenChronicle.Entry?) {
            guard let entry else { return }
            entries += 1
            told += 1 + entry.leftOut
        }
        let day = 86_400 * Self.second
        for now in stride(from: 0, to: day, by: Int(Self.second)) {
            take(chronicle.note(event(changes.isMultiple(of: 2) ? .workerEnded : .ready), now: now))
            changes += 1
        }
        #expect(entries <= TokenChronicle.stock + 1_440)
        // The last of all waits for its turn.
        take(chronicle.note(event(.locked, .wrongPIN), now: day - 1))
        let due = chronicle.dueAt
        #expect(due != nil && due! > day - 1 && due! <= day + TokenChronicle.refill)
        #expect(chronicle.take(now: day - 1) == nil)
        let last = chronicle.take(now: due ?? 0)
        #expect(last?.change.state == "locked")
        take(last)
        #expect(told == changes + 1)
        #expect(chronicle.dueAt == nil)
    }

    @Test("what waits at the end of the service is handed out")
    func rest() {
        var chronicle = TokenChronicle(now: 0)
        for number in 0..<TokenChronicle.stock + 3 {
            let entry = chronicle.note(event(number.isMultiple(of: 2) ? .workerEnded : .ready), now: 0)
            #expect((entry != nil) == (number < TokenChronicle.stock))
        }
        let rest = chronicle.takeRest()
        #expect(rest?.leftOut == 2 && rest?.change.state == "worker-ended")
        #expect(chronicle.takeRest() == nil)
    }
}
