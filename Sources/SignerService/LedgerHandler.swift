import Issuance
import Ledger
import SignerAPI
import Varlink

/// Answers the calls of `io.inkan.Ledger`: checkpoints, proofs, cosignatures. Every call runs on a thread for reading.
final class LedgerHandler: Sendable {
    private let ledger: LedgerStore
    private let witnesses: [NoteKey]
    private let log: @Sendable (IssuanceAlarm) -> Void

    /// - Parameter witnesses: whose cosignatures are taken.
    init(ledger: LedgerStore, witnesses: [NoteKey], log: @escaping @Sendable (IssuanceAlarm) -> Void) {
        self.ledger = ledger
        self.witnesses = witnesses
        self.log = log
    }

    func handle(_ method: LedgerInterface.Method, _ call: Call, _ role: Role) {
        do throws(LedgerError) {
            switch method {
            case .getCheckpoint: try getCheckpoint(call)
            case .getInclusionProof: try getInclusionProof(call, role)
            case .getConsistencyProof: try getConsistencyProof(call)
            case .addCosignature: try addCosignature(call)
            }
        } catch {
            call.refuse(.ledger(error))
        }
    }

    private func newestCheckpoint() throws(LedgerError) -> Checkpoint {
        guard let checkpoint = try ledger.reader.checkpoint() else { throw .checkpointUnknown(size: 0) }
        return checkpoint
    }

    private func getCheckpoint(_ call: Call) throws(LedgerError) {
        let checkpoint = try newestCheckpoint()
        let key = try ledger.reader.logKeys().last
        call.reply { writer in
            writer.member("checkpoint", String(decoding: checkpoint.note.encoded, as: UTF8.self))
            writer.member("size", checkpoint.size)
            writer.member("key", key?.vkey ?? "")
        }
    }

    private func getInclusionProof(_ call: Call, _ role: Role) throws(LedgerError) {
        let entry = call.parameters["entry"]?.integerValue ?? -1
        let asked = call.parameters["size"]?.integerValue
        let checkpoint = asked == nil ? try newestCheckpoint() : nil
        let proof = try ledger.reader.inclusionProof(entry: entry, size: asked ?? checkpoint?.size)
        let found = try ledger.reader.entry(sequence: entry)
        let isShown = role == .officer || found?.kind == EntryKind.certificate
        call.reply { writer in
            writer.object("proof") { writer in
                writer.member("entry", proof.entry)
                writer.member("leafHash", proof.leafHash.base64)
                writer.member("treeSize", proof.treeSize)
                writer.member("rootHash", proof.root.base64)
                writer.member("hashes", proof.path.map(\.base64))
            }
            if isShown, let found { writer.member("leaf", String(decoding: found.body, as: UTF8.self)) }
            writer.member("checkpoint", checkpoint.map { String(decoding: $0.note.encoded, as: UTF8.self) })
        }
    }

    private func getConsistencyProof(_ call: Call) throws(LedgerError) {
        let proof = try ledger.reader.consistencyProof(
            from: call.parameters["fromSize"]?.integerValue ?? -1,
            to: call.parameters["toSize"]?.integerValue ?? -1
        )
        call.reply { writer in
            writer.member("fromRoot", proof.fromRoot.base64)
            writer.member("toRoot", proof.toRoot.base64)
            writer.member("hashes", proof.path.map(\.base64))
        }
    }

    // MARK: Witnesses

    private func addCosignature(_ call: Call) throws(LedgerError) {
        let checkpoint = try Checkpoint(parsing: Array((call.parameters["checkpoint"]?.stringValue ?? "").utf8))
        let signed = try cosignatures(of: checkpoint)
        do {
            let names = signed.map(\.witness.name).joined(separator: ", ")
            try ledger.reader.compare(with: checkpoint, by: "the witness \(names)")
        } catch {
            if case .olderThanSeen = error { refuseToIssue(because: error) }
            throw error
        }
        keep(signed[...], of: checkpoint, added: 0, call)
    }

    private typealias Cosigned = (witness: NoteKey, signature: SignedNote.Signature)

    /// One after the other; the answer comes when the last is durable.
    private func keep(_ signed: ArraySlice<Cosigned>, of checkpoint: Checkpoint, added: Int, _ call: Call) {
        guard let (witness, signature) = signed.first else {
            call.reply { writer in
                writer.member("size", checkpoint.size)
                writer.member("added", added)
            }
            return
        }
        ledger.keep(signature, by: witness, size: checkpoint.size) { [self] result in
            switch result {
            case .success: keep(signed.dropFirst(), of: checkpoint, added: added + 1, call)
            case .failure(let error): call.refuse(.ledger(error))
            }
        }
    }

    /// The signatures of configured witnesses, each checked; at least one.
    private func cosignatures(of checkpoint: Checkpoint) throws(LedgerError) -> [Cosigned] {
        var found: [Cosigned] = []
        for witness in witnesses {
            let own = checkpoint.note.signatures(by: witness)
            if own.isEmpty { continue }
            try checkpoint.note.verify(by: witness)
            found += own.map { (witness, $0) }
        }
        guard !found.isEmpty else {
            throw .witnessUnknown(name: checkpoint.note.signatures.last?.name ?? "")
        }
        return found
    }

    private func refuseToIssue(because error: LedgerError) {
        ledger.refuse(because: error)
        log(.ledgerOlderThanSeen(error.description))
    }
}

extension ServiceError {
    /// What the ledger refuses, in the words of its own interface.
    static func ledger(_ error: LedgerError) -> ServiceError {
        var answer = ServiceError(IssuanceError(error))
        answer.name = "\(LedgerInterface.name)." + answer.name.dropFirst(SignerInterface.name.utf8.count + 1)
        return answer
    }
}
