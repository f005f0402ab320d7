import Glibc
import Testing
import Threads
import Varlink

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
