import TextForms

/// The textual encoding of RFC 7468 in its strict form: one block, nothing beside it but white space.
package enum PEM {
    /// The contents of the only block of a text.
    ///
    /// - Parameters:
    ///   - labels: those that are taken, such as `CERTIFICATE`.
    ///   - maximum: the largest content in bytes.
    /// - Throws: `malformedText`, `tooLarge`.
    package static func decode(_ text: [UInt8], labels: [String], maximum: Int) throws(X509Error) -> [UInt8] {
        // Base64 makes 4 characters of 3 bytes; line ends and the frame come on top.
        guard text.count <= maximum * 3 / 2 + 1024 else {
            throw X509Error(.tooLarge, "a text of \(text.count) bytes for contents of at most \(maximum)")
        }
        let body = trimmed(text[...])
        for label in labels {
            guard let inner = content(of: body, behind: "-----BEGIN ", label) else { continue }
            let end = inner.suffix("-----END -----".utf8.count + label.utf8.count)
            guard let first = inner.first, first == 0x0A || first == 0x0D,
                content(of: end, behind: "-----END ", label)?.isEmpty == true
            else { throw frameError(labels) }
            let lines = inner.dropLast(end.count)
            guard lines.last == 0x0A || lines.last == 0x0D, !lines.contains(UInt8(ascii: "-")) else {
                throw frameError(labels)
            }
            return try contents(ofBase64: lines, maximum: maximum)
        }
        throw frameError(labels)
    }

    /// A block with lines of 64 characters and a line end after the last.
    package static func encode(_ bytes: [UInt8], label: String) -> String {
        let base64 = Base64.octets(of: bytes)
        var text: [UInt8] = []
        text.reserveCapacity(base64.count + base64.count / 64 + 2 * label.utf8.count + 64)
        text.append(contentsOf: "-----BEGIN \(label)-----\n".utf8)
        var start = 0
        while start < base64.count {
            let end = min(start + 64, base64.count)
            text.append(contentsOf: base64[start..<end])
            text.append(0x0A)
            start = end
        }
        text.append(contentsOf: "-----END \(label)-----\n".utf8)
        return String(decoding: text, as: UTF8.self)
    }

    /// What base64 says, with white space at any place.
    ///
    /// - Parameters:
    ///   - text: its callers have judged its length.
    ///   - maximum: the largest content in bytes.
    static func contents(ofBase64 text: ArraySlice<UInt8>, maximum: Int) throws(X509Error) -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = try Base64.decode(skippingWhiteSpace: text)
        } catch {
            throw X509Error(.malformedText, error.description, clause: "RFC 4648 4")
        }
        guard bytes.count <= maximum else {
            throw X509Error(.tooLarge, "contents of \(bytes.count) bytes; at most \(maximum)")
        }
        return bytes
    }

    /// What follows the line that has this label; nil when the text does not begin with it.
    private static func content(
        of text: ArraySlice<UInt8>,
        behind opening: StaticString,
        _ label: String
    ) -> ArraySlice<UInt8>? {
        let dashes = 5
        let labelStart = text.startIndex + opening.utf8CodeUnitCount
        let labelEnd = labelStart + label.utf8.count
        guard text.endIndex - dashes >= labelEnd,
            opening.withUTF8Buffer({ text[..<labelStart].elementsEqual($0) }),
            text[labelStart..<labelEnd].elementsEqual(label.utf8),
            text[labelEnd..<labelEnd + dashes].allSatisfy({ $0 == UInt8(ascii: "-") })
        else { return nil }
        return text[(labelEnd + dashes)...]
    }

    private static func frameError(_ labels: [String]) -> X509Error {
        X509Error(
            .malformedText,
            "send exactly one block from -----BEGIN \(labels[0])----- to -----END \(labels[0])-----, "
                + "with nothing before, between or after",
            clause: "RFC 7468 3"
        )
    }

    static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = text.firstIndex { !Base64.isWhiteSpace($0) } ?? text.endIndex
        let end = text.lastIndex { !Base64.isWhiteSpace($0) }.map { $0 + 1 } ?? start
        return text[start..<end]
    }
}
