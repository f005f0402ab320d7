import Glibc
import Testing
import Threads
import Varlink

@Suite("Peers that do not keep up")
struct SlowPeerTests {
    private static func fill(_ bytes: Int) -> String {
        #"{"method":"org.example.test.Fill","parameters":{"bytes":\#(bytes)}}"#
    }

    /// Waits until the server has no connection any more.
    private static func waitUntilEmpty(_ server: TestServer) -> Bool {
        let end = tenSecondsFromNow()
        while server.server.connectionCount > 0 {
            if tenSecondsFromNow() > end + 10_000_000_000 { return false }
            poll(nil, 0, 5)
        }
        return true
    }

    @Test("a peer that does not read is cut off at the write deadline")
    func slowReader() throws {
        var limits = ServerLimits()
        limits.writeDeadline = .milliseconds(100)
        let server = try TestServer(limits)
        let peer = try server.rawPeer()
        peer.write(Self.fill(1_000_000))
        #expect(Self.waitUntilEmpty(server))
        withExtendedLifetime(peer) {}
    }

    @Test("a peer that lets too much pile up is cut off at once")
    func outbox() throws {
        var limits = ServerLimits()
        limits.maximumOutboxBytes = 1 << 20
        let server = try TestServer(limits)
        let peer = try server.rawPeer()
        for _ in 0..<10 { peer.write(Self.fill(400_000)) }
        #expect(Self.waitUntilEmpty(server))
        let other = try server.connect()
        #expect(try other.call("org.example.test.Echo") { $0.member("text", "x") } == ["text": "x"])
        withExtendedLifetime(peer) {}
    }

    @Test("a peer that reads late gets large answers whole")
    func lateReader() throws {
        let server = try TestServer()
        let connection = try server.connect()
        for _ in 0..<6 { connection.send("org.example.test.Fill") { $0.member("bytes", 900_000) } }
        for _ in 0..<6 {
            #expect(try connection.receive().parameters["text"]?.stringValue?.utf8.count == 900_000)
        }
    }

