/// Comparing a ledger with what somebody has seen of it.
extension LedgerReader {
    /// Checks that the ledger holds all that a checkpoint of its log covers: it is not older, and no other history.
    ///
    /// - Parameter who: has seen the checkpoint, in words for people.
    ///
    /// Throws `olderThanSeen`, or `checkpointInvalid` when the checkpoint is not of a log key that this ledger knows.
    package func compare(with seen: Checkpoint, by who: String) throws(LedgerError) {
        let keys = try logKeys().filter { $0.name.utf8.elementsEqual(seen.origin.utf8) }
        guard !keys.isEmpty else {
            throw .olderThanSeen(by: who, detail: "it is of the log \(seen.origin), which this ledger does not know")
        }
        var isSigned = false
        for key in keys where !isSigned {
            do {
                try seen.verify(by: key)
                isSigned = true
            } catch {
                continue
            }
        }
        guard isSigned else { throw .checkpointInvalid("no key of the log \(seen.origin) has signed it") }
        try compareTree(with: seen, by: who)
    }

    private func compareTree(with seen: Checkpoint, by who: String) throws(LedgerError) {
        let (size, root) = try readTree { db, tree -> (Int64, MerkleHash?) in
            guard seen.size <= tree.size else { return (tree.size, nil) }
            var nodes = StoredNodes(db, tree)
            return (tree.size, try nodes.root(of: 0, to: seen.size))
        }
        guard let root else {
            throw .olderThanSeen(by: who, detail: "there are \(size) entries, and there were \(seen.size)")
        }
        guard root == seen.root else {
            throw .olderThanSeen(by: who, detail: "the first \(seen.size) entries are not those that were signed")
        }
    }
}
