package import Office
import Threads

/// Threads of their own for what blocks or computes long, so that the concurrency runtime's few threads stay free.
///
/// Each thread has a context that is its own: a connection, for instance.
package final class Crew<Context>: Sendable {
    private typealias Job = @Sendable (inout Context) -> Void

    private struct Queue {
        var jobs: [Job] = []
        var isClosed = false
    }

    private let queue = Guarded(Queue())
    private let most: Int

    /// - Parameters:
    ///   - threads: how many work at a time.
    ///   - most: jobs that may wait; more are refused.
    package init(
        named name: String,
        threads: Int,
        most: Int = 1024,
        context: @escaping @Sendable () -> Context
    ) {
        self.most = most
        for _ in 0..<threads {
            let queue = queue
            startThread(named: name) {
                var own = context()
                while let job = queue.wait({ waiting -> Job?? in
                    if !waiting.jobs.isEmpty { return .some(waiting.jobs.removeFirst()) }
                    return waiting.isClosed ? .some(nil) : nil
                }) {
                    job(&own)
                }
            }
        }
    }

    deinit {
        queue.withLock { $0.isClosed = true }
        queue.broadcast()
    }

    /// Runs `body` on one of the threads.
    ///
    /// - Throws: what `body` throws; `Refusal` of kind `unavailable` where too much waits already.
    package func run<Value: Sendable>(
        _ body: @escaping @Sendable (inout Context) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let job: Job = { context in
                continuation.resume(with: Result { try body(&context) })
            }
            let isTaken = queue.withLock { waiting in
                guard waiting.jobs.count < most else { return false }
                waiting.jobs.append(job)
                return true
            }
            guard isTaken else { return continuation.resume(throwing: Refusal.busy) }
            queue.signal()
        }
    }
}

extension Refusal {
    package static let busy = Refusal(
        .unavailable,
        Text("ただいま混み合っています。しばらくしてからもう一度お試しください。", "The office is busy. Try again in a moment.")
    )
}
