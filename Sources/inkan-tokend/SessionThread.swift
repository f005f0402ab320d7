import Clocks
import Glibc
import PKCS11
import Tokens

/// One signing session and the thread that owns it. All such threads take packets from the same socket; the kernel
/// gives each packet to one of them.
final class SessionThread {
    let link: TokenLink
    private let ring: KeyRing
    private let connection: WorkerConnection
    private var session: Session?
    private(set) var epoch = 0
    /// Handles that were checked with this very session.
    private var known: [Int: KeyRing.LocatedKey] = [:]
    private var writer = MessageWriter()
    private let signature = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Session.longestSignature,
        alignment: 16
    )
    /// The whole ladder was climbed in vain: only a new process can help.
    private(set) var isBeyondRepair = false

    init(_ link: TokenLink, _ ring: KeyRing, _ connection: WorkerConnection) {
        self.link = link
        self.ring = ring
        self.connection = connection
    }

    deinit {
        signature.deallocate()
    }

    /// Serves until the supervisor closes the socket, or until nothing helps any more.
    func run() {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: WireLimits.packetBytes, alignment: 16)
        defer { memory.deallocate() }
        while !isBeyondRepair, let packet = connection.receive(into: memory) {
            do throws(TokenError) {
                try serve(packet)
            } catch {
                WorkerLog.write("message-unreadable", ["error": error.message])
                isBeyondRepair = true
            }
        }
        end()
    }

    /// Closes the session.
    func end() {
        link.gate.shared { dropSession() }
    }

    // MARK: Messages

    /// Answers are gathered, but not for longer than this: nanoseconds.
    private static let gathering: UInt64 = 3_000_000

    private func serve(_ packet: UnsafeRawBufferPointer) throws(TokenError) {
        var reader = MessageReader(packet)
        var clock = monotonicNanoseconds()
        var lastSent = clock
        // Calls that are left when nothing helps any more are answered by the supervisor.
        while !reader.isAtEnd, !isBeyondRepair {
            var frame = try reader.frame()
            let frameStart = clock
            do throws(TokenError) {
                try answer(frame.id, WorkerOperation(rawValue: frame.kind), &frame.body, since: frameStart)
            } catch {
                writer.beginFrame(id: frame.id, kind: WorkerReply.failed.rawValue)
                error.write(to: &writer)
                writer.endFrame()
            }
            clock = monotonicNanoseconds()
            if reader.isAtEnd || clock - lastSent > SessionThread.gathering || isBeyondRepair {
                flush()
                lastSent = clock
            }
        }
    }

    private func flush() {
        // When the supervisor is gone the next receive says so.
        _ = connection.send(writer.bytes)
        writer.removeAll()
        // The service does not interrupt signatures; between two packets it has its turn. Without a second packet this
        // thread is about to wait anyhow: in the socket the next one wakes it on whichever core is free, while one that
        // has given its turn away can only wait for the core that it is on.
        if connection.isReadable { sched_yield() }
    }

    private func answer(
        _ id: UInt64,
        _ operation: WorkerOperation?,
        _ body: inout MessageReader,
        since start: UInt64
    ) throws(TokenError) {
        switch operation {
        case .sign:
            let length = try sign(&body)
            writer.beginFrame(id: id, kind: WorkerReply.done.rawValue)
            writer.number(monotonicNanoseconds() - start)
            writer.data(UnsafeRawBufferPointer(rebasing: signature[0..<length]))
        case .random:
            let data = try random(&body)
            writer.beginFrame(id: id, kind: WorkerReply.done.rawValue)
            writer.data(data)
        case .generateKeyPair:
            let data = try generate(&body)
            writer.beginFrame(id: id, kind: WorkerReply.done.rawValue)
            writer.data(data)
        case .exportKeyPair:
            let data = try export(&body)
            writer.beginFrame(id: id, kind: WorkerReply.done.rawValue)
            writer.data(data)
        case .prepareKey:
            let number = Int(try body.number(UInt32.self))
            try prepare(number, spki: try body.data())
            writer.beginFrame(id: id, kind: WorkerReply.done.rawValue)
            writer.data([UInt8]())
        case .inspect:
            var inspection = MessageWriter()
            try climbing { (session) throws(OperationFailure) in try Inspection.inspect(link, session) }
                .write(to: &inspection)
            writer.beginFrame(id: id, kind: WorkerReply.done.rawValue)
            writer.data(inspection.bytes)
        case .readMarks:
            let data = try readMarks()
            writer.beginFrame(id: id, kind: WorkerReply.done.rawValue)
            writer.data(data)
        case .writeMark:
            try writeMark(&body)
            writer.beginFrame(id: id, kind: WorkerReply.done.rawValue)
            writer.data([UInt8]())
        case .open, .listTokens, .listMechanisms, .initializeToken, .desk, .beSpawner, nil:
            throw TokenError(.workerUnusable, "this worker serves a token", mend: "use another worker for that")
        }
        writer.endFrame()
    }

    private func sign(_ body: inout MessageReader) throws(TokenError) -> Int {
        let number = Int(try body.number(UInt32.self))
        guard let mechanism = TokenMechanism(rawValue: try body.number(UInt8.self)) else {
            throw TokenError(.mechanismUnavailable, "unknown mechanism", mend: "use a listed mechanism")
        }
        let input = try body.view()
        return try climbing { (session) throws(OperationFailure) in
            let key = try located(number, session)
            // Asked for another type's mechanism, SoftHSM answers a general error, which would look like a fault.
            guard mechanism.keyType == key.type else {
                throw OperationFailure(
                    TokenError(
                        .mechanismUnavailable,
                        "this key's type does not go with \(mechanism)",
                        mend: "choose an algorithm that the key has"
                    ),
                    .permanent
                )
            }
            return try link.signing(mechanism.signing, key.handles, session) { () throws(PKCS11Error) in
                try session.finishSigning(input, into: signature)
            }
        }
    }

    /// Looks for a key, from the beginning.
    func prepare(_ number: Int, spki: [UInt8]) throws(TokenError) {
        ring.define(number, spki: spki)
        ring.forget(number)
        known[number] = nil
        _ = try climbing { (session) throws(OperationFailure) in try located(number, session) }
    }

    private func located(_ number: Int, _ session: Session) throws(OperationFailure) -> KeyRing.LocatedKey {
        if let key = known[number] { return key }
        let key = try ring.locate(number, session, epoch: epoch)
        known[number] = key
        return key
    }

    private func random(_ body: inout MessageReader) throws(TokenError) -> [UInt8] {
        var request = MessageReader(try body.view())
        let count = min(Int(try request.number(UInt32.self)), WireLimits.randomBytes)
        return try climbing { (session) throws(OperationFailure) in
            try calling { () throws(PKCS11Error) in try session.randomBytes(count) }
        }
    }

    private func generate(_ body: inout MessageReader) throws(TokenError) -> [UInt8] {
        var reader = MessageReader(try body.view())
        let request = try KeyPairRequest(from: &reader)
        var pair: GeneratedKeyPair?
        while pair == nil {
            // A key pair may have come into being although the answer was an error, so this is never tried twice; the
            // session is known to work before.
            let session = try climbing { (_) throws(OperationFailure) in try link.openSession(readWrite: true) }
            do throws(OperationFailure) {
                pair = try link.gate.shared { () throws(OperationFailure) in try make(request, session) }
            } catch {
                throw error.error
            }
        }
        var answer = MessageWriter()
        pair?.write(to: &answer)
        return answer.bytes
    }

    /// Makes a key pair and closes the session; `nil` when the module was started anew since it was opened, so that its
    /// number may be another session's by now.
    private func make(_ request: KeyPairRequest, _ session: Session) throws(OperationFailure) -> GeneratedKeyPair? {
        guard epoch == link.epoch else {
            session.abandon()
            return nil
        }
        defer {
            do throws(PKCS11Error) { try session.close() } catch {
                WorkerLog.write("session-lost", ["error": error.description])
            }
        }
        return try KeyMaking.make(request, session)
    }

    /// Makes a key pair that leaves the token, in a session of its own: whatever becomes of it, the key dies with that
    /// session. So a fault may be met by another try.
    private func export(_ body: inout MessageReader) throws(TokenError) -> [UInt8] {
        var reader = MessageReader(try body.view())
        let request = try KeyExportRequest(from: &reader)
        let pair = try climbing { (_) throws(OperationFailure) in
            let session = try link.openSession()
            defer {
                do throws(PKCS11Error) { try session.close() } catch {
                    WorkerLog.write("session-lost", ["error": error.description])
                }
            }
            return try KeyExport.make(request, session)
        }
        var answer = MessageWriter()
        pair.write(to: &answer)
        return answer.bytes
    }

    // MARK: The ladder

    /// Does something with the session, and on a fault that may pass climbs the ladder: a new session, a new log-in, a
    /// new start of the module; when all that was in vain, the process ends and the supervisor starts another. A
    /// session that saw any error is closed.
    func climbing<Answer>(
        _ body: (Session) throws(OperationFailure) -> Answer
    ) throws(TokenError) -> Answer {
        var rung = 0
        while true {
            var failure: OperationFailure
            do throws(OperationFailure) {
                return try link.gate.shared { () throws(OperationFailure) in try body(try readySession()) }
            } catch {
                failure = error
            }
            rung += 1
            let detail: KeyValuePairs = ["error": failure.error.message, "rung": "\(rung)"]
            WorkerLog.write("session-replaced", detail)
            link.gate.shared { dropSession() }
            guard failure.consequence == .transient else { throw failure.error }
            do throws(OperationFailure) {
                if rung == 2 { try link.logInAgain(after: epoch) }
                if rung == 3 { try link.reconnect(after: epoch) }
            } catch {
                failure = error
                if rung == 3 || error.consequence == .pinDangerous { rung = 4 }
            }
            if rung > 3 {
                isBeyondRepair = true
                throw failure.error
            }
        }
    }

    private func readySession() throws(OperationFailure) -> Session {
        let current = link.epoch
        if epoch != current {
            // The module was started anew: the old number may be somebody else's session by now.
            session?.abandon()
            session = nil
            known = [:]
            epoch = current
        }
        if let session { return session }
        let fresh = try link.openSession()
        session = fresh
        return fresh
    }

    private func dropSession() {
        known = [:]
        guard let old = session else { return }
        session = nil
        guard epoch == link.epoch else { return old.abandon() }
        do throws(PKCS11Error) { try old.close() } catch {
            WorkerLog.write("session-lost", ["error": error.description])
        }
    }
}

extension TokenMechanism {
    var keyType: KeyType {
        switch self {
        case .rsaPKCS, .rsaPSSSHA256, .rsaPSSSHA384, .rsaPSSSHA512: .rsa
        case .ecdsa: .ec
        case .eddsa: .edwards
        }
    }

    var signing: SigningMechanism {
        switch self {
        case .rsaPKCS: .rsaPKCS
        case .rsaPSSSHA256: .rsaPSS(.sha256)
        case .rsaPSSSHA384: .rsaPSS(.sha384)
        case .rsaPSSSHA512: .rsaPSS(.sha512)
        case .ecdsa: .ecdsa
        case .eddsa: .eddsa
        }
    }
}
