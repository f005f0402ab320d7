internal import DequeModule
import Threads

/// Threads for the work between the waits: decoding, building, linting, verifying; first come, first served. Nothing that
/// runs here may wait for anything.
///
/// The first thread works as long as it keeps up, the others help when jobs pile up: a short job costs less than to wake a
/// thread for it, and two threads that pass the same objects to and fro cost more than one that has them at hand.
package final class WorkerPool: Sendable {
    private struct Queue {
        var jobs: Deque<@Sendable () -> Void> = []
        var stopped = false
        /// The first thread has nothing to do, or was woken and has not looked yet.
        var isFirstIdle = false
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
    /// - Parameter patience: how many jobs may wait for each thread that is awake before another is woken. 0 where jobs
    ///   are long.
    package init(threads: Int, patience: Int = 0) {
        queue = Guarded(Queue())
        calls = Guarded(Calls())
        helpers = max(1, threads) - 1
        self.patience = patience
        startThread(named: "worker-0") { [queue] in
            while let job = Self.next(queue) { job() }
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
            helpers: queue.withLock { queue in
                queue.jobs.append(job)
                return call(&queue)
            }
        )
    }

    /// Hands jobs over that came into being together.
    package func run(all jobs: [@Sendable () -> Void]) {
        guard !jobs.isEmpty else { return }
        wake(
            helpers: queue.withLock { queue in
                queue.jobs.append(contentsOf: jobs)
                return call(&queue)
            }
        )
    }

    /// Hands a job over unless so many wait already.
    package func run(ifFewerThan limit: Int, _ job: @escaping @Sendable () -> Void) -> Bool {
        let called: Int? = queue.withLock { queue in
            guard queue.jobs.count < limit else { return nil }
            queue.jobs.append(job)
            return call(&queue)
        }
        guard let called else { return false }
        wake(helpers: called)
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

    /// How many threads more shall be woken; they count as awake from here.
    private func call(_ queue: inout Queue) -> Int {
        let before = queue.helping
        while queue.helping < helpers {
            let awaited = queue.coming + (queue.isFirstIdle ? 1 : 0)
            guard queue.jobs.count > awaited + patience * (queue.helping + 1) else { break }
            queue.helping += 1
            queue.coming += 1
        }
        return queue.helping - before
    }

    private func wake(helpers called: Int) {
        queue.signal()
        guard called > 0 else { return }
        calls.withLock { $0.open += called }
        for _ in 0..<called { calls.signal() }
    }

    private static func next(_ queue: Guarded<Queue>) -> (@Sendable () -> Void)? {
        queue.wait { queue in
            let job = queue.jobs.popFirst()
            queue.isFirstIdle = job == nil
            return job == nil && !queue.stopped ? nil : .some(job)
        }
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
