import Clocks
import Glibc
import Testing
import Threads

@testable import Issuance

/// A job that lasts until it is told to end.
private final class LongJob: Sendable {
    private let state = Guarded((begun: false, mayEnd: false))

    func run() {
        state.withLock { $0.begun = true }
        state.broadcast()
        state.wait { $0.mayEnd ? () : nil }
    }

    /// Hands the job over and waits until a thread is at it.
    func begins(in pool: WorkerPool) -> Bool {
        pool.run { self.run() }
        return waitForBegin()
    }

    func waitForBegin() -> Bool {
        state.wait(until: monotonicNanoseconds() + 10_000_000_000) { $0.begun ? true : nil } ?? false
    }

    func end() {
        state.withLock { $0.mayEnd = true }
        state.broadcast()
    }
}

/// How many jobs were done.
private final class Account: Sendable {
    private let jobs = Guarded(0)

    func note() {
        jobs.withLock { $0 += 1 }
        jobs.broadcast()
    }

    /// Waits for so many jobs, ten seconds at most.
    func holds(_ count: Int) -> Bool {
        jobs.wait(until: monotonicNanoseconds() + 10_000_000_000) { $0 == count ? true : nil } ?? false
    }

    var count: Int { jobs.withLock { $0 } }
}

@Suite("The threads between the waits")
struct WorkerPoolTests {
    @Test("A job does not wait for a long one while another thread is free")
    func longJobHoldsNobody() {
        let pool = WorkerPool(threads: 2)
        defer { pool.stop() }
        let long = LongJob()
        defer { long.end() }
        let account = Account()
        #expect(long.begins(in: pool))
        for _ in 0..<50 { pool.run { account.note() } }
        #expect(account.holds(50))
    }

    @Test("As many long jobs run at once as there are threads")
    func allThreadsWork() {
        let pool = WorkerPool(threads: 4)
        defer { pool.stop() }
        let jobs = (0..<4).map { _ in LongJob() }
        defer { for job in jobs { job.end() } }
        pool.run(all: jobs.map { job in { job.run() } })
        #expect(jobs.allSatisfy { $0.waitForBegin() })
    }

    @Test("A thread is helped only when more jobs wait than it is trusted with")
    func patience() {
        let pool = WorkerPool(threads: 2, patience: 4)
        defer { pool.stop() }
        let long = LongJob()
        defer { long.end() }
        let account = Account()
        #expect(long.begins(in: pool))
        for _ in 0..<4 { pool.run { account.note() } }
        poll(nil, 0, 50)
        #expect(account.count == 0)
        pool.run { account.note() }
        #expect(account.holds(5))
    }

    @Test("What was handed over before the stop is done, whoever does it", arguments: [1, 3])
    func stopLosesNothing(threads: Int) {
        let pool = WorkerPool(threads: threads, patience: 2)
        let long = LongJob()
        let account = Account()
        #expect(long.begins(in: pool))
        for _ in 0..<2_000 { pool.run { account.note() } }
        pool.stop()
        long.end()
        #expect(account.holds(2_000))
    }

    @Test("Nobody is lost when many hand jobs over at once")
    func manyGivers() {
        let pool = WorkerPool(threads: 3, patience: 1)
        defer { pool.stop() }
        let account = Account()
        let givers = (0..<8).map { _ in
            JoinableThread(named: "giver") {
                for number in 0..<500 {
                    pool.run { account.note() }
                    if number % 50 == 0 { poll(nil, 0, 1) }
                }
            }
        }
        for giver in givers { giver.join() }
        #expect(account.holds(4_000))
        #expect(pool.waiting == 0)
    }

    @Test("Above the limit a job is refused and not kept")
    func limit() {
        let pool = WorkerPool(threads: 1)
        defer { pool.stop() }
        let long = LongJob()
        let account = Account()
        #expect(long.begins(in: pool))
        let taken = (0..<3).map { _ in pool.run(ifFewerThan: 2) { account.note() } }
        #expect(taken == [true, true, false])
        long.end()
        #expect(account.holds(2))
    }

    // MARK: A lent thread

    @Test("For a job a lent thread is woken, and nobody else while it is there")
    func lentThreadIsWoken() {
        let pool = WorkerPool(threads: 2, patience: 4, first: .lent)
        defer { pool.stop() }
        let (calls, account) = (Account(), Account())
        pool.offer { calls.note() }
        #expect(pool.next() == nil)
        pool.run { account.note() }
        pool.run { account.note() }
        poll(nil, 0, 50)
        #expect(calls.count == 1 && account.count == 0)
        while let job = pool.next() { job() }
        #expect(account.count == 2)
    }

    @Test("While a lent thread is away the others work, even where one thread alone was asked for", arguments: [1, 2])
    func lentThreadIsAway(threads: Int) {
        let pool = WorkerPool(threads: threads, patience: 4, first: .lent)
        defer { pool.stop() }
        let account = Account()
        pool.run { account.note() }
        #expect(account.holds(1))
        pool.offer {}
        #expect(pool.next() == nil)
        pool.pause()
        pool.run { account.note() }
        #expect(account.holds(2))
    }

    @Test("What waits when a lent thread goes away is done by others")
    func lentThreadLeavesJobs() {
        let pool = WorkerPool(threads: 2, patience: 4, first: .lent)
        defer { pool.stop() }
        pool.offer {}
        #expect(pool.next() == nil)
        let account = Account()
        pool.run(all: [{ account.note() }, { account.note() }])
        poll(nil, 0, 50)
        #expect(account.count == 0)
        pool.pause()
        #expect(account.holds(2))
    }
}
