import Clocks
import OfficeMail
import Testing

@Suite("When a mail is tried again")
struct RetryPlanTests {
    @Test("after 1, 5 and 15 minutes, 1 hour, then every 4 hours, and never later than 3 days after the first time")
    func pauses() {
        let first = Timestamp(seconds: 1_000_000)
        var now = first
        var pauses: [Int64] = []
        while let next = RetryPlan.standard.next(afterAttempts: pauses.count + 1, firstAt: first, now: now) {
            pauses.append(next.seconds - now.seconds)
            now = next
        }
        #expect(pauses.prefix(6) == [60, 300, 900, 3_600, 14_400, 14_400])
        #expect(pauses.dropFirst(4).allSatisfy { $0 == 14_400 })
        #expect((68 * 3_600...72 * 3_600).contains(now.seconds - first.seconds))
    }

    @Test("a machine that slept for a week gives up at once")
    func late() {
        let first = Timestamp(seconds: 0)
        let late = Timestamp(seconds: 7 * 86_400)
        #expect(RetryPlan.standard.next(afterAttempts: 1, firstAt: first, now: late) == nil)
    }
}
