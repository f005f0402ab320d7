internal import TextForms

/// A signed tree head: which log, how many entries, what root (C2SP tlog-checkpoint).
package struct Checkpoint: Sendable, Hashable {
    package let origin: String
    package let size: Int64
    package let root: MerkleHash
    package let note: SignedNote

    /// What a log key signs.
    package static func text(origin: String, size: Int64, root: MerkleHash) -> String {
        "\(origin)\n\(size)\n\(root.base64)\n"
    }

    /// Reads a note's text. Nothing is known of the signatures yet. Extension lines are refused: no log of ours writes
    /// any, and nobody checks what they say.
    ///
    /// Throws `checkpointInvalid`.
    package init(_ note: SignedNote) throws(LedgerError) {
        let lines = note.text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false)
        guard lines.count == 4, lines[3].isEmpty, let origin = String(lines[0]), NoteKey.isName(origin),
            let number = String(lines[1]), let size = Int64(number), size >= 0, String(size) == number,
            let root = String(lines[2]).flatMap({ Base64.decode($0) }).flatMap({ MerkleHash($0) })
        else { throw .checkpointInvalid("its text is not the three lines of a checkpoint: origin, size, root") }
        self.origin = origin
        self.size = size
        self.root = root
        self.note = note
    }

    /// Reads a checkpoint as it stands in a file.
    package init(parsing bytes: [UInt8]) throws(LedgerError) {
        try self.init(SignedNote(parsing: bytes))
    }

    /// Checks that the log with this key made it.
    ///
    /// Throws `checkpointInvalid`.
    package func verify(by key: NoteKey) throws(LedgerError) {
        guard origin.utf8.elementsEqual(key.name.utf8) else {
            throw .checkpointInvalid("it is of the log \(origin), and the public key of \(key.name)")
        }
        try note.verify(by: key)
    }

    /// The same with further signatures.
    package func adding(_ signatures: [SignedNote.Signature]) -> Checkpoint {
        Checkpoint(
            origin: origin,
            size: size,
            root: root,
            note: SignedNote(text: note.text, signatures: note.signatures + signatures)
        )
    }

    private init(origin: String, size: Int64, root: MerkleHash, note: SignedNote) {
        self.origin = origin
        self.size = size
        self.root = root
        self.note = note
    }
}
