/// The tree as one commit left it: made once by the committer, shared by all who prove something about the entries of
/// that commit, on threads of their own.
package final class SealedTree: Sendable {
    let tree: MerkleTree
    private let rests: [MerkleHash?]
    package let root: MerkleHash

    package var size: Int64 { tree.size }

    init(_ tree: MerkleTree) {
        self.tree = tree
        rests = tree.rests
        root = rests.last.flatMap { $0 } ?? MerkleHash.emptyRoot
    }

    /// The inclusion path of a leaf of the last commit: some twenty look-ups and no hashing. `nil` when a node of it is
    /// no longer in memory.
    func path(of leaf: Int64) -> [MerkleHash]? {
        guard (0..<size).contains(leaf) else { return nil }
        var path: [MerkleHash] = []
        path.reserveCapacity(rests.count)
        var height = 0
        while (size - 1) >> Int64(height) > 0 {
            let sibling = leaf >> Int64(height) ^ 1
            if let node = tree.node(height: height, number: sibling) {
                path.append(node)
            } else if sibling == size >> Int64(height) {
                // The sibling is not complete: all that is right of it, if there is anything.
                if let rest = rests[height] { path.append(rest) }
            } else if sibling < size >> Int64(height) {
                return nil
            }
            height += 1
        }
        return path
    }
}
