import Glibc
import Testing
import Threads

@testable import Tokens

@Suite("What a supervisor makes of its worker's words")
struct SupervisorStateTests {
    private static let second: UInt64 = 1_000_000_000

    /// A supervisor's state with a worker of one session that has found these keys.
    private func ready(found: Int) -> SupervisorState {
        var state = SupervisorState(settings: TokenSettings(name: "t", uri: "pkcs11:"))
        state.phase = .ready
        state.book.sessions = 1
        for key in 0..<found { state.keys[state.keys.number(of: [UInt8(key)])] = .found }
        return state
    }

    /// Hands in a signature and answers where its answer goes. The calls' ids are 1, 2, 3…
    private func sign(
        _ state: inout SupervisorState,
        key: Int = 0,
        allowance: UInt64 = second,
        now: UInt64 = 0
    ) -> Guarded<[Result<TokenSignature, TokenError>]> {
        let answers = Guarded<[Result<TokenSignature, TokenError>]>([])
        let listener = PendingCall.Listener.signature { answer in answers.withLock { $0.append(answer) } }
        let work = PendingCall.Work.sign(key: key, mechanism: .ecdsa, input: [1])
        state.submit(work, allowance: allowance, now: now, listener: listener).carryOut()
        return answers
    }

    private func code(of answers: Guarded<[Result<TokenSignature, TokenError>]>) throws -> TokenError.Code? {
        let all = answers.withLock { $0 }
        let only = try #require(all.first)
        #expect(all.count == 1)
        return TokensTests.code { _ = try only.get() }
    }

    private func signature(_ id: UInt64, nanoseconds: UInt64 = 5, to writer: inout MessageWriter) {
        writer.beginFrame(id: id, kind: WorkerReply.done.rawValue)
        writer.number(nanoseconds)
        writer.data([7])
        writer.endFrame()
    }

    /// Lets the state hear a packet; answers whether the conversation goes on.
    private func hear(_ writer: MessageWriter, _ state: inout SupervisorState, now: UInt64 = 100) -> Bool {
        let (outcome, goesOn) = writer.bytes.withUnsafeBytes { state.take($0, now: now) }
        outcome.carryOut()
        return goesOn
    }

