import Threads

/// Threads for the work between the waits: decoding, building, linting, verifying. As many as there are cores, first
/// come, first served. Nothing that runs here may wait for anything.
package final class WorkerPool: Sendable {
    private struct Queue {
        var jobs: [@Sendable () -> Void] = []
        /// Where the next job lies; the jobs before it have been taken.
        var next = 0
        var stopped = false
    }

    private let queue: Guarded<Queue>

    /// Starts the threads; they live until `stop`.
    package init(threads: Int) {
        queue = Guarded(Queue())
        for number in 0..<max(1, threads) {
            startThread(named: "worker-\(number)") { [queue] in
                Self.run(queue)
            }
        }
    }

    /// Hands a job over. After `stop` jobs are still done as long as a thread is left, so that nothing in flight is lost.
    package func run(_ job: @escaping @Sendable () -> Void) {
        queue.withLock { $0.jobs.append(job) }
        queue.signal()
    }

    /// Hands jobs over that came into being together. One thread is woken for some of them: a short job costs less than
    /// to wake another.
    package func run(all jobs: [@Sendable () -> Void]) {
        guard !jobs.isEmpty else { return }
        queue.withLock { $0.jobs += jobs }
        for _ in 0..<(jobs.count + Self.shortJobsToWakeFor - 1) / Self.shortJobsToWakeFor { queue.signal() }
    }

    private static let shortJobsToWakeFor = 8

    /// Hands a job over unless so many wait already.
    package func run(ifFewerThan limit: Int, _ job: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = queue.withLock { queue in
            guard queue.jobs.count - queue.next < limit else { return false }
            queue.jobs.append(job)
            return true
        }
        if isTaken { queue.signal() }
        return isTaken
    }

    /// How many jobs wait for a thread.
    package var waiting: Int { queue.withLock { $0.jobs.count - $0.next } }

    /// Lets the threads end once the queue is empty.
    package func stop() {
        queue.withLock { $0.stopped = true }
        queue.broadcast()
    }

    private static func run(_ queue: Guarded<Queue>) {
        while let job = take(from: queue) {
            job()
        }
    }

    private static func take(from queue: Guarded<Queue>) -> (@Sendable () -> Void)? {
        queue.wait { state in
            guard state.next < state.jobs.count else {
                return state.stopped ? .some(nil) : nil
            }
            let job = state.jobs[state.next]
            state.next += 1
            if state.next == state.jobs.count {
                state.jobs.removeAll(keepingCapacity: true)
                state.next = 0
            } else if state.next >= 1024 {
                state.jobs.removeFirst(state.next)
                state.next = 0
            }
            return .some(job)
        }
    }
}
