import Glibc
internal import GRDB

/// Backing up and putting back: one whole, consistent, verified file, made while the service goes on.
package struct LedgerCopying: Sendable {
    /// Checks the checkpoints; the ledger's own newest key where none is given.
    private let key: NoteKey?
    /// Checkpoints that were kept elsewhere.
    private let seen: [Checkpoint]

    package init(key: NoteKey? = nil, seen: [Checkpoint] = []) {
        self.key = key
        self.seen = seen
    }

    /// What a copy holds.
    package struct Outcome: Sendable {
        package let report: VerificationReport
        /// The newest checkpoint in it.
        package let checkpoint: Checkpoint?
    }

    /// Copies a ledger into a file that is not there yet. The copy is written under another name, verified from its first
    /// entry to its last checkpoint, flushed, and only then given its name.
    ///
    /// Throws `copyRefused` where something is there already or the copy is not sound; nothing is left behind then.
    package func copy(_ source: LedgerReader, to path: String) throws(LedgerError) -> Outcome {
        guard access(path, F_OK) != 0 else {
            throw .copyRefused("\(path) is there already, and nothing is ever overwritten")
        }
        let partial = path + ".partial"
        let made = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard made >= 0 else { throw .copyRefused("\(partial): \(String(cString: strerror(errno)))") }
        close(made)
        do {
            try source.backUp(to: partial)
            let outcome = try check(LedgerReader(path: partial))
            try flush(partial)
            guard link(partial, path) == 0 else {
                throw LedgerError.copyRefused("\(path): \(String(cString: strerror(errno)))")
            }
            unlink(partial)
            try syncFolder(of: path)
            return outcome
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(partial + suffix) }
            throw LedgerError(error)
        }
    }

    /// Verifies a ledger whole, and against what was seen of it.
    package func check(_ ledger: LedgerReader) throws(LedgerError) -> Outcome {
        let report = try ledger.verify(key: key, seen: seen)
        if let first = report.findings.first {
            throw .copyRefused("\(report.findingCount) things are wrong with it, the first: \(first)")
        }
        return Outcome(report: report, checkpoint: try ledger.checkpoint())
    }

    private func flush(_ path: String) throws(LedgerError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .copyRefused("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .storageFailed("\(path) can't be flushed") }
    }
}

extension LedgerReader {
    /// Copies every page of one snapshot into a file, which becomes readable from read-only media too.
    func backUp(to path: String) throws(LedgerError) {
        do {
            var configuration = Configuration()
            configuration.label = "ledger.copy"
            let copy = try DatabaseQueue(path: path, configuration: configuration)
            try connections.backup(to: copy)
            try copy.writeWithoutTransaction { db in
                guard try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE") == "delete" else {
                    throw LedgerError.storageFailed("the copy keeps a write-ahead log")
                }
            }
            try copy.close()
        } catch {
            throw LedgerError(error)
        }
    }
}
