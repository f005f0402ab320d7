import Testing
import TextForms

@testable import Ledger

/// All nodes of a tree, in memory.
struct AllNodes: MerkleNodes {
    var tree = MerkleTree()

    init(_ count: Int) {
        for number in 0..<count { append(number) }
    }

    mutating func append(_ number: Int) {
        tree.append(leaf: AllNodes.leaf(number))
    }

    static func leaf(_ number: Int) -> MerkleHash {
        Array("entry \(number)".utf8).withUnsafeBytes { MerkleHash.leaf($0) }
    }

    mutating func node(height: Int, number: Int64) throws -> MerkleHash {
        try #require(tree.node(height: height, number: number))
    }

    mutating func inclusion(_ entry: Int64, _ size: Int64) throws -> InclusionProof {
        InclusionProof(
            entry: entry,
            leafHash: AllNodes.leaf(Int(entry)),
            treeSize: size,
            root: try root(of: 0, to: size),
            path: try path(of: entry, size: size)
        )
    }

    mutating func consistency(_ from: Int64, _ to: Int64) throws -> ConsistencyProof {
        ConsistencyProof(
            from: from,
            to: to,
            fromRoot: try root(of: 0, to: from),
            toRoot: try root(of: 0, to: to),
            path: try path(from: from, to: to)
        )
    }
}

@Suite("Proofs (LDG-03)") struct MerkleProofTests {
    private static let shared = AllNodes(70_000)

    @Test("every entry of every small tree has a proof, and no proof is good for another entry, size or root")
    func everyInclusion() throws {
        var nodes = AllNodes(40)
        for size in 1...Int64(40) {
            for entry in 0..<size {
                let proof = try nodes.inclusion(entry, size)
                #expect(proof.isValid)
                func changed(_ change: (inout (Int64, MerkleHash, Int64, MerkleHash, [MerkleHash])) -> Void) -> Bool {
                    var parts = (proof.entry, proof.leafHash, proof.treeSize, proof.root, proof.path)
                    change(&parts)
                    return InclusionProof(
                        entry: parts.0,
                        leafHash: parts.1,
                        treeSize: parts.2,
                        root: parts.3,
                        path: parts.4
                    ).isValid
                }
                #expect(!changed { $0.0 = (entry + 1) % size } || size == 1)
                #expect(!changed { $0.0 = -1 } && !changed { $0.0 = size })
                #expect(!changed { $0.1 = AllNodes.leaf(99) } && !changed { $0.3 = AllNodes.leaf(99) })
                #expect(!changed { $0.4.append(AllNodes.leaf(99)) })
                if !proof.path.isEmpty {
                    #expect(!changed { $0.4.removeLast() } && !changed { $0.4[0] = AllNodes.leaf(99) })
                }
            }
        }
    }

    @Test("any two sizes have a consistency proof, and none is good for other sizes or roots")
    func everyConsistency() throws {
        var nodes = AllNodes(36)
        for to in 0...Int64(36) {
            for from in 0...to {
                let proof = try nodes.consistency(from, to)
                #expect(proof.isValid, "\(from) to \(to)")
                func changed(_ root: MerkleHash?, _ path: [MerkleHash]) -> Bool {
                    ConsistencyProof(
                        from: from,
                        to: to,
                        fromRoot: proof.fromRoot,
                        toRoot: root ?? proof.toRoot,
                        path: path
                    ).isValid
                }
                #expect(!changed(nil, proof.path + [AllNodes.leaf(99)]))
                guard from > 0 else { continue }
                #expect(!changed(AllNodes.leaf(99), proof.path))
                if !proof.path.isEmpty { #expect(!changed(nil, proof.path.dropLast())) }
            }
        }
        #expect(!ConsistencyProof(from: 3, to: 2, fromRoot: .emptyRoot, toRoot: .emptyRoot, path: []).isValid)
    }

    @Test("roots and proofs are those of Go's checksum database (golang.org/x/mod/sumdb/tlog)")
    func goldenTree() throws {
        var nodes = Self.shared
        let roots: [(Int64, String)] = [
            (1, "dziFphNIniTOLPdhmdakI/BC5LvxLX7s7pEu8nbGVwE="), (2, "WkdmL9ijF9lgSaP59HxV3GfKZgUbqjaD27GbL+CaB7A="),
            (3, "lPvQ3YNvUDAWkubQ6t5yjuGexSv/8WBu2AfIV11aqhk="), (255, "z2Z5PmMp3/JC6zzuCm82rT46GW3MVzoex3XhAr6GPxw="),
            (256, "2mWW2VNp9f7zIquOTg2jsLUCNqqcijsdJG90Ecni4y4="),
            (257, "XB/f6DU1gCLyOS3keNvgU/wTDP4dOggoeakM9r8Uv34="),
            (300, "yjk9Apa+xeC43KuYO9H7fRRh9RLnJny4ljGtJv1m2Eg="),
            (65_536, "B7Gjd5YKThLjNI1ukymuYxapWwL7HCLpCSMbOqRIYac="),
            (65_537, "uZxXCq8TuW4CY4Po4lLmnHFCs61+bgJk89wQ39iE2MU="),
            (70_000, "o5IPun8jmgcam9EHIfE0Gt3vuu3ttBx+JEN6nRa98Ao="),
        ]
        for (size, root) in roots { #expect(try nodes.root(of: 0, to: size).base64 == root) }
        #expect(nodes.tree.root.base64 == roots.last?.1)
        let small = try nodes.path(of: 123, size: 300).map(\.base64)
        #expect(small.count == 9 && small.first == "63Kdxy/1GN7zDj0KU1n46FN5lp2I7iNy+McLgTT0OVc=")
        #expect(small.last == "ruluENNmx7XMmcrclg/HTCS10kkNUlBQYS+Bm3Of5NU=")
        let consistency = try nodes.path(from: 123, to: 300).map(\.base64)
        #expect(consistency.count == 10 && consistency[1] == "q/rc2yuyProuQmGxna2ZcQeboSC25mJIUJ3+EOJTkUY=")
        #expect(consistency[0] == small[0] && Array(consistency.dropFirst(2)) == Array(small.dropFirst()))
        let large = try nodes.path(of: 65_599, size: 70_000)
        #expect(large.count == 14)
        #expect(
            HexText.encode(sha256(large.flatMap(\.bytes)))
                == "9b1fe2ab736346ee0226ebdf811424862be0c4927f98a4e0d928d958a0ec36bb"
        )
        let steps = try nodes.path(from: 65_537, to: 70_000)
        #expect(steps.count == 15)
        #expect(
            HexText.encode(sha256(steps.flatMap(\.bytes)))
                == "80ad4e40975a22241dac0ed7eeac248fdc477d74512588dbe7cfc0241a299f59"
        )
    }

    @Test("the tree of a commit proves each of its entries without hashing, over the edges of tiles too")
    func sealedPaths() throws {
        var tree = MerkleTree()
        var all = AllNodes(0)
        var random = SeededGenerator(seed: 7)
        var number = 0
        while number < 1_400 {
            let start = number
            for _ in 0..<Int.random(in: 1...200, using: &random) {
                tree.append(leaf: AllNodes.leaf(number))
                all.append(number)
                number += 1
            }
            let sealed = SealedTree(tree)
            tree.clearCompleted()
            #expect(sealed.root == all.tree.root)
            for entry in start..<number {
                let path = try #require(sealed.path(of: Int64(entry)))
                #expect(try path == all.path(of: Int64(entry), size: Int64(number)))
            }
            #expect(sealed.path(of: Int64(number)) == nil && sealed.path(of: -1) == nil)
        }
    }
}

