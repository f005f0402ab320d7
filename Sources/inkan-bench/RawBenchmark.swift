import ArgumentParser
import Clocks
import Foundation
import PKCS11
import Secrets
import Synchronization
import Threads
import X509Building

/// `inkan-bench raw`: a bare loop of C_SignInit and C_Sign in a process of its own, nothing else. What the service is
/// compared with.
struct RawBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "raw",
        abstract: "Signatures per second of one key in the token, without any service."
    )

    @Option(help: "The token, RFC 7512, with module-path and pin-source.")
    var uri: String

    @Option(help: "A certificate with the key's public half, PEM.")
    var certificate: String

    @Option(help: "Threads, each with a session of its own.")
    var threads = 2

    @Option(help: "Seconds to measure.")
    var seconds = 2.0

    func run() throws {
        let uri = try TokenURI(self.uri)
        let key = try X509Building.Certificate(pem: String(contentsOfFile: certificate, encoding: .utf8)).tbs.publicKey
        let module = try Module(path: uri.modulePath)
        try module.initialize()
        guard let slot = try module.slots().first(where: { uri.matches(try $0.tokenInfo()) }) else {
            throw ValidationError("no slot holds \(uri)")
        }
        let anchor = try slot.openSession()
        if let file = uri.pinSource { try anchor.login(.user, pin: SecretFile.read(file)) }
        let handle = try anchor.findKey(SubjectPublicKeyInfo(derEncoded: key.derEncoded)).privateHandle
        let sessions = try (0..<threads).map { _ in try slot.openSession() }
        let loop = SignatureLoop(key: key, handle: handle)
        let rate = try loop.run(sessions, seconds: seconds)
        print(String(format: "{\"threads\":%d,\"seconds\":%.3f,\"per_s\":%.1f}", threads, seconds, rate))
        for session in sessions { try session.close() }
        try anchor.close()
        try module.finalize()
    }
}

/// The loop itself, on one thread a session.
private struct SignatureLoop {
    let mechanism: SigningMechanism
    let input: [UInt8]
    let handle: ObjectHandle

    init(key: SubjectPublicKey, handle: ObjectHandle) {
        let algorithm = SignatureAlgorithm.allCases.first { $0.accepts(key) } ?? .sha256WithRSA
        mechanism = key.rsaBits != nil ? .rsaPKCS : (algorithm == .ed25519 ? .eddsa : .ecdsa)
        input = algorithm.tokenInput(for: Array("one message is as good as another".utf8))
        self.handle = handle
    }

    func run(_ sessions: [Session], seconds: Double) throws -> Double {
        let total = Mutex((signatures: 0, failure: nil as PKCS11Error?))
        let start = monotonicNanoseconds()
        let end = start + UInt64(seconds * 1e9)
        let threads = sessions.map { session in
            JoinableThread(named: "raw") {
                var count = 0
                var failure: PKCS11Error?
                while failure == nil, monotonicNanoseconds() < end {
                    do throws(PKCS11Error) {
                        _ = try session.sign(mechanism, key: handle, input: input)
                        count += 1
                    } catch {
                        failure = error
                    }
                }
                total.withLock { total in
                    total.signatures += count
                    total.failure = total.failure ?? failure
                }
            }
        }
        // To its very end: a thread that is just leaving libcrypto must not meet the module's end.
        for thread in threads { thread.join() }
        let elapsed = Double(monotonicNanoseconds() - start) / 1e9
        let (signatures, failure) = total.withLock { $0 }
        if let failure { throw failure }
        return Double(signatures) / elapsed
    }
}
