import Clocks
import Confinement
import Glibc
import Issuance
import Ledger
import Policy
import SignerAPI
import Threads
import Tokens
import Varlink
import X509Building

/// Why the service cannot start, in words for the person who reads the log.
package struct StartError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// The whole service in one process: settings read, ledger open, token workers running, sockets served.
package final class Appliance: Sendable {
    private let settings: SignerSettings
    private let log: ServiceLog
    private let ledger: LedgerStore
    private let clock: any WallClock
    private let tokens: [TokenWorkerSupervisor]
    private let checkpointer: Checkpointer?
    private let workers: WorkerPool
    private let reads: WorkerPool
    private let keyMaker: KeyMaker
    private let line: IssuanceLine
    private let station: UserTokenStation
    private let readiness: Readiness
    private let tokenRecord: TokenRecord
    /// Who hears of the tokens; nobody any more once all is over, so that the ledger is let go of.
    private let news: Guarded<Listeners?>
    private let status: StatusParts
    private let server: Server

    /// Puts the parts together. Nothing runs yet but the ledger, which has closed what a crash had left open.
    ///
    /// - Parameters:
    ///   - launcher: starts the tokens' workers.
    ///   - landlockVersion: what this process has put itself under; 0 for nothing.
    ///   - listeners: the sockets to serve.
    package init(
        settings: SignerSettings,
        launcher: WorkerLauncher,
        landlockVersion: Int,
        listeners: [Listener],
        clock: any WallClock,
        log: ServiceLog
    ) throws {
        self.settings = settings
        self.log = log
        self.clock = clock
        let profiles = try ProfileSet(path: settings.profiles)
        let compromised = try settings.compromisedKeys.map { try CompromisedKeyList(path: $0) }
        let news = Guarded<Listeners?>(nil)
        self.news = news
        tokens = settings.tokens.map { token in
            TokenWorkerSupervisor(settings: token, launcher: launcher) { event in
                log.write(event)
                news.withLock { $0 }?.hear(event)
            }
        }
        let served = try Self.issuers(settings, profiles: profiles, tokens: tokens)
        let readiness = Readiness(served.issuers)
        self.readiness = readiness
        var store = LedgerSettings(path: settings.ledger)
        // A ledger that is not there is a disk that is not mounted, not a new beginning.
        store.mayCreate = false
        let keeping = try LogKeeping(settings, tokens: tokens)
        store.holdsIntents = keeping != nil
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let workers = WorkerPool(threads: cores, patience: 4, first: .lent)
        self.workers = workers
        ledger = try LedgerStore(store, clock: clock, delivery: Self.delivery(to: workers, tokens), sideWork: workers) {
            log.write($0)
        }
        try LogKeeping.check(keeping, against: ledger)
        let authority = IssuingAuthority(
            profiles: profiles,
            issuers: served.issuers,
            compromisedKeys: compromised,
            partitions: try Self.partitions(of: served.issuers, profiles, ledger, clock)
        )
        let tokenRecord = TokenRecord(ledger: ledger, log: log)
        self.tokenRecord = tokenRecord
        news.withLock { $0 = Listeners(readiness: readiness, record: tokenRecord) }
        checkpointer = keeping.map { [ledger] in Self.checkpointer($0, ledger, log) }
        reads = WorkerPool(threads: 1)
        keyMaker = KeyMaker(packers: max(1, cores / 2)) { token, problem in
            log.write(.warning, "keys-not-wrapped", ["token": token, "problem": problem])
        }
        line = IssuanceLine(
            authority: authority,
            ledger: ledger,
            tokenKeys: try TokenKeyBook(ledger.reader),
            workers: workers,
            clock: clock,
            keyMaker: keyMaker,
            limit: settings.limits.ordersInFlight
        ) { log.write($0) }
        status = try StatusParts(
            settings,
            line: line,
            responders: served.responders,
            clock: clock,
            log: { log.write($0) },
            tell: { log.write($0) }
        )
        let inventory = Inventory(
            authority: authority,
            tokens: tokens,
            ledger: ledger,
            ledgerFolder: folder(of: settings.ledger),
            clock: clock,
            checkpointer: checkpointer,
            readiness: readiness,
            status: status
        )
        station = try UserTokenStation(
            readers: settings.readers,
            line: line,
            changes: status.changes,
            ownTokens: tokens,
            launcher: launcher
        )
        let handler = SignerHandler(
            line: line,
            roles: RoleBook(frontEndUsers: settings.frontEndUsers, officerUsers: settings.officerUsers),
            tokens: tokens,
            inventory: inventory,
            reads: reads,
            log: LedgerHandler(ledger: ledger, witnesses: keeping?.witnesses ?? []) { log.write($0) },
            station: station,
            metrics: ServiceMetrics(
                line: line,
                tokens: tokens,
                ledger: ledger,
                workers: workers,
                reads: reads,
                readiness: readiness,
                inventory: inventory
            ),
            processes: OwnProcesses(tokens: tokens, launcher: launcher, landlockVersion: landlockVersion),
            status: status.calls
        )
        server = try Self.server(settings.limits, handler)
        for listener in listeners { server.add(listener) }
        try recordStart(authority, served.responders, closed: ledger.closedAtOpening.count)
    }

    /// Starts the token workers and serves the sockets. Returns at once; tokens become ready on their own threads.
    package func start() {
        readiness.start()
        tokenRecord.start()
        for token in tokens { token.start() }
        checkpointer?.start()
        status.start()
        server.start()
        log.write(.info, "service-started", ["version": InkanVersion.current])
    }

    /// Takes no more calls, finishes what is in flight, and lets go of everything.
    ///
    /// - Returns: whether everything in flight was answered within the deadline.
    package func stop() -> Bool {
        log.write(.info, "service-stopping")
        let allowed = UInt64(settings.limits.stopDeadlineSeconds)
        let deadline = monotonicNanoseconds() + allowed * 1_000_000_000
        // First the callers, then the orders whose callers have gone already, and only then what they need.
        let isAnswered = server.stop(deadline: .seconds(Int64(allowed)))
        let isIdle = line.waitUntilIdle(until: deadline)
        let answered = isAnswered && isIdle
        readiness.stop()
        keyMaker.stop()
        let logToken = settings.log?.token
        for token in tokens where token.settings.name != logToken { token.stop() }
        if !isIdle { _ = line.waitUntilIdle(until: monotonicNanoseconds() + 1_000_000_000) }
        status.stop()
        reads.stop()
        station.stop()
        tokenRecord.stop()
        record(LedgerEvent(kind: "service-stopped", fields: [("answered", .flag(answered))]))
        // The last entry is under the last checkpoint.
        checkpointer?.stop()
        for token in tokens where token.settings.name == logToken { token.stop() }
        news.withLock { $0 = nil }
        ledger.stop()
        workers.stop()
        log.write(answered ? .info : .warning, "service-stopped", ["answered": "\(answered)"])
        return answered
    }

    /// Those who are told of what happens to tokens.
    private struct Listeners {
        let readiness: Readiness
        let record: TokenRecord

        func hear(_ event: TokenEvent) {
            record.note(event)
            readiness.look()
        }
    }

    // MARK: - Putting together

    /// What follows from one commit: signatures go to the tokens together, the rest to the workers.
    private static func delivery(to workers: WorkerPool, _ tokens: [TokenWorkerSupervisor]) -> AnswerDelivery {
        AnswerDelivery(
            intents: { answers in
                guard answers.count > 1 else { return answers.forEach { $0() } }
                for token in tokens { token.beginGathering() }
                for answer in answers { answer() }
                for token in tokens { token.endGathering() }
            },
            others: { workers.run(all: $0) }
        )
    }

    private static func issuers(
        _ settings: SignerSettings,
        profiles: ProfileSet,
        tokens: [TokenWorkerSupervisor]
    ) throws -> (issuers: [Issuer], responders: [OCSPResponder]) {
        let sources = Dictionary(
            uniqueKeysWithValues: tokens.map { ($0.settings.name, (token: $0, serials: SerialSource(token: $0))) }
        )
        var responders: [OCSPResponder] = []
        let issuers = try settings.issuers.map { issuer in
            guard let description = profiles.issuer(issuer.name), description.use != .root else {
                throw StartError("issuer \(issuer.name): the profile set has no issuer of that name for people")
            }
            guard let source = sources[issuer.token] else {
                throw StartError("issuer \(issuer.name): no token of the name \(issuer.token)")
            }
            let certificate = try readCertificate(issuer.certificate)
            do throws(IssuerDescription.OtherKey) {
                try description.check(key: certificate.tbs.publicKey)
            } catch {
                throw StartError(error.description)
            }
            source.token.prepare(keys: [certificate.tbs.publicKey.derEncoded])
            let made = try Issuer(
                name: issuer.name,
                certificate: certificate,
                chain: try issuer.chain.map(readCertificate),
                tokenName: issuer.token,
                token: source.token,
                serials: source.serials
            )
            if let responder = issuer.responder, let source = sources[responder.token] {
                responders.append(try Self.responder(responder, of: made, source.token, source.serials))
            }
            return made
        }
        return (issuers, responders)
    }

    /// How each issuer's certificates are spread over CRLs; what the profile set says anew is in the ledger afterwards.
    private static func partitions(
        of issuers: [Issuer],
        _ profiles: ProfileSet,
        _ ledger: LedgerStore,
        _ clock: any WallClock
    ) throws -> [String: CRLPartitions] {
        var partitions: [String: CRLPartitions] = [:]
        for issuer in issuers {
            do throws(IssuanceError) {
                partitions[issuer.name] = try CRLPartitions.current(
                    profiles.issuer(issuer.name)?.crlPartitions,
                    issuer: issuer.name,
                    issuerKeyHash: issuer.key.publicKey.sha256,
                    in: ledger,
                    at: clock.now.seconds
                )
            } catch {
                throw StartError("the parts of the CRL of \(issuer.name): \(error.message); \(error.mend)")
            }
        }
        return partitions
    }

    private static func responder(
        _ settings: SignerSettings.ResponderSettings,
        of issuer: Issuer,
        _ token: TokenWorkerSupervisor,
        _ serials: SerialSource
    ) throws -> OCSPResponder {
        let certificate = try readCertificate(settings.certificate)
        token.prepare(keys: [certificate.tbs.publicKey.derEncoded])
        let key = SigningKey(
            publicKey: certificate.tbs.publicKey,
            tokenName: settings.token,
            token: token,
            serials: serials
        )
        do throws(X509Error) {
            return try OCSPResponder(issuer: issuer, certificate: certificate, key: key)
        } catch {
            throw StartError("\(settings.certificate): \(error.reason)")
        }
    }

    private static func checkpointer(
        _ keeping: LogKeeping,
        _ ledger: LedgerStore,
        _ log: ServiceLog
    ) -> Checkpointer {
        let publish = { @Sendable (checkpoint: Checkpoint) in
            guard let path = keeping.checkpointFile else { return }
            do {
                try writeText(String(decoding: checkpoint.note.encoded, as: UTF8.self), to: path)
            } catch {
                log.write(.warning, "checkpoint-not-written", ["problem": "\(error)"])
            }
        }
        return Checkpointer(
            Checkpointer.Settings(key: keeping.key, seconds: keeping.checkpointSeconds),
            ledger: ledger,
            token: keeping.token,
            seen: keeping.seen,
            publish: publish
        ) { log.write($0) }
    }

    private static func readCertificate(_ path: String) throws -> Certificate {
        do {
            return try Certificate(pem: try readText(path))
        } catch let error as X509Error {
            throw StartError("\(path) is not a certificate that can be used: \(error)")
        }
    }

    private static func server(_ limits: SignerSettings.Limits, _ handler: SignerHandler) throws -> Server {
        var bounds = ServerLimits()
        bounds.maximumConnections = limits.connections
        bounds.maximumMessageBytes = limits.messageBytes
        bounds.maximumCallsInFlightPerConnection = limits.callsInFlightPerConnection
        bounds.messageDeadline = .seconds(limits.messageDeadlineSeconds)
        bounds.confidentialMembers = [String(describing: KeyOrder.passwordMember)]
        bounds.writeDeadline = .seconds(limits.writeDeadlineSeconds)
        // A full batch: every order with all its names, and every answer with its chain.
        bounds.maximumMembers = BatchIssue.Kind.certificates.mostOrders * 64
        bounds.maximumOutboxBytes = BatchIssue.Kind.certificates.mostOrders * 32_768
        return try Server(
            limits: bounds,
            errors: .appliance,
            service: ServiceDescription(
                vendor: "Inkan",
                product: "inkan-signerd",
                version: InkanVersion.current,
                url: "https://inkan.example/"
            ),
            interfaces: [
                try InterfaceDescription(source: SignerInterface.source),
                try InterfaceDescription(source: OfficerInterface.source),
                try InterfaceDescription(source: TokenStationInterface.source),
                try InterfaceDescription(source: LedgerInterface.source),
            ],
            handler: handler
        )
    }

    /// What the service starts with goes into the ledger; so does every CA key, which nobody may have certified. Without
    /// that nothing is served.
    private func recordStart(_ authority: IssuingAuthority, _ responders: [OCSPResponder], closed: Int) throws {
        let issuers = authority.issuers.values.sorted { $0.name < $1.name }
        for issuer in issuers {
            try durably {
                ledger.registerAuthorityKey(issuer.key.publicKey.sha256, issuer: issuer.name, completion: $0)
            }
        }
        for responder in responders {
            try durably {
                ledger.registerAuthorityKey(
                    responder.key.publicKey.sha256,
                    issuer: "\(responder.issuer.name) (OCSP)",
                    completion: $0
                )
            }
        }
        let event = LedgerEvent(
            kind: "service-started",
            fields: [
                ("version", .text(InkanVersion.current)),
                ("profileSet", .bytes(authority.profiles.sha256)),
                ("profileSetVersion", .text(authority.profiles.version)),
                ("issuers", .list(issuers.map { .text($0.name) })),
                ("settings", .bytes(settings.hash)),
                ("tokens", .list(settings.tokens.map { .text($0.name) })),
                ("log", .text(checkpointer?.origin ?? "")),
                ("intentsClosed", .number(Int64(closed))),
            ]
        )
        try durably { ledger.append(event, completion: $0) }
        for problem in authority.profiles.problems(at: clock.now) {
            log.write(
                .warning,
                "profile-ended",
                ["profile": problem.profile, "clause": problem.clause, "reason": problem.reason]
            )
        }
    }

    /// Waits for what the ledger answers.
    private func durably<Receipt: Sendable>(
        _ write: (@escaping @Sendable (Result<Receipt, LedgerError>) -> Void) -> Void
    ) throws {
        let answer = Guarded<Result<Receipt, LedgerError>?>(nil)
        write { result in
            answer.withLock { $0 = result }
            answer.broadcast()
        }
        do {
            _ = try answer.wait { $0 }.get()
        } catch {
            throw StartError(error.description)
        }
    }

    /// Writes an event and waits until it is durable.
    private func record(_ event: LedgerEvent) {
        do {
            try durably { ledger.append(event, completion: $0) }
        } catch {
            log.write(.error, "ledger-failed", ["problem": "\(error)"])
        }
    }
}

