/// A call as it lies in a message: `{"method": …, "parameters": {…}, "more": …, "oneway": …}`.
struct CallMessage {
    var method = ""
    var parameters = JSONObject()
    var wantsMore = false
    var isOneway = false
    /// Something in the message that this server does not take, although it is a call.
    var refusal: ErrorAnswer?

    /// Why a JSON value is no call.
    struct NoCall: Error {
        let reason: String
    }

    init(_ value: JSONValue) throws(NoCall) {
        guard case .object(let message) = value else { throw NoCall(reason: "a message is a JSON object") }
        var hasMethod = false
        for member in message.members {
            switch (member.name, member.value) {
            case ("method", .string(let method)):
                self.method = method
                hasMethod = true
            case ("parameters", .object(let parameters)): self.parameters = parameters
            case ("parameters", .null): break
            case ("more", .bool(let flag)): wantsMore = flag
            case ("oneway", .bool(let flag)): isOneway = flag
            case ("upgrade", .bool(false)): break
            case ("upgrade", .bool(true)):
                refusal = StandardErrors.invalidParameter("upgrade", reason: "connections are not upgraded here")
            case ("method", _), ("parameters", _), ("more", _), ("oneway", _), ("upgrade", _):
                throw NoCall(reason: "“\(member.name)” is of a wrong type")
            default:
                let name = String(member.name.prefix(200))
                refusal = StandardErrors.invalidParameter(name, reason: "a message has no member of that name")
            }
        }
        guard hasMethod else { throw NoCall(reason: "the message names no method") }
        if wantsMore, isOneway {
            refusal = StandardErrors.invalidParameter("oneway", reason: "“more” and “oneway” exclude each other")
        }
    }
}

/// Builds the messages that answer a call, with their NUL.
enum AnswerMessage {
    static func reply(
        continues: Bool,
        expecting capacity: Int = 512,
        _ body: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: capacity)
        writer.prologue(continues ? #"{"continues":true,"parameters":{"# : #"{"parameters":{"#)
        return finish(&writer, body)
    }

    static func error(_ name: String, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.prologue(#"{"error":"#)
        writer.string(name)
        writer.prologue(#","parameters":{"#)
        return finish(&writer, body)
    }

    static func error(_ answer: ErrorAnswer) -> [UInt8] {
        error(answer.name) { $0.members(of: answer.parameters) }
    }

    private static func finish(_ writer: inout JSONWriter, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        body(&writer)
        precondition(writer.depth == 0, "an answer must close every array and object that it opens")
        writer.prologue("}}")
        writer.terminate()
        return writer.bytes
    }
}
