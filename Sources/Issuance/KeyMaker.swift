import Clocks
import PKCS12
import Secrets
import Threads
import Tokens
import X509Building

/// How a key that the service makes comes into being. Written into the ledger beside the certificate.
package enum KeyRoute: String, Sendable {
    /// The token made it, as an object of one session, and let it out wrapped.
    case tokenWrapped = "token-wrapped"
    /// The token lets no key out: libcrypto made it here, from the token's random source and the kernel's.
    case tokenRandom = "token-random"
}

/// A key pair made for somebody.
package struct MadeKey: Sendable {
    let key: DeliveredKey
    let route: KeyRoute
    /// Made with it where the caller has given none.
    let password: Secret?
}

/// Makes key pairs for people, one after the other, on a thread of its own. It holds a worker process and a transport key
/// while there is something to make, and nothing between.
package final class KeyMaker: Sendable {
    typealias Completion = @Sendable (Result<MadeKey, IssuanceError>) -> Void

    private struct Job: Sendable {
        let signer: SigningKey
        let algorithm: KeyAlgorithm
        let makesPassword: Bool
        let deadline: UInt64
        let completion: Completion
    }

    private struct State {
        var jobs: [Job] = []
        var leases = 0
        var isStopped = false
    }

    private enum Step {
        case make(Job)
        /// Nothing waits and nobody says that more will come: let go of worker and transport key.
        case clear
        case stop
    }

    /// More than a whole call's orders: beyond that callers are told to wait.
    private static let mostWaiting = 512

    private let state = Guarded(State())
    private let thread: JoinableThread
    /// Packing hashes a password a hundred thousand times; the threads that issue certificates must not wait for that.
    private let packers: WorkerPool

    /// - Parameters:
    ///   - packers: how many threads pack PKCS#12 files.
    ///   - log: hears when a token turns out to let no key out.
    package init(packers: Int, log: @escaping @Sendable (_ token: String, _ problem: String) -> Void) {
        self.packers = WorkerPool(threads: packers)
        thread = JoinableThread(named: "key-maker") { [state] in Self.run(state, log) }
    }

    /// Finishes what waits, and lets go of everything.
    package func stop() {
        state.withLock { $0.isStopped = true }
        state.broadcast()
        thread.join()
        packers.stop()
    }

    /// Says that keys will be asked for, so that worker and transport key are kept from one to the next.
    package func lease() -> Lease {
        state.withLock { $0.leases += 1 }
        return Lease { [state] in
            state.withLock { $0.leases -= 1 }
            state.broadcast()
        }
    }

    /// Kept by whoever will ask for keys; given back when it is let go.
    package final class Lease: Sendable {
        private let giveBack: @Sendable () -> Void

        fileprivate init(_ giveBack: @escaping @Sendable () -> Void) {
            self.giveBack = giveBack
        }

        deinit {
            giveBack()
        }
    }

    /// Makes a key pair in the token of a signing key, or from its random source. The completion runs on the maker's
    /// thread and must be quick.
    func make(
        _ algorithm: KeyAlgorithm,
        in signer: SigningKey,
        makesPassword: Bool,
        completion: @escaping Completion
    ) {
        let job = Job(
            signer: signer,
            algorithm: algorithm,
            makesPassword: makesPassword,
            deadline: monotonicNanoseconds() + signer.token.settings.generationDeadline,
            completion: completion
        )
        let isTaken = state.withLock { state in
            guard !state.isStopped, state.jobs.count < Self.mostWaiting else { return false }
            state.jobs.append(job)
            return true
        }
        guard isTaken else { return completion(.failure(.busy(retryAfterMilliseconds: 1000))) }
        state.broadcast()
    }

    /// Runs what packs a file.
    func pack(_ job: @escaping @Sendable () -> Void) {
        packers.run(job)
    }

    // MARK: The thread

    private static func run(_ state: Guarded<State>, _ log: (String, String) -> Void) {
        var bench: KeyBench?
        while true {
            let isHolding = bench != nil
            switch state.wait({ nextStep(&$0, isHolding: isHolding) }) {
            case .stop: return
            case .clear: bench = nil
            case .make(let job): job.completion(make(job, &bench, log))
            }
        }
    }

    private static func nextStep(_ state: inout State, isHolding: Bool) -> Step? {
        if !state.jobs.isEmpty { return .make(state.jobs.removeFirst()) }
        if state.isStopped { return .stop }
        return isHolding && state.leases == 0 ? .clear : nil
    }

    private static func make(
        _ job: Job,
        _ bench: inout KeyBench?,
        _ log: (String, String) -> Void
    ) -> Result<MadeKey, IssuanceError> {
        let name = job.signer.tokenName
        guard monotonicNanoseconds() < job.deadline else { return .failure(.busy(retryAfterMilliseconds: 5000)) }
        do throws(KeyBench.Failure) {
            let ready: KeyBench
            if let bench, bench.token === job.signer.token {
                ready = bench
            } else {
                bench = nil
                ready = try KeyBench(job.signer.token)
                bench = ready
            }
            let key = try ready.make(job.algorithm) { log(name, $0) }
            let password = job.makesPassword ? try ready.password() : nil
            return .success(MadeKey(key: key.key, route: key.route, password: password))
        } catch {
            // Whatever it was: the next key begins with another worker.
            bench = nil
            return .failure(error.outside(token: name))
        }
    }
}

