import Glibc
import Testing
import Threads
import Varlink

@Suite("Calls over a socket")
struct ServerTests {
    @Test("a call is answered")
    func call() throws {
        let server = try TestServer()
        let connection = try server.connect()
        let reply = try connection.call("org.example.test.Echo") { $0.member("text", "山\u{0}\n") }
        #expect(reply == ["text": "山\u{0}\n"])
    }

    @Test("an error is answered with its parameters, and the connection lives on")
    func error() throws {
        let server = try TestServer()
        let connection = try server.connect()
        let error = remoteError { () throws(ConnectionError) in
            _ = try connection.call("org.example.test.Fail") { $0.member("why", "so") }
        }
        #expect(error == RemoteError(name: "org.example.test.Failed", parameters: ["why": "so"]))
        #expect(try connection.call("org.example.test.Echo") { $0.member("text", "x") } == ["text": "x"])
    }

    @Test("pipelined calls are answered in order although they are completed in another")
    func pipelining() throws {
        let server = try TestServer()
        let connection = try server.connect()
        for number in 0..<64 {
            connection.send("org.example.test.\(number % 4 == 3 ? "Echo" : "Hold")") { $0.member("text", "\(number)") }
        }
        try connection.flush()
        let calls = try server.handler.takeHeld(48).shuffled()
        for half in [calls[..<24], calls[24...]] {
            startThread(named: "answers") {
                for call in half { call.reply { $0.member("text", value: call.parameters["text"] ?? .null) } }
            }
        }
        for number in 0..<64 {
            #expect(try connection.receive().parameters == ["text": .string("\(number)")])
        }
    }

    @Test("one call can have many answers, between other calls")
    func more() throws {
        let server = try TestServer()
        let connection = try server.connect()
        var numbers: [JSONValue?] = []
        try connection.callMore("org.example.test.Count", parameters: { $0.member("to", 5) }) {
            numbers.append($0["number"])
        }
        #expect(numbers == [1, 2, 3, 4, 5])

        connection.send("org.example.test.Hold", .more) { $0.member("text", "a") }
        connection.send("org.example.test.Echo") { $0.member("text", "after") }
        try connection.flush()
        let call = try #require(try server.handler.takeHeld(1).first)
        #expect(call.replyMore { $0.member("text", "1") })
        #expect(try connection.receive().continues)
        #expect(call.replyMore { $0.member("text", "2") })
        #expect(call.reply { $0.member("text", "3") })
        #expect(!call.reply { $0.member("text", "4") })
        #expect(!call.fail("org.example.test.Failed"))
        #expect(!call.replyMore { $0.member("text", "5") })
        #expect(try connection.receive().parameters == ["text": "2"])
        let last = try connection.receive()
        #expect(last.parameters == ["text": "3"] && !last.continues)
        #expect(try connection.receive().parameters == ["text": "after"])
    }

    @Test("a call that takes one answer gets no more")
    func noMore() throws {
        let server = try TestServer()
        let connection = try server.connect()
        #expect(try connection.call("org.example.test.Count") { $0.member("to", 5) } == ["number": 5])
        connection.send("org.example.test.Hold") { $0.member("text", "a") }
        try connection.flush()
        let call = try #require(try server.handler.takeHeld(1).first)
        #expect(!call.replyMore { _ in })
        call.reply { $0.member("text", "a") }
        #expect(try connection.receive().parameters == ["text": "a"])
    }

    @Test("a oneway call has no answer, not even an error")
    func oneway() throws {
        let server = try TestServer()
        let connection = try server.connect()
        connection.send("org.example.test.Echo", .oneway) { $0.member("text", "unheard") }
        connection.send("org.example.test.Fail", .oneway) { $0.member("why", "unheard") }
        connection.send("org.example.test.Drop", .oneway)
        connection.send("org.example.test.NoSuchMethod", .oneway)
        connection.send("org.varlink.service.GetInfo", .oneway)
        connection.send("org.example.test.Hold", .oneway) { $0.member("text", "held") }
        try connection.flush()
        let call = try #require(try server.handler.takeHeld(1).first)
        #expect(call.oneway)
        call.reply { $0.member("text", "unheard") }
        #expect(try connection.call("org.example.test.Echo") { $0.member("text", "first") } == ["text": "first"])
    }

    @Test("a call that the service drops is answered with its internal failure")
    func dropped() throws {
        let server = try TestServer()
        let connection = try server.connect()
        let error = remoteError { () throws(ConnectionError) in _ = try connection.call("org.example.test.Drop") }
        #expect(error?.name == "org.example.test.Internal")
    }

    @Test("the service knows who calls, through which socket and when")
    func peer() throws {
        let server = try TestServer()
        let connection = try server.connect()
        let reply = try connection.call("org.example.test.Who")
        let expected: JSONObject = [
            "pid": .integer(Int64(getpid())), "uid": .integer(Int64(getuid())), "gid": .integer(Int64(getgid())),
            "listener": "tests",
        ]
        #expect(reply == expected)
        #expect(connection.peer == PeerCredentials(pid: getpid(), uid: getuid(), gid: getgid()))
        connection.send("org.example.test.Hold") { $0.member("text", "") }
        try connection.flush()
        let call = try #require(try server.handler.takeHeld(1).first)
        #expect(call.receivedAt > 0 && call.receivedAt < tenSecondsFromNow())
        call.reply { $0.member("text", "") }
        _ = try connection.receive()
    }

    @Test("the service describes itself")
    func introspection() throws {
        let server = try TestServer()
        let connection = try server.connect()
        let information = try connection.call("org.varlink.service.GetInfo")
        #expect(information["interfaces"] == ["org.varlink.service", "org.example.test"])
        #expect(information["url"] == "https://example.org")
        let description = "org.varlink.service.GetInterfaceDescription"
        #expect(
            try connection.call(description) { $0.member("interface", "org.example.test") }
                == ["description": .string(testInterface)]
        )
        let own = try connection.call(description) { $0.member("interface", "org.varlink.service") }
        let text = try #require(own["description"]?.stringValue)
        #expect(try InterfaceDescription(source: text).methods.map(\.name) == ["GetInfo", "GetInterfaceDescription"])
        let error = remoteError { () throws(ConnectionError) in
            _ = try connection.call(description) { $0.member("interface", "org.nowhere") }
        }
        #expect(error?.name == "org.varlink.service.InterfaceNotFound")
    }

    @Test("two interfaces of one name are refused")
    func twice() throws {
        let interface = try InterfaceDescription(source: testInterface)
        #expect(throws: InterfaceError.self) {
            try Server(
                errors: testErrors,
                service: ServiceDescription(vendor: "", product: "", version: "", url: ""),
                interfaces: [interface, interface],
                handler: TestHandler()
            )
        }
    }

    @Test("many connections, each with many calls at a time, all get their own answers")
    func load() throws {
        let server = try TestServer()
        let left = Guarded(8)
        for client in 0..<8 {
            startThread(named: "client") {
                do {
                    let connection = try server.connect()
                    for number in 0..<500 {
                        connection.send("org.example.test.Echo") { $0.member("text", "\(client)-\(number)") }
                    }
                    for number in 0..<500 {
                        #expect(try connection.receive().parameters == ["text": .string("\(client)-\(number)")])
                    }
                } catch {
                    Issue.record(error)
                }
                left.withLock { $0 -= 1 }
                left.broadcast()
            }
        }
        #expect(left.wait(until: tenSecondsFromNow()) { $0 == 0 ? true : nil } == true)
    }
}
