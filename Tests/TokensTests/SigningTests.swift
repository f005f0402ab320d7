import Clocks
import Testing
import Threads
import Tokens

@Suite("Signing through a worker (TOK-01, TOK-06)")
struct SigningTests {
    @Test("Every mechanism makes signatures that swift-crypto verifies")
    func everyMechanism() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            var keys: [KeyPairRequest.Algorithm: [UInt8]] = [:]
            for example in SignatureCase.all {
                if keys[example.algorithm] == nil {
                    let request = KeyPairRequest(algorithm: example.algorithm, label: example.algorithm.rawValue)
                    keys[example.algorithm] = try supervisor.keyPair(request).spki
                }
                let spki = try #require(keys[example.algorithm])
                let signature = try supervisor.signature(
                    spki: spki,
                    mechanism: example.mechanism,
                    input: example.input
                )
                #expect(try example.isValid(spki, signature.raw), "\(example.testDescription)")
                #expect(signature.tokenNanoseconds > 0)
            }
        }
    }

    @Test("The 3.x interface is used where the module has one, 2.40 otherwise", arguments: [true, false])
    func interfaceVersion(isNew: Bool) throws {
        let token = try TestToken.make(interface3: isNew)
        try token.serving { supervisor in
            #expect(
                supervisor.waitUntilSettled(nanoseconds: 30_000_000_000).token?.interfaceVersion
                    == (isNew ? "3.0" : "2.40")
            )
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            let example = SignatureCase.p256
            let signature = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input)
            #expect(try example.isValid(spki, signature.raw))
        }
    }

    @Test("Hundreds of signatures in flight are each answered once, and each is right")
    func manyInFlight() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let example = SignatureCase.p256
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            let answers = Guarded<[Result<TokenSignature, TokenError>]>([])
            let count = 600
            for _ in 0..<count {
                supervisor.sign(spki: spki, mechanism: .ecdsa, input: example.input) { answer in
                    answers.withLock { $0.append(answer) }
                    answers.signal()
                }
            }
            answers.wait { $0.count >= count ? () : nil }
            let all = answers.withLock { $0 }
            #expect(all.count == count)
            for answer in all.prefix(50) + all.suffix(50) { #expect(try example.isValid(spki, answer.get().raw)) }
            #expect(supervisor.status.callsInWorker == 0)
        }
    }

    @Test("A mechanism that does not fit the key is refused by name and spoils nothing")
    func wrongMechanism() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let example = SignatureCase.p256
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            let refusal = code { _ = try supervisor.signature(spki: spki, mechanism: .rsaPKCS, input: example.input) }
            #expect(refusal == .mechanismUnavailable || refusal == .requestRefused)
            let worker = supervisor.status.workerID
            #expect(
                try example.isValid(spki, supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input).raw)
            )
            #expect(supervisor.status.workerID == worker)
        }
    }

    @Test("Inputs longer than the worker takes are refused before they are sent")
    func tooLong() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let input = [UInt8](repeating: 0, count: WireLimits.inputBytes + 1)
            #expect(
                code { _ = try supervisor.signature(spki: [1], mechanism: .eddsa, input: input) } == .requestRefused
            )
            #expect(code { _ = try supervisor.randomBytes(0) } == .requestRefused)
        }
    }

    @Test("The longest Ed25519 message passes")
    func longMessage() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .ed25519, label: "k")).spki
            let input = [UInt8](repeating: 5, count: WireLimits.inputBytes)
            #expect(try supervisor.signature(spki: spki, mechanism: .eddsa, input: input).raw.count == 64)
        }
    }

    @Test("Random bytes come from the token and differ")
    func random() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let first = try supervisor.randomBytes(32)
            #expect(first.count == 32)
            #expect(try supervisor.randomBytes(32) != first)
        }
    }

    @Test("More calls than may wait are refused as busy; the others are answered")
    func queueLimit() throws {
        let token = try TestToken.make()
        var settings = token.settings
        settings.queueLimit = 10
        try token.serving(settings) { supervisor in
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .rsa2048, label: "k")).spki
            let answers = Guarded<[Result<TokenSignature, TokenError>]>([])
            for _ in 0..<100 {
                supervisor.sign(spki: spki, mechanism: .rsaPKCS, input: SignatureCase.rsa.input) { answer in
                    answers.withLock { $0.append(answer) }
                    answers.signal()
                }
            }
            answers.wait { $0.count >= 100 ? () : nil }
            let refused = answers.withLock { $0.compactMap { answer in code { _ = try answer.get() } } }
            #expect(!refused.isEmpty && refused.count < 100)
            #expect(refused.allSatisfy { $0 == .busy })
        }
    }
}
