import Clocks
internal import GRDB
import Synchronization
import Threads

/// How a ledger is opened.
package struct LedgerSettings: Sendable {
    /// The SQLite file. Its folder must exist, and belong to the service alone.
    package var path: String
    /// Whether a missing or empty file becomes a new ledger. Otherwise it is refused as `unreadable`: a disk that is
    /// not mounted must not lead to a ledger that has forgotten everything.
    package var mayCreate = true
    /// How long to wait for other processes' locks, in seconds.
    package var busySeconds = 5.0
    /// Most requests in one commit.
    package var batchLimit = 256
    /// How long a commit is held back at most by jobs that the committing thread does besides, once it has waited for
    /// others (`CommitGathering`).
    package var longestSideWorkNanoseconds: UInt64 = 3_000_000
    /// Length of the write-ahead log, in pages of 4 KiB, at which it is copied back.
    package var checkpointPages = 4_096
    /// Ceiling of the file in pages; `nil` leaves it to the file system.
    package var pageLimit: Int?
    /// Whether intents wait until somebody has compared the ledger with what was seen of it (`release`, `refuse`).
    package var holdsIntents = false

    package init(path: String) {
        self.path = path
    }
}

/// How the answers of one commit are told.
package struct AnswerDelivery: Sendable {
    package typealias Answers = [@Sendable () -> Void]

    /// Runs the answers to intents, first: a token waits for what comes of them.
    package var intents: @Sendable (Answers) -> Void
    /// Runs all others.
    package var others: @Sendable (Answers) -> Void

    package init(
        intents: @escaping @Sendable (Answers) -> Void,
        others: @escaping @Sendable (Answers) -> Void
    ) {
        self.intents = intents
        self.others = others
    }

    /// On the committer's thread, one after the other.
    package static let inTurn = AnswerDelivery(
        intents: { answers in for answer in answers { answer() } },
        others: { answers in for answer in answers { answer() } }
    )
}

