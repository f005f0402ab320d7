import Glibc
import Testing
import Threads
import Varlink

@Suite("Peers that do harm")
struct HostilePeerTests {
    private static func echo(_ text: String) -> String {
        #"{"method":"org.example.test.Echo","parameters":{"text":"\#(text)"}}"#
    }

    @Test(
        "what is no message is answered with an error and the connection closed; others do not notice",
        arguments: [
            "", "garbage", "{", "[]", "null", "{}", #"{"method":5}"#, #"{"method":"a.b.C","parameters":[]}"#,
            #"{"method":"a.b.C","more":1}"#, #"{"method":"a.b.C","oneway":"yes"}"#, #"{"parameters":{}}"#,
            #"{"method":"a.b.C"} "# + "x", #"{"method":"a","method":"b"}"#, "{\"method\":\"\\ud800\"}",
            String(repeating: "[", count: 200_000), String(repeating: #"{"a":"#, count: 100_000),
            #"{"method":"org.example.test.Echo","parameters":{"text":"x","extra":"#
                + String(repeating: "[", count: 20) + String(repeating: "]", count: 20) + "}}",
        ]
    )
    func noMessage(text: String) throws {
        let server = try TestServer()
        let other = try server.connect()
        let peer = try server.rawPeer()
        peer.write(Self.echo("before"))
        peer.write(text)
        peer.write(Self.echo("after"))
        peer.endOutput()
        #expect(try peer.read()?["parameters"] == ["text": "before"])
        let answer = try peer.read()
        #expect(answer?["error"] == "org.varlink.service.InvalidParameter")
        #expect(answer?["parameters"]?.objectValue?["parameter"] == "message")
        #expect(answer?["parameters"]?.objectValue?["reason"]?.stringValue?.isEmpty == false)
        #expect(try peer.read() == nil)
        #expect(try other.call("org.example.test.Echo") { $0.member("text", "x") } == ["text": "x"])
    }

    @Test("bytes that are no UTF-8, and no text at all, are answered with an error")
    func noText() throws {
        let server = try TestServer()
        for bytes in [[0xFF, 0xFE, 0xFD, 0], [0x7B, 0x22, 0xC3, 0x28, 0x22, 0]] as [[UInt8]] {
            let peer = try server.rawPeer()
            peer.write(bytes)
            #expect(try peer.read()?["error"] == "org.varlink.service.InvalidParameter")
        }
    }

    @Test("a message beyond the limit is answered with an error while it still comes in")
    func oversized() throws {
        var limits = ServerLimits()
        limits.maximumMessageBytes = 100_000
        let server = try TestServer(limits)
        let other = try server.connect()
        let peer = try server.rawPeer()
        peer.write([UInt8](repeating: 0x20, count: 400_000))
        let answer = try peer.read()
        #expect(answer?["error"] == "org.varlink.service.InvalidParameter")
        #expect(answer?["parameters"]?.objectValue?["reason"] == "the message is longer than 100000 bytes")
        #expect(try peer.read() == nil)
        // A peer that never ends is not read for ever.
        let endless = try server.rawPeer()
        let sent = endless.write([UInt8](repeating: 0x20, count: 4_000_000))
        #expect(sent < 4_000_000)
        #expect(try other.call("org.example.test.Echo") { $0.member("text", "x") } == ["text": "x"])
    }

    @Test("a message of exactly the limit is taken, one byte more is not")
    func exactLimit() throws {
        var limits = ServerLimits()
        limits.maximumMessageBytes = 70_000
        let server = try TestServer(limits)
        let padding = 70_000 - Self.echo("").utf8.count
        let peer = try server.rawPeer()
        peer.write(Self.echo(String(repeating: "x", count: padding)))
        #expect(try peer.read()?["error"] == nil)
        peer.write(Self.echo(String(repeating: "x", count: padding + 1)))
        #expect(try peer.read()?["error"] != nil)
        #expect(try peer.read() == nil)
    }

    @Test(
        "a call that the interface does not know is refused, and the connection lives on",
        arguments: [
            (#"{"method":"Echo"}"#, "InvalidParameter", "parameter", "method"),
            (#"{"method":""}"#, "InvalidParameter", "parameter", "method"),
            (#"{"method":"org.nowhere.Echo"}"#, "InterfaceNotFound", "interface", "org.nowhere"),
            (#"{"method":".Echo"}"#, "InterfaceNotFound", "interface", ""),
            (#"{"method":"org.example.test.Nothing"}"#, "MethodNotFound", "method", "org.example.test.Nothing"),
            (#"{"method":"org.example.test."}"#, "MethodNotFound", "method", "org.example.test."),
            (#"{"method":"org.example.test.Echo"}"#, "InvalidParameter", "parameter", "text"),
            (#"{"method":"org.example.test.Echo","parameters":null}"#, "InvalidParameter", "parameter", "text"),
            (#"{"method":"org.example.test.Echo","parameters":{"text":5}}"#, "InvalidParameter", "parameter", "text"),
            (
                #"{"method":"org.example.test.Echo","parameters":{"text":"","x":1}}"#, "InvalidParameter", "parameter",
                "x"
            ),
            (#"{"method":"org.example.test.Drop","unknown":1}"#, "InvalidParameter", "parameter", "unknown"),
            (#"{"method":"org.example.test.Drop","upgrade":true}"#, "InvalidParameter", "parameter", "upgrade"),
            (#"{"method":"org.varlink.service.GetInfo","parameters":{"x":1}}"#, "InvalidParameter", "parameter", "x"),
        ]
    )
    func unknown(text: String, error: String, name: String, value: String) throws {
        let server = try TestServer()
        let peer = try server.rawPeer()
        peer.write(text)
        let answer = try peer.read()
        #expect(answer?["error"] == .string("org.varlink.service." + error))
        #expect(answer?["parameters"]?.objectValue?[name] == .string(value))
        peer.write(Self.echo("alive"))
        #expect(try peer.read()?["parameters"] == ["text": "alive"])
    }

    @Test("a name of the caller's making does not come back at full length")
    func longName() throws {
        let server = try TestServer()
        let peer = try server.rawPeer()
        let name = String(repeating: "n", count: 50_000)
        peer.write(#"{"method":"org.example.test.Echo","parameters":{"\#(name)":1}}"#)
        peer.write(#"{"method":"org.example.test.\#(name)"}"#)
        peer.write(#"{"method":"\#(name).X"}"#)
        peer.write(#"{"method":"org.example.test.Drop","\#(name)":1}"#)
        for _ in 0..<4 { #expect(try #require(try peer.read().map(JSONValue.object)).encoded.count < 500) }
    }

    @Test("a half-sent message is cut off at its deadline, whether bytes trickle or not", arguments: [false, true])
    func halfSent(trickles: Bool) throws {
        var limits = ServerLimits()
        limits.messageDeadline = .milliseconds(100)
        let server = try TestServer(limits)
        let peer = try server.rawPeer()
        peer.write(Self.echo("whole"))
        peer.write(Array(#"{"method":"#.utf8))
        if trickles {
            startThread(named: "trickle") { while peer.write([0x20]) == 1 { poll(nil, 0, 5) } }
        }
        #expect(try peer.read()?["parameters"] == ["text": "whole"])
        #expect(try peer.read()?["error"] == "org.varlink.service.InvalidParameter")
        #expect(try peer.read() == nil)
    }

    @Test("a message that ends without its NUL is answered with an error")
    func truncated() throws {
        let server = try TestServer()
        let peer = try server.rawPeer()
        peer.write(Array(Self.echo("x").utf8))
        peer.endOutput()
        #expect(try peer.read()?["error"] == "org.varlink.service.InvalidParameter")
        #expect(try peer.read() == nil)
    }

    @Test("a peer that says its last word still gets its answers")
    func halfClosed() throws {
        let server = try TestServer()
        let peer = try server.rawPeer()
        peer.write(#"{"method":"org.example.test.Hold","parameters":{"text":"late"}}"#)
        peer.endOutput()
        let call = try #require(try server.handler.takeHeld(1).first)
        #expect(!call.isAbandoned)
        call.reply { $0.member("text", "late") }
        #expect(try peer.read()?["parameters"] == ["text": "late"])
        #expect(try peer.read() == nil)
    }
}
