internal import CLinux
import Clocks
package import Secrets
import Threads

/// A worker process of its own that makes keys for people and ends when they have been made, so that nothing of them is
/// left in a process that goes on: a module in software keeps them in its memory.
///
/// For one thread, which must live as long as the session: the worker dies with it. Every wait has a deadline.
package final class KeyMakingSession {
    private let process: WorkerProcess
    private let settings: TokenSettings
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: WireLimits.packetBytes, alignment: 16)
    private var nextID: UInt64 = 1

    fileprivate init(_ process: WorkerProcess, _ settings: TokenSettings) {
        self.process = process
        self.settings = settings
    }

    /// Ends the worker. What it held is gone with it.
    deinit {
        process.kill()
        _ = process.reap()
        inkan_wipe(memory.baseAddress, memory.count)
        memory.deallocate()
    }

    /// Has a key pair made that is no object of the token, and taken out wrapped.
    ///
    /// Throws `mechanismUnavailable` where the module has no way to do that.
    package func exportKeyPair(_ request: KeyExportRequest) throws(TokenError) -> ExportedKeyPair {
        try ask(.exportKeyPair, allowance: settings.generationDeadline) { writer in
            request.write(to: &writer)
        } read: { (body) throws(TokenError) in
            var reader = MessageReader(body)
            return try ExportedKeyPair(from: &reader)
        }
    }

    /// Octets of the token's random source, which no other memory of this process has held.
    package func randomBytes(_ count: Int) throws(TokenError) -> Secret {
        let bytes = try ask(.random, allowance: settings.callDeadline) { writer in
            writer.number(UInt32(count))
        } read: { (body) throws(TokenError) in
            Secret(count: body.count) { $0.copyMemory(from: body) }
        }
        guard bytes.count == count else { throw .protocolBroken("another number of random octets") }
        return bytes
    }

    /// Asks one thing and waits for the answer. The memory that it came in is overwritten.
    private func ask<Answer>(
        _ operation: WorkerOperation,
        allowance: UInt64,
        write: (inout MessageWriter) -> Void,
        read: (UnsafeRawBufferPointer) throws(TokenError) -> Answer
    ) throws(TokenError) -> Answer {
        var body = MessageWriter()
        write(&body)
        var writer = MessageWriter()
        writer.beginFrame(id: nextID, kind: operation.rawValue)
        writer.data(body.bytes)
        writer.endFrame()
        guard process.connection.send(writer.bytes, waits: false) else { throw died("ended before it was asked") }
        let deadline = monotonicNanoseconds() + allowance
        defer { inkan_wipe(memory.baseAddress, memory.count) }
        let packet = try packet(until: deadline)
        var reader = MessageReader(packet)
        var frame = try reader.frame()
        guard frame.id == nextID else { throw .protocolBroken("an answer to nothing") }
        nextID += 1
        guard frame.kind == WorkerReply.done.rawValue else { throw try TokenError(from: &frame.body) }
        return try read(try frame.body.view())
    }

    private func packet(until deadline: UInt64) throws(TokenError) -> UnsafeRawBufferPointer {
        while true {
            let now = monotonicNanoseconds()
            guard now < deadline else { throw .timedOut(settings.name) }
            guard process.connection.isReadable(before: deadline, now: now) else { continue }
            guard let packet = process.connection.receive(into: memory) else { throw died("ended") }
            return packet
        }
    }

    private func died(_ why: String) -> TokenError {
        .workerDied(settings.name, "for key making \(why)")
    }

    /// Has the worker open the token.
    fileprivate func open(_ request: OpenRequest) throws(TokenError) {
        var writer = MessageWriter()
        writer.beginFrame(id: 0, kind: WorkerOperation.open.rawValue)
        request.write(to: &writer)
        writer.endFrame()
        guard process.connection.send(writer.bytes, waits: false) else { throw died("ended at its start") }
        let deadline = monotonicNanoseconds() + settings.startDeadline
        while true {
            var reader = MessageReader(try packet(until: deadline))
            while !reader.isAtEnd {
                var frame = try reader.frame()
                switch WorkerReply(rawValue: frame.kind) {
                case .loggingIn, .loggedIn: continue
                case .failed: throw try TokenError(from: &frame.body)
                case .done: return
                case nil: throw .protocolBroken("an unknown reply")
                }
            }
        }
    }
}

extension TokenWorkerSupervisor {
    /// Starts a worker of its own for keys that leave the token. It logs in with the PIN that the serving worker has found
    /// right, from the same unchanged file, and with no other.
    package func keyMakingSession() throws(TokenError) -> KeyMakingSession {
        let request = try monitor.withLock { (state) throws(TokenError) in
            if let lock = state.keyMakingLock { throw lock }
            guard case .ready = state.phase, !state.isStopping else { throw state.reasonForNoKeys }
            var request = OpenRequest(
                uri: settings.uri,
                allows: settings.allows,
                sessions: 1,
                isCautious: true,
                provenPINFile: state.provenPINFile,
                keys: []
            )
            request.takesProvenPINOnly = true
            return request
        }
        let turn = StartTurn.take(settings) { true }
        defer { turn.giveBack() }
        let process = try WorkerProcess(
            launcher: launcher,
            environment: settings.environment,
            standardError: settings.standardError
        )
        let session = KeyMakingSession(process, settings)
        do throws(TokenError) {
            try session.open(request)
        } catch {
            // A PIN that was refused is not tried again for every order that comes.
            if error.code.locksToken {
                monitor.withLock { $0.keyMakingLock = error }
                log(
                    TokenEvent(
                        kind: .keyMakingLocked,
                        token: settings.name,
                        detail: error.description,
                        code: error.code
                    )
                )
            }
            throw error
        }
        return session
    }
}

extension SupervisorState {
    /// Why no key can be made now.
    fileprivate var reasonForNoKeys: TokenError {
        switch phase {
        case .locked(let error), .missing(let error), .failed(let error): error
        case .stopped, .starting, .ready: .stopped(settings.name)
        }
    }
}
