internal import Crypto

/// A SHA-256 value, kept in place rather than on the heap.
struct MerkleHash: Hashable, Sendable {
    static let size = 32

    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0
    private var fourth: UInt64 = 0

    /// Takes exactly 32 octets.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == MerkleHash.size else { return nil }
        first = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        third = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        fourth = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    }

    init?(_ bytes: [UInt8]) {
        let read = bytes.withUnsafeBytes { MerkleHash($0) }
        guard let read else { return nil }
        self = read
    }

    private init(_ digest: SHA256Digest) {
        digest.withUnsafeBytes { bytes in
            first = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
            second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            third = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
            fourth = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        }
    }

    /// SHA-256 of some octets.
    static func digest(_ bytes: UnsafeRawBufferPointer) -> MerkleHash {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        return MerkleHash(hash.finalize())
    }

    /// Hash of a leaf, whose data come after the octet 0x00 that sets leaves apart (RFC 9162, 2.1.1).
    static func leaf(prefixed bytes: UnsafeRawBufferPointer) -> MerkleHash {
        assert(bytes.first == 0)
        return digest(bytes)
    }

    /// Hash of a leaf with this data.
    static func leaf(_ data: UnsafeRawBufferPointer) -> MerkleHash {
        var hash = SHA256()
        withUnsafeBytes(of: UInt8(0)) { hash.update(bufferPointer: $0) }
        hash.update(bufferPointer: data)
        return MerkleHash(hash.finalize())
    }

    /// Hash of an inner node.
    static func node(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * size, alignment: 8) { buffer in
            buffer[0] = 1
            withUnsafeBytes(of: left) {
                buffer.baseAddress!.advanced(by: 1).copyMemory(from: $0.baseAddress!, byteCount: size)
            }
            withUnsafeBytes(of: right) {
                buffer.baseAddress!.advanced(by: 1 + size).copyMemory(from: $0.baseAddress!, byteCount: size)
            }
            return digest(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Root over hashes that fill a whole subtree: their number is a power of two.
    static func root(ofComplete hashes: ArraySlice<MerkleHash>) -> MerkleHash {
        guard hashes.count > 1 else { return hashes[hashes.startIndex] }
        let middle = hashes.startIndex + hashes.count / 2
        return node(root(ofComplete: hashes[..<middle]), root(ofComplete: hashes[middle...]))
    }

    var bytes: [UInt8] {
        withUnsafeBytes(of: self) { Array($0) }
    }
}

/// 256 neighbouring hashes of one level; level 1 holds the roots of level 0's tiles, and so on (C2SP tlog-tiles).
struct MerkleTile: Sendable {
    static let width = 256

    var level: Int
    var number: Int64
    var hashes: [MerkleHash]

    /// Where the tile lies in the table of tiles.
    var address: Int64 { MerkleTile.address(level: level, number: number) }

    static func address(level: Int, number: Int64) -> Int64 {
        Int64(level) << 48 | number
    }
}

/// The right edge of the log's Merkle tree: enough to append leaves and to know the root (RFC 9162, 2.1).
struct MerkleTree: Sendable {
    private(set) var size: Int64 = 0
    /// Roots of the complete subtrees, the largest first: one for each bit of the size.
    private var edge: [MerkleHash] = []
    /// For each level the hashes of its unfinished tile.
    private(set) var unfinished: [[MerkleHash]] = []
    /// Tiles that became complete and wait to be stored.
    private(set) var completed: [MerkleTile] = []

    init() {}

    /// Rebuilds the edge from the unfinished tiles of every level.
    init(size: Int64, unfinished: [[MerkleHash]]) {
        self.size = size
        self.unfinished = unfinished
        for hashes in unfinished.reversed() {
            var rest = hashes[...]
            var width = MerkleTile.width / 2
            while width > 0 {
                if hashes.count & width != 0 {
                    edge.append(MerkleHash.root(ofComplete: rest.prefix(width)))
                    rest = rest.dropFirst(width)
                }
                width /= 2
            }
        }
    }

    /// Adds the next leaf.
    mutating func append(leaf: MerkleHash) {
        let index = size
        keep(leaf, level: 0, leafIndex: index)
        var subtree = leaf
        var height = 0
        var bits = index
        while bits & 1 == 1 {
            subtree = MerkleHash.node(edge.removeLast(), subtree)
            height += 1
            if height % 8 == 0 { keep(subtree, level: height / 8, leafIndex: index) }
            bits >>= 1
        }
        edge.append(subtree)
        size = index + 1
    }

    private mutating func keep(_ hash: MerkleHash, level: Int, leafIndex: Int64) {
        if unfinished.count == level { unfinished.append([]) }
        unfinished[level].append(hash)
        guard unfinished[level].count == MerkleTile.width else { return }
        let number = leafIndex >> Int64(8 * (level + 1))
        completed.append(MerkleTile(level: level, number: number, hashes: unfinished[level]))
        unfinished[level].removeAll(keepingCapacity: true)
    }

    /// Forgets the completed tiles, once they are stored.
    mutating func clearCompleted() {
        if !completed.isEmpty { completed.removeAll() }
    }

    /// Root of the tree; that of the empty tree is the hash of nothing.
    var root: MerkleHash {
        guard var root = edge.last else {
            return MerkleHash.digest(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        for subtree in edge.dropLast().reversed() {
            root = MerkleHash.node(subtree, root)
        }
        return root
    }
}
