import ArgumentParser
import Clocks
import Crypto
import Foundation
import Issuance
import Ledger
import Threads
import Tokens
import Workbench
import X509Building

/// `inkan-bench crl`
struct CRLBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crl",
        abstract: "Time and memory for a CRL of very many entries.",
        discussion: """
            --fill makes a ledger with that many revoked certificates, made up but for their serials, in --folder, together \
            with tokens and authorities; it takes some minutes. Without it the CRL is made of what is there, by the whole \
            line: built, read again, intended, signed in the token, verified, recorded, put in its place.
            """
    )

    @Option(help: "Where ledger, tokens and authorities are.")
    var folder: String

    @Option(help: "Fill a new folder with so many revoked certificates first.")
    var fill: Int?

    @Flag(help: "Write one JSON object.")
    var json = false

    @Option(help: "The repository, for plan and profiles.")
    var checkout = "."

    private var binaries: String {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
    }

    func run() throws {
        if let fill { return try makeFolder(fill) }
        let atStart = try Self.peakMegabytes()
        let ledger = try LedgerStore(LedgerSettings(path: "\(folder)/ledger.sqlite"), clock: SystemClock()) {
            print($0)
        }
        defer { ledger.stop() }
        let withLedger = try Self.peakMegabytes()
        let uri = try String(contentsOfFile: "\(folder)/secrets/issuing.uri", encoding: .utf8)
        let token = TokenWorkerSupervisor(
            settings: TokenSettings(
                name: "issuing",
                uri: uri,
                environment: ["SOFTHSM2_CONF": "\(folder)/softhsm2.conf"]
            ),
            workerExecutable: "\(binaries)/inkan-tokend"
        ) { _ in }
        token.start()
        defer { token.stop() }
        _ = token.waitUntilSettled(nanoseconds: 30_000_000_000)
        let path = "\(folder)/authorities/access-p256.pem"
        let certificate = try X509Building.Certificate(pem: String(contentsOfFile: path, encoding: .utf8))
        let issuer = try Issuer(
            authority: "access-p256",
            certificate: certificate,
            key: SigningKey(
                publicKey: certificate.tbs.publicKey,
                tokenName: "issuing",
                token: token,
                serials: SerialSource(token: token)
            )
        )
        let line = CRLLine(ledger: ledger, shelf: try CRLShelf(folder: "\(folder)/status"), clock: SystemClock())
        let start = monotonicNanoseconds()
        let crl = try line.make(CRLScope(issuer: issuer), CRLTerms())
        let seconds = Double(monotonicNanoseconds() - start) / 1e9
        let peak = try Self.peakMegabytes()
        if json {
            print(
                String(
                    format: "{\"entries\":%d,\"bytes\":%d,\"seconds\":%.2f,\"peak_mb\":%.0f,\"peak_before_mb\":%.0f}",
                    crl.revokedCertificates,
                    crl.size,
                    seconds,
                    peak,
                    withLedger
                )
            )
        } else {
            print("entries \(crl.revokedCertificates), \(crl.size) bytes, number \(crl.number)")
            print(String(format: "%.2f s", seconds))
            print(
                String(
                    format: "peak memory %.0f MB; %.0f MB with the ledger open, %.0f MB before",
                    peak,
                    withLedger,
                    atStart
                )
            )
        }
    }

    /// The process's largest memory so far (VmHWM).
    private static func peakMegabytes() throws -> Double {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        guard let kilobytes = Double(line.filter(\.isNumber)) else {
            throw ValidationError("no VmHWM in /proc/self/status")
        }
        return kilobytes / 1024
    }

    private func makeFolder(_ count: Int) throws {
        let establishment = try Establishment(binaries: binaries, checkout: checkout)
        let source = establishment.folder.path
        try FileManager.default.copyItem(atPath: source, toPath: folder)
        for name in ["softhsm2.conf", "secrets/issuing.uri"] {
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            try text.replacingOccurrences(of: source, with: folder)
                .write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        }
        let path = "\(folder)/authorities/access-p256.pem"
        let key = try X509Building.Certificate(pem: String(contentsOfFile: path, encoding: .utf8)).tbs.publicKey
        let ledger = try LedgerStore(LedgerSettings(path: "\(folder)/ledger.sqlite"), clock: SystemClock()) {
            print($0)
        }
        defer { ledger.stop() }
        try Filling(ledger, issuerKeyHash: key.sha256, count: count).run()
    }
}

/// Issues and revokes what is made up, many at a time.
private final class Filling: Sendable {
    private struct State {
        var begun = 0
        var done = 0
        var failure: LedgerError?
    }

    private let ledger: LedgerStore
    private let issuerKeyHash: [UInt8]
    private let count: Int
    private let state = Guarded(State())
    private static let underWay = 512
    /// Of RFC 5280 5.3.1.
    private static let reasons: [UInt8] = [0, 1, 3, 4, 5, 9]

    init(_ ledger: LedgerStore, issuerKeyHash: [UInt8], count: Int) {
        (self.ledger, self.issuerKeyHash, self.count) = (ledger, issuerKeyHash, count)
    }

    func run() throws {
        while true {
            let next: Int? = state.wait { state -> Int?? in
                if state.failure != nil { return .some(nil) }
                guard state.begun < count else { return state.done == count ? .some(nil) : nil }
                guard state.begun - state.done < Self.underWay else { return nil }
                state.begun += 1
                return state.begun
            }
            guard let next else { break }
            begin(next)
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func begin(_ number: Int) {
        let serial = [0x65] + (0..<19).map { _ in UInt8.random(in: 0...255) }
        let tbs = Self.der(0x30, Self.der(0xA0, [2, 1, 2]) + Self.der(0x02, serial))
        let certificate = Self.der(0x30, tbs + Self.der(0x30, []) + Self.der(0x03, [0, 1]))
        let intent = Intent(
            orderID: "fill-\(number)",
            contentHash: Self.hash(serial),
            profile: "access-1y",
            profileSetHash: Self.hash([1]),
            profileSetVersion: "1",
            issuer: "access-p256",
            issuerKeyHash: issuerKeyHash,
            serial: serial,
            tbsHash: Self.hash(tbs),
            publicKeyHash: Self.hash(serial + [1]),
            subjectHash: Self.hash(serial + [2]),
            keyOrigin: "csr",
            callerUID: 0,
            notAfter: 2_000_000_000
        )
        ledger.intend(intent) { [self] result in
            guard case .success(.intended(let receipt)) = result else { return fail(result) }
            let record = CertificateRecord(
                intent: receipt,
                orderID: intent.orderID,
                serial: serial,
                certificateDER: certificate
            )
            ledger.record(record) { [self] result in
                guard case .success = result else { return fail(result) }
                revoke(serial, number)
            }
        }
    }

    private func revoke(_ serial: [UInt8], _ number: Int) {
        let change = StatusChange(
            serial: serial,
            action: .revoke(reason: Self.reasons[number % Self.reasons.count]),
            invalidityDate: number.isMultiple(of: 10) ? 1_700_000_000 : nil,
            callerUID: 0
        )
        ledger.changeStatus(change) { [self] result in
            guard case .success = result else { return fail(result) }
            state.withLock { $0.done += 1 }
            state.broadcast()
        }
    }

    private func fail<Value>(_ result: Result<Value, LedgerError>) {
        let error: LedgerError = if case .failure(let error) = result { error } else { .stopped }
        state.withLock { $0.failure = $0.failure ?? error }
        state.broadcast()
    }

    private static func der(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] { [tag, UInt8(content.count)] + content }

    private static func hash(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}
