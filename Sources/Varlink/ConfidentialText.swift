package import Secrets

/// A text that nobody but its receiver may see: a password in a call. It lies in one locked buffer, is no part of any
/// JSON tree as a string, is never printed, and is wiped when the last owner lets go.
public struct ConfidentialText: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// UTF-8, as it was written; not checked to be valid.
    package let secret: Secret

    package init(_ secret: Secret) {
        self.secret = secret
    }

    /// Copies a text that lies in memory like any other: for callers that have it so.
    public init(_ text: String) {
        var text = text
        secret = text.withUTF8 { bytes in
            Secret(count: bytes.count) { $0.copyMemory(from: UnsafeRawBufferPointer(bytes)) }
        }
    }

    public var description: String { "‹confidential›" }
    public var debugDescription: String { description }
}

extension ConfidentialText: Hashable {
    public static func == (left: ConfidentialText, right: ConfidentialText) -> Bool {
        left.secret.withUnsafeBytes { one in right.secret.withUnsafeBytes { other in one.elementsEqual(other) } }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(secret.count)
    }
}

// MARK: Reading

extension JSONScanner {
    /// The string whose opening quotation mark has just been stepped over, into memory that is wiped.
    mutating func confidentialText() throws(JSONError) -> ConfidentialText {
        let start = place
        let stop = StringScan.firstSpecial(bytes, from: start, to: count)
        place = stop
        guard let byte = peek() else { throw failure(.unexpectedEnd) }
        if byte == UInt8(ascii: "\"") {
            place &+= 1
            return copied(from: start, to: stop)
        }
        guard byte == UInt8(ascii: "\\") else { throw failure(.controlCharacter) }
        place = start
        return try confidentialTextWithEscapes()
    }

    private func copied(from start: Int, to stop: Int) -> ConfidentialText {
        let text = UnsafeRawBufferPointer(start: bytes + start, count: stop - start)
        return ConfidentialText(Secret(count: text.count) { $0.copyMemory(from: text) })
    }

    /// Escapes make a text shorter, never longer: the array has room for all of it and is never moved.
    private mutating func confidentialTextWithEscapes() throws(JSONError) -> ConfidentialText {
        var text: [UInt8] = []
        text.reserveCapacity(count - place)
        defer { text.wipe() }
        while true {
            guard let byte = peek() else { throw failure(.unexpectedEnd) }
            switch byte {
            case UInt8(ascii: "\""):
                place &+= 1
                return text.withUnsafeBytes { whole in
                    ConfidentialText(Secret(count: whole.count) { $0.copyMemory(from: whole) })
                }
            case UInt8(ascii: "\\"):
                place &+= 1
                try appendEscaped(to: &text)
            case 0..<0x20: throw failure(.controlCharacter)
            default:
                text.append(byte)
                place &+= 1
            }
        }
    }
}

// MARK: Writing

extension JSONWriter {
    /// A string that is confidential. What has been written then is so too.
    public mutating func confidential(_ text: ConfidentialText) {
        text.secret.withUnsafeBytes { string(String(decoding: $0, as: UTF8.self)) }
    }
}

extension AnswerMessage {
    /// An answer with one confidential member, the last of its parameters. The text is never anywhere but in the one
    /// buffer that is sent and wiped.
    static func confidentialReply(
        continues: Bool,
        member: StaticString,
        _ text: ConfidentialText,
        _ body: (inout JSONWriter) -> Void
    ) -> AnswerBytes {
        var writer = JSONWriter(capacity: 512)
        writer.prologue(continues ? #"{"continues":true,"parameters":{"# : #"{"parameters":{"#)
        body(&writer)
        precondition(writer.depth == 0, "an answer must close every array and object that it opens")
        writer.name(String(describing: member))
        let head = writer.bytes
        return .confidential(
            text.secret.withUnsafeBytes { text in
                JSONText.quoted(text, between: head, and: Array("}}\0".utf8))
            }
        )
    }
}

/// JSON's form of a text, written into memory that is wiped.
enum JSONText {
    /// `head`, the text in quotation marks, `tail`: all in one buffer.
    static func quoted(_ text: UnsafeRawBufferPointer, between head: [UInt8], and tail: [UInt8]) -> Secret {
        let escaped = text.count { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        return Secret(count: head.count + text.count + 5 * escaped + 2 + tail.count) { buffer in
            var place = 0
            func write(_ byte: UInt8) {
                buffer[place] = byte
                place += 1
            }
            head.forEach(write)
            write(UInt8(ascii: "\""))
            for byte in text {
                if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    "\\u00".utf8.forEach(write)
                    write(hexDigit(byte >> 4))
                    write(hexDigit(byte & 15))
                } else {
                    write(byte)
                }
            }
            write(UInt8(ascii: "\""))
            tail.forEach(write)
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