/// The ledger: what was intended and what was signed, in one append-only, tamper-evident file.
///
/// Requests are answered once they are on the disk, on the thread that `AnswerDelivery` chooses; the closures must be
/// short.
package final class LedgerStore: Sendable {
    /// Intents that a crash had left open, and that opening closed as never released (SGN-07).
    package let closedAtOpening: [OpenIntent]

    /// Reads what was committed, from any thread.
    package let reader: LedgerReader

    private let pool: DatabasePool
    private let ownership: FileOwnership
    private let queue: CommitQueue
    private let committer: Committer
    private let trimmer: LogTrimmer
    private let gate: IntentGate
    private let log: @Sendable (LedgerNotice) -> Void
    /// The committer's and the trimmer's, until somebody waits for their end.
    private let threads: Mutex<[JoinableThread]>

    /// Opens a ledger for writing, and makes it when the file is missing and may be made.
    ///
    /// - Parameters:
    ///   - delivery: who runs the answers.
    ///   - sideWork: what the committing thread does while no commit is due.
    ///
    /// Throws `inUse`, `unreadable`, `foreignFormat`, `damaged`, `full` or `storageFailed`.
    package init(
        _ settings: LedgerSettings,
        clock: any WallClock,
        delivery: AnswerDelivery = .inTurn,
        sideWork: (any SideWork)? = nil,
        log: @escaping @Sendable (LedgerNotice) -> Void
    ) throws(LedgerError) {
        self.log = log
        ownership = try FileOwnership(of: settings.path, mayCreate: settings.mayCreate)
        do {
            let index = IntentIndex()
            let found = try LedgerStore.lookUntouched(settings, index: index)
            var configuration = Connections.configuration(label: "ledger")
            configuration.busyMode = .timeout(settings.busySeconds)
            pool = try DatabasePool(path: settings.path, configuration: configuration)
            let opened = try LedgerStore.prepare(
                pool,
                settings: settings,
                index: index,
                found: found,
                now: clock.now
            )
            try syncFolder(of: settings.path)
            closedAtOpening = opened.closed
            trimmer = try LogTrimmer(path: settings.path, threshold: settings.checkpointPages, log: log)
            queue = CommitQueue(sideWork: sideWork)
            committer = Committer(
                settings: settings,
                clock: clock,
                queue: queue,
                trimmer: trimmer,
                delivery: delivery,
                log: log
            )
            committer.begin(with: opened.memory)
            reader = LedgerReader(pool, index) { [committer] in committer.sealed }
            gate = IntentGate(isOpen: !settings.holdsIntents)
            threads = Mutex([])
            try startThreads(opened.memory, index)
        } catch {
            throw LedgerError(error)
        }
    }

    deinit {
        stop()
    }

    /// Reads and checks all that opening reads, without changing the file: a pool would turn a foreign database to WAL
    /// mode, and copy the write-ahead log into a damaged one. What is damaged stays as it was found, as evidence.
    ///
    /// - Returns: what the writer has to know; `nil` for a file that is to become a ledger.
    private static func lookUntouched(_ settings: LedgerSettings, index: IntentIndex) throws -> WriterMemory? {
        let configuration = Connections.configuration(label: "ledger.identify", readonly: true)
        let connection = try DatabaseQueue(path: settings.path, configuration: configuration)
        let memory = try connection.read { db -> WriterMemory? in
            switch try Schema.identify(db) {
            case true?: return try Opening.restore(db, index: index)
            case nil where settings.mayCreate: return nil
            case nil: throw FileOwnership.missing(settings.path)
            case false?: throw LedgerError.foreignFormat("another application or version wrote it")
            }
        }
        try connection.close()
        return memory
    }

    private static func prepare(
        _ pool: DatabasePool,
        settings: LedgerSettings,
        index: IntentIndex,
        found: WriterMemory?,
        now: Timestamp
    ) throws -> (memory: WriterMemory, closed: [OpenIntent]) {
        try pool.writeWithoutTransaction { db in
            try Connections.prepareWriter(db, pageLimit: settings.pageLimit)
            try Connections.emptyLog(db)
            if found == nil { try Schema.create(db) }
            var memory = try found ?? Opening.restore(db, index: index)
            try Opening.check(db, isStill: memory)
            let closed = try Opening.closeOpenIntents(db, memory: &memory, index: index, now: now)
            return (memory, closed)
        }
    }

    private func startThreads(_ memory: WriterMemory, _ index: IntentIndex) throws {
        let (committer, trimmer, queue, pool) = (committer, trimmer, queue, pool)
        let writing = JoinableThread(named: "ledger-commit") { committer.run(pool, memory: memory, index: index) }
        threads.withLock { $0.append(writing) }
        let trimming = JoinableThread(named: "ledger-trim") { trimmer.run { queue.wantTrim() } }
        threads.withLock { $0.append(trimming) }
    }

    /// Writes what waits, then ends, and leaves one complete file. Later requests are answered `stopped`; reading goes
    /// on. May be called more than once.
    package func stop() {
        let threads = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        guard !threads.isEmpty else { return }
        if gate.reason == nil { gate.close(.stopped) }
        queue.close()
        trimmer.stop()
        for thread in threads { thread.join() }
        do {
            try trimmer.close()
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        } catch {
            log(.checkpointFailed(LedgerError(error)))
        }
        ownership.release()
    }

    // MARK: Writing

    /// Makes an intent durable before the token hears of it.
    ///
    /// Refusals: `orderReused`, `orderInFlight`, `keyBelongsToOther`, `keyOfAuthority`, `serialRepeated`,
    /// `clockMovedBack`, `invalid`, `olderThanSeen`, `notCompared`.
    package func intend(
        _ intent: Intent,
        completion: @escaping @Sendable (Result<IntendOutcome, LedgerError>) -> Void
    ) {
        gate.pass { [self] refusal in
            if let refusal { return completion(.failure(refusal)) }
            submit(.intend(intent, completion))
        }
    }

    /// Makes a certificate durable before anybody sees it.
    ///
    /// Refusals: `unknownIntent`, `intentSettled`, `certificateDiffers`, `clockMovedBack`, `invalid`.
    package func record(
        _ certificate: CertificateRecord,
        completion: @escaping @Sendable (Result<CertificateReceipt, LedgerError>) -> Void
    ) {
        submit(.record(certificate, completion))
    }

    /// Notes that an intent never became a certificate: its serial number answers *revoked* from now on.
    ///
    /// Refusals: `unknownIntent`, `intentSettled`, `invalid`.
    ///
    /// - Parameter wasSigned: whether the token may have signed. An intent that surely was not signed does not bind
    ///   its public key to its subject.
    package func closeIntent(
        _ intent: IntentReceipt,
        reason: String,
        wasSigned: Bool = true,
        completion: @escaping @Sendable (Result<EventReceipt, LedgerError>) -> Void
    ) {
        submit(.close(intent, reason: reason, wasSigned: wasSigned, completion))
    }

    /// Writes an entry of a kind that is not the ledger's own. While the clock is behind the last entry, it gets that
    /// entry's time and the mark `"clock":"behind"`.
    package func append(
        _ event: LedgerEvent,
        completion: @escaping @Sendable (Result<EventReceipt, LedgerError>) -> Void
    ) {
        submit(.append(event, completion))
    }

    /// Notes that a public key is an authority's, which no certificate holder may use (SGN-03). `hash` is SHA-256 of
    /// its SubjectPublicKeyInfo. Answers `nil` when that was known already; refuses with `keyOfAuthority` when a
    /// certificate holder has it.
    package func registerAuthorityKey(
        _ hash: [UInt8],
        issuer: String,
        completion: @escaping @Sendable (Result<EventReceipt?, LedgerError>) -> Void
    ) {
        submit(.authorityKey(hash, issuer: issuer, completion))
    }

    // MARK: The log itself

    /// Notes the key that signs checkpoints from now on, unless it is known as that already.
    package func registerLogKey(
        _ key: NoteKey,
        completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void
    ) {
        submit(.other({ writer, time in _ = try writer.addLogKey(key, at: time) }, completion))
    }

    /// Keeps a checkpoint that the log key has signed. Refusal: `checkpointInvalid`.
    package func keep(
        _ checkpoint: Checkpoint,
        by key: NoteKey,
        completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void
    ) {
        submit(.other({ writer, _ in try writer.add(checkpoint, by: key) }, completion))
    }

    /// Keeps a witness's signature under a checkpoint of this size. Refusals: `checkpointUnknown`, `checkpointInvalid`.
    package func keep(
        _ cosignature: SignedNote.Signature,
        by witness: NoteKey,
        size: Int64,
        completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void
    ) {
        submit(.other({ writer, _ in try writer.add(cosignature: cosignature, by: witness, size: size) }, completion))
    }

    /// The tree as the last commit left it.
    package var sealed: SealedTree { committer.sealed }

    /// The ledger has been compared with what others have seen of it, and is not older: intents may pass.
    package func release() { gate.open() }

    /// Intents are refused from now on, until `release`.
    package func refuse(because error: LedgerError) { gate.close(error) }

    /// Why intents are refused though the ledger can be written.
    package var refusal: LedgerError? { gate.reason }

    /// Why nothing may be said on the ledger's word at this moment: it is, or may be, older than what others have seen.
    package var doubt: LedgerError? { gate.refusalNow }

    /// Writes a change of a certificate's status (STS-01): final is final.
    ///
    /// Refusals: `unknownSerial`, `serialInFlight`, `alreadyRevoked`, `alreadyHeld`, `notHeld`, `invalid`.
    package func changeStatus(
        _ change: StatusChange,
        completion: @escaping @Sendable (Result<StatusReceipt, LedgerError>) -> Void
    ) {
        submit(.status(change, completion))
    }

    /// Makes durable what a CRL will say, and with it its number, before the token hears of it.
    ///
    /// Refusals: `crlNumberRepeated`, `invalid`, `olderThanSeen`, `notCompared`: an older ledger has forgotten
    /// revocations. It does not wait for the comparison.
    package func intendCRL(
        _ intent: CRLIntent,
        completion: @escaping @Sendable (Result<EventReceipt, LedgerError>) -> Void
    ) {
        if let refusal = gate.refusalNow { return completion(.failure(refusal)) }
        submit(.crl(intent, completion))
    }

    private func submit(_ request: Request) {
        if !queue.submit(request) { request.fail(.stopped) }
    }

    /// How a serial number stands at this moment.
    package func standing(serial: [UInt8]) throws(LedgerError) -> Standing {
        try reader.standing(serial: serial)
    }

    /// Whether an issued certificate still stands as it did. Nothing is read from the file.
    package func isStillSo(_ standing: Standing, serial: [UInt8]) -> Bool {
        reader.revokedStanding(serial: serial) == (standing.isRevoked ? standing : nil)
    }

    /// Everything that is not good at this moment.
    package var revokedSerials: RevokedSerials { reader.book.snapshot() }

    /// Counters since opening.
    package var statistics: LedgerStatistics { committer.statistics }

    /// Why nothing is written any more; `nil` while all is well.
    package var failure: LedgerError? { committer.failure }
}
