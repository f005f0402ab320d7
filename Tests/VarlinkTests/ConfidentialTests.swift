import Secrets
import Testing

@testable import Varlink

@Suite("Texts that nobody but their receiver may see")
struct ConfidentialTests {
    private static let text = "S3cret \"with\" \\ and\u{1}日本"

    private static func parse(_ text: String) throws -> JSONValue {
        var limits = JSONLimits()
        limits.confidentialMembers = ["password"]
        return try JSONParser.parse(text, limits: limits)
    }

    // MARK: ConfidentialText

    @Test("it is never printed, however it is looked at")
    func printing() {
        struct Holder { let password: ConfidentialText? }
        let text = ConfidentialText(Self.text)
        var dumped = ""
        dump(Holder(password: text), to: &dumped)
        for shown in [
            "\(text)", String(reflecting: text), "\(Holder(password: text))", dumped, "\(JSONValue.confidential(text))",
        ] {
            #expect(!shown.contains("S3cret") && shown.contains("‹"), "\(shown)")
        }
    }

    @Test("two are equal when their bytes are")
    func equality() {
        #expect(ConfidentialText("a") == ConfidentialText("a") && ConfidentialText("a") != ConfidentialText("b"))
        #expect(
            ConfidentialText("") != ConfidentialText("a")
                && Set([ConfidentialText("a"), ConfidentialText("a")]).count == 1
        )
    }

    @Test("members of the name are confidential at any depth, their escapes undone; others are as ever")
    func reading() throws {
        let value = try Self.parse(
            #"{"a":[{"password":"S3\u0063ret \"x\" 🔑\ud83d\udd11"}],"passwords":"p","password":""}"#
        )
        let object = try #require(value.objectValue)
        let inner = object["a"]?.arrayValue?.first?.objectValue?["password"]
        #expect(inner?.confidentialValue == ConfidentialText("S3cret \"x\" 🔑🔑") && inner?.stringValue == nil)
        #expect(object["passwords"]?.stringValue == "p")
        #expect(object["password"]?.confidentialValue == ConfidentialText(""))
        #expect(try Self.parse(#"{"password":7}"#).objectValue?["password"] == 7)
    }

    @Test(
        "what is no string of JSON is refused there, too",
        arguments: [
            (#"{"password":"a"#, JSONError.Code.unexpectedEnd), (#"{"password":"a\"#, .unexpectedEnd),
            (#"{"password":"\x"}"#, .invalidEscape), (#"{"password":"\ud800"}"#, .loneSurrogate),
            ("{\"password\":\"a\u{1}\"}", .controlCharacter), ("{\"password\":\"\\n\u{1}\"}", .controlCharacter),
            (#"{"password":"a","password":"b"}"#, .duplicateName),
        ]
    )
    func refused(text: String, code: JSONError.Code) {
        let error = #expect(throws: JSONError.self) { try Self.parse(text) }
        #expect(error?.code == code)
    }

    @Test("an answer that carries one is JSON that says the same", arguments: [true, false])
    func writing(continues: Bool) throws {
        let bytes = AnswerMessage.confidentialReply(
            continues: continues,
            member: "password",
            ConfidentialText(Self.text)
        ) { $0.member("serial", "0a") }
        guard case .confidential = bytes else {
            Issue.record("the answer is not confidential")
            return
        }
        let message = bytes.withUnsafeBytes { Array($0) }
        #expect(message.last == 0)
        let object = try #require(JSONParser.parse(Array(message.dropLast())).objectValue)
        #expect(object["continues"]?.boolValue == (continues ? true : nil))
        #expect(object["parameters"]?.objectValue?["password"]?.stringValue == Self.text)
        #expect(object["parameters"]?.objectValue?["serial"]?.stringValue == "0a")
    }

    // MARK: The queue

    /// A secret, watched: `isGone` says whether it has been wiped, which its last owner's end does.
    private final class Watch {
        private weak var secret: Secret?

        func answer(_ bytes: [UInt8]) -> AnswerBytes {
            let secret = Secret(count: bytes.count) { $0.copyBytes(from: bytes) }
            self.secret = secret
            return .confidential(secret)
        }

        var isGone: Bool { secret == nil }
    }

    @Test("a confidential answer is sent by itself, and wiped when the socket has all of it")
    func sent() throws {
        var queue = AnswerQueue(capacity: 4)
        let watch = Watch()
        let opened = (queue.open(), queue.open(), queue.open())
        let (first, second, third) = (try #require(opened.0), try #require(opened.1), try #require(opened.2))
        queue.add(.plain([3]), to: third, isFinal: true)
        queue.add(watch.answer([2, 2]), to: second, isFinal: true)
        queue.add(.plain([1]), to: first, isFinal: true)
        #expect(queue.piece?.rest == [1] && queue.readyBytes == 4)
        queue.didSend(1)
        #expect(queue.piece?.rest == [2, 2])
        queue.didSend(1)
        #expect(queue.piece?.rest == [2] && !watch.isGone)
        queue.didSend(1)
        #expect(watch.isGone && queue.piece?.rest == [3])
    }

    @Test("one that nobody waits for any more is wiped at once: the peer is gone, or the call was answered")
    func forgotten() throws {
        var queue = AnswerQueue(capacity: 4)
        let (held, ready, late) = (Watch(), Watch(), Watch())
        let opened = (queue.open(), queue.open())
        let (first, second) = (try #require(opened.0), try #require(opened.1))
        queue.add(held.answer([2]), to: second, isFinal: true)
        queue.add(late.answer([9]), to: second, isFinal: true)
        #expect(late.isGone && !held.isGone)
        queue.add(ready.answer([1]), to: first, isFinal: false)
        #expect(!ready.isGone && queue.keptBytes == 2)
        queue.removeAll()
        #expect(ready.isGone && held.isGone && queue.keptBytes == 0)
    }
}

extension AnswerBytes {
    /// Plain bytes as a confidential answer.
    static func confidential(_ bytes: [UInt8]) -> AnswerBytes {
        .confidential(Secret(count: bytes.count) { $0.copyBytes(from: bytes) })
    }
}
