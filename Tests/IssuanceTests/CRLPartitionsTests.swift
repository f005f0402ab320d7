import Clocks
import Foundation
import Ledger
import Policy
import Testing

@testable import Issuance

@Suite("Which part of an issuer's CRL a certificate is in")
struct CRLPartitionsTests {
    private static let noon = Timestamp(seconds: 1_795_000_000)
    private static let key = [UInt8](repeating: 7, count: 32)
    private let four = CRLPartitionRules(count: 4, base: "http://pki.example/crl/a")
    private let eight = CRLPartitionRules(count: 8, base: "http://pki.example/crl/a")

    /// A serial number as `SerialSource` makes it.
    private func serial(at seconds: Int64, ending: Int) -> [UInt8] {
        let step = withUnsafeBytes(of: SerialSource.step(at: seconds).bigEndian) { Array($0) }
        return step + [UInt8](repeating: 0x5A, count: 14) + [UInt8(ending >> 8), UInt8(ending & 0xFF)]
    }

    @Test("it is told by the serial alone, and stays when the number of parts is changed, lowered, or set back to one")
    func stays() {
        let periods = [
            CRLPartitions.Period(firstStep: SerialSource.step(at: 2_000_000_000), rules: four),
            .init(firstStep: SerialSource.step(at: 2_000_001_000), rules: eight),
            .init(firstStep: SerialSource.step(at: 2_000_002_000), rules: nil),
        ]
        let before = serial(at: 1_999_999_000, ending: 6)
        let first = serial(at: 2_000_000_500, ending: 6)
        let second = serial(at: 2_000_001_500, ending: 6)
        let last = serial(at: 2_000_002_500, ending: 6)
        for known in 1...3 {
            let partitions = CRLPartitions(Array(periods.prefix(known)))
            #expect(partitions.index(of: before) == nil && partitions.address(of: before) == nil)
            #expect(partitions.index(of: first) == 2)
            #expect(partitions.address(of: first) == "http://pki.example/crl/a-2.crl")
            if known > 1 { #expect(partitions.index(of: second) == 6) }
            if known > 2 { #expect(partitions.index(of: last) == nil) }
            #expect(partitions.all.count == (known == 1 ? 4 : 8))
        }
        #expect(CRLPartitions.none.index(of: first) == nil && CRLPartitions.none.all.isEmpty)
    }

    @Test("each certificate is in one part or in none, and every part gets some")
    func cover() {
        let partitions = CRLPartitions([.init(firstStep: 0, rules: eight)])
        var counts = [Int](repeating: 0, count: 8)
        for ending in stride(from: 0, to: 65_536, by: 7) {
            let serial = serial(at: 2_000_000_000, ending: ending)
            let parts = partitions.all.filter { $0.contains(serial) }
            #expect(parts.map(\.index) == [partitions.index(of: serial)])
            for part in parts { counts[part.index] += 1 }
        }
        #expect(counts.allSatisfy { $0 > 1000 })
        #expect(partitions.all.allSatisfy { !$0.contains([1, 2, 3]) }, "a serial of another making is in no part")
    }

    @Test("a part's CRL names every address that its certificates have, the present one first")
    func addresses() {
        let moved = CRLPartitionRules(count: 2, base: "http://new.example/crl/a")
        let partitions = CRLPartitions([.init(firstStep: 1, rules: four), .init(firstStep: 2, rules: moved)])
        #expect(partitions.all[1].addresses == ["http://new.example/crl/a-1.crl", "http://pki.example/crl/a-1.crl"])
        #expect(partitions.all[3].addresses == ["http://pki.example/crl/a-3.crl"])
    }

    @Test("a change is in the ledger once, is read back, and counts for no serial of the two seconds it came in")
    func recorded() throws {
        let folder = try LedgerFolder()
        let clock = ManualClock(Self.noon)
        do {
            let ledger = try folder.open(clock)
            defer { ledger.stop() }
            func current(_ rules: CRLPartitionRules?, _ seconds: Int64 = Self.noon.seconds) throws -> CRLPartitions {
                try CRLPartitions.current(rules, issuer: "a", issuerKeyHash: Self.key, in: ledger, at: seconds)
            }
            #expect(try current(nil).periods.isEmpty)
            let partitions = try current(four)
            #expect(partitions.index(of: serial(at: Self.noon.seconds + 1, ending: 3)) == nil)
            #expect(partitions.index(of: serial(at: Self.noon.seconds + 2, ending: 3)) == 3)
            #expect(try current(four) == partitions)
            #expect(try ledger.reader.crlPartitionsEntries().count == 1)
            // By a clock that is behind; nothing is issued before the last entry's time.
            let later = try current(eight, Self.noon.seconds - 86_400)
            #expect(later.periods.last.map { $0.firstStep > SerialSource.step(at: Self.noon.seconds) } == true)
            let other = try CRLPartitions.current(
                nil,
                issuer: "a",
                issuerKeyHash: Array(Self.key.reversed().dropLast()) + [8],
                in: ledger,
                at: 0
            )
            #expect(other == .none, "another key of the issuer's name has parts of its own")
        }
        let ledger = try folder.open(clock)
        defer { ledger.stop() }
        let again = try CRLPartitions.current(eight, issuer: "a", issuerKeyHash: Self.key, in: ledger, at: 0)
        #expect(again.periods.map(\.rules) == [four, eight])
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("a seventeenth base is refused: a CRL can name sixteen places")
    func tooManyPlaces() throws {
        let folder = try LedgerFolder()
        let ledger = try folder.open(ManualClock(Self.noon))
        defer { ledger.stop() }
        func move(to number: Int) throws {
            let rules = CRLPartitionRules(count: 2, base: "http://pki.example/crl/\(number)")
            _ = try CRLPartitions.current(rules, issuer: "a", issuerKeyHash: Self.key, in: ledger, at: 0)
        }
        for number in 1...16 { try move(to: number) }
        #expect(throws: IssuanceError.self) { try move(to: 17) }
        try move(to: 3)
    }
}

/// An empty folder for a ledger, gone when the test is over.
final class LedgerFolder {
    private let path: String

    init() throws {
        path = NSTemporaryDirectory() + "inkan-issuance-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("left behind: \(path): \(error)")
        }
    }

    func open(_ clock: any WallClock) throws -> LedgerStore {
        try LedgerStore(LedgerSettings(path: path + "/ledger.sqlite"), clock: clock, log: { _ in })
    }
}
