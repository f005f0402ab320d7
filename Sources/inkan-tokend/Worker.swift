import CLinux
import Glibc
import PKCS11
import Threads
import Tokens

/// What this process is for is said by the first packet: to serve one token until the socket closes, or to do one
/// piece of work and end.
enum Worker {
    /// Ends like this are asked for: the supervisor starts another process.
    private static let replaceMe: Int32 = 75

    static func run() -> Int32 {
        guard let connection = ownConnection() else {
            WorkerLog.write("start-refused", ["reason": "no service speaks to this process"])
            return 2
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: WireLimits.packetBytes, alignment: 16)
        defer { memory.deallocate() }
        guard let packet = connection.receive(into: memory) else {
            WorkerLog.write("start-refused", ["reason": "inkan-tokend is started by the service, not by hand"])
            return 2
        }
        var id: UInt64 = 0
        do throws(TokenError) {
            var reader = MessageReader(packet)
            var frame = try reader.frame()
            id = frame.id
            guard let operation = WorkerOperation(rawValue: frame.kind) else {
                throw TokenError(.workerUnusable, "unknown operation", mend: "install matching versions")
            }
            switch operation {
            case .open: return try serve(try OpenRequest(from: &frame.body), connection)
            case .beSpawner:
                let spawner = try Spawner(try SpawnerCharter(from: &frame.body), connection)
                var writer = MessageWriter()
                spawner.facts.write(to: &writer)
                send(connection, id: id, reply: .done, body: writer.bytes)
                return spawner.run()
            case .desk:
                let module = try frame.body.text()
                let allows = try WorkerAllowance(from: &frame.body)
                _ = try WorkerPlaces(module: module, environment: ownEnvironment(), allows: allows, pinFile: nil)
                    .confine()
                return try DeskWorker.serve(modulePath: module, id, connection)
            default:
                let allows = try WorkerAllowance(from: &frame.body)
                send(connection, id: id, reply: .done, body: try OneShot.perform(operation, &frame.body, allows))
                return 0
            }
        } catch {
            WorkerLog.write("failed", ["error": error.description])
            var writer = MessageWriter()
            error.write(to: &writer)
            send(connection, id: id, reply: .failed, body: writer.bytes)
            return 1
        }
    }

    /// The socket that this process was started with: a conversation, or, from a service manager, one that listens and
    /// is spoken to once.
    private static func ownConnection() -> WorkerConnection? {
        var isListening: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(WorkerStart.socketDescriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size)
        guard isListening == 1 else { return WorkerConnection(descriptor: WorkerStart.socketDescriptor) }
        let conversation = accept(WorkerStart.socketDescriptor, nil, nil)
        close(WorkerStart.socketDescriptor)
        guard conversation >= 0, inkan_set_close_on_exec(conversation, 1) == 0 else { return nil }
        return WorkerConnection(descriptor: conversation)
    }

    /// A body that is already written, in a frame of its own.
    static func send(_ connection: WorkerConnection, id: UInt64, reply: WorkerReply, body: [UInt8]) {
        var writer = MessageWriter()
        writer.beginFrame(id: id, kind: reply.rawValue)
        writer.raw(body)
        writer.endFrame()
        // A supervisor that went away needs no answer.
        _ = connection.send(writer.bytes)
    }

    private static func serve(_ request: OpenRequest, _ connection: WorkerConnection) throws(TokenError) -> Int32 {
        let uri: TokenURI
        do throws(PKCS11Error) { uri = try TokenURI(request.uri) } catch { throw TokenError(error) }
        let landlock = try WorkerPlaces(
            module: uri.modulePath,
            environment: ownEnvironment(),
            allows: request.allows,
            pinFile: uri.pinSource
        ).confine()
        let link = try TokenLink(request, uri) { reply in send(connection, id: 0, reply: reply, body: []) }
        let info: TokenInfo
        do throws(OperationFailure) {
            try link.connect()
            info = try link.tokenInfo()
        } catch {
            throw error.error
        }
        let ring = KeyRing(link)
        let keys = find(request.keys, link, ring, connection)
        // A key may have wanted the PIN, and the token may have refused it.
        if let lock = link.lock { throw lock }
        let sessions = sessionCount(wanted: request.sessions, allowed: info.maximumSessions)
        let token = TokenDescription(info, modulePath: link.uri.modulePath, interfaceVersion: link.interfaceVersion)
        var writer = MessageWriter()
        OpenAnswer(
            token: token,
            sessions: sessions,
            pinFile: link.pinFile,
            landlockVersion: landlock,
            keys: keys
        ).write(to: &writer)
        send(connection, id: 0, reply: .done, body: writer.bytes)

        let threads = (1...sessions).map { number in
            JoinableThread(named: "session-\(number)") {
                let thread = SessionThread(link, ring, connection)
                thread.run()
                // Other threads may be deep in the module; nothing is to be tidied up under them.
                if thread.isBeyondRepair { _exit(replaceMe) }
            }
        }
        for thread in threads { thread.join() }
        link.disconnect()
        return 0
    }

    private static func find(
        _ keys: [[UInt8]],
        _ link: TokenLink,
        _ ring: KeyRing,
        _ connection: WorkerConnection
    ) -> [TokenError?] {
        let searcher = SessionThread(link, ring, connection)
        defer { searcher.end() }
        return keys.enumerated().map { number, spki in
            do throws(TokenError) {
                try searcher.prepare(number, spki: spki)
                return nil
            } catch {
                return error
            }
        }
    }

    /// One session a core unless told otherwise; the token's limit leaves room for the anchor and for making keys.
    private static func sessionCount(wanted: Int, allowed: Int?) -> Int {
        let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        return max(1, min(wanted > 0 ? wanted : cores, (allowed ?? .max) - 2, 64))
    }
}

extension TokenDescription {
    init(_ info: TokenInfo, modulePath: String, interfaceVersion: String) {
        self.init(
            serial: info.serial,
            label: info.label,
            model: info.model,
            manufacturer: info.manufacturer,
            firmwareVersion: info.firmwareVersion,
            interfaceVersion: interfaceVersion,
            isInitialized: info.flags.contains(.tokenInitialized),
            hasUserPIN: info.flags.contains(.userPINInitialized),
            uri: TokenURI.text(modulePath: modulePath, token: info, pinSource: nil)
        )
    }
}
