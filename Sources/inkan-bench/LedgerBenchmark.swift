import ArgumentParser
import Clocks
import Crypto
import Foundation
import Ledger
import Threads
import Workbench

/// `inkan-bench ledger`
struct LedgerBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "What a certificate costs in the ledger alone, from an empty one to one of many entries; and proofs.",
        discussion: """
            Intents and certificates are made up, and recorded as the issuing line records them, many at a time. The \
            process's own processor time is counted, so that the disk and other programs matter little. A tenth of the \
            entries is a row. Afterwards proofs about random entries are made and checked.
            """
    )

    @Option(help: "Entries to write; a certificate has two.")
    var entries = 1_000_000

    @Option(help: "Certificates under way at a time.")
    var pipelined = 64

    @Flag(help: "Leave the inclusion proofs out, to see what they cost.")
    var noProofs = false

    func run() throws {
        let folder = try TemporaryFolder("inkan-bench-ledger")
        let ledger = try LedgerStore(LedgerSettings(path: folder.file("ledger.sqlite")), clock: SystemClock()) {
            print("notice: \($0)")
        }
        defer { ledger.stop() }
        let orders = MadeUpOrders(size: 900)
        print("entries      µs of processor time per certificate, and of wall time   hashes in a proof")
        let rows = 10
        let certificates = entries / 2
        for row in 0..<rows {
            let count = certificates * (row + 1) / rows - certificates * row / rows
            let line = LedgerLine(ledger, orders, count: count, pipelined: pipelined, proofs: !noProofs)
            let began = (cpu: processorMicroseconds(), wall: monotonicNanoseconds())
            let hashes = try line.run()
            let cpu = Double(processorMicroseconds() - began.cpu) / Double(count)
            let wall = Double(monotonicNanoseconds() - began.wall) / 1_000 / Double(count)
            print(
                String(
                    format: "%9d %10.1f %10.1f %10.1f",
                    ledger.sealed.size,
                    cpu,
                    wall,
                    Double(hashes) / Double(count)
                )
            )
        }
        try measureProofs(ledger)
    }

    private func measureProofs(_ ledger: LedgerStore) throws {
        let size = ledger.sealed.size
        let rounds = 500
        func time(_ name: String, _ body: () throws -> Bool) throws {
            let began = processorMicroseconds()
            for _ in 0..<rounds where try !body() { throw ValidationError("a proof does not verify") }
            let each = Double(processorMicroseconds() - began) / Double(rounds)
            print("\(name) \(String(format: "%8.1f", each)) µs")
        }
        try time("inclusion of a random entry, read and checked     ") {
            try ledger.reader.inclusionProof(entry: Int64.random(in: 0..<size)).isValid
        }
        try time("consistency of a random size, read and checked    ") {
            try ledger.reader.consistencyProof(from: Int64.random(in: 1..<size), to: size).isValid
        }
    }
}

/// Microseconds of processor time of the whole process.
private func processorMicroseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
}

/// Orders with certificates of the outer shape of real ones, a number each.
private struct MadeUpOrders: Sendable {
    private let filling: [UInt8]

    init(size: Int) {
        filling = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
    }

    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        switch content.count {
        case 0..<0x80: [tag, UInt8(content.count)] + content
        case 0x80..<0x100: [tag, 0x81, UInt8(content.count)] + content
        default: [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xff)] + content
        }
    }

    private static func bytes(_ count: Int) -> [UInt8] {
        (0..<count / 8).flatMap { _ in withUnsafeBytes(of: UInt64.random(in: 0...UInt64.max)) { Array($0) } }
    }

    private let issuerKeyHash = Self.bytes(32)

    func next() -> (intent: Intent, certificate: [UInt8]) {
        let serial = [0x65] + Self.bytes(16)
        let tbs = Self.element(
            0x30,
            Self.element(0xa0, [2, 1, 2]) + Self.element(0x02, serial) + Self.element(0x04, filling)
        )
        let intent = Intent(
            orderID: "order-\(UInt64.random(in: 0...UInt64.max))",
            contentHash: Self.bytes(32),
            profile: "access-1y",
            profileSetHash: Self.bytes(32),
            profileSetVersion: "2026-11-01",
            issuer: "access-rsa",
            issuerKeyHash: issuerKeyHash,
            serial: serial,
            tbsHash: Array(SHA256.hash(data: tbs)),
            publicKeyHash: Self.bytes(32),
            subjectHash: Self.bytes(32),
            keyOrigin: "subscriber",
            callerUID: 1000,
            notAfter: 1_830_000_000
        )
        return (intent, Self.element(0x30, tbs + Self.element(0x30, []) + Self.element(0x03, [0] + Self.bytes(256))))
    }
}

/// Records many orders, a number of them under way at a time, as the issuing line does.
private final class LedgerLine: Sendable {
    private struct State {
        var underWay = 0
        var done = 0
        var hashes = 0
        var failure: LedgerError?
    }

    private let ledger: LedgerStore
    private let orders: MadeUpOrders
    private let count: Int
    private let pipelined: Int
    private let proofs: Bool
    private let state = Guarded(State())

    init(_ ledger: LedgerStore, _ orders: MadeUpOrders, count: Int, pipelined: Int, proofs: Bool) {
        self.ledger = ledger
        self.orders = orders
        self.count = count
        self.pipelined = pipelined
        self.proofs = proofs
    }

    /// - Returns: how many hashes all proofs had.
    func run() throws -> Int {
        for _ in 0..<count {
            let mayGo = state.wait { state -> Bool? in
                if state.failure != nil { return false }
                guard state.underWay < pipelined else { return nil }
                state.underWay += 1
                return true
            }
            guard mayGo else { break }
            begin()
        }
        let ended = state.wait { state -> State? in state.underWay == 0 || state.failure != nil ? state : nil }
        if let failure = ended.failure { throw failure }
        return ended.hashes
    }

    private func begin() {
        let (intent, certificate) = orders.next()
        ledger.intend(intent) { [self] result in
            switch result {
            case .success(.intended(let receipt)):
                let record = CertificateRecord(
                    intent: receipt,
                    orderID: intent.orderID,
                    serial: intent.serial,
                    certificateDER: certificate
                )
                ledger.record(record) { [self] in finish($0) }
            case .success(.alreadyIssued): finish(.failure(.orderReused(order: intent.orderID)))
            case .failure(let error): finish(.failure(error))
            }
        }
    }

    private func finish(_ result: Result<CertificateReceipt, LedgerError>) {
        var hashes = 0
        if proofs, case .success(let receipt) = result {
            hashes = receipt.inclusion?.path.map(\.base64).count ?? 0
        }
        state.withLock { state in
            state.underWay -= 1
            state.done += 1
            state.hashes += hashes
            if case .failure(let error) = result { state.failure = error }
        }
        state.signal()
    }
}
