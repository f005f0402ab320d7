import Foundation
import Testing
import Threads
import Varlink

@Suite("Stopping")
struct ServerStopTests {
    @Test("calls in flight are answered before the server stops")
    func finishes() throws {
        let server = try TestServer()
        let connection = try server.connect()
        let idle = try server.connect()
        _ = try idle.call("org.example.test.Echo") { $0.member("text", "x") }
        connection.send("org.example.test.Hold") { $0.member("text", "a") }
        connection.send("org.example.test.Hold") { $0.member("text", "b") }
        try connection.flush()
        let calls = try server.handler.takeHeld(2)
        let stopped = Guarded<Bool?>(nil)
        startThread(named: "stop") {
            let inTime = server.server.stop(deadline: .seconds(10))
            stopped.withLock { $0 = inTime }
            stopped.broadcast()
        }
        // The idle one is closed first: the stop has begun.
        #expect(throws: ConnectionError.closed) { _ = try idle.receive() }
        for call in calls.reversed() { call.reply { $0.member("text", value: call.parameters["text"] ?? .null) } }
        #expect(try connection.receive().parameters == ["text": "a"])
        #expect(try connection.receive().parameters == ["text": "b"])
        #expect(throws: ConnectionError.closed) { _ = try connection.receive() }
        #expect(stopped.wait(until: tenSecondsFromNow()) { $0 } == true)
        #expect(!FileManager.default.fileExists(atPath: server.path))
        #expect(throws: ConnectionError.unreachable(path: server.path, code: ENOENT)) { _ = try server.connect() }
    }

    @Test("what does not finish in time is cut off")
    func cutOff() throws {
        let server = try TestServer()
        let connection = try server.connect()
        connection.send("org.example.test.Hold") { $0.member("text", "a") }
        try connection.flush()
        let calls = try server.handler.takeHeld(1)
        #expect(!server.server.stop(deadline: .milliseconds(50)))
        #expect(throws: ConnectionError.closed) { _ = try connection.receive() }
        #expect(server.server.connectionCount == 0)
        let abandoned = calls.count(where: \.isAbandoned)
        #expect(abandoned == calls.count)
    }

    @Test("a server that was never started closes its sockets")
    func neverStarted() throws {
        let folder = try TemporaryFolder()
        let server = try Server(
            errors: testErrors,
            service: ServiceDescription(vendor: "", product: "", version: "", url: ""),
            interfaces: [],
            handler: TestHandler()
        )
        server.add(try Listener.bind(path: folder.file("s"), name: "s"))
        #expect(server.stop())
        #expect(!FileManager.default.fileExists(atPath: folder.file("s")))
    }
}
