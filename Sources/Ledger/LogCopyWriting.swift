internal import GRDB

/// Writing a log out for others, in the layout of C2SP tlog-tiles: with the log's public key, nothing else is needed to
/// check all of it.
extension LedgerReader {
    /// Writes everything that the newest checkpoint covers; the checkpoint itself comes last. What is answered `false`
    /// by `isThere` is handed to `write`: a copy that is written again only gets what is new.
    ///
    /// - Parameters:
    ///   - isThere: whether a full tile or bundle of this path was written before. It never changes.
    ///   - write: keeps a file of the copy.
    /// - Returns: the checkpoint.
    ///
    /// Throws `checkpointUnknown` while there is no checkpoint, and what `write` throws.
    package func writeCopy(
        isThere: @escaping (String) -> Bool,
        write: @escaping (String, [UInt8]) throws -> Void
    ) throws -> Checkpoint {
        guard let checkpoint = try checkpoint(), let key = try logKeys().last else {
            throw LedgerError.checkpointUnknown(size: 0)
        }
        var copy = LogCopyWriting(size: checkpoint.size, isThere: isThere, write: write)
        try readLettingThrough { db in
            let query = try SQLStatement(db, "SELECT sequence, body FROM entries WHERE sequence < ? ORDER BY sequence")
            try query.each({ $0.integer(checkpoint.size) }) { row in
                try copy.add(row.blob(1))
                return true
            }
        }
        try copy.finish()
        guard copy.tree.root == checkpoint.root else {
            throw LedgerError.damaged("its entries do not give the root of its newest checkpoint; verify it")
        }
        try write("log.vkey", Array("\(key.vkey)\n".utf8))
        try write(TilePath.checkpoint, checkpoint.note.encoded)
        return checkpoint
    }
}

private struct LogCopyWriting {
    let size: Int64
    let isThere: (String) -> Bool
    let write: (String, [UInt8]) throws -> Void
    var tree = MerkleTree()
    private var bundle: [UInt8] = []

    init(size: Int64, isThere: @escaping (String) -> Bool, write: @escaping (String, [UInt8]) throws -> Void) {
        self.size = size
        self.isThere = isThere
        self.write = write
    }

    mutating func add(_ body: [UInt8]) throws {
        tree.append(leaf: body.withUnsafeBytes { MerkleHash.leaf($0) })
        EntryBundle.append(body, to: &bundle)
        guard tree.size % Int64(MerkleTile.width) == 0 else { return }
        for tile in tree.completed {
            try put(TilePath(.hashes(level: tile.level), number: tile.number, width: MerkleTile.width)) {
                MerkleHash.bytes(of: tile.hashes)
            }
        }
        let bundle = bundle
        let number = tree.size / Int64(MerkleTile.width) - 1
        try put(TilePath(.entries, number: number, width: MerkleTile.width)) { bundle }
        self.bundle = []
        tree.clearCompleted()
    }

    /// The pieces at the right edge.
    func finish() throws {
        for (level, hashes) in tree.unfinished.enumerated() where !hashes.isEmpty {
            let number = tree.size >> Int64(MerkleTile.height * (level + 1))
            try write(
                TilePath(.hashes(level: level), number: number, width: hashes.count).text,
                MerkleHash.bytes(of: hashes)
            )
        }
        let rest = Int(tree.size % Int64(MerkleTile.width))
        guard rest > 0 else { return }
        try write(TilePath(.entries, number: tree.size / Int64(MerkleTile.width), width: rest).text, bundle)
    }

    private func put(_ path: TilePath, _ bytes: () -> [UInt8]) throws {
        let text = path.text
        if !isThere(text) { try write(text, bytes()) }
    }
}
