import Testing
import Tokens

@Suite("Messages between supervisor and worker")
struct MessageTests {
    @Test("What is written is read back")
    func roundTrip() throws {
        let error = TokenError(.moduleError, "message", mend: "mend", returnValue: 0x30)
        let token = TokenDescription(
            serial: "s",
            label: "日本",
            model: "m",
            manufacturer: "f",
            firmwareVersion: "1.2",
            interfaceVersion: "3.0",
            isInitialized: true,
            hasUserPIN: false,
            uri: "pkcs11:"
        )
        var writer = MessageWriter()
        writer.beginFrame(id: 7, kind: 9)
        OpenRequest(uri: "u", sessions: 3, isCautious: true, keys: [[1], [], [2, 3]]).write(to: &writer)
        OpenAnswer(token: token, sessions: 2, keys: [nil, error]).write(to: &writer)
        KeyPairRequest(algorithm: .p384, label: "l", identifier: [4]).write(to: &writer)
        GeneratedKeyPair(spki: [1], attributes: ["A": true, "B": false], ckaID: [2]).write(to: &writer)
        writer.endFrame()
        try writer.bytes.withUnsafeBytes { memory in
            var reader = MessageReader(memory)
            var frame = try reader.frame()
            #expect(frame.id == 7 && frame.kind == 9 && reader.isAtEnd)
            let request = try OpenRequest(from: &frame.body)
            #expect(request.keys == [[1], [], [2, 3]] && request.isCautious && request.sessions == 3)
            let answer = try OpenAnswer(from: &frame.body)
            #expect(answer.token == token && answer.keys == [nil, error])
            #expect(
                try KeyPairRequest(from: &frame.body) == KeyPairRequest(algorithm: .p384, label: "l", identifier: [4])
            )
            #expect(try GeneratedKeyPair(from: &frame.body).attributes == ["A": true, "B": false])
            #expect(frame.body.isAtEnd)
        }
    }

    @Test("A message cut short anywhere is refused, never read past its end")
    func cutShort() {
        var writer = MessageWriter()
        writer.beginFrame(id: 1, kind: 1)
        OpenRequest(uri: "pkcs11:serial=1", sessions: 3, isCautious: true, keys: [[1, 2, 3]]).write(to: &writer)
        writer.endFrame()
        for length in 0..<writer.bytes.count {
            Array(writer.bytes.prefix(length)).withUnsafeBytes { memory in
                let refusal = code {
                    var reader = MessageReader(memory)
                    var frame = try reader.frame()
                    _ = try OpenRequest(from: &frame.body)
                }
                #expect(refusal == .workerUnusable)
            }
        }
    }

    @Test("Lengths that lie are refused")
    func lyingLengths() {
        for bytes: [UInt8] in [[255, 255, 255, 255], [8, 0, 0, 0] + Array(repeating: 0, count: 8), [9, 0, 0, 0]] {
            bytes.withUnsafeBytes { memory in
                #expect(
                    code {
                        var reader = MessageReader(memory)
                        _ = try reader.frame()
                    } == .workerUnusable
                )
            }
        }
    }

    @Test("Every error code survives the way")
    func errorCodes() throws {
        for code in TokenError.Code.allCases {
            var writer = MessageWriter()
            let error = TokenError(code, "m", mend: "d")
            error.write(to: &writer)
            let read = try writer.bytes.withUnsafeBytes { memory in
                var reader = MessageReader(memory)
                return try TokenError(from: &reader)
            }
            #expect(read == error)
        }
    }
}
