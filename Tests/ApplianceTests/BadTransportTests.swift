import Foundation
import SignerAPI
import Testing
import Workbench

/// What comes through the socket and is no order at all.
@Suite(.sharedAppliance) struct BadTransportTests {
    struct Frame: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        var testDescription: String { name }

        init(_ name: String, _ text: String) {
            self.init(name, bytes: Array(text.utf8))
        }

        init(_ name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// A good call but for one thing.
    private static func call(_ parameters: String) -> String {
        #"{"method":"io.inkan.Signer.IssueCertificate","parameters":\#(parameters)}"#
    }

    private static let garbageFrames = [
        Frame("prose", "hello, is anybody there?"),
        Frame("an HTTP request", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Frame("a TLS greeting", bytes: [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]), Frame("nothing", ""),
        Frame("random octets", bytes: (0..<4096).map { UInt8(truncatingIfNeeded: 1 + $0 * $0 * 31 % 255) | 1 }),
        Frame("an array", "[]"), Frame("a number", "7"), Frame("null", "null"), Frame("an empty object", "{}"),
        Frame("half an object", #"{"method":"io.inkan.Signer.GetStatus""#),
        Frame("two objects", #"{"method":"io.inkan.Signer.GetStatus"}{}"#),
        Frame("a trailing comma", #"{"method":"io.inkan.Signer.GetStatus",}"#),
        Frame("a comment", #"{"method":"io.inkan.Signer.GetStatus"} // please"#),
        Frame("single quotes", "{'method':'io.inkan.Signer.GetStatus'}"),
        Frame("a method that is a number", #"{"method":7}"#),
        Frame("parameters that are a list", #"{"method":"io.inkan.Signer.GetStatus","parameters":[]}"#),
        Frame("“more” as a word", #"{"method":"io.inkan.Signer.GetStatus","more":"yes"}"#),
        Frame("the method twice", #"{"method":"io.inkan.Signer.GetStatus","method":"io.inkan.Signer.GetStatus"}"#),
        Frame("a parameter twice", call(#"{"order":{"order":"a","order":"b"}}"#)),
        Frame("invalid UTF-8", bytes: Array(#"{"method":""#.utf8) + [0xFF, 0xC0, 0x80] + Array(#""}"#.utf8)),
        Frame("half a surrogate pair", #"{"method":"\ud800"}"#), Frame("a raw line break", "{\"method\":\"a\nb\"}"),
        Frame("a byte order mark", "\u{feff}{\"method\":\"io.inkan.Signer.GetStatus\"}"),
        Frame("UTF-16", bytes: Array(#"{"method":"x"}"#.utf8).flatMap { [$0, 1] }),
        Frame("a number beyond all bounds", call(#"{"order":{"validityDays":1e999}}"#)),
        Frame("not a number", call(#"{"order":{"validityDays":NaN}}"#)),
        Frame("nested to death", String(repeating: "[", count: 1_000_000)),
        Frame("objects nested to death", String(repeating: #"{"a":"#, count: 200_000)),
        Frame("a million elements", call(#"{"order":["# + String(repeating: "1,", count: 1_000_000) + "1]}")),
    ]

    @Test(
        "garbage is answered with an error and a closed connection, and others are served on",
        arguments: garbageFrames
    )
    func garbage(_ frame: Frame) throws {
        let appliance = try SharedAppliance.current
        let bystander = try appliance.client()
        let peer = try RawPeer(appliance.socket)
        try peer.send(frame.bytes + [0])
        let answer = try peer.receiveError()
        #expect(answer?.error == "org.varlink.service.InvalidParameter")
        #expect(answer?.parameters?.reason?.isEmpty == false)
        #expect(try peer.receive() == nil)
        #expect(try bystander.call(.getStatus)["ready"]?.boolValue == true)
    }

    struct WrongCall: Sendable, CustomTestStringConvertible {
        let message: String
        let error: String
        var parameter: String?
        var testDescription: String { String(message.prefix(120)) }
    }

    private static let status = "io.inkan.Signer.GetStatus"
    private static let wrongCalls = [
        WrongCall(message: #"{"method":"GetStatus"}"#, error: "InvalidParameter", parameter: "method"),
        WrongCall(message: #"{"method":""}"#, error: "InvalidParameter", parameter: "method"),
        WrongCall(message: #"{"method":"io.inkan.Nobody.GetStatus"}"#, error: "InterfaceNotFound"),
        WrongCall(message: #"{"method":"io.inkan.signer.GetStatus"}"#, error: "InterfaceNotFound"),
        WrongCall(message: #"{"method":"io.inkan.Signer.Sign"}"#, error: "MethodNotFound"),
        WrongCall(message: #"{"method":"io.inkan.Signer.getStatus"}"#, error: "MethodNotFound"),
        WrongCall(message: #"{"method":"io.inkan.Signer."}"#, error: "MethodNotFound"),
        WrongCall(message: #"{"method":"\#(status)","priority":1}"#, error: "InvalidParameter", parameter: "priority"),
        WrongCall(message: #"{"method":"\#(status)","upgrade":true}"#, error: "InvalidParameter", parameter: "upgrade"),
        WrongCall(message: #"{"method":"\#(status)","parameters":{"x":1}}"#, error: "InvalidParameter", parameter: "x"),
        WrongCall(message: call("{}"), error: "InvalidParameter", parameter: "order"),
        WrongCall(message: call(#"{"order":null}"#), error: "InvalidParameter", parameter: "order"),
        WrongCall(message: call(#"{"order":"o-1"}"#), error: "InvalidParameter", parameter: "order"),
        WrongCall(message: call(#"{"order":[]}"#), error: "InvalidParameter", parameter: "order"),
        WrongCall(message: call(#"{"order":{}}"#), error: "InvalidParameter", parameter: "order.order"),
        WrongCall(message: order(#","serial":"00""#), error: "InvalidParameter", parameter: "order.serial"),
        WrongCall(message: order(#","notBefor":"now""#), error: "InvalidParameter", parameter: "order.notBefor"),
        WrongCall(message: order(#","validityDays":"7""#), error: "InvalidParameter", parameter: "order.validityDays"),
        WrongCall(message: order(#","validityDays":7.5"#), error: "InvalidParameter", parameter: "order.validityDays"),
        WrongCall(message: order(#","issuer":7"#), error: "InvalidParameter", parameter: "order.issuer"),
        WrongCall(
            message: order(#","extendedKeyUsages":"clientAuth""#),
            error: "InvalidParameter",
            parameter: "order.extendedKeyUsages"
        ),
        WrongCall(
            message: order(#","extendedKeyUsages":["clientAuth",7]"#),
            error: "InvalidParameter",
            parameter: "order.extendedKeyUsages[1]"
        ),
        WrongCall(
            message: order(#","alternativeNames":[{"kind":"rfc822Name"}]"#),
            error: "InvalidParameter",
            parameter: "order.alternativeNames[0].value"
        ),
        WrongCall(
            message: order("", subject: #"[{"type":"commonName","value":true}]"#),
            error: "InvalidParameter",
            parameter: "order.subject[0].value"
        ),
        WrongCall(message: order("", subject: "{}"), error: "InvalidParameter", parameter: "order.subject"),
    ]

    private static func order(_ more: String, subject: String = "[]") -> String {
        call(#"{"order":{"order":"o-1","profile":"access-1y","request":"","subject":\#(subject)\#(more)}}"#)
    }

    @Test(
        "an unknown, missing or wrongly typed name is refused by its place, and the connection goes on",
        arguments: wrongCalls
    )
    func wrongCall(_ wrong: WrongCall) throws {
        let peer = try RawPeer(SharedAppliance.current.socket)
        try peer.send(wrong.message)
        let answer = try #require(try peer.receiveError())
        #expect(answer.error == "org.varlink.service.\(wrong.error)")
        #expect(answer.parameters?.parameter == wrong.parameter)
        try peer.send(#"{"method":"\#(Self.status)"}"#)
        #expect(try peer.receive()?.contains(#""ready":true"#) == true)
    }

    @Test("a frame beyond the limit is cut off before it is whole")
    func oversizedFrame() throws {
        let appliance = try SharedAppliance.current
        let peer = try RawPeer(appliance.socket)
        try peer.send(Array(#"{"method":""#.utf8))
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<6 { try peer.send(piece) }
        #expect(try peer.receiveError()?.error == "org.varlink.service.InvalidParameter")
        #expect(try peer.receive() == nil)
        #expect(try appliance.client().call(.getStatus)["ready"]?.boolValue == true)
    }

    @Test("IssueCertificates without “more”, without orders, or with too many is refused")
    func batchForms() throws {
        let peer = try RawPeer(SharedAppliance.current.socket)
        let method = #""method":"io.inkan.Signer.IssueCertificates""#
        let order = #"{"order":"o-1","profile":"access-1y","request":"","subject":[]}"#
        let many = [String](repeating: order, count: 1001).joined(separator: ",")
        for (message, rule) in [
            (#"{\#(method),"parameters":{"orders":[\#(order)]}}"#, "request.more"),
            (#"{\#(method),"more":true,"parameters":{"orders":[]}}"#, "request.orders"),
            (#"{\#(method),"more":true,"parameters":{"orders":[\#(many)]}}"#, "request.orders"),
        ] {
            try peer.send(message)
            let answer = try #require(try peer.receiveError())
            #expect(answer.error == "io.inkan.Signer.RequestRejected")
            #expect(answer.parameters?.rule == rule)
            #expect(answer.parameters?.mend?.isEmpty == false)
        }
    }

    @Test("a certificate asked for by both order and serial, by neither, or by a wrong name is refused")
    func lookUps() throws {
        let client = try SharedAppliance.current.client()
        let wrong: [(String?, String?, String, String)] = [
            (nil, nil, "RequestRejected", "request.parameters"), ("a", "00", "RequestRejected", "request.parameters"),
            (nil, "xyz", "RequestRejected", "request.serial"), (nil, "", "NotFound", "request.name"),
            (nil, String(repeating: "ab", count: 100_000), "NotFound", "request.name"),
            (nil, "00", "NotFound", "request.name"),
            ("no-such-order", nil, "NotFound", "request.name"), ("'; --", nil, "NotFound", "request.name"),
        ]
        for (order, serial, error, rule) in wrong {
            let refused = refusal {
                try client.call(.getCertificate) { writer in
                    writer.member("order", order)
                    writer.member("serial", serial)
                }
            }
            #expect(refused?.name == "io.inkan.Signer.\(error)", "\(order ?? "-") \(serial?.prefix(20) ?? "-")")
            #expect(refused?.rule == rule && refused?.mend.isEmpty == false)
        }
        let refused = refusal { try client.call(.getChain) { $0.member("issuer", "no-such-issuer") } }
        #expect(refused?.name == "io.inkan.Signer.NotFound")
    }

    @Test("the front end's socket does not take the officers' method, and says which role does")
    func officersMethod() throws {
        let appliance = try SharedAppliance.current
        let refused = refusal { try appliance.client().unlockToken("issuing") }
        #expect(refused?.name == "io.inkan.Officer.NotAuthorised")
        #expect(refused?.rule == "caller.role" && refused?.mend.isEmpty == false)
    }
}

/// Services with settings of their own.
@Suite struct BoundedServiceTests {
    @Test("a user whom the settings do not name is refused every method, and nothing is signed for them")
    func wrongUser() throws {
        let establishment = try Stage.establishment()
        let settings = try establishment.settings(extra: "callers: { frontEnd: [\(getuid() &+ 12_345)] }\n")
        let appliance = try RunningAppliance(establishment, settings: settings, waitReady: false)
        try ChildProgram.check(
            "\(establishment.binaries)/inkan",
            ["status", "--wait", "30", "--socket", appliance.officerSocket]
        )
        let client = try appliance.client()
        for method in [SignerInterface.Method.getStatus, .listIssuers, .listProfiles] {
            let refused = refusal { try client.call(method) }
            #expect(refused?.name == "io.inkan.Signer.NotAuthorised" && refused?.rule == "caller.role")
        }
        let refused = refusal { try client.issue(Stage.order("not-authorised")) }
        #expect(refused?.name == "io.inkan.Signer.NotAuthorised" && refused?.mend.isEmpty == false)
        let kinds = try appliance.ledgerEntries().map(\.kind)
        #expect(kinds.filter { $0 == "caller-refused" }.count >= 4)
        #expect(kinds.last == "caller-refused")
        #expect(appliance.stop() == 0)
    }

    @Test("a thousand half-open connections leave those who came before served, and are cut off in time")
    func halfOpenConnections() throws {
        let establishment = try Stage.establishment()
        let settings = try establishment.settings(extra: "limits: { connections: 64, messageDeadlineSeconds: 1 }\n")
        let appliance = try RunningAppliance(establishment, settings: settings)
        let early = try appliance.client()
        _ = try early.issue(Stage.order("before"))
        var flood: [RawPeer] = []
        for _ in 0..<1000 {
            let peer = try RawPeer(appliance.socket)
            try peer.send(Array(#"{"method":"io.inkan.Signer.Get"#.utf8))
            flood.append(peer)
        }
        _ = try early.issue(Stage.order("during"))
        let answers = try flood.map { try $0.receiveError()?.error }
        // Those within the limit are told at the deadline what was wrong; the others, at once, that the house is full.
        let busy = answers.count { $0 == "io.inkan.Signer.Busy" }
        let cut = answers.count { $0 == "org.varlink.service.InvalidParameter" }
        #expect(cut >= 60 && busy >= 700, "\(cut) cut, \(busy) busy, \(answers.count { $0 == nil }) closed")
        _ = try early.issue(Stage.order("after"))
        _ = try appliance.client().issue(Stage.order("newcomer"))
        #expect(appliance.stop() == 0)
    }
}
