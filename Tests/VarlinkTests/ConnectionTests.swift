import Glibc
import Testing
import Threads

@testable import Varlink

@Suite("The caller's end")
struct ConnectionTests {
    @Test("a socket that is not there is named")
    func unreachable() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("nobody")
        #expect(throws: ConnectionError.unreachable(path: path, code: ENOENT)) { try Connection(path: path) }
        let long = folder.file(String(repeating: "x", count: 120))
        #expect(throws: ConnectionError.unreachable(path: long, code: ENAMETOOLONG)) { try Connection(path: long) }
    }

    @Test("an answer that does not come in time ends the connection")
    func timeOut() throws {
        let server = try TestServer()
        let connection = try server.connect()
        #expect(throws: ConnectionError.timedOut) {
            try connection.call("org.example.test.Hold", timeout: .milliseconds(50)) { $0.member("text", "x") }
        }
        #expect(throws: ConnectionError.closed) { _ = try connection.receive() }
        #expect(throws: ConnectionError.closed) { try connection.flush() }
    }

    @Test("each wait has the time that it was given, whatever the one before had")
    func changingTimes() throws {
        let server = try TestServer()
        let connection = try server.connect()
        for timeout in [Duration.seconds(30), .seconds(5), .seconds(30)] {
            _ = try connection.call("org.example.test.Echo", timeout: timeout) { $0.member("text", "x") }
        }
        let start = ContinuousClock.now
        #expect(throws: ConnectionError.timedOut) { _ = try connection.receive(timeout: .milliseconds(20)) }
        #expect(ContinuousClock.now - start < .seconds(10))
        let other = try server.connect()
        #expect(throws: ConnectionError.timedOut) { _ = try other.receive(timeout: .zero) }
    }

    @Test("an answer in pieces is waited for until the deadline, and no longer")
    func slowPieces() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("slow")
        let listener = try Listener.bind(path: path, name: "slow")
        defer { listener.close() }
        let connection = try Connection(path: path)
        let peer = accept(listener.descriptor, nil, nil)
        startThread(named: "slow") {
            let whole = Array(#"{"parameters":{"text":"x"}}"#.utf8) + [0]
            let endless = [UInt8](repeating: 0x20, count: 2000)
            for byte in whole + endless {
                poll(nil, 0, 1)
                var byte = byte
                guard send(peer, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 else { break }
            }
            close(peer)
        }
        #expect(try connection.receive(timeout: .seconds(10)).parameters["text"] == "x")
        #expect(throws: ConnectionError.timedOut) { _ = try connection.receive(timeout: .milliseconds(100)) }
    }

    @Test("thousands of calls can be sent before the first answer is read")
    func deepPipeline() throws {
        var limits = ServerLimits()
        limits.maximumOutboxBytes = 64 << 20
        let server = try TestServer(limits)
        let connection = try server.connect()
        let text = String(repeating: "x", count: 2000)
        for _ in 0..<5000 { connection.send("org.example.test.Echo") { $0.member("text", text) } }
        try connection.flush()
        for _ in 0..<5000 { #expect(try connection.receive().parameters["text"]?.stringValue == text) }
    }

    @Test("each error explains itself")
    func descriptions() {
        let remote = RemoteError(name: "a.b.C", parameters: ["x": 1])
        #expect(ConnectionError.remote(remote).description == #"a.b.C {"x":1}"#)
        #expect(ConnectionError.unreachable(path: "/x", code: ENOENT).description == "/x: No such file or directory")
    }
}
