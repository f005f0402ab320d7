/// Proof that an entry stands in the tree of a size (RFC 9162, 2.1.3).
package struct InclusionProof: Sendable, Hashable {
    /// The entry's number: the index of its leaf.
    package let entry: Int64
    package let leafHash: MerkleHash
    package let treeSize: Int64
    package let root: MerkleHash
    /// From the leaf's sibling up to the root's child.
    package let path: [MerkleHash]

    package init(entry: Int64, leafHash: MerkleHash, treeSize: Int64, root: MerkleHash, path: [MerkleHash]) {
        self.entry = entry
        self.leafHash = leafHash
        self.treeSize = treeSize
        self.root = root
        self.path = path
    }

    /// Whether leaf and path give the root (RFC 9162, 2.1.3.2).
    package var isValid: Bool {
        guard (0..<treeSize).contains(entry) else { return false }
        var (number, last, hash) = (entry, treeSize - 1, leafHash)
        for sibling in path {
            guard last > 0 else { return false }
            if number & 1 == 1 || number == last {
                hash = MerkleHash.node(sibling, hash)
                while number & 1 == 0, number > 0 {
                    number >>= 1
                    last >>= 1
                }
            } else {
                hash = MerkleHash.node(hash, sibling)
            }
            number >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }
}

/// Proof that the tree of one size begins with all entries of the tree of a smaller size (RFC 9162, 2.1.4).
package struct ConsistencyProof: Sendable, Hashable {
    package let from: Int64
    package let to: Int64
    package let fromRoot: MerkleHash
    package let toRoot: MerkleHash
    package let path: [MerkleHash]

    package init(from: Int64, to: Int64, fromRoot: MerkleHash, toRoot: MerkleHash, path: [MerkleHash]) {
        self.from = from
        self.to = to
        self.fromRoot = fromRoot
        self.toRoot = toRoot
        self.path = path
    }

    /// Whether the path leads from the one root to the other (RFC 9162, 2.1.4.2).
    package var isValid: Bool {
        guard 0 <= from, from <= to else { return false }
        if from == to { return path.isEmpty && fromRoot == toRoot }
        if from == 0 { return path.isEmpty && fromRoot == MerkleHash.emptyRoot }
        var rest = path[...]
        var (number, last) = (from - 1, to - 1)
        while number & 1 == 1 {
            number >>= 1
            last >>= 1
        }
        // A tree whose size is a power of two is a node of the larger one, and its root is not repeated in the path.
        guard let start = number == 0 ? fromRoot : rest.popFirst() else { return false }
        var (older, newer) = (start, start)
        for node in rest {
            guard last > 0 else { return false }
            if number & 1 == 1 || number == last {
                older = MerkleHash.node(node, older)
                newer = MerkleHash.node(node, newer)
                while number & 1 == 0, number > 0 {
                    number >>= 1
                    last >>= 1
                }
            } else {
                newer = MerkleHash.node(newer, node)
            }
            number >>= 1
            last >>= 1
        }
        return last == 0 && older == fromRoot && newer == toRoot
    }
}

/// Where the roots of complete subtrees come from: memory, tiles, whatever has them.
protocol MerkleNodes {
    /// The root over the leaves from `number` · 2^height on, 2^height of them. All of those are there.
    mutating func node(height: Int, number: Int64) throws -> MerkleHash
}

extension MerkleNodes {
    /// Root over the leaves of `start..<end`. `start` is a multiple of a power of two that is no smaller than the range.
    mutating func root(of start: Int64, to end: Int64) throws -> MerkleHash {
        var rest: MerkleHash?
        for height in 0..<63 where (end - start) >> Int64(height) & 1 == 1 {
            let hash = try node(height: height, number: end >> Int64(height) - 1)
            rest = rest.map { MerkleHash.node(hash, $0) } ?? hash
        }
        return rest ?? MerkleHash.emptyRoot
    }

    /// The path of a leaf in the tree of a size (RFC 9162, 2.1.3.1).
    mutating func path(of leaf: Int64, size: Int64) throws -> [MerkleHash] {
        var path: [MerkleHash] = []
        var height = 0
        while (size - 1) >> Int64(height) > 0 {
            let sibling = leaf >> Int64(height) ^ 1
            if sibling < size >> Int64(height) {
                path.append(try node(height: height, number: sibling))
            } else if sibling << Int64(height) < size {
                path.append(try root(of: sibling << Int64(height), to: size))
            }
            height += 1
        }
        return path
    }

    /// The path from the tree of one size to that of a larger one (RFC 9162, 2.1.4.1).
    mutating func path(from smaller: Int64, to larger: Int64) throws -> [MerkleHash] {
        guard 0 < smaller, smaller < larger else { return [] }
        var path: [MerkleHash] = []
        var (start, end, isWhole) = (Int64(0), larger, true)
        while smaller - start < end - start {
            var middle = start + 1
            while (middle - start) * 2 < end - start { middle = start + (middle - start) * 2 }
            if smaller <= middle {
                path.append(try root(of: middle, to: end))
                end = middle
            } else {
                path.append(try root(of: start, to: middle))
                start = middle
                isWhole = false
            }
        }
        if !isWhole { path.append(try root(of: start, to: end)) }
        return path.reversed()
    }
}
