internal import GRDB

/// Checks the checkpoints that a ledger keeps, and compares it with those that were kept elsewhere. The tree heads that
/// they stand on are checked by `Verification`.
struct CheckpointCheck {
    let db: Database
    /// Given from outside; otherwise the ledger's own keys are believed.
    let key: NoteKey?
    let seen: [Checkpoint]

    func run(_ report: inout VerificationReport) throws {
        let keys = try LogReading.logKeys(db)
        if let key, keys.last != key {
            report.add(.checkpoint, nil, "the ledger's log key is another than the one that was given")
        }
        let sizes = try Int64.fetchAll(db, sql: "SELECT size FROM checkpoints ORDER BY size")
        for size in sizes { try check(size, keys, &report) }
        report.checkpoints = Int64(sizes.count)
        let lines = try Int64.fetchAll(db, sql: "SELECT DISTINCT size FROM cosignatures")
        for size in lines where !sizes.contains(size) {
            report.add(.checkpoint, nil, "a cosignature is under a checkpoint of size \(size), which is missing")
        }
        for checkpoint in seen { try compare(checkpoint, keys, &report) }
    }

    private func check(_ size: Int64, _ keys: [NoteKey], _ report: inout VerificationReport) throws {
        do {
            guard let checkpoint = try LogReading.checkpoint(db, size: size) else { return }
            try verify(checkpoint, by: keys)
            guard checkpoint.size == size, try LogReading.root(db, size: size) == checkpoint.root else {
                report.add(.checkpoint, size - 1, "the checkpoint of size \(size) is not of the tree head of that size")
                return
            }
        } catch let error as LedgerError {
            report.add(.checkpoint, size - 1, "the checkpoint of size \(size): \(error.message)")
        }
    }

    private func verify(_ checkpoint: Checkpoint, by keys: [NoteKey]) throws(LedgerError) {
        var failure = LedgerError.checkpointInvalid("no known log of the name \(checkpoint.origin) has signed it")
        for key in keys where key.name.utf8.elementsEqual(checkpoint.origin.utf8) {
            do {
                return try checkpoint.verify(by: key)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private func compare(_ checkpoint: Checkpoint, _ keys: [NoteKey], _ report: inout VerificationReport) throws {
        do {
            try verify(checkpoint, by: key.map { [$0] } ?? keys)
        } catch {
            return report.add(.checkpoint, nil, "a checkpoint that was given: \(error.message)")
        }
        guard checkpoint.size <= report.entries else {
            return report.add(
                .older,
                nil,
                "the ledger ends at \(report.entries) entries, and \(checkpoint.size) were seen"
            )
        }
        var nodes = StoredNodes(db, try Opening.tree(db, size: report.entries))
        if try nodes.root(of: 0, to: checkpoint.size) != checkpoint.root {
            report.add(
                .older,
                checkpoint.size - 1,
                "the first \(checkpoint.size) entries are another history than the one that was seen"
            )
        }
    }
}