extension ServiceLog {
    fileprivate func write(_ alarm: IssuanceAlarm) {
        switch alarm {
        case .refusalNotRecorded(let rule, let problem):
            write(.error, "refusal-not-recorded", ["rule": rule, "problem": problem])
        case .intentNotClosed(let entry, let problem):
            write(.error, "intent-not-closed", ["entry": "\(entry)", "problem": problem])
        case .crlFailed(let issuer, let problem):
            write(.error, "crl-failed", ["issuer": issuer, "problem": problem])
        case .ocspNotCounted(let count, let problem):
            write(.error, "ocsp-not-counted", ["count": "\(count)", "problem": problem])
        case .badSignature(let token, let detail):
            write(.error, "bad-signature", ["token": token, "detail": detail])
        case .checkpointTrouble(let problem): write(.warning, "checkpoint-trouble", ["problem": problem])
        case .ledgerOlderThanSeen(let problem): write(.error, "ledger-older-than-seen", ["problem": problem])
        }
    }

    fileprivate func write(_ news: ResponderKeeper.News) {
        switch news {
        case .renewed(let issuer, let notAfter):
            let end = CivilTime(secondsSinceEpoch: notAfter).rfc3339
            write(.info, "responder-renewed", ["issuer": issuer, "notAfter": end])
        case .failed(let issuer, let problem):
            write(.error, "responder-not-renewed", ["issuer": issuer, "problem": problem])
        }
    }

    fileprivate func write(_ notice: LedgerNotice) {
        write(.warning, "ledger-notice", ["notice": "\(notice)"])
    }

    fileprivate func write(_ event: TokenEvent) {
        let isTrouble: Bool =
            switch event.kind {
            case .started, .ready, .unlocked, .stopped: false
            case .workerEnded, .startFailed, .startPutOff, .locked, .keyMakingLocked, .missing: true
            }
        write(
            isTrouble ? .warning : .info,
            "token-\(event.kind.rawValue)",
            ["token": event.token, "detail": event.detail]
        )
    }
}

extension ServerErrors {
    /// The transport's own errors in the interface's words.
    fileprivate static let appliance = ServerErrors(
        overload: ErrorAnswer(
            name: "\(SignerInterface.name).Busy",
            parameters: [
                "rule": "limit.connections", "message": "as many connections are open as the service takes",
                "mend": "close one, or ask again a little later", "retryAfterMilliseconds": 1000,
            ]
        ),
        internalFailure: ErrorAnswer(
            name: "\(SignerInterface.name).InternalError",
            parameters: [
                "rule": "service.internal", "message": "the call was dropped without an answer",
                "mend": "ask again with the same order; report it with the service's log",
            ]
        )
    )
}
