import Clocks
import Ledger
import Synchronization
import Threads
import Tokens

/// Has the log token sign the ledger's newest tree head, again and again while there is news, and lets the token
/// remember what it has signed. A thread of its own does it, beside the issuing line and never in its way.
///
/// Before the first signature the ledger is compared with what the token remembers. Until then intents wait; a ledger
/// that is older than what was signed issues nothing (LDG-06) and gets no checkpoint: that would be a second history.
package final class Checkpointer: Sendable {
    /// How a log is kept.
    package struct Settings: Sendable {
        /// The log key; its name is the log's origin.
        package var key: NoteKey
        /// Least time between two checkpoints, in nanoseconds.
        package var interval: UInt64
        /// Least time between two marks in the token, in nanoseconds: writing to a token is slow.
        package var markInterval: UInt64 = 60_000_000_000

        package init(key: NoteKey, seconds: Int) {
            self.key = key
            interval = UInt64(seconds) * 1_000_000_000
        }
    }

    private struct State {
        var isStopping = false
        /// What keeps checkpoints from being made; `nil` while all is well.
        var problem: String?
    }

    private let settings: Settings
    private let ledger: LedgerStore
    private let signer: LogSigner
    /// What others have seen, to be compared before the first signature: who, and the checkpoint.
    private let seen: [(by: String, Checkpoint)]
    private let publish: @Sendable (Checkpoint) -> Void
    private let log: @Sendable (IssuanceAlarm) -> Void
    private let state = Guarded(State())
    private let thread = Mutex<JoinableThread?>(nil)

    /// - Parameters:
    ///   - seen: checkpoints of this log that were kept elsewhere, with the name of who kept them.
    ///   - publish: hands out each new checkpoint, on the checkpointer's thread.
    package init(
        _ settings: Settings,
        ledger: LedgerStore,
        token: TokenWorkerSupervisor,
        seen: [(by: String, Checkpoint)] = [],
        publish: @escaping @Sendable (Checkpoint) -> Void = { _ in },
        log: @escaping @Sendable (IssuanceAlarm) -> Void
    ) {
        self.settings = settings
        self.ledger = ledger
        signer = LogSigner(key: settings.key, token: token)
        self.seen = seen
        self.publish = publish
        self.log = log
    }

    /// The log's name.
    package var origin: String { settings.key.name }

    /// What keeps checkpoints from being made, with what mends it; `nil` while all is well.
    package var problem: String? { state.withLock { $0.problem } }

    /// Starts the thread. The token must have been started.
    package func start() {
        thread.withLock { thread in
            guard thread == nil else { return }
            thread = JoinableThread(named: "checkpointer") { [self] in run() }
        }
    }

    /// Signs the last tree head, lets the token remember it, and ends. To be called when nothing writes any more.
    package func stop() {
        state.withLock { $0.isStopping = true }
        state.broadcast()
        thread.withLock { $0 }?.join()
    }

    private func run() {
        guard let marked = compare() else { return }
        ledger.release()
        var signing = CheckpointSigning(marked: marked)
        while true {
            let isStopping = state.withLock { $0.isStopping }
            report { () throws(CheckpointTrouble) in try advance(&signing, isLast: isStopping) }
            if isStopping { return }
            pause(settings.interval)
        }
    }

    /// Waits, but no longer than until `stop`.
    private func pause(_ nanoseconds: UInt64) {
        let _: Void? = state.wait(until: monotonicNanoseconds() + nanoseconds) { $0.isStopping ? () : nil }
    }

    /// Says once what is wrong, and once that nothing is any more.
    private func report(_ body: () throws(CheckpointTrouble) -> Void) {
        var problem: String?
        do {
            try body()
        } catch {
            problem = error.description
        }
        let isNew = state.withLock { state in
            defer { state.problem = problem }
            return problem != nil && state.problem != problem
        }
        if isNew, let problem { log(.checkpointTrouble(problem)) }
    }

    // MARK: Comparing

    /// Asks the token what it remembers, until it answers. Answers the size that it remembers, or `nil` when there is
    /// to be no checkpoint in this run.
    private func compare() -> Int64? {
        while !state.withLock({ $0.isStopping }) {
            do {
                return try compareOnce()
            } catch let error as LedgerError {
                ledger.refuse(because: error)
                report { () throws(CheckpointTrouble) in throw CheckpointTrouble(error) }
                if case .olderThanSeen = error {
                    log(.ledgerOlderThanSeen(error.description))
                    return nil
                }
            } catch {
                let trouble = error as? CheckpointTrouble ?? CheckpointTrouble(error)
                ledger.refuse(because: .notCompared(trouble.description))
                report { () throws(CheckpointTrouble) in throw trouble }
            }
            pause(1_000_000_000)
        }
        return nil
    }

    private func compareOnce() throws -> Int64 {
        for (who, checkpoint) in seen { try ledger.reader.compare(with: checkpoint, by: who) }
        var newest: Int64 = -1
        for checkpoint in try signer.marks() {
            try ledger.reader.compare(with: checkpoint, by: "the log token")
            newest = max(newest, checkpoint.size)
        }
        // The token remembers before the ledger keeps its first checkpoint.
        if newest < 0, let kept = try ledger.reader.checkpoint(), kept.origin == settings.key.name {
            throw LedgerError.olderThanSeen(
                by: "the log token",
                detail: "the ledger has checkpoints, and the token remembers none: it is another, or was emptied"
            )
        }
        return newest
    }

    // MARK: Signing

    private func advance(_ signing: inout CheckpointSigning, isLast: Bool) throws(CheckpointTrouble) {
        let sealed = ledger.sealed
        if sealed.size > signing.size {
            let checkpoint = try sign(sealed)
            if signing.mustMark(before: checkpoint, at: monotonicNanoseconds(), every: settings.markInterval) {
                try mark(checkpoint, &signing)
            }
            try keep(checkpoint)
            signing.last = checkpoint
            publish(checkpoint)
        }
        if isLast, let last = signing.last, last.size > signing.marked { try mark(last, &signing) }
    }

    private func sign(_ sealed: SealedTree) throws(CheckpointTrouble) -> Checkpoint {
        do throws(CheckpointTrouble) {
            return try signer.sign(sealed)
        } catch {
            if error.isBadSignature { log(.badSignature(token: signer.token.settings.name, detail: error.description)) }
            throw error
        }
    }

    private func mark(_ checkpoint: Checkpoint, _ signing: inout CheckpointSigning) throws(CheckpointTrouble) {
        try signer.mark(checkpoint)
        signing.marked = checkpoint.size
        signing.markedAt = monotonicNanoseconds()
    }

    private func keep(_ checkpoint: Checkpoint) throws(CheckpointTrouble) {
        let kept = Guarded<Result<Void, LedgerError>?>(nil)
        ledger.keep(checkpoint, by: settings.key) { result in
            kept.withLock { $0 = result }
            kept.signal()
        }
        do {
            try kept.wait { $0 }.get()
        } catch {
            throw CheckpointTrouble(error)
        }
    }
}

/// Where the signing stands.
private struct CheckpointSigning {
    /// The size that the token remembers; -1 for nothing.
    var marked: Int64
    var markedAt: UInt64 = 0
    var last: Checkpoint?

    init(marked: Int64) {
        self.marked = marked
    }

    var size: Int64 { last?.size ?? 0 }

    /// The first mark goes before the first checkpoint that the ledger keeps.
    func mustMark(before checkpoint: Checkpoint, at now: UInt64, every interval: UInt64) -> Bool {
        checkpoint.size > marked && (marked < 0 || markedAt == 0 || now - markedAt >= interval)
    }
}
