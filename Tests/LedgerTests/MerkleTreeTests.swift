import Testing
import TextForms

@testable import Ledger

@Suite struct MerkleTreeTests {
    /// Leaves and roots of Certificate Transparency's reference tests (RFC 6962).
    static let leaves: [[UInt8]] = [
        [],
        [0x00],
        [0x10],
        [0x20, 0x21],
        [0x30, 0x31],
        [0x40, 0x41, 0x42, 0x43],
        [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        Array(0x60...0x6f),
    ]
    static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    private func leaf(_ data: [UInt8]) -> MerkleHash {
        data.withUnsafeBytes { MerkleHash.leaf($0) }
    }

    @Test("the roots of the reference trees come out")
    func referenceRoots() {
        var tree = MerkleTree()
        #expect(HexText.encode(tree.root.bytes) == Self.roots[0])
        for (index, data) in Self.leaves.enumerated() {
            tree.append(leaf: leaf(data))
            #expect(tree.size == Int64(index + 1))
            #expect(HexText.encode(tree.root.bytes) == Self.roots[index + 1])
        }
    }

    /// The definition, as it stands in RFC 9162, 2.1.1.
    private func root(_ leaves: ArraySlice<MerkleHash>) -> MerkleHash {
        if leaves.count == 1 { return leaves[leaves.startIndex] }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let middle = leaves.startIndex + split
        return MerkleHash.node(root(leaves[..<middle]), root(leaves[middle...]))
    }

    @Test("at every size the root is the definition's, and the tree rebuilt from its tiles goes on alike")
    func everySize() {
        var tree = MerkleTree()
        var leaves: [MerkleHash] = []
        for index in 0..<1_030 {
            let hash = leaf(Array("leaf \(index)".utf8))
            leaves.append(hash)
            tree.append(leaf: hash)
            var rebuilt = MerkleTree(size: tree.size, unfinished: tree.unfinished)
            #expect(rebuilt.root == tree.root)
            guard index % 97 == 0 || (250...260).contains(index) || (510...515).contains(index) else { continue }
            #expect(tree.root == root(leaves[...]))
            rebuilt.append(leaf: hash)
            #expect(rebuilt.root == root((leaves + [hash])[...]))
        }
    }

    @Test("every 256 hashes of a level become a tile, and a tile of the next level holds their roots")
    func tiles() throws {
        var tree = MerkleTree()
        var leaves: [MerkleHash] = []
        for index in 0..<(256 * 256 + 3) {
            let hash = leaf(Array("\(index)".utf8))
            leaves.append(hash)
            tree.append(leaf: hash)
        }
        let bottom = tree.completed.filter { $0.level == 0 }
        let upper = tree.completed.filter { $0.level == 1 }
        #expect(bottom.map(\.number) == Array(0..<256))
        #expect(bottom.flatMap(\.hashes) == Array(leaves.prefix(65_536)))
        let only = try #require(upper.first)
        #expect(upper.count == 1 && only.number == 0)
        #expect(only.hashes == bottom.map { MerkleHash.root(ofComplete: $0.hashes[...]) })
        #expect(tree.unfinished.map(\.count) == [3, 0, 1])
    }
}
