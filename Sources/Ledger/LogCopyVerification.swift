/// Checks a copy of a log in the layout of C2SP tlog-tiles, with the log's public key and nothing else.
package struct LogCopyVerification {
    private let key: NoteKey
    private let witnesses: [NoteKey]
    private let seen: [Checkpoint]
    private var report = VerificationReport()

    /// - Parameters:
    ///   - witnesses: whose cosignatures the checkpoint must carry.
    ///   - seen: checkpoints of this log that were kept elsewhere: they tell a copy that was put back, or another history.
    package init(key: NoteKey, witnesses: [NoteKey] = [], seen: [Checkpoint] = []) {
        self.key = key
        self.witnesses = witnesses
        self.seen = seen
    }

    /// Reads everything once for the hashes, and if those are right once more for what the entries say.
    ///
    /// - Parameters:
    ///   - paths: every file of the copy.
    ///   - read: a file's content.
    package mutating func verify(
        paths: [String],
        read: (String) throws -> [UInt8]
    ) throws -> VerificationReport {
        report = VerificationReport()
        let present = Set(paths)
        guard let checkpoint = try readCheckpoint(present, read) else { return report }
        report.head = TreeHead(size: checkpoint.size, root: checkpoint.root.bytes, time: .init(milliseconds: 0))
        let expected = TilePath.all(size: checkpoint.size)
        try verifyTree(checkpoint, present, read)
        try verifyOthers(present.subtracting(expected.map(\.text)), size: checkpoint.size, present, read)
        if report.isSound { try verifyEntries(checkpoint.size, read) }
        return report
    }

    private mutating func readCheckpoint(
        _ present: Set<String>,
        _ read: (String) throws -> [UInt8]
    ) throws -> Checkpoint? {
        guard present.contains(TilePath.checkpoint) else {
            report.add(.checkpoint, nil, "the copy has no checkpoint")
            return nil
        }
        do {
            let checkpoint = try Checkpoint(parsing: try read(TilePath.checkpoint))
            try checkpoint.verify(by: key)
            for witness in witnesses { try checkpoint.note.verify(by: witness) }
            // Nobody needs more than all of them; and a number like that would only cost time.
            guard checkpoint.size <= HintTable.highest else {
                report.add(.checkpoint, nil, "the checkpoint covers more entries than a ledger can have")
                return nil
            }
            report.checkpoints = 1
            return checkpoint
        } catch let error as LedgerError {
            report.add(.checkpoint, nil, error.message)
            return nil
        }
    }

    // MARK: Hashes

    private mutating func verifyTree(
        _ checkpoint: Checkpoint,
        _ present: Set<String>,
        _ read: (String) throws -> [UInt8]
    ) throws {
        var tree = MerkleTree()
        let width = Int64(MerkleTile.width)
        var marks = Dictionary(grouping: seen, by: \.size)
        for number in 0..<(checkpoint.size + width - 1) / width {
            let count = Int(min(width, checkpoint.size - number * width))
            let path = TilePath(.entries, number: number, width: count)
            guard present.contains(path.text) else {
                report.add(.copy, number * width, "\(path.text) is missing")
                return
            }
            let bundle = try read(path.text)
            guard let ranges = EntryBundle.ranges(bundle), ranges.count == count else {
                report.add(.copy, number * width, "\(path.text) does not hold \(count) entries")
                return
            }
            for range in ranges {
                tree.append(
                    leaf: bundle.withUnsafeBytes { MerkleHash.leaf(UnsafeRawBufferPointer(rebasing: $0[range])) }
                )
                if !marks.isEmpty, let known = marks.removeValue(forKey: tree.size) { compare(known, tree.root) }
            }
            for tile in tree.completed {
                let path = TilePath(.hashes(level: tile.level), number: tile.number, width: MerkleTile.width)
                try verifyTile(path, tile.hashes, present, read)
            }
            tree.clearCompleted()
        }
        for (level, hashes) in tree.unfinished.enumerated() where !hashes.isEmpty {
            let number = tree.size >> Int64(MerkleTile.height * (level + 1))
            try verifyTile(TilePath(.hashes(level: level), number: number, width: hashes.count), hashes, present, read)
        }
        report.entries = tree.size
        if tree.root != checkpoint.root {
            report.add(.treeHead, nil, "the entries do not give the checkpoint's root")
        }
        for later in marks.values.joined() where later.size > checkpoint.size {
            report.add(.older, nil, "the copy ends at \(checkpoint.size) entries, and \(later.size) were seen")
        }
        for empty in marks[0] ?? [] where empty.root != MerkleHash.emptyRoot {
            report.add(.older, nil, "a checkpoint of nothing was seen with the root of something")
        }
    }

    private mutating func compare(_ known: [Checkpoint], _ root: MerkleHash) {
        for checkpoint in known where checkpoint.root != root {
            report.add(
                .older,
                checkpoint.size - 1,
                "the first \(checkpoint.size) entries are another history than the one that was seen"
            )
        }
    }

    private mutating func verifyTile(
        _ path: TilePath,
        _ hashes: [MerkleHash],
        _ present: Set<String>,
        _ read: (String) throws -> [UInt8]
    ) throws {
        guard present.contains(path.text) else { return report.add(.tile, nil, "\(path.text) is missing") }
        if try read(path.text) != MerkleHash.bytes(of: hashes) {
            report.add(.tile, nil, "\(path.text) does not hold the entries' hashes")
        }
    }

    // MARK: What else is there

    /// Pieces of the right edge as earlier checkpoints left it, and the log's key; nothing else belongs into a copy.
    private mutating func verifyOthers(
        _ others: Set<String>,
        size: Int64,
        _ present: Set<String>,
        _ read: (String) throws -> [UInt8]
    ) throws {
        for path in others.sorted() where path != TilePath.checkpoint {
            if path == "log.vkey" {
                if try read(path) != Array("\(key.vkey)\n".utf8) {
                    report.add(.copy, nil, "log.vkey is not the key that the copy was checked with")
                }
                continue
            }
            guard let piece = TilePath(path), !piece.isFull,
                let whole = wholePiece(of: piece, size: size), present.contains(whole.text)
            else {
                report.add(.copy, nil, "\(path) does not belong into the copy")
                continue
            }
            let (part, bytes) = (try read(path), try read(whole.text))
            let length =
                switch piece.content {
                case .hashes: piece.width * MerkleHash.size
                case .entries: EntryBundle.ranges(bytes)?[piece.width - 1].upperBound ?? -1
                }
            if part.count != length || !bytes.starts(with: part) {
                report.add(.copy, nil, "\(path) is not the beginning of \(whole.text)")
            }
        }
    }

    /// The piece of the newest tree that a smaller piece was the beginning of.
    private func wholePiece(of piece: TilePath, size: Int64) -> TilePath? {
        let level =
            switch piece.content {
            case .hashes(let level): level
            case .entries: 0
            }
        let count = size >> Int64(MerkleTile.height * level)
        let left = count - piece.number * Int64(MerkleTile.width)
        guard left > Int64(piece.width) else { return nil }
        return TilePath(piece.content, number: piece.number, width: Int(min(left, Int64(MerkleTile.width))))
    }

    // MARK: What the entries say

    private mutating func verifyEntries(_ size: Int64, _ read: (String) throws -> [UInt8]) throws {
        var statements = EntryStatements()
        let width = Int64(MerkleTile.width)
        for number in 0..<(size + width - 1) / width {
            let count = Int(min(width, size - number * width))
            let bundle = try read(TilePath(.entries, number: number, width: count).text)
            for range in EntryBundle.ranges(bundle) ?? [] {
                statements.check(Array(bundle[range]), &report)
            }
        }
        report.openIntents = statements.openIntents
    }
}
