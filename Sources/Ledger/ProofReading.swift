internal import GRDB

/// The nodes of a tree: the newest from memory, the others from stored tiles.
struct StoredNodes: MerkleNodes {
    private let db: Database
    private let tree: MerkleTree
    private var tiles: [Int64: [MerkleHash]] = [:]

    init(_ db: Database, _ tree: MerkleTree) {
        self.db = db
        self.tree = tree
    }

    mutating func node(height: Int, number: Int64) throws -> MerkleHash {
        if let node = tree.node(height: height, number: number) { return node }
        let (level, inTile) = (height / MerkleTile.height, height % MerkleTile.height)
        let first = number << Int64(inTile)
        let hashes = try tile(level: level, number: first >> Int64(MerkleTile.height))
        let start = Int(first) & (MerkleTile.width - 1)
        return MerkleHash.root(ofComplete: hashes[start..<start + (1 << inTile)])
    }

    private mutating func tile(level: Int, number: Int64) throws -> [MerkleHash] {
        let address = MerkleTile.address(level: level, number: number)
        if let tile = tiles[address] { return tile }
        let tile = try Opening.tile(db, level: level, number: number)
        tiles[address] = tile
        return tile
    }
}

/// Proofs about a ledger.
enum ProofReading {
    /// Throws `proofImpossible` where the entry or the size is beyond the tree.
    static func inclusion(_ db: Database, _ tree: MerkleTree, entry: Int64, size: Int64) throws -> InclusionProof {
        guard (0...tree.size).contains(size) else {
            throw LedgerError.proofImpossible("the ledger has \(tree.size) entries, not \(size)")
        }
        guard (0..<size).contains(entry) else {
            throw LedgerError.proofImpossible("there is no entry \(entry) among the first \(size)")
        }
        var nodes = StoredNodes(db, tree)
        return InclusionProof(
            entry: entry,
            leafHash: try nodes.node(height: 0, number: entry),
            treeSize: size,
            root: try nodes.root(of: 0, to: size),
            path: try nodes.path(of: entry, size: size)
        )
    }

    /// Throws `proofImpossible` where a size is beyond the tree, or the first is greater than the second.
    static func consistency(_ db: Database, _ tree: MerkleTree, from: Int64, to: Int64) throws -> ConsistencyProof {
        guard (0...tree.size).contains(to) else {
            throw LedgerError.proofImpossible("the ledger has \(tree.size) entries, not \(to)")
        }
        guard (0...to).contains(from) else {
            throw LedgerError.proofImpossible(
                "a proof goes from a size to one that is no smaller, not from \(from) to \(to)"
            )
        }
        var nodes = StoredNodes(db, tree)
        return ConsistencyProof(
            from: from,
            to: to,
            fromRoot: try nodes.root(of: 0, to: from),
            toRoot: try nodes.root(of: 0, to: to),
            path: try nodes.path(from: from, to: to)
        )
    }
}

extension LedgerReader {
    /// Proof that an entry stands in the tree of a size; without a size in the newest.
    package func inclusionProof(entry: Int64, size: Int64? = nil) throws(LedgerError) -> InclusionProof {
        try readTree { db, tree in
            try ProofReading.inclusion(db, tree, entry: entry, size: size ?? tree.size)
        }
    }

    /// Proof that the tree of one size begins with that of a smaller size.
    package func consistencyProof(from: Int64, to: Int64) throws(LedgerError) -> ConsistencyProof {
        try readTree { db, tree in try ProofReading.consistency(db, tree, from: from, to: to) }
    }

    /// The newest checkpoint with the cosignatures under it; `nil` before the first.
    package func checkpoint() throws(LedgerError) -> Checkpoint? {
        try read { try LogReading.newestCheckpoint($0) }
    }

    /// The checkpoint of a size.
    package func checkpoint(size: Int64) throws(LedgerError) -> Checkpoint? {
        try read { try LogReading.checkpoint($0, size: size) }
    }

    /// The keys that have signed checkpoints, the newest last.
    package func logKeys() throws(LedgerError) -> [NoteKey] {
        try read { try LogReading.logKeys($0) }
    }
}
