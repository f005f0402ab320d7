import Clocks
import Foundation
import Testing

@testable import Ledger

/// Copies of one log, in memory: as it is, as it was before, and as another history that the same key signed.
private struct SampleCopies: Sendable {
    typealias Files = [String: [UInt8]]

    let log: SoftLogKey
    let now: Files
    let before: Files
    let forked: Files
    /// The newest checkpoint, as somebody else has kept it.
    let seen: Checkpoint

    static let shared = Task {
        let log = try SoftLogKey("inkan.example/mutations")
        let (now, before) = try await copies(log, seed: 1)
        let (forked, _) = try await copies(log, seed: 2)
        return SampleCopies(
            log: log,
            now: now,
            before: before,
            forked: forked,
            seen: try Checkpoint(parsing: #require(now["checkpoint"]))
        )
    }

    private static func copies(_ log: SoftLogKey, seed: UInt64) async throws -> (now: Files, before: Files) {
        let folder = try TemporaryFolder()
        let ledger = try folder.open(ManualClock(Timestamp(seconds: 1_800_000_000)))
        var random = SeededGenerator(seed: seed)
        try await ledger.register(log.key)
        for number in 0..<100 {
            let order = SampleOrder("order-\(number)", using: &random, size: 20)
            let intent = try await ledger.intended(order)
            if number % 9 == 4 {
                try await ledger.close(intent)
            } else {
                _ = try await ledger.record(order.record(intent))
            }
        }
        for number in 0..<50 { try await ledger.append("note", [("number", .number(Int64(number)))]) }
        let before = try await copy(ledger, log)
        for number in 50..<110 { try await ledger.append("note", [("number", .number(Int64(number)))]) }
        return (try await copy(ledger, log), before)
    }

    private static func copy(_ ledger: LedgerStore, _ log: SoftLogKey) async throws -> Files {
        try await ledger.keep(try log.checkpoint(ledger.sealed.size, ledger.sealed.root), by: log.key)
        var files: Files = [:]
        _ = try ledger.reader.writeCopy(isThere: { _ in false }, write: { files[$0] = $1 })
        return files
    }

    func verify(_ files: Files, seen: [Checkpoint] = []) throws -> VerificationReport {
        var verification = LogCopyVerification(key: log.key, seen: seen)
        return try verification.verify(paths: Array(files.keys)) { try #require(files[$0]) }
    }
}

/// What is done to a copy.
private enum Mutation: CaseIterable {
    case flip, overwrite, cutFile, lengthen, dropFile, swapFiles, addFile
    case changeEntry, dropEntry, swapEntries, repeatEntry, insertEntry, cutEntries
    case rebuilt, resigned, rolledBack, forked

    /// Changes the copy so that it is another one.
    func apply(_ files: inout SampleCopies.Files, _ copies: SampleCopies, _ random: inout SeededGenerator) throws {
        let names = files.keys.filter { $0 != "log.vkey" }.sorted()
        let name = try #require(names.randomElement(using: &random))
        var bytes = try #require(files[name])
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch self {
        case .flip:
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            files[name] = bytes
        case .overwrite:
            for offset in place..<min(place + 40, bytes.count) { bytes[offset] = bytes[offset] &+ 1 }
            files[name] = bytes
        case .cutFile: files[name] = Array(bytes.prefix(place))
        case .lengthen: files[name] = bytes + [UInt8.random(in: 0...255, using: &random)]
        case .dropFile: files[name] = nil
        case .swapFiles:
            let other = try #require(names.filter { files[$0] != bytes }.randomElement(using: &random))
            files[name] = files[other]
            files[other] = bytes
        case .addFile:
            let strange = [
                "tile/0/002", "tile/entries/000.p/9", "tile/7/000", "tile/0/000.p/255", "more", "tile/0/x000/000",
            ]
            files[try #require(strange.randomElement(using: &random))] = bytes
        case .rolledBack: files = copies.before
        case .forked: files = copies.forked
        default: try changeEntries(&files, copies, &random)
        }
    }

    private func changeEntries(
        _ files: inout SampleCopies.Files,
        _ copies: SampleCopies,
        _ random: inout SeededGenerator
    ) throws {
        var entries = Mutation.entries(files)
        let place = Int.random(in: 0..<entries.count, using: &random)
        let other = (place + Int.random(in: 1..<entries.count, using: &random)) % entries.count
        switch self {
        case .dropEntry: entries.remove(at: place)
        case .swapEntries: entries.swapAt(place, other)
        case .repeatEntry: entries.insert(entries[place], at: other)
        case .insertEntry: entries.insert(Array("{\"sequence\":\(place)}".utf8), at: place)
        case .cutEntries: entries.removeLast(Int.random(in: 1..<entries.count, using: &random))
        default:
            let octet = Int.random(in: 0..<entries[place].count, using: &random)
            entries[place][octet] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
        switch self {
        case .rebuilt, .resigned: files = try Mutation.rebuilt(entries, files, signed: self == .resigned)
        default: Mutation.put(entries, into: &files)
        }
    }

    private static func entries(_ files: SampleCopies.Files) -> [[UInt8]] {
        let bundles = files.keys.filter { $0.hasPrefix("tile/entries/") }.sorted()
        return bundles.flatMap { name in
            let bundle = files[name] ?? []
            return (EntryBundle.ranges(bundle) ?? []).map { Array(bundle[$0]) }
        }
    }

    /// Bundles of the old names, as far as they go; tiles and checkpoint stay.
    private static func put(_ entries: [[UInt8]], into files: inout SampleCopies.Files) {
        for (number, name) in files.keys.filter({ $0.hasPrefix("tile/entries/") }).sorted().enumerated() {
            var bundle: [UInt8] = []
            for entry in entries.dropFirst(number * 256).prefix(256) { EntryBundle.append(entry, to: &bundle) }
            files[name] = bundle
        }
    }

    /// Somebody who can write every file makes all hashes right; without the log key the checkpoint cannot be.
    private static func rebuilt(
        _ entries: [[UInt8]],
        _ files: SampleCopies.Files,
        signed: Bool
    ) throws -> SampleCopies.Files {
        var tree = MerkleTree()
        for entry in entries { tree.append(leaf: entry.withUnsafeBytes { MerkleHash.leaf($0) }) }
        var rebuilt = files
        put(entries, into: &rebuilt)
        for tile in tree.completed {
            rebuilt[TilePath(.hashes(level: tile.level), number: tile.number, width: 256).text] =
                tile.hashes.flatMap(\.bytes)
        }
        for (level, hashes) in tree.unfinished.enumerated() where !hashes.isEmpty {
            let number = tree.size >> Int64(8 * (level + 1))
            rebuilt[TilePath(.hashes(level: level), number: number, width: hashes.count).text] = hashes.flatMap(\.bytes)
        }
        if signed {
            let stranger = try SoftLogKey("inkan.example/mutations")
            rebuilt["checkpoint"] = try stranger.checkpoint(tree.size, tree.root).note.encoded
        }
        return rebuilt
    }
}

@Suite("Mutations of a copy (LDG-02)") struct MutationTests {
    @Test("copies that nobody touched are sound, also the older one inside the newer one, and with cosignatures")
    func sound() async throws {
        let copies = try await SampleCopies.shared.value
        let report = try copies.verify(copies.now, seen: [copies.seen])
        #expect(report.isSound, "\(report.findings)")
        #expect(report.entries == copies.seen.size && report.entries > 300 && report.certificates == 89)
        #expect(report.openIntents.isEmpty)
        let older = try Checkpoint(parsing: #require(copies.before["checkpoint"]))
        #expect(try copies.verify(copies.now, seen: [older]).isSound)
        #expect(try copies.verify(copies.before).isSound)
        // What was written before stays valid beside what is new.
        #expect(try copies.verify(copies.before.merging(copies.now) { $1 }).isSound)
        let witness = try SoftLogKey("witness.example/w", .cosignature)
        var signed = copies.now
        signed["checkpoint"] = copies.seen.adding([try witness.cosign(copies.seen)]).note.encoded
        var verification = LogCopyVerification(key: copies.log.key, witnesses: [witness.key])
        #expect(try verification.verify(paths: Array(signed.keys)) { try #require(signed[$0]) }.isSound)
        #expect(try !verification.verify(paths: Array(copies.now.keys)) { try #require(copies.now[$0]) }.isSound)
    }

    /// Eight times 1,275, which is 75 of each of seventeen kinds.
    @Test("every one of 10,200 random changes to a copy is found", arguments: 1...8)
    func everyOne(seed: UInt64) async throws {
        let copies = try await SampleCopies.shared.value
        var random = SeededGenerator(seed: seed &* 7_919)
        for round in 0..<75 {
            for mutation in Mutation.allCases {
                var files = copies.now
                try mutation.apply(&files, copies, &random)
                try #require(files != copies.now, "\(mutation) changed nothing")
                let report = try copies.verify(files, seen: [copies.seen])
                #expect(!report.isSound, "seed \(seed), round \(round): \(mutation) was not found")
            }
        }
    }

    @Test("a copy that was put back, and a second history, are told by what was seen of the first")
    func olderAndForked() async throws {
        let copies = try await SampleCopies.shared.value
        #expect(try copies.verify(copies.before, seen: [copies.seen]).findings.map(\.kind) == [.older])
        #expect(try copies.verify(copies.forked).isSound)
        #expect(try copies.verify(copies.forked, seen: [copies.seen]).findings.map(\.kind) == [.older])
    }

    @Test("paths are tlog-tiles', and only those are read")
    func paths() throws {
        let written: [(TilePath, String)] = [
            (TilePath(.hashes(level: 0), number: 0, width: 256), "tile/0/000"),
            (TilePath(.hashes(level: 1), number: 1_234_067, width: 256), "tile/1/x001/x234/067"),
            (TilePath(.hashes(level: 0), number: 273, width: 112), "tile/0/273.p/112"),
            (TilePath(.entries, number: 1_000, width: 1), "tile/entries/x001/000.p/1"),
        ]
        for (path, text) in written {
            #expect(path.text == text)
            #expect(TilePath(text) == path)
        }
        let foreign = [
            "", "tile", "tile/0", "tile/0/0", "tile/0/0000", "tile/00/000", "tile/-1/000", "tile/8/000",
            "tile/0/x000/000",
            "tile/0/x001", "tile/0/001/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p",
            "/tile/0/000", "tile/0/000/", "tile/entries/+01", "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999",
        ]
        for text in foreign { #expect(TilePath(text) == nil, "\(text)") }
        // The example of the specification: a tree of 70,000.
        let all = TilePath.all(size: 70_000)
        #expect(all.filter { $0.content == .hashes(level: 0) && $0.isFull }.count == 273)
        #expect(all.contains(TilePath(.hashes(level: 0), number: 273, width: 112)))
        #expect(all.contains(TilePath(.hashes(level: 1), number: 1, width: 17)))
        #expect(all.contains(TilePath(.hashes(level: 2), number: 0, width: 1)))
        #expect(TilePath.all(size: 256).map(\.text) == ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"])
        #expect(TilePath.all(size: 0).isEmpty)
    }

    @Test("what entries say is followed in a copy too: serials and orders twice, certificates without intent")
    func statements() {
        func findings(_ bodies: [String]) -> [VerificationReport.Finding.Kind] {
            var (statements, report) = (EntryStatements(), VerificationReport())
            for body in bodies { statements.check(Array(body.utf8), &report) }
            return report.findings.map(\.kind)
        }
        func entry(_ number: Int, _ rest: String, second: Int = 0) -> String {
            "{\"sequence\":\(number),\"time\":\"2026-11-27T03:00:0\(second).000Z\",\(rest)}"
        }
        let intent = "\"kind\":\"intent\",\"order\":\"a\",\"serial\":\"41\""
        let der = "MAowCAIBQQQDAQID"
        let certificate =
            "\"kind\":\"certificate\",\"intent\":0,\"order\":\"a\",\"serial\":\"41\",\"certificate\":\"\(der)\""
        #expect(findings([entry(0, intent), entry(1, certificate)]).isEmpty)
        #expect(findings([entry(0, intent), entry(1, certificate), entry(2, certificate)]) == [.history])
        #expect(findings([entry(0, intent), entry(1, intent)]) == [.history])
        #expect(findings([entry(0, certificate)]) == [.history])
        #expect(findings([entry(0, intent, second: 2), entry(1, certificate)]) == [.time])
        #expect(findings([entry(1, intent)]) == [.sequence])
        #expect(findings(["{}", "[]"]) == [.body, .body])
        let other = certificate.replacing("\"serial\":\"41\"", with: "\"serial\":\"42\"")
        #expect(findings([entry(0, intent), entry(1, other)]).allSatisfy { $0 == .history })
    }
}
