internal import DequeModule
import Ledger
import Threads

/// Threads for the work between the waits: decoding, building, linting, verifying; first come, first served. Nothing that
/// runs here may wait for anything.
///
/// The first thread works as long as it keeps up, the others help when jobs pile up: a short job costs less than to wake a
/// thread for it, and two threads that pass the same objects to and fro cost more than one that has them at hand.
package final class WorkerPool: Sendable {
    /// Where the first thread comes from.
    package enum FirstThread: Sendable {
        case own
        /// Another's, in the time that it has for jobs (`SideWork`).
        case lent
    }

    /// What the first thread does.
    private enum Occupation {
        case working
        /// It sleeps.
        case idle
        /// It was woken, and has not looked yet.
        case called
        /// It is not there, or does other things.
        case away
    }

    private struct Queue {
        var jobs: Deque<@Sendable () -> Void> = []
        var stopped = false
        var first: Occupation
        /// Wakes a lent thread.
        var wakeFirst: (@Sendable () -> Void)?
        /// How many of the other threads are awake, and how many of those were called and have not looked yet.
        var helping = 0
        var coming = 0
    }

    /// What the helping threads wait for.
    private struct Calls {
        var open = 0
        var stopped = false
    }

    private let queue: Guarded<Queue>
    private let calls: Guarded<Calls>
    private let helpers: Int
    private let patience: Int

    /// Starts the threads; they live until `stop`.
    ///
    /// - Parameters:
    ///   - threads: how many shall work at once. One that is lent counts, but never is the only one.
    ///   - patience: how many jobs may wait for each thread that is awake before another is woken. 0 where jobs are long.
    package init(threads: Int, patience: Int = 0, first: FirstThread = .own) {
        // A thread of its own is on its way, and looks for jobs first of all.
        queue = Guarded(Queue(first: first == .own ? .called : .away))
        calls = Guarded(Calls())
        helpers = max(first == .lent ? 1 : 0, threads - 1)
        self.patience = patience
        if first == .own {
            startThread(named: "worker-0") { [queue] in
                while let job = Self.wait(queue) { job() }
            }
        }
        for number in 0..<helpers {
            startThread(named: "worker-\(number + 1)") { [queue, calls] in
                while Self.isCalled(calls) {
                    queue.withLock { $0.coming -= 1 }
                    while let job = Self.nextToHelp(queue) { job() }
                }
            }
        }
    }

    /// Hands a job over. After `stop` jobs are still done as long as a thread is left, so that nothing in flight is lost.
    package func run(_ job: @escaping @Sendable () -> Void) {
        wake(
            queue.withLock { queue in
                queue.jobs.append(job)
                return call(&queue)
            }
        )
    }

    /// Hands jobs over that came into being together.
    package func run(all jobs: [@Sendable () -> Void]) {
        guard !jobs.isEmpty else { return }
        wake(
            queue.withLock { queue in
                queue.jobs.append(contentsOf: jobs)
                return call(&queue)
            }
        )
    }

    /// Hands a job over unless so many wait already.
    package func run(ifFewerThan limit: Int, _ job: @escaping @Sendable () -> Void) -> Bool {
        let called: Called? = queue.withLock { queue in
            guard queue.jobs.count < limit else { return nil }
            queue.jobs.append(job)
            return call(&queue)
        }
        guard let called else { return false }
        wake(called)
        return true
    }

    /// How many jobs wait for a thread.
    package var waiting: Int { queue.withLock { $0.jobs.count } }

    /// Lets the threads end once the queue is empty.
    package func stop() {
        queue.withLock { $0.stopped = true }
        queue.broadcast()
        calls.withLock { $0.stopped = true }
        calls.broadcast()
    }

    // MARK: Who works

    /// Whom to wake.
    private struct Called {
        var first = false
        var wakeFirst: (@Sendable () -> Void)?
        var helpers = 0
    }

    /// Decides who shall be woken; they count as called from here.
    private func call(_ queue: inout Queue) -> Called {
        var called = Called()
        if queue.first == .idle, !queue.jobs.isEmpty {
            queue.first = .called
            called.first = true
            called.wakeFirst = queue.wakeFirst
        }
        let awake = queue.first == .away ? 0 : 1
        while queue.helping < helpers {
            let awaited = queue.coming + (queue.first == .called ? 1 : 0)
            guard queue.jobs.count > awaited + patience * (queue.helping + awake) else { break }
            queue.helping += 1
            queue.coming += 1
            called.helpers += 1
        }
        return called
    }

    private func wake(_ called: Called) {
        if called.first {
            if let wakeFirst = called.wakeFirst { wakeFirst() } else { queue.signal() }
        }
        guard called.helpers > 0 else { return }
        calls.withLock { $0.open += called.helpers }
        for _ in 0..<called.helpers { calls.signal() }
    }

    private static func wait(_ queue: Guarded<Queue>) -> (@Sendable () -> Void)? {
        queue.wait { queue in
            if let job = take(&queue) { return .some(job) }
            guard queue.stopped else { return nil }
            queue.first = .away
            return .some(nil)
        }
    }

    private static func take(_ queue: inout Queue) -> (@Sendable () -> Void)? {
        let job = queue.jobs.popFirst()
        queue.first = job == nil ? .idle : .working
        return job
    }

    private static func isCalled(_ calls: Guarded<Calls>) -> Bool {
        calls.wait { calls in
            guard calls.open > 0 else { return calls.stopped ? false : nil }
            calls.open -= 1
            return true
        }
    }

    private static func nextToHelp(_ queue: Guarded<Queue>) -> (@Sendable () -> Void)? {
        queue.withLock { queue in
            let job = queue.jobs.popFirst()
            if job == nil { queue.helping -= 1 }
            return job
        }
    }
}

extension WorkerPool: SideWork {
    package func offer(wake: @escaping @Sendable () -> Void) {
        queue.withLock { $0.wakeFirst = wake }
    }

    package func next() -> (@Sendable () -> Void)? {
        queue.withLock { WorkerPool.take(&$0) }
    }

    package func pause() {
        wake(
            queue.withLock { queue in
                queue.first = .away
                return call(&queue)
            }
        )
    }
}
