import Testing

@testable import Ledger

@Suite("How long a commit waits for others")
struct CommitGatheringTests {
    @Test("Nobody is waited for when nobody is on the way")
    func nobody() {
        var gathering = CommitGathering()
        for _ in 0..<100 { gathering.note(turnaround: 1_000_000_000) }
        #expect(gathering.nanoseconds(openIntents: 0) == 0)
    }

    @Test("Quick certificates: by the number of intents, up to a limit")
    func byCount() {
        var gathering = CommitGathering()
        for _ in 0..<100 { gathering.note(turnaround: 100_000) }
        #expect(gathering.nanoseconds(openIntents: 1) == 30_000)
        #expect(gathering.nanoseconds(openIntents: 16) == 480_000)
        #expect(gathering.nanoseconds(openIntents: 10_000) == 3_000_000)
    }

    @Test("Certificates that wait long for the token: a tenth of that, up to a limit")
    func byTurnaround() {
        var gathering = CommitGathering()
        for _ in 0..<200 { gathering.note(turnaround: 80_000_000) }
        #expect((7_900_000...8_000_000).contains(gathering.nanoseconds(openIntents: 200)))
        for _ in 0..<200 { gathering.note(turnaround: 10_000_000_000) }
        #expect((19_900_000...20_000_000).contains(gathering.nanoseconds(openIntents: 200)))
    }

    @Test("One slow certificate among quick ones changes little, and a slow time is forgotten at once")
    func mixed() {
        var gathering = CommitGathering()
        for number in 0..<1000 { gathering.note(turnaround: number.isMultiple(of: 4) ? 1_000_000_000 : 1_000_000) }
        #expect(gathering.nanoseconds(openIntents: 16) < 2_000_000)
        for _ in 0..<200 { gathering.note(turnaround: 10_000_000_000) }
        for _ in 0..<10 { gathering.note(turnaround: 1_000_000) }
        #expect(gathering.nanoseconds(openIntents: 16) == 480_000)
    }
}
