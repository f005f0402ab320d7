internal import CLinux
import Clocks
import Glibc
import Synchronization

/// The process that starts workers for a service that may not run programs itself: a child made before the service
/// confined itself, or one that the service manager keeps behind a socket, under another user.
package final class WorkerSpawner: Sendable {
    /// The child's process id; `nil` for one behind a socket.
    package let child: Int32?
    /// The way to a spawner behind a socket, which can be taken anew; `nil` for a child.
    private let socket: String?
    private let charter: SpawnerCharter
    /// Held for the time of one question and its answer.
    private let turn: Mutex<WorkerConnection?>
    private let facts: Mutex<SpawnerFacts>

    /// How long an answer may take, in nanoseconds. Starting a program takes milliseconds.
    private static let patience: UInt64 = 10_000_000_000

    /// Starts a spawner as a child of the calling thread, with which it dies.
    ///
    /// - Parameter executable: the path of `inkan-tokend`.
    package init(executable: String, charter: SpawnerCharter) throws(TokenError) {
        let process = try WorkerProcess(
            launcher: .here(executable: executable),
            environment: [:],
            standardError: STDERR_FILENO
        )
        child = process.identifier
        socket = nil
        self.charter = charter
        do throws(TokenError) {
            facts = Mutex(try Self.introduce(process.connection, charter))
        } catch {
            process.kill()
            _ = process.reap()
            throw error
        }
        turn = Mutex(process.connection)
    }

    /// Goes to a spawner that the service manager keeps.
    package init(socket: String, charter: SpawnerCharter) throws(TokenError) {
        child = nil
        self.socket = socket
        self.charter = charter
        let (connection, facts) = try Self.connect(socket, charter)
        turn = Mutex(connection)
        self.facts = Mutex(facts)
    }

    /// The spawner's process id, as it says itself.
    package var process: Int32 { facts.withLock { $0.process } }
    /// The version of Landlock that it has put itself under; 0 for none.
    package var landlockVersion: Int { facts.withLock { $0.landlockVersion } }

    private static func connect(
        _ path: String,
        _ charter: SpawnerCharter
    ) throws(TokenError) -> (WorkerConnection, SpawnerFacts) {
        let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw .spawnerGone("no socket: \(String(cString: strerror(errno)))") }
        let connection = WorkerConnection(descriptor: descriptor)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { throw .spawnerGone("\(path) has more than \(room - 1) bytes") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw .spawnerGone("\(path): \(String(cString: strerror(errno)))") }
        return (connection, try introduce(connection, charter))
    }

    /// Tells a fresh process what it is for, and hears whether it could confine itself to that.
    private static func introduce(
        _ connection: WorkerConnection,
        _ charter: SpawnerCharter
    ) throws(TokenError) -> SpawnerFacts {
        var writer = MessageWriter()
        writer.beginFrame(id: 0, kind: WorkerOperation.beSpawner.rawValue)
        charter.write(to: &writer)
        writer.endFrame()
        guard connection.send(writer.bytes) else { throw .spawnerGone("it ended at its start") }
        return try receive(connection) { (reader) throws(TokenError) in
            var frame = try reader.frame()
            guard frame.kind == WorkerReply.done.rawValue else { throw try TokenError(from: &frame.body) }
            return try SpawnerFacts(from: &frame.body)
        }
    }

    private static func receive<Answer>(
        _ connection: WorkerConnection,
        _ read: (inout MessageReader) throws(TokenError) -> Answer
    ) throws(TokenError) -> Answer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * 1024, alignment: 16)
        defer { memory.deallocate() }
        let deadline = monotonicNanoseconds() + patience
        while !connection.isReadable(before: deadline, now: monotonicNanoseconds()) {
            guard monotonicNanoseconds() < deadline else { throw .spawnerGone("it does not answer") }
        }
        guard let packet = connection.receive(into: memory) else { throw .spawnerGone("it ended") }
        var reader = MessageReader(packet)
        return try read(&reader)
    }

    // MARK: Questions

    func start(environment: [String: String], socket: Int32, standardError: Int32) throws(TokenError) -> Int32 {
        switch try ask(.start(environment: environment), descriptors: [socket, standardError]) {
        case .started(let worker): return worker
        case .refused(let error): throw error
        case .done, .ended: throw .protocolBroken("the spawner's answer does not fit")
        }
    }

    func kill(_ worker: Int32) {
        _ = settle(.kill(worker))
    }

    /// How a worker ended; `nil` when it has not.
    func end(of worker: Int32) -> String? {
        if case .ended(let how) = settle(.bury(worker)) { how } else { nil }
    }

    /// A spawner that is gone has taken its workers along.
    private func settle(_ request: SpawnerRequest) -> SpawnerAnswer {
        do throws(TokenError) {
            return try ask(request)
        } catch {
            return .ended("ended with its spawner: \(error.message)")
        }
    }

    private func ask(
        _ request: SpawnerRequest,
        descriptors: [Int32] = []
    ) throws(TokenError) -> SpawnerAnswer {
        try turn.withLock { (connection) throws(TokenError) in
            let open: WorkerConnection
            if let connection { open = connection } else { open = try reconnect(for: request) }
            connection = open
            do throws(TokenError) {
                var writer = MessageWriter()
                request.write(to: &writer)
                let bytes = writer.bytes
                let count = inkan_send_descriptors(
                    open.descriptor,
                    bytes,
                    bytes.count,
                    descriptors,
                    Int32(descriptors.count)
                )
                guard count == bytes.count else { throw .spawnerGone("it ended") }
                return try Self.receive(open) { (reader) throws(TokenError) in try SpawnerAnswer(from: &reader) }
            } catch {
                // Whatever comes on this connection later would be the answer to another question.
                connection = nil
                throw error
            }
        }
    }

    /// A spawner that was lost is looked for again for a start alone: the workers of the old one are dead.
    private func reconnect(for request: SpawnerRequest) throws(TokenError) -> WorkerConnection {
        guard let socket, case .start = request else { throw .spawnerGone("it ended") }
        let (connection, facts) = try Self.connect(socket, charter)
        self.facts.withLock { $0 = facts }
        return connection
    }
}

extension TokenError {
    static func spawnerGone(_ why: String) -> TokenError {
        TokenError(
            .workerUnusable,
            "the process that starts workers is not there (\(why))",
            mend: "start the service again; look at inkan-workers.service where workers have a user of their own"
        )
    }
}
