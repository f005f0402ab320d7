import Foundation
import Glibc
import Synchronization
import Testing
import Threads
import Varlink

/// A folder of its own for each test, removed with the last owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/varlink-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
    }

    func file(_ name: String) -> String { path + "/" + name }
}

let testInterface = """
    # What the tests call.
    interface org.example.test

    type Item (name: string, kind: ?(small, large), counts: []int, labels: ?[string]string, ratio: ?float)

    method Echo(text: string, item: ?Item, extra: ?object) -> (text: string)
    method Hold(text: string) -> (text: string)
    method Count(to: int) -> (number: int)
    method Fill(bytes: int) -> (text: string)
    method Who() -> (pid: int, uid: int, gid: int, listener: string)
    method Fail(why: string) -> ()
    method Drop() -> ()

    error Failed (why: string)
    """

/// Answers at once, but for `Hold`: those calls wait until the test answers them.
final class TestHandler: CallHandler {
    private let held = Guarded<[Call]>([])

    func handle(_ call: Call) {
        switch call.method {
        case "org.example.test.Echo":
            call.reply { $0.member("text", call.parameters["text"]?.stringValue ?? "") }
        case "org.example.test.Hold":
            held.withLock { $0.append(call) }
            held.broadcast()
        case "org.example.test.Count":
            let last = call.parameters["to"]?.integerValue ?? 0
            if call.wantsMore { for number in 1..<last { call.replyMore { $0.member("number", number) } } }
            call.reply { $0.member("number", last) }
        case "org.example.test.Fill":
            let count = call.parameters["bytes"]?.integerValue ?? 0
            call.reply { $0.member("text", String(repeating: "x", count: Int(count))) }
        case "org.example.test.Who":
            call.reply { writer in
                writer.member("pid", call.peer.pid)
                writer.member("uid", call.peer.uid)
                writer.member("gid", call.peer.gid)
                writer.member("listener", call.listener)
            }
        case "org.example.test.Fail":
            call.fail("org.example.test.Failed") { $0.member("why", value: call.parameters["why"] ?? .null) }
        default: break
        }
    }

    /// The calls that are held, as soon as there are so many; they are no longer held then.
    func takeHeld(_ count: Int) throws -> [Call] {
        try #require(
            held.wait(until: tenSecondsFromNow()) { calls in
                guard calls.count >= count else { return nil }
                defer { calls = [] }
                return calls
            }
        )
    }
}

func tenSecondsFromNow() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec + 10) * 1_000_000_000 + UInt64(time.tv_nsec)
}

let testErrors = ServerErrors(
    overload: ErrorAnswer(name: "org.example.test.Busy", parameters: ["after": 5]),
    internalFailure: ErrorAnswer(name: "org.example.test.Internal")
)

/// A server on a socket of its own.
final class TestServer: Sendable {
    let folder: TemporaryFolder
    let path: String
    let handler = TestHandler()
    let server: Server

    init(_ limits: ServerLimits = ServerLimits()) throws {
        folder = try TemporaryFolder()
        path = folder.file("socket")
        server = try Server(
            limits: limits,
            errors: testErrors,
            service: ServiceDescription(vendor: "v", product: "p", version: "1", url: "https://example.org"),
            interfaces: [try InterfaceDescription(source: testInterface)],
            handler: handler
        )
        server.add(try Listener.bind(path: path, name: "tests"))
        server.start()
    }

    deinit {
        server.stop(deadline: .seconds(1))
    }

    func connect() throws -> Connection { try Connection(path: path) }
    func rawPeer() throws -> RawPeer { try RawPeer(path: path) }
}

/// A peer that writes what it likes. Reads end after ten seconds.
final class RawPeer: Sendable {
    private let descriptor: Int32
    private let pending = Mutex<[UInt8]>([])

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
    }

    /// Answers how many bytes went out before the other side closed.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                send(descriptor, buffer.baseAddress! + sent, buffer.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return sent }
            sent += count
        }
        return sent
    }

    /// Writes a message with its NUL.
    @discardableResult
    func write(_ text: String) -> Int { write(Array(text.utf8) + [0]) }

    func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next message, or nothing when the other side has closed.
    func read() throws -> JSONObject? {
        while true {
            let message = pending.withLock { pending -> [UInt8]? in
                guard let end = pending.firstIndex(of: 0) else { return nil }
                defer { pending.removeSubrange(...end) }
                return Array(pending[..<end])
            }
            if let message {
                return try JSONParser.parse(message, limits: JSONLimits(maximumBytes: 1 << 26)).objectValue
            }
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EAGAIN { throw ReadTimedOut() }
            if count <= 0 { return nil }
            pending.withLock { $0 += buffer[..<count] }
        }
    }

    struct ReadTimedOut: Error {}
}

/// The error of a call that must fail at the other side.
func remoteError(_ body: () throws(ConnectionError) -> Void) -> RemoteError? {
    do throws(ConnectionError) {
        try body()
    } catch {
        if case .remote(let remote) = error { return remote }
        Issue.record(error)
    }
    return nil
}