    @Test("Signatures that are wanted together go to the worker in one packet, once nobody gathers any more")
    func gathering() throws {
        var state = ready(found: 1)
        for _ in 0..<200 { state.book.noteTokenTime(1_000) }
        state.gatherers = 2
        let answers = (1...3).map { _ in sign(&state) }
        #expect(state.book.inWorkerCount == 0)
        state.gatherers -= 1
        #expect(state.dispatch(now: 1).packets.isEmpty)
        state.gatherers -= 1
        #expect(state.dispatch(now: 1).packets.count == 1)
        #expect(state.book.inWorkerCount == 3)
        var writer = MessageWriter()
        for id in 1...3 as ClosedRange<UInt64> { signature(id, to: &writer) }
        #expect(hear(writer, &state))
        for answer in answers { #expect(try code(of: answer) == nil) }
    }

    @Test("Whoever was answered before a message that cannot be read keeps the answer; the others get the failure")
    func brokenPacket() throws {
        var state = ready(found: 1)
        let (first, second, third) = (sign(&state), sign(&state), sign(&state))
        var writer = MessageWriter()
        signature(1, to: &writer)
        writer.number(UInt8(255))
        #expect(!hear(writer, &state))
        #expect(try code(of: first) == nil)
        #expect(try code(of: second) == .workerUnusable)
        // The third has not been given to the worker yet.
        #expect(third.withLock { $0.isEmpty })
        #expect(state.book.inWorkerCount == 0)
    }

    @Test("A call whose own answer cannot be read is answered too", arguments: [WorkerReply.done, .failed])
    func brokenAnswer(reply: WorkerReply) throws {
        var state = ready(found: 1)
        let (first, second) = (sign(&state), sign(&state))
        var writer = MessageWriter()
        signature(2, to: &writer)
        writer.beginFrame(id: 1, kind: reply.rawValue)
        writer.endFrame()
        #expect(!hear(writer, &state))
        #expect(try code(of: first) == .workerUnusable)
        #expect(try code(of: second) == nil)
    }

    @Test("A worker's time is believed only as far as it can be true")
    func impossibleTime() throws {
        var state = ready(found: 1)
        for id in 1...40 as ClosedRange<UInt64> {
            let answers = sign(&state)
            var writer = MessageWriter()
            signature(id, nanoseconds: .max, to: &writer)
            #expect(hear(writer, &state))
            #expect(try answers.withLock { try $0.first?.get().tokenNanoseconds } == 100)
        }
    }

    @Test("An opening that tells of other keys than were asked for, or of an impossible number of sessions, is refused")
    func impossibleOpening() throws {
        let token = TokenDescription(
            serial: "s",
            label: "l",
            model: "m",
            manufacturer: "f",
            firmwareVersion: "1.2",
            interfaceVersion: "3.0",
            isInitialized: true,
            hasUserPIN: true,
            uri: "pkcs11:"
        )
        try OpenAnswer(token: token, sessions: 256, keys: [nil]).check(keys: 1)
        for (sessions, keys) in [(0, 1), (257, 1), (1, 0), (1, 2)] {
            let answer = OpenAnswer(token: token, sessions: sessions, keys: [nil])
            #expect(TokensTests.code { try answer.check(keys: keys) } == .workerUnusable)
        }
    }

    @Test("A key whose search never came to the worker is looked for again, and those who wait for it have an alarm")
    func searchExpired() throws {
        let second = SupervisorStateTests.second
        var state = ready(found: 0)
        let key = state.keys.number(of: [1])
        state.phase = .starting
        let early = sign(&state, key: key, allowance: 5 * second)
        let late = sign(&state, key: key, allowance: 20 * second)
        let generation = PendingCall.Work.control(.generateKeyPair, body: [])
        state.submit(generation, allowance: 180 * second, now: 0, listener: nil).carryOut()
        state.phase = .ready
        state.dispatch(now: 0).carryOut()
        // The worker's only session is busy, and the search waits.
        #expect(state.book.inWorkerCount == 1)
        #expect(state.keys.parkedCount == 2)

        _ = state.nextStep(now: 0)
        #expect(state.keeperWakesAt == 5 * second)
        guard case .say(let answers) = state.nextStep(now: 5 * second) else {
            Issue.record("the early caller is not answered")
            return
        }
        for answer in answers { answer() }
        #expect(try code(of: early) == .timedOut)
        _ = state.nextStep(now: 10 * second)
        #expect(state.keys.parkedCount == 0)
        #expect(state.book.waitingCount == 1)
        #expect(state.keeperWakesAt == 20 * second)

        // The key is made; the search goes to the worker now, and then the signature.
        var writer = MessageWriter()
        writer.beginFrame(id: 3, kind: WorkerReply.done.rawValue)
        writer.endFrame()
        #expect(hear(writer, &state, now: 11 * second))
        writer = MessageWriter()
        writer.beginFrame(id: 5, kind: WorkerReply.done.rawValue)
        writer.endFrame()
        #expect(hear(writer, &state, now: 12 * second))
        writer = MessageWriter()
        signature(2, to: &writer)
        #expect(hear(writer, &state, now: 13 * second))
        #expect(try code(of: late) == nil)
    }

    @Test(
        "However many keys there are, the first packet and its answer have room; the others are looked for afterwards"
    )
    func manyKeys() throws {
        for length in [40, 300, 1060] {
            var keys = KeyTable()
            for number in 0..<5000 {
                var spki = [UInt8](repeating: 0, count: length)
                spki[0] = UInt8(number & 0xff)
                spki[1] = UInt8(number >> 8)
                _ = keys.number(of: spki)
            }
            let opening = keys.keysForOpening
            #expect(opening.count > 50)
            #expect(Array(keys.spkis.prefix(opening.count)) == opening)
            var writer = MessageWriter()
            OpenRequest(uri: "pkcs11:", sessions: 1, isCautious: true, keys: opening).write(to: &writer)
            #expect(writer.bytes.count < WireLimits.packetBytes)
        }
        var state = ready(found: 0)
        for key in 0..<3 { _ = state.keys.number(of: [UInt8(key)]) }
        state.prepareRest(from: 1, now: 0)
        #expect(state.book.waitingCount == 2)
    }

    @Test("A socket that is full is not waited for, and a packet that is too long ends the conversation")
    func socket() throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
        let (near, far) = (WorkerConnection(descriptor: ends[0]), WorkerConnection(descriptor: ends[1]))
        near.widen()
        let packet = [UInt8](repeating: 1, count: WireLimits.packetBytes)
        #expect(near.send(packet, waits: false))
        // What a book lets out fits: beside one long packet, short ones of all sessions.
        for _ in 0..<100 { #expect(near.send([1], waits: false)) }
        var sent = 0
        while sent < 100, near.send(packet, waits: false) { sent += 1 }
        #expect(sent < 100)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 16)
        defer { memory.deallocate() }
        #expect(far.receive(into: memory) == nil)
        #expect(far.receive(into: memory)?.count == 1)
    }
}
