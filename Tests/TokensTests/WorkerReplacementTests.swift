import Glibc
import Testing
import Threads
import Tokens

@Suite("Workers are apart and replaceable (TOK-07)")
struct WorkerReplacementTests {
    private func impatient(_ token: TestToken) -> TokenSettings {
        var settings = token.settings
        settings.callDeadline = 3_000_000_000
        settings.startDeadline = 5_000_000_000
        return settings
    }

    @Test(
        "A worker that hangs is killed at the deadline and replaced, while another token goes on",
        arguments: ["C_SignInit", "C_Sign", "C_GetSessionInfo"]
    )
    func hung(function: String) throws {
        let sick = try TestToken.make(label: "sick")
        let well = try TestToken.make(label: "well")
        let events = EventLog()
        try well.serving { healthy in
            let other = try healthy.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            let healthyWorker = healthy.status.workerID
            try sick.serving(impatient(sick), events: events) { supervisor in
                let example = SignatureCase.p256
                let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
                try sick.order("C_Sign 1 1 return 0xb3", "\(function) 1 0 hang")
                let first = Guarded<Result<TokenSignature, TokenError>?>(nil)
                supervisor.sign(spki: spki, mechanism: .ecdsa, input: example.input) { answer in
                    first.withLock { $0 = answer }
                    first.signal()
                }
                for _ in 0..<50 {
                    _ = try healthy.signature(spki: other, mechanism: .ecdsa, input: example.input)
                }
                let answer = first.wait { $0 }
                let failure = code { _ = try answer.get() }
                #expect(failure == .timedOut || failure == .workerDied)
                try sick.order()
                #expect(events.wait(for: .ready, count: 2))
                let signature = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input)
                #expect(try example.isValid(spki, signature.raw))
                #expect(supervisor.status.restarts >= 1)
            }
            #expect(healthy.status.workerID == healthyWorker)
            #expect(healthy.status.restarts == 0)
        }
    }

    @Test("A worker that crashes is replaced; its calls are answered, the next ones work")
    func crashed() throws {
        let token = try TestToken.make()
        let events = EventLog()
        try token.serving(events: events) { supervisor in
            let example = SignatureCase.p256
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input)
            try token.order("once C_Sign 1 1 abort")
            #expect(
                code { _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input) }
                    == .workerDied
            )
            let signature = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input)
            #expect(try example.isValid(spki, signature.raw))
        }
        #expect(events.all.contains { $0.kind == .workerEnded && $0.detail.contains("signal 6") })
    }

    @Test("A worker killed in mid-flight leaves no call unanswered")
    func killedInFlight() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let example = SignatureCase.rsa
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .rsa2048, label: "k")).spki
            let answers = Guarded<[Result<TokenSignature, TokenError>]>([])
            let count = 200
            for _ in 0..<count {
                supervisor.sign(spki: spki, mechanism: example.mechanism, input: example.input) { answer in
                    answers.withLock { $0.append(answer) }
                    answers.broadcast()
                }
            }
            answers.wait { $0.count >= 20 ? () : nil }
            kill(try #require(supervisor.status.workerID), SIGKILL)
            answers.wait { $0.count >= count ? () : nil }
            let failures = answers.withLock { $0.compactMap { answer in code { _ = try answer.get() } } }
            #expect(failures.allSatisfy { $0 == .workerDied })
            // Only what the worker had in hand is lost; what waited went to the next one.
            #expect(failures.count <= 64)
            #expect(answers.withLock { $0.count } == count)
        }
    }

    @Test("A worker that is stopped (SIGSTOP) is found out by the deadline")
    func frozen() throws {
        let token = try TestToken.make()
        let events = EventLog()
        try token.serving(impatient(token), events: events) { supervisor in
            let example = SignatureCase.p256
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            let worker = try #require(supervisor.status.workerID)
            kill(worker, SIGSTOP)
            // Returns when the last of its threads stands still.
            var status: Int32 = 0
            try #require(waitpid(worker, &status, WUNTRACED) == worker)
            let failure = code { _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input) }
            #expect(failure == .timedOut || failure == .workerDied)
            #expect(events.wait(for: .ready, count: 2))
            let signature = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input)
            #expect(try example.isValid(spki, signature.raw))
        }
    }

    @Test("A module that hangs at its start is given up at the start deadline")
    func hangsAtStart() throws {
        let token = try TestToken.make()
        try token.order("once C_Initialize 1 1 hang")
        var settings = token.settings
        settings.startDeadline = 1_000_000_000
        let events = EventLog()
        #expect(try token.serving(settings, events: events) { try $0.randomBytes(8) }.count == 8)
        #expect(events.all.contains { $0.kind == .startFailed })
    }

    @Test("Callers are answered while a start takes its time")
    func expiryWhileStarting() throws {
        let token = try TestToken.make()
        try token.order("C_Initialize 1 0 hang")
        try token.serving(impatient(token)) { supervisor in
            #expect(code { _ = try supervisor.randomBytes(8) } == .timedOut)
        }
    }

    @Test("A worker program that is not there is a state, not a crash")
    func noWorker() throws {
        let token = try TestToken.make()
        let supervisor = TokenWorkerSupervisor(
            settings: token.settings,
            workerExecutable: "/nonexistent/inkan-tokend",
            log: { _ in }
        )
        supervisor.start()
        defer { supervisor.stop() }
        #expect(code { _ = try supervisor.randomBytes(8) } == .workerUnusable)
    }

    @Test("After stop nothing is served, every waiting call is answered, and no process is left")
    func stopped() throws {
        let token = try TestToken.make()
        let supervisor = TokenWorkerSupervisor(
            settings: token.settings,
            workerExecutable: Built.worker,
            log: { _ in }
        )
        #expect(code { _ = try supervisor.randomBytes(8) } == .stopped)
        supervisor.start()
        let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .rsa2048, label: "k")).spki
        let worker = try #require(supervisor.status.workerID)
        let answers = Guarded(0)
        for _ in 0..<100 {
            supervisor.sign(spki: spki, mechanism: .rsaPKCS, input: SignatureCase.rsa.input) { _ in
                answers.withLock { $0 += 1 }
            }
        }
        supervisor.stop()
        #expect(answers.withLock { $0 } == 100)
        #expect(kill(worker, 0) != 0)
        #expect(code { _ = try supervisor.randomBytes(8) } == .stopped)
    }
}
