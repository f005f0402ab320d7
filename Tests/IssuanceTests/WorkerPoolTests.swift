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

    func waitForBegin() -> Bool {
        state.wait(until: monotonicNanoseconds() + 10_000_000_000) { $0.begun ? true : nil } ?? false
    }

    func end() {
        state.withLock { $0.mayEnd = true }
        state.broadcast()
    }
}

/// Which threads did the jobs, in the order in which they were done.
private final class Account: Sendable {
    private let threads = Guarded<[pthread_t]>([])

    func note() {
        threads.withLock { $0.append(pthread_self()) }
        threads.broadcast()
    }

    /// The threads of the first so many jobs; fewer where they have not been done after ten seconds.
    func threads(of count: Int) -> [pthread_t] {
        threads.wait(until: monotonicNanoseconds() + 10_000_000_000) { $0.count >= count ? $0 : nil }
            ?? threads.withLock { $0 }
    }

    var count: Int { threads.withLock { $0.count } }
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
        pool.run { long.run() }
        #expect(long.waitForBegin())
        for _ in 0..<50 { pool.run { account.note() } }
        #expect(account.threads(of: 50).count == 50)
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
        pool.run { long.run() }
        #expect(long.waitForBegin())
        for _ in 0..<4 { pool.run { account.note() } }
        poll(nil, 0, 50)
        #expect(account.count == 0)
        pool.run { account.note() }
        #expect(account.threads(of: 5).count == 5)
    }

    @Test("What was handed over before the stop is done, whoever does it")
    func stopLosesNothing() {
        let pool = WorkerPool(threads: 3, patience: 2)
        let long = LongJob()
        let account = Account()
        pool.run { long.run() }
        #expect(long.waitForBegin())
        for _ in 0..<2_000 { pool.run { account.note() } }
        pool.stop()
        long.end()
        #expect(account.threads(of: 2_000).count == 2_000)
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
        #expect(account.threads(of: 4_000).count == 4_000)
        #expect(pool.waiting == 0)
    }

    @Test("Above the limit a job is refused and not kept")
    func limit() {
        let pool = WorkerPool(threads: 1)
        defer { pool.stop() }
        let long = LongJob()
        let account = Account()
        pool.run { long.run() }
        #expect(long.waitForBegin())
        let taken = (0..<3).map { _ in pool.run(ifFewerThan: 2) { account.note() } }
        #expect(taken == [true, true, false])
        long.end()
        #expect(account.threads(of: 2).count == 2)
    }
}
