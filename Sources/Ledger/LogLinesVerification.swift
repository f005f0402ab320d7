/// Checks a whole export in JSON Lines against a checkpoint: each line is a leaf, in the order of the log. Only the log's
/// public key is needed.
package struct LogLinesVerification {
    private let checkpoint: Checkpoint
    private var seen: [Int64: [Checkpoint]]
    private var report = VerificationReport()
    private var tree = MerkleTree()
    private var statements = EntryStatements()

    /// - Parameters:
    ///   - checkpoint: what the export is measured by.
    ///   - seen: further checkpoints of this log.
    ///
    /// Throws `checkpointInvalid` when the log with this key did not make them.
    package init(checkpoint: Checkpoint, key: NoteKey, seen: [Checkpoint] = []) throws(LedgerError) {
        for given in [checkpoint] + seen { try given.verify(by: key) }
        self.checkpoint = checkpoint
        self.seen = Dictionary(grouping: seen, by: \.size)
    }

    /// Takes the next line, without its end.
    package mutating func add(_ body: [UInt8]) {
        tree.append(leaf: body.withUnsafeBytes { MerkleHash.leaf($0) })
        tree.clearCompleted()
        statements.check(body, &report)
        if tree.size == checkpoint.size { compare(checkpoint) }
        for known in seen.removeValue(forKey: tree.size) ?? [] { compare(known) }
    }

    private mutating func compare(_ known: Checkpoint) {
        guard tree.root != known.root else { return }
        report.add(.treeHead, known.size - 1, "the first \(known.size) lines do not give the root of their checkpoint")
    }

    /// What was found, after the last line. Lines that the checkpoint does not cover are a finding: nobody has signed them.
    package mutating func finish() -> VerificationReport {
        report.entries = tree.size
        report.openIntents = statements.openIntents
        report.checkpoints = 1
        if tree.size != checkpoint.size {
            report.add(.copy, nil, "there are \(tree.size) lines, and the checkpoint covers \(checkpoint.size) entries")
        }
        for later in seen.values.joined() where later.size > tree.size {
            report.add(.older, nil, "the export ends at \(tree.size) entries, and \(later.size) were seen")
        }
        report.head = TreeHead(size: tree.size, root: tree.root.bytes, time: .init(milliseconds: 0))
        return report
    }
}