    @Test("with too many calls in flight reading stops, and goes on when some are answered")
    func backPressure() throws {
        var limits = ServerLimits()
        limits.maximumCallsInFlightPerConnection = 8
        limits.messageDeadline = .milliseconds(50)
        let server = try TestServer(limits)
        let connection = try server.connect()
        for number in 0..<100 { connection.send("org.example.test.Hold") { $0.member("text", "\(number)") } }
        try connection.flush()
        var answered = 0
        while answered < 100 {
            let calls = try server.handler.takeHeld(1)
            #expect(calls.count <= 8)
            for call in calls { call.reply { $0.member("text", value: call.parameters["text"] ?? .null) } }
            answered += calls.count
        }
        for number in 0..<100 { #expect(try connection.receive().parameters == ["text": .string("\(number)")]) }
    }

    @Test("more connections than the limit get the overload error; a place that is free again is given anew")
    func connectionCap() throws {
        var limits = ServerLimits()
        limits.maximumConnections = 2
        let server = try TestServer(limits)
        let first = try server.connect()
        let second = try server.connect()
        for connection in [first, second] {
            #expect(try connection.call("org.example.test.Echo") { $0.member("text", "x") } == ["text": "x"])
        }
        let third = try server.connect()
        let error = remoteError { () throws(ConnectionError) in
            _ = try third.call("org.example.test.Echo") { $0.member("text", "x") }
        }
        #expect(error == RemoteError(name: "org.example.test.Busy", parameters: ["after": 5]))
        #expect(throws: ConnectionError.closed) { _ = try third.receive() }
        first.close()
        second.close()
        #expect(Self.waitUntilEmpty(server))
        let fourth = try server.connect()
        #expect(try fourth.call("org.example.test.Echo") { $0.member("text", "x") } == ["text": "x"])
    }

    @Test("a full socket does not lock out the peers of another")
    func connectionCapOfEach() throws {
        var limits = ServerLimits()
        limits.maximumConnections = 2
        let folder = try TemporaryFolder()
        let server = try Server(
            limits: limits,
            errors: testErrors,
            service: ServiceDescription(vendor: "v", product: "p", version: "1", url: "https://example.org"),
            interfaces: [try InterfaceDescription(source: testInterface)],
            handler: TestHandler()
        )
        for name in ["front", "officers"] { server.add(try Listener.bind(path: folder.file(name), name: name)) }
        server.start()
        defer { server.stop(deadline: .seconds(1)) }
        let front = try (0..<3).map { _ in try Connection(path: folder.file("front")) }
        let refused = front.map { connection in
            do throws(ConnectionError) {
                _ = try connection.call("org.example.test.Echo") { $0.member("text", "x") }
                return false
            } catch {
                return true
            }
        }
        #expect(refused == [false, false, true])
        let officer = try Connection(path: folder.file("officers"))
        #expect(try officer.call("org.example.test.Echo") { $0.member("text", "x") } == ["text": "x"])
    }

    @Test("with an idle deadline, a silent connection is closed, and one that waits for an answer is not")
    func idle() throws {
        var limits = ServerLimits()
        limits.idleDeadline = .milliseconds(50)
        let server = try TestServer(limits)
        let (waiting, silent) = (try server.connect(), try server.connect())
        waiting.send("org.example.test.Hold") { $0.member("text", "x") }
        try waiting.flush()
        let held = try server.handler.takeHeld(1)
        #expect(try silent.call("org.example.test.Echo") { $0.member("text", "x") } == ["text": "x"])
        #expect(throws: ConnectionError.closed) { _ = try silent.receive() }
        for call in held { call.reply { $0.member("text", "late") } }
        #expect(try waiting.receive().parameters == ["text": "late"])
        #expect(throws: ConnectionError.closed) { _ = try waiting.receive() }
    }

    @Test("calls that hold too much together are taken one after the other, from all connections")
    func heldBytes() throws {
        var limits = ServerLimits()
        limits.maximumHeldBytes = 10_000
        let server = try TestServer(limits)
        let connections = try (0..<4).map { _ in try server.connect() }
        let text = String(repeating: "x", count: 4_000)
        for connection in connections {
            for _ in 0..<5 { connection.send("org.example.test.Hold") { $0.member("text", text) } }
            connection.send("org.example.test.Hold") { $0.member("text", text + text + text) }
            try connection.flush()
        }
        var answered = 0
        while answered < 24 {
            let calls = try server.handler.takeHeld(1)
            #expect(calls.count <= 2)
            for call in calls { call.reply() }
            answered += calls.count
        }
        for connection in connections {
            for _ in 0..<6 { #expect(try connection.receive().parameters == [:]) }
        }
    }

    @Test("a peer that leaves while its calls are in flight leaves nothing behind")
    func leaver() throws {
        let server = try TestServer()
        let connection = try server.connect()
        for number in 0..<20 { connection.send("org.example.test.Hold") { $0.member("text", "\(number)") } }
        try connection.flush()
        var calls = try server.handler.takeHeld(20)
        connection.close()
        #expect(Self.waitUntilEmpty(server))
        let abandoned = calls.count(where: \.isAbandoned)
        #expect(abandoned == calls.count)
        for call in calls.prefix(10) { #expect(call.reply { $0.member("text", "unheard") }) }
        weak let last = calls.last
        calls = []
        #expect(last == nil)
    }

    @Test("peers that come and go in the middle of everything do not harm the others")
    func turmoil() throws {
        let server = try TestServer()
        let left = Guarded(4)
        for client in 0..<4 {
            startThread(named: "turmoil") {
                do {
                    for round in 0..<50 {
                        let connection = try server.connect()
                        for _ in 0..<10 { connection.send("org.example.test.Fill") { $0.member("bytes", 30_000) } }
                        try connection.flush()
                        if round % 2 == client % 2 { _ = try connection.receive() }
                        connection.close()
                    }
                } catch {
                    Issue.record(error)
                }
                left.withLock { $0 -= 1 }
                left.broadcast()
            }
        }
        #expect(left.wait(until: tenSecondsFromNow() + 20_000_000_000) { $0 == 0 ? true : nil } == true)
        #expect(Self.waitUntilEmpty(server))
    }
}
