internal import TextForms

/// A text with signatures under it (C2SP signed-note).
package struct SignedNote: Sendable, Hashable {
    /// One line below the text.
    package struct Signature: Sendable, Hashable {
        package let name: String
        /// Four octets: with the name, which key it is of.
        package let identifier: [UInt8]
        package let bytes: [UInt8]

        package init(by key: NoteKey, _ bytes: [UInt8]) {
            name = key.name
            identifier = key.identifier
            self.bytes = bytes
        }

        /// Reads one line, without its end.
        ///
        /// Throws `checkpointInvalid`.
        package init(line: some StringProtocol) throws(LedgerError) {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "—", NoteKey.isName(String(parts[1])),
                let encoded = Base64.decode(String(parts[2])), encoded.count > 4
            else {
                throw .checkpointInvalid("a signature's line is a dash, a name and base64 of more than four octets")
            }
            name = String(parts[1])
            identifier = Array(encoded.prefix(4))
            bytes = Array(encoded.dropFirst(4))
        }

        /// The line, without its end.
        package var line: String {
            "— \(name) \(Base64.encode(identifier + bytes))"
        }

        func isOf(_ key: NoteKey) -> Bool {
            name.utf8.elementsEqual(key.name.utf8) && identifier == key.identifier
        }
    }

    /// Ends with a new line.
    package let text: String
    package let signatures: [Signature]

    static let largest = 65_536
    static let mostSignatures = 64

    package init(text: String, signatures: [Signature]) {
        self.text = text
        self.signatures = signatures
    }

    /// Reads a note. Only exactly what `encoded` would write is taken.
    ///
    /// Throws `checkpointInvalid`.
    package init(parsing bytes: [UInt8]) throws(LedgerError) {
        guard bytes.count <= SignedNote.largest else {
            throw .checkpointInvalid("a note has at most \(SignedNote.largest) octets")
        }
        guard let whole = String(validating: bytes, as: UTF8.self), bytes.last == 0x0a,
            bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x0a })
        else { throw .checkpointInvalid("a note is UTF-8 text without control characters, ended by a new line") }
        var lines = Array(whole.utf8).split(separator: 0x0a, omittingEmptySubsequences: false).dropLast()
        var signatures: [Signature] = []
        while let line = lines.popLast(), !line.isEmpty {
            guard signatures.count < SignedNote.mostSignatures else {
                throw .checkpointInvalid("a note has at most \(SignedNote.mostSignatures) signatures")
            }
            signatures.append(try Signature(line: String(decoding: line, as: UTF8.self)))
        }
        guard !signatures.isEmpty, !lines.isEmpty else {
            throw .checkpointInvalid("a note is a text, an empty line, and signatures")
        }
        text = lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
        self.signatures = signatures.reversed()
    }

    package var encoded: [UInt8] {
        Array((text + "\n" + signatures.map { $0.line + "\n" }.joined()).utf8)
    }

    /// The signatures under the key's name and id. Nothing is known of them yet.
    package func signatures(by key: NoteKey) -> [Signature] {
        signatures.filter { $0.isOf(key) }
    }

    /// Checks the key's signature: it must be there, and every one under its name and id must be good.
    ///
    /// Throws `checkpointInvalid`.
    package func verify(by key: NoteKey) throws(LedgerError) {
        let own = signatures(by: key)
        guard !own.isEmpty else { throw .checkpointInvalid("it has no signature by \(key.vkey)") }
        guard own.allSatisfy({ key.isValid($0.bytes, over: text) }) else {
            throw .checkpointInvalid("the signature by \(key.name) is not over this text, or not of this key")
        }
    }
}
