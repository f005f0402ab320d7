import Clocks
import Crypto
import Foundation
import Ledger
import Synchronization

/// A folder that is gone when the test is over, or the process if many tests share it.
final class TemporaryFolder: Sendable {
    private static let kept = Mutex<[String]>([])

    let path: String

    init(keptUntilExit: Bool = false) throws {
        path = NSTemporaryDirectory() + "inkan-ledger-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        if keptUntilExit {
            TemporaryFolder.kept.withLock { $0.append(path) }
            atexit { TemporaryFolder.kept.withLock { $0 }.forEach(TemporaryFolder.remove) }
        }
    }

    deinit {
        TemporaryFolder.remove(path)
    }

    private static func remove(_ path: String) {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("left behind: \(path): \(error)")
        }
    }

    var ledger: String { path + "/ledger.sqlite" }

    func open(
        _ clock: any WallClock = SystemClock(),
        _ change: (inout LedgerSettings) -> Void = { _ in }
    ) throws -> LedgerStore {
        var settings = LedgerSettings(path: ledger)
        change(&settings)
        return try LedgerStore(settings, clock: clock, log: { _ in })
    }

    /// A copy of a closed ledger.
    func copy(of ledger: String) throws -> String {
        let copy = path + "/" + UUID().uuidString + ".sqlite"
        try FileManager.default.copyItem(atPath: ledger, toPath: copy)
        return copy
    }
}

/// Numbers that come in the same order in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &+ 0x9e37_79b9_7f4a_7c15
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}

/// An order with the certificate that it leads to: the outer shape of a real one is all that the ledger reads.
struct SampleOrder: Sendable {
    var intent: Intent
    var certificate: [UInt8]

    init(_ id: String, using random: inout some RandomNumberGenerator, size: Int = 200) {
        func bytes(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        let serial = [0x65] + bytes(19)
        let tbs = der(0x30, der(0xa0, der(0x02, [2])) + der(0x02, serial) + der(0x04, bytes(size)))
        certificate = der(0x30, tbs + der(0x30, []) + der(0x03, [0] + bytes(64)))
        intent = Intent(
            orderID: id,
            contentHash: bytes(32),
            profile: "smime-individual",
            profileSetHash: bytes(32),
            profileSetVersion: "2026-11-01",
            issuer: "smime-rsa",
            issuerKeyHash: sha256(Array("smime-rsa".utf8)),
            serial: serial,
            tbsHash: sha256(tbs),
            publicKeyHash: bytes(32),
            subjectHash: bytes(32),
            keyOrigin: "software",
            callerUID: 1000,
            notAfter: 1_830_000_000
        )
    }

    init(_ id: String = UUID().uuidString) {
        var random = SystemRandomNumberGenerator()
        self.init(id, using: &random)
    }

    /// The same order, signed anew: another serial number and body.
    func again() -> SampleOrder {
        var other = SampleOrder(intent.orderID)
        other.intent.contentHash = intent.contentHash
        other.intent.publicKeyHash = intent.publicKeyHash
        other.intent.subjectHash = intent.subjectHash
        return other
    }

    func record(_ receipt: IntentReceipt) -> CertificateRecord {
        CertificateRecord(
            intent: receipt,
            orderID: intent.orderID,
            serial: intent.serial,
            certificateDER: certificate
        )
    }
}

func der(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    switch content.count {
    case 0..<0x80: [tag, UInt8(content.count)] + content
    case 0x80..<0x100: [tag, 0x81, UInt8(content.count)] + content
    default: [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xff)] + content
    }
}

extension LedgerStore {
    func intend(_ intent: Intent) async throws -> IntendOutcome {
        try await withCheckedContinuation { done in intend(intent) { done.resume(returning: $0) } }.get()
    }

    func intended(_ order: SampleOrder) async throws -> IntentReceipt {
        guard case .intended(let receipt) = try await intend(order.intent) else { throw Unexpected() }
        return receipt
    }

    func record(_ record: CertificateRecord) async throws -> CertificateReceipt {
        try await withCheckedContinuation { done in self.record(record) { done.resume(returning: $0) } }.get()
    }

    @discardableResult
    func issue(_ order: SampleOrder) async throws -> CertificateReceipt {
        try await record(order.record(try await intended(order)))
    }

    @discardableResult
    func close(
        _ intent: IntentReceipt,
        reason: String = "token failed",
        wasSigned: Bool = true
    ) async throws -> EventReceipt {
        try await withCheckedContinuation { done in
            closeIntent(intent, reason: reason, wasSigned: wasSigned) { done.resume(returning: $0) }
        }.get()
    }

    @discardableResult
    func append(_ kind: String, _ fields: [(String, EventValue)] = []) async throws -> EventReceipt {
        try await withCheckedContinuation { done in
            append(LedgerEvent(kind: kind, fields: fields)) { done.resume(returning: $0) }
        }.get()
    }

    @discardableResult
    func registerAuthorityKey(_ hash: [UInt8]) async throws -> EventReceipt? {
        try await withCheckedContinuation { done in
            registerAuthorityKey(hash, issuer: "smime-rsa") { done.resume(returning: $0) }
        }.get()
    }
}

extension LedgerStore {
    @discardableResult
    func change(
        _ order: SampleOrder,
        _ action: StatusChange.Action,
        invalidityDate: Int64? = nil
    ) async throws -> StatusReceipt {
        let change = StatusChange(
            serial: order.intent.serial,
            action: action,
            invalidityDate: invalidityDate,
            callerUID: 1000
        )
        return try await withCheckedContinuation { done in
            changeStatus(change) { done.resume(returning: $0) }
        }.get()
    }

    @discardableResult
    func intendCRL(number: Int64, of issuer: String = "smime-rsa") async throws -> EventReceipt {
        let intent = CRLIntent(
            issuer: issuer,
            issuerKeyHash: sha256(Array(issuer.utf8)),
            number: number,
            tbsHash: sha256([1]),
            revokedCertificates: 2,
            thisUpdate: 1_800_000_000,
            nextUpdate: 1_800_600_000
        )
        return try await withCheckedContinuation { done in intendCRL(intent) { done.resume(returning: $0) } }.get()
    }
}

struct Unexpected: Error {}

func sha256(_ bytes: [UInt8]) -> [UInt8] {
    Array(SHA256.hash(data: bytes))
}
