/// 256 neighbouring hashes of one level; level 1 holds the roots of level 0's tiles, and so on (C2SP tlog-tiles).
struct MerkleTile: Sendable {
    static let width = 256
    /// Of the subtree that a tile stands for.
    static let height = 8

    var level: Int
    var number: Int64
    var hashes: [MerkleHash]

    /// Where the tile lies in the table of tiles.
    var address: Int64 { MerkleTile.address(level: level, number: number) }

    static func address(level: Int, number: Int64) -> Int64 {
        Int64(level) << 48 | number
    }
}

/// The right edge of the log's Merkle tree: enough to append leaves, to know the root, and to prove that a new leaf is in
/// it (RFC 9162, 2.1).
struct MerkleTree: Sendable {
    /// Roots of neighbouring complete subtrees of one height.
    private struct Row {
        /// The number of the first one, counted from the tree's left; always the first of a tile.
        var first: Int64 = 0
        var hashes: [MerkleHash] = []
    }

    private(set) var size: Int64 = 0
    /// By height: a subtree of height h has 2^h leaves. Those of the unfinished tile of each level are always here.
    private var rows: [Row] = []
    /// Tiles that became complete and wait to be stored.
    private(set) var completed: [MerkleTile] = []

    init() {}

    /// Rebuilds the edge from the unfinished tiles of every level.
    init(size: Int64, unfinished: [[MerkleHash]]) {
        self.size = size
        for (level, hashes) in unfinished.enumerated() {
            var row = Row(first: size >> Int64(8 * (level + 1)) * Int64(MerkleTile.width), hashes: hashes)
            for _ in 0..<MerkleTile.height {
                rows.append(row)
                let pairs = stride(from: 0, to: row.hashes.count - 1, by: 2)
                row = Row(
                    first: row.first / 2,
                    hashes: pairs.map { MerkleHash.node(row.hashes[$0], row.hashes[$0 + 1]) }
                )
            }
        }
    }

    /// Adds the next leaf.
    mutating func append(leaf: MerkleHash) {
        var (hash, height, index) = (leaf, 0, size)
        while true {
            keep(hash, height: height)
            guard index & 1 == 1 else { break }
            let hashes = rows[height].hashes
            hash = MerkleHash.node(hashes[hashes.count - 2], hash)
            height += 1
            index >>= 1
        }
        size += 1
    }

    private mutating func keep(_ hash: MerkleHash, height: Int) {
        if rows.count == height { rows.append(Row()) }
        rows[height].hashes.append(hash)
        guard height % MerkleTile.height == 0 else { return }
        let width = MerkleTile.width
        let end = rows[height].first + Int64(rows[height].hashes.count)
        guard end % Int64(width) == 0 else { return }
        completed.append(
            MerkleTile(
                level: height / MerkleTile.height,
                number: end / Int64(width) - 1,
                hashes: Array(rows[height].hashes.suffix(width))
            )
        )
    }

    /// Forgets the completed tiles, once they are stored, and with them every node that lies in one.
    mutating func clearCompleted() {
        if !completed.isEmpty { completed.removeAll() }
        for height in rows.indices {
            let inTile = MerkleTile.width >> (height % MerkleTile.height)
            let done = rows[height].hashes.count / inTile * inTile
            guard done > 0 else { continue }
            rows[height].hashes.removeFirst(done)
            rows[height].first += Int64(done)
        }
    }

    /// The root of a complete subtree, if it is still here.
    func node(height: Int, number: Int64) -> MerkleHash? {
        guard rows.indices.contains(height), number >= rows[height].first else { return nil }
        let place = Int(number - rows[height].first)
        return place < rows[height].hashes.count ? rows[height].hashes[place] : nil
    }

    /// The hashes of each level's unfinished tile.
    var unfinished: [[MerkleHash]] {
        stride(from: 0, to: rows.count, by: MerkleTile.height).compactMap { height in
            guard size >> Int64(height) > 0 else { return nil }
            return Array(rows[height].hashes.suffix(Int(size >> Int64(height)) % MerkleTile.width))
        }
    }

    /// By height h: the root over the leaves after the last complete subtree of height h, where there are any.
    var rests: [MerkleHash?] {
        var rests: [MerkleHash?] = []
        rests.reserveCapacity(rows.count + 1)
        var rest: MerkleHash?
        for height in rows.indices {
            rests.append(rest)
            guard size >> Int64(height) & 1 == 1 else { continue }
            let last = rows[height].hashes[rows[height].hashes.count - 1]
            rest = rest.map { MerkleHash.node(last, $0) } ?? last
        }
        rests.append(rest)
        return rests
    }

    /// Root of the tree; that of the empty tree is the hash of nothing.
    var root: MerkleHash {
        rests.last.flatMap { $0 } ?? MerkleHash.emptyRoot
    }
}
