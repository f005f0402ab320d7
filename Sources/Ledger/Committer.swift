import Clocks
internal import GRDB
internal import GRDBSQLite
import Synchronization

/// What the ledger tells its operator beside answers.
package enum LedgerNotice: Sendable, Hashable {
    /// A check-point failed; the write-ahead log grows until one succeeds.
    case checkpointFailed(LedgerError)
    /// Writing failed in a way that leaves the file uncertain: every request is refused from now on.
    case writingEnded(LedgerError)
}

/// Counters since the ledger was opened.
package struct LedgerStatistics: Sendable, Hashable {
    package internal(set) var commits = 0
    package internal(set) var entries = 0
    package internal(set) var largestBatch = 0
    /// Pages in SQLite's write-ahead log after the last commit.
    package internal(set) var logPages = 0
    /// Intents that wait for their certificate.
    package internal(set) var openIntents = 0
}

/// The one thread that writes: takes what waits, writes it in one transaction, and answers when it is on the disk.
final class Committer: Sendable {
    private let settings: LedgerSettings
    private let clock: any WallClock
    private let log: @Sendable (LedgerNotice) -> Void
    private let queue: CommitQueue
    private let trimmer: LogTrimmer
    private let delivery: AnswerDelivery
    private let pagesInLog = Atomic<Int>(0)
    private let counters = Mutex(LedgerStatistics())
    private let ended = Mutex<LedgerError?>(nil)
    private let committed = Mutex(SealedTree(MerkleTree()))

    init(
        settings: LedgerSettings,
        clock: any WallClock,
        queue: CommitQueue,
        trimmer: LogTrimmer,
        delivery: AnswerDelivery,
        log: @escaping @Sendable (LedgerNotice) -> Void
    ) {
        self.settings = settings
        self.clock = clock
        self.queue = queue
        self.trimmer = trimmer
        self.delivery = delivery
        self.log = log
    }

    var statistics: LedgerStatistics { counters.withLock { $0 } }

    /// The tree as the last commit left it.
    var sealed: SealedTree { committed.withLock { $0 } }

    /// Why nothing is written any more, if so.
    var failure: LedgerError? { ended.withLock { $0 } }

    /// To be called before `run`, with what opening found.
    func begin(with memory: WriterMemory) {
        committed.withLock { $0 = memory.sealed }
    }

    /// Works until the queue is closed and empty. Keeps the pool's writer connection for all of that time.
    func run(_ pool: DatabasePool, memory: WriterMemory, index: IntentIndex) {
        queue.offerThread()
        defer { queue.leave() }
        pool.writeWithoutTransaction { db in
            do {
                watchLog(db)
                var writer = try EntryWriter(db, memory: memory, index: index)
                work(&writer)
            } catch {
                end(LedgerError(error))
                refuseEverything()
            }
            sqlite3_wal_hook(db.sqliteConnection, nil, nil)
        }
    }

    private func work(_ writer: inout EntryWriter) {
        var gathering = CommitGathering()
        var gatherUntil: UInt64 = 0
        while let work = queue.take(
            limit: settings.batchLimit,
            openIntents: writer.memory.open.count,
            gatherUntil: gatherUntil,
            dueAt: gatherUntil + settings.longestSideWorkNanoseconds
        ) {
            if !work.requests.isEmpty {
                commit(work.requests, &writer)
                gathering.note(work.requests, at: clock.now)
                gatherUntil = monotonicNanoseconds() + gathering.nanoseconds(openIntents: writer.memory.open.count)
                trimmer.observe(pages: pagesInLog.load(ordering: .relaxed))
            }
            if work.trim { trimmer.finish(pages: pagesInLog.load(ordering: .relaxed)) }
        }
    }

    private func refuseEverything() {
        while let work = queue.take(limit: settings.batchLimit, openIntents: 0, gatherUntil: 0, dueAt: 0) {
            fail(work.requests, failure ?? .stopped)
        }
    }

    // MARK: One transaction

    private typealias Answer = @Sendable (SealedTree) -> Void

    /// What is to be told once the commit is done.
    private struct CommitAnswers {
        var intents: AnswerDelivery.Answers
        var others: AnswerDelivery.Answers
    }

    private func commit(_ requests: [Request], _ writer: inout EntryWriter) {
        if let failure { return fail(requests, failure) }
        let before = writer.memory
        do {
            let answers = try write(requests, &writer)
            let added = Int(writer.memory.tree.size - before.tree.size)
            counters.withLock { counters in
                counters.commits += 1
                counters.entries += added
                counters.largestBatch = max(counters.largestBatch, requests.count)
                counters.openIntents = writer.memory.open.count
                counters.logPages = pagesInLog.load(ordering: .relaxed)
            }
            delivery.intents(answers.intents)
            delivery.others(answers.others)
        } catch {
            writer.restore(before)
            refuse(requests, because: error)
        }
    }