/// What keys of one token are made with: a worker process and a transport key. For one thread.
private final class KeyBench {
    enum Failure: Error {
        case token(TokenError)
        case crypto(PKCS12Error)

        func outside(token: String) -> IssuanceError {
            switch self {
            case .token(let error): IssuanceError(error, token: token)
            case .crypto(let error): IssuanceError(ownFault: error)
            }
        }
    }

    let token: TokenWorkerSupervisor
    private let session: KeyMakingSession
    private let transport: TransportKey
    /// Kinds of keys that the module has said it lets none out of.
    private var keptInside: Set<KeyAlgorithm> = []

    init(_ token: TokenWorkerSupervisor) throws(Failure) {
        self.token = token
        session = try Self.session(of: token)
        do throws(PKCS12Error) { transport = try TransportKey() } catch { throw .crypto(error) }
    }

    private static func session(of token: TokenWorkerSupervisor) throws(Failure) -> KeyMakingSession {
        do throws(TokenError) { return try token.keyMakingSession() } catch { throw .token(error) }
    }

    func make(
        _ algorithm: KeyAlgorithm,
        log: (String) -> Void
    ) throws(Failure) -> (key: DeliveredKey, route: KeyRoute) {
        guard !keptInside.contains(algorithm) else { return (try madeHere(algorithm), .tokenRandom) }
        let exported: ExportedKeyPair
        do throws(TokenError) {
            exported = try session.exportKeyPair(
                KeyExportRequest(
                    algorithm: algorithm.inToken,
                    transportModulus: transport.modulus,
                    transportExponent: transport.exponent
                )
            )
        } catch {
            guard error.code == .mechanismUnavailable else { throw .token(error) }
            log(error.message)
            keptInside.insert(algorithm)
            return (try madeHere(algorithm), .tokenRandom)
        }
        return (try opened(exported), .tokenWrapped)
    }

    private func opened(_ exported: ExportedKeyPair) throws(Failure) -> DeliveredKey {
        do throws(PKCS12Error) {
            let key = try transport.open(
                wrappedKey: exported.wrappedKey,
                privateKey: exported.wrappedPrivateKey
            )
            return try DeliveredKey(pkcs8: key, expected: exported.spki)
        } catch {
            throw .crypto(error)
        }
    }

    private func madeHere(_ algorithm: KeyAlgorithm) throws(Failure) -> DeliveredKey {
        let seed = try randomBytes(64)
        do throws(PKCS12Error) {
            return try DeliveredKey(making: algorithm.delivered, seed: seed)
        } catch {
            throw .crypto(error)
        }
    }

    func password() throws(Failure) -> Secret {
        while true {
            let random = try randomBytes(MadePassword.length)
            do throws(PKCS12Error) {
                if let password = try MadePassword.draw(random) { return password }
            } catch {
                throw .crypto(error)
            }
        }
    }

    private func randomBytes(_ count: Int) throws(Failure) -> Secret {
        do throws(TokenError) { return try session.randomBytes(count) } catch { throw .token(error) }
    }
}

extension KeyAlgorithm {
    fileprivate var inToken: KeyPairRequest.Algorithm {
        switch self {
        case .rsa2048: .rsa2048
        case .rsa3072: .rsa3072
        case .rsa4096: .rsa4096
        case .p256: .p256
        case .p384: .p384
        case .ed25519: .ed25519
        }
    }

    fileprivate var delivered: DeliveredKeyKind {
        switch self {
        case .rsa2048: .rsa(bits: 2048)
        case .rsa3072: .rsa(bits: 3072)
        case .rsa4096: .rsa(bits: 4096)
        case .p256: .p256
        case .p384: .p384
        case .ed25519: .ed25519
        }
    }
}

extension IssuanceError {
    /// What libcrypto could not do with the service's own material.
    init(ownFault error: PKCS12Error) {
        self.init(
            .internalError,
            rule: "key.delivery",
            message: "the key could not be made ready for its owner; nothing was released",
            mend: "ask again with the same order; report it with the service's log",
            detail: error.description
        )
    }
}