@Suite("Proofs of a stored ledger (LDG-03)") struct StoredProofTests {
    @Test("each certificate comes with its proof; any other proof is read from the file, in use or not")
    func stored() async throws {
        let folder = try TemporaryFolder()
        let ledger = try folder.open()
        var proofs: [InclusionProof] = []
        for number in 0..<330 {
            if number % 3 == 0 {
                let receipt = try await ledger.issue(SampleOrder())
                let proof = try #require(receipt.inclusion)
                #expect(proof.isValid && proof.entry == receipt.sequence && proof.treeSize > proof.entry)
                proofs.append(proof)
            } else {
                try await ledger.append("note", [("number", .number(Int64(number)))])
            }
        }
        let size = try #require(try ledger.reader.head()?.size)
        let beside = try LedgerReader(path: folder.ledger)
        var random = SeededGenerator(seed: 3)
        for reader in [ledger.reader, beside] {
            for proof in proofs {
                #expect(try reader.inclusionProof(entry: proof.entry, size: proof.treeSize) == proof)
                let steps = try reader.consistencyProof(from: proof.treeSize, to: size)
                #expect(steps.isValid && steps.fromRoot == proof.root && steps.toRoot == ledger.sealed.root)
            }
            for _ in 0..<100 {
                let to = Int64.random(in: 1...size, using: &random)
                #expect(try reader.inclusionProof(entry: Int64.random(in: 0..<to, using: &random), size: to).isValid)
            }
        }
    }

    @Test(
        "what is not there is not proven, and the refusal says what is",
        arguments: [(3, 3), (-1, 2), (0, 4), (2, 2), (0, 0), (.max, .max)] as [(Int64, Int64)]
    )
    func impossible(entry: Int64, size: Int64) async throws {
        let folder = try TemporaryFolder()
        let ledger = try folder.open()
        for _ in 0..<3 { try await ledger.append("note") }
        #expect { try ledger.reader.inclusionProof(entry: entry, size: size) } throws: {
            ($0 as? LedgerError)?.code == "proof-impossible"
        }
        for (from, to) in [(Int64(0), Int64(4)), (2, 1), (-1, 3), (.min, .max)] {
            #expect { try ledger.reader.consistencyProof(from: from, to: to) } throws: {
                ($0 as? LedgerError)?.rule == "LDG-03"
            }
        }
    }
}