    private func write(_ requests: [Request], _ writer: inout EntryWriter) throws -> CommitAnswers {
        let time = EntryTime(clock: clock.now, last: writer.memory.lastTime)
        let size = writer.memory.tree.size
        var intents: [Answer] = []
        var others: [Answer] = []
        writer.begin()
        try writer.sql.begin.run()
        do {
            for request in requests {
                let answer = try Committer.apply(request, &writer, at: time)
                if case .intend = request { intents.append(answer) } else { others.append(answer) }
            }
            if writer.memory.tree.size > size { try writer.finish(time: time) }
            try writer.sql.commit.run()
            writer.publish()
        } catch {
            try rollBack(writer.db)
            throw error
        }
        let sealed = writer.memory.sealed
        committed.withLock { $0 = sealed }
        return CommitAnswers(
            intents: intents.map { answer in { answer(sealed) } },
            others: others.map { answer in { answer(sealed) } }
        )
    }

    /// A failed statement may have ended the transaction already (SQLITE_FULL, SQLITE_IOERR).
    private func rollBack(_ db: Database) throws {
        if db.isInsideTransaction { try db.rollback() }
    }

    /// Nothing of the batch was written.
    private func refuse(_ requests: [Request], because error: any Error) {
        let reason = LedgerError(error)
        if Committer.leavesFileUncertain(error) { end(reason) }
        fail(requests, reason)
    }

    private func fail(_ requests: [Request], _ error: LedgerError) {
        delivery.others(requests.map { request in { request.fail(error) } })
    }

    /// After a failed write or flush nobody knows what the disk holds; only opening anew finds out. Each request is
    /// checked before it is written, so that a violated constraint means that somebody else wrote to the file.
    private static func leavesFileUncertain(_ error: any Error) -> Bool {
        if case .damaged? = error as? LedgerError { return true }
        guard let error = error as? DatabaseError else { return false }
        switch error.resultCode {
        case .SQLITE_IOERR: return error.extendedResultCode != .SQLITE_IOERR_SHMSIZE
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_CONSTRAINT: return true
        default: return false
        }
    }

    private func end(_ reason: LedgerError) {
        ended.withLock { $0 = $0 ?? reason }
        log(.writingEnded(reason))
    }

    /// Writes one request. What it answers is told after the commit, with the tree.
    ///
    /// Refusals are answers; what is thrown ends the transaction.
    private static func apply(
        _ request: Request,
        _ writer: inout EntryWriter,
        at time: EntryTime
    ) throws -> Answer {
        switch request {
        case .intend(let intent, let answer):
            let result = try attempt { try writer.intend(intent, at: time) }
            return { _ in answer(result) }
        case .record(let record, let answer):
            let result = try attempt { try writer.record(record, at: time) }
            return { sealed in
                answer(
                    result.map { receipt in
                        var receipt = receipt
                        receipt.tree = sealed
                        return receipt
                    }
                )
            }
        case .close(let intent, let reason, let wasSigned, let answer):
            let result = try attempt { try writer.close(intent, reason: reason, wasSigned: wasSigned, at: time) }
            return { _ in answer(result) }
        case .append(let event, let answer):
            let result = try attempt { try writer.append(event, at: time) }
            return { _ in answer(result) }
        case .authorityKey(let hash, let issuer, let answer):
            let result = try attempt { try writer.addAuthorityKey(hash, issuer: issuer, at: time) }
            return { _ in answer(result) }
        case .other(let work, let answer):
            let result = try attempt { try work(&writer, time) }
            return { _ in answer(result) }
        case .status(let change, let answer):
            let result = try attempt { try writer.change(change, at: time) }
            return { _ in answer(result) }
        case .crl(let intent, let answer):
            let result = try attempt { try writer.intend(intent, at: time) }
            return { _ in answer(result) }
        }
    }

    /// Catches refusals. A damaged ledger is none: that ends the writing.
    private static func attempt<Value>(_ body: () throws -> Value) throws -> Result<Value, LedgerError> {
        do {
            return .success(try body())
        } catch let refusal as LedgerError {
            if case .damaged = refusal { throw refusal }
            return .failure(refusal)
        }
    }

    // MARK: Surroundings

    /// Learns the length of the write-ahead log after each commit.
    private func watchLog(_ db: Database) {
        sqlite3_wal_hook(
            db.sqliteConnection,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                let committer = Unmanaged<Committer>.fromOpaque(context).takeUnretainedValue()
                committer.pagesInLog.store(Int(pages), ordering: .relaxed)
                return SQLITE_OK
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }
}
