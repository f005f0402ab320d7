import Ledger
import Threads
import Tokens

/// The key that signs the ledger's checkpoints: made in a token of its own, known to the ledger by an entry.
extension Ceremony {
    /// Makes the log key, or finds the one that an earlier run made.
    func logKey(of log: CeremonyPlan.Log) throws(CeremonyError) -> CeremonyTranscript.LogKey {
        if let known = try madeBefore(log) { return known }
        progress("log \(log.origin): generating \(log.key.rawValue) in token \(log.token)")
        let pair = try generate(log.key, label: "log", in: log.token)
        let key: NoteKey
        do {
            key = try NoteKey(name: log.origin, spki: pair.spki)
        } catch {
            throw CeremonyError(error, authority: "log")
        }
        // Nobody may ever have it certified as theirs.
        try register(keyHash: KeyIdentity(spki: pair.spki).sha256, of: "log")
        try register(key)
        progress("log \(log.origin): \(key.vkey)")
        return CeremonyTranscript.LogKey(key: key, isNew: true, attributes: pair.attributes)
    }

    private func madeBefore(_ log: CeremonyPlan.Log) throws(CeremonyError) -> CeremonyTranscript.LogKey? {
        do {
            guard let key = try ledger.reader.logKeys().last, key.name == log.origin else { return nil }
            try tokens[log.token]?.locate(spki: key.spki)
            progress("log \(log.origin): there already, its key is in the token")
            return CeremonyTranscript.LogKey(key: key, isNew: false)
        } catch let error as LedgerError {
            throw CeremonyError(error, authority: "log")
        } catch let error as TokenError {
            throw CeremonyError(error, authority: "log")
        } catch {
            throw CeremonyError(authority: "log", message: "\(error)", mend: "report it with the transcript")
        }
    }

    private func register(_ key: NoteKey) throws(CeremonyError) {
        let written = Guarded<Result<Void, LedgerError>?>(nil)
        ledger.registerLogKey(key) { result in
            written.withLock { $0 = result }
            written.broadcast()
        }
        if case .failure(let error) = written.wait({ $0 }) { throw CeremonyError(error, authority: "log") }
    }
}
