import Ledger
import Tokens
import X509Building

/// The log key in its token: signs tree heads as checkpoints, and nothing else.
package struct LogSigner: Sendable {
    /// Its name is the log's origin.
    package let key: NoteKey
    package let token: TokenWorkerSupervisor

    package init(key: NoteKey, token: TokenWorkerSupervisor) {
        self.key = key
        self.token = token
    }

    /// Has the token sign the tree head of a commit. The signature is verified before anybody sees it.
    package func sign(_ tree: SealedTree) throws(CheckpointTrouble) -> Checkpoint {
        let algorithm: SignatureAlgorithm = key.kind == .ecdsa ? .ecdsaP256SHA256 : .ed25519
        let text = Checkpoint.text(origin: key.name, size: tree.size, root: tree.root)
        let signature: [UInt8]
        do {
            let made = try token.signature(
                spki: key.spki,
                mechanism: algorithm.tokenMechanism,
                input: algorithm.tokenInput(for: Array(text.utf8))
            )
            signature = try algorithm.signatureValue(fromToken: made.raw)
        } catch {
            throw CheckpointTrouble(error)
        }
        do {
            let checkpoint = try Checkpoint(SignedNote(text: text, signatures: [.init(by: key, signature)]))
            try checkpoint.verify(by: key)
            return checkpoint
        } catch {
            throw CheckpointTrouble(badSignature: error)
        }
    }

    /// Has the token remember a checkpoint, in the place of the one before.
    package func mark(_ checkpoint: Checkpoint) throws(CheckpointTrouble) {
        do {
            try token.keepMark(checkpoint.note.encoded)
        } catch {
            throw CheckpointTrouble(error)
        }
    }

    /// What the token remembers. More than one only when a worker died while it replaced one.
    package func marks() throws(CheckpointTrouble) -> [Checkpoint] {
        do {
            return try token.marks().map { try Checkpoint(parsing: $0) }
        } catch {
            throw CheckpointTrouble(error)
        }
    }
}

/// Why there is no checkpoint, with what mends it.
package struct CheckpointTrouble: Error, Sendable, CustomStringConvertible {
    package let description: String
    /// The token made a signature that does not verify (TOK-11).
    package let isBadSignature: Bool

    private init(_ description: String, isBadSignature: Bool = false) {
        self.description = description
        self.isBadSignature = isBadSignature
    }

    init(badSignature error: LedgerError) {
        self.init("the log token made a signature that does not verify: \(error.message)", isBadSignature: true)
    }

    init(_ error: LedgerError) {
        self.init("\(error.message) \(error.mend)")
    }

    init(_ error: any Error) {
        switch error {
        case let error as LedgerError: self.init(error)
        case let error as TokenError: self.init("the log token: \(error.outsideMessage); \(error.outsideMend)")
        default: self.init("\(error)")
        }
    }
}
