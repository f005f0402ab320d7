import Clocks
import Glibc
import Ledger
import Testing
import Threads

/// Jobs for the committing thread, handed over one by one.
private final class Jobs: SideWork {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var wake: (@Sendable () -> Void)?
        var pauses = 0
    }

    private let state = Guarded(State())
    /// What is done when no job was handed over.
    private let always: (@Sendable () -> Void)?

    init(always: (@Sendable () -> Void)? = nil) {
        self.always = always
    }

    func offer(wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wake = wake }
        state.broadcast()
    }

    func next() -> (@Sendable () -> Void)? {
        state.withLock { $0.jobs.isEmpty ? always : $0.jobs.removeFirst() }
    }

    func pause() {
        state.withLock { $0.pauses += 1 }
    }

    func give(_ job: @escaping @Sendable () -> Void) {
        state.withLock { $0.jobs.append(job) }
    }

    /// Brings the committing thread out of its sleep, once it has been offered.
    func wake() {
        state.wait { $0.wake }()
    }

    var pauses: Int { state.withLock { $0.pauses } }
}

/// Something that is waited for, ten seconds at most.
private final class Mark: Sendable {
    private let isSet = Guarded(false)

    func set() {
        isSet.withLock { $0 = true }
        isSet.broadcast()
    }

    func comes() -> Bool {
        isSet.wait(until: monotonicNanoseconds() + 10_000_000_000) { $0 ? true : nil } ?? false
    }
}

@Suite("What the committing thread does besides")
struct SideWorkTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(_ jobs: Jobs, longestSideWork: UInt64? = nil) throws -> LedgerStore {
        var settings = LedgerSettings(path: folder.ledger)
        if let longestSideWork { settings.longestSideWorkNanoseconds = longestSideWork }
        return try LedgerStore(settings, clock: SystemClock(), sideWork: jobs, log: { _ in })
    }

    private func append(_ kind: String, to ledger: LedgerStore) -> Mark {
        let durable = Mark()
        ledger.append(LedgerEvent(kind: kind, fields: [])) { result in
            if case .success = result { durable.set() }
        }
        return durable
    }

    @Test("The sleeping thread does a job that it is woken for")
    func wakes() throws {
        let jobs = Jobs()
        let ledger = try open(jobs)
        defer { ledger.stop() }
        poll(nil, 0, 20)
        let done = Mark()
        jobs.give { done.set() }
        jobs.wake()
        #expect(done.comes())
    }

    @Test("What the jobs that lie ready ask for is in the commit of those who asked before")
    func jobsFirst() throws {
        let jobs = Jobs()
        let ledger = try open(jobs, longestSideWork: 60_000_000_000)
        defer { ledger.stop() }
        // From a commit on counts how long another may be held back.
        #expect(append("first", to: ledger).comes())
        let commits = ledger.statistics.commits

        let (isBusy, goesOn, asked) = (Mark(), Mark(), Mark())
        let later = Guarded<Mark?>(nil)
        jobs.give {
            isBusy.set()
            _ = goesOn.comes()
        }
        jobs.give {
            later.withLock { $0 = append("asked-by-job", to: ledger) }
            asked.set()
        }
        jobs.wake()
        #expect(isBusy.comes())
        let earlier = append("asked-before", to: ledger)
        goesOn.set()
        #expect(asked.comes() && earlier.comes())
        #expect(later.withLock { $0 }?.comes() == true)
        #expect(ledger.statistics.commits == commits + 1)
    }

    @Test("Jobs without end hold no commit back")
    func dueBeforeJobs() throws {
        let ledger = try open(Jobs { poll(nil, 0, 1) })
        defer { ledger.stop() }
        for number in 0..<3 { #expect(append("number-\(number)", to: ledger).comes()) }
    }

    @Test("The thread says before each commit, and at its end, that others have to do the jobs")
    func pauses() throws {
        let jobs = Jobs()
        let ledger = try open(jobs)
        #expect(append("first", to: ledger).comes())
        #expect(jobs.pauses == 1)
        ledger.stop()
        #expect(jobs.pauses == 2)
    }
}
