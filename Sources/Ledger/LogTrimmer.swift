import Dispatch
internal import GRDB
import Synchronization

/// Keeps SQLite's write-ahead log short without making a commit wait.
///
/// A passive check-point on a connection of its own copies nearly all pages back while the committer goes on; what was
/// added meanwhile is little, and the committer has that copied between two commits. Then the log starts over. No other
/// connection check-points while the ledger is open (decision 0016).
final class LogTrimmer: Sendable {
    private struct State {
        var busy = false
        var stopped = false
        /// Pages in the log at the last attempt: an attempt that a long reader foiled is not repeated at each commit.
        var pagesAtLastAttempt = 0
        /// Of this attempt, in pages.
        var copied = 0
        /// Whether the last check-point copied more than the one before it.
        var isAdvancing = false
    }

    /// What the committer may finish by itself, in pages.
    private static let shortRest = 1_024

    private let threshold: Int
    private let connection: DatabaseQueue
    private let log: @Sendable (LedgerNotice) -> Void
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    init(path: String, threshold: Int, log: @escaping @Sendable (LedgerNotice) -> Void) throws {
        self.threshold = threshold
        self.log = log
        connection = try DatabaseQueue(path: path, configuration: Connections.configuration(label: "ledger.trimmer"))
        try connection.writeWithoutTransaction { try Connections.makeDurable($0) }
    }

    /// To be called by the committer after each commit, with the pages in the log.
    func observe(pages: Int) {
        let mustWork = state.withLock { state -> Bool in
            if pages < state.pagesAtLastAttempt { state.pagesAtLastAttempt = 0 }
            guard !state.busy, pages >= state.pagesAtLastAttempt + threshold else { return false }
            state.busy = true
            state.pagesAtLastAttempt = pages
            state.copied = 0
            return true
        }
        if mustWork { wake.signal() }
    }

    /// Works until `stop`. `finish` asks the committer to copy the rest.
    func run(finish: @Sendable () -> Void) {
        while true {
            wake.wait()
            if state.withLock({ $0.stopped }) { return }
            let copied = checkpoint()
            state.withLock { state in
                state.isAdvancing = copied > state.copied
                state.copied = copied
            }
            finish()
        }
    }

    private func checkpoint() -> Int {
        do {
            return try connection.writeWithoutTransaction { try $0.checkpoint(.passive).checkpointedFrameCount }
        } catch {
            log(.checkpointFailed(LedgerError(error)))
            return 0
        }
    }

    /// Copies the rest; runs on the committer's thread, between commits.
    ///
    /// A long rest is left to the trimmer, as long as that gets on; if a reader's snapshot is in its way, the attempt
    /// ends, and the next one is made when the log has grown by the threshold.
    func finish(pages: Int) {
        let (copied, isAdvancing) = state.withLock { ($0.copied, $0.isAdvancing) }
        if copied > 0, pages - copied > LogTrimmer.shortRest {
            if isAdvancing { wake.signal() } else { state.withLock { $0.busy = false } }
            return
        }
        _ = checkpoint()
        state.withLock { $0.busy = false }
    }

    func stop() {
        state.withLock { $0.stopped = true }
        wake.signal()
    }

    func close() throws {
        try connection.close()
    }
}
