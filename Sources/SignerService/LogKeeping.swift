import Glibc
import Issuance
import Ledger
import Tokens

/// What the settings say of the ledger's log, read and put together.
struct LogKeeping {
    let key: NoteKey
    let token: TokenWorkerSupervisor
    let witnesses: [NoteKey]
    let checkpointFile: String?
    let checkpointSeconds: Int
    /// What was written to the checkpoint's file before this start.
    let seen: [(by: String, Checkpoint)]

    /// Reads the keys. `nil` where the settings name no log.
    init?(_ settings: SignerSettings, tokens: [TokenWorkerSupervisor]) throws(StartError) {
        guard let log = settings.log else { return nil }
        guard let token = tokens.first(where: { $0.settings.name == log.token }) else {
            throw StartError("log: no token of the name \(log.token)")
        }
        self.token = token
        let text = try readText(log.key)
        do {
            key = try NoteKey(vkey: text.trimmingSpace)
            witnesses = try log.witnesses.map { (text) throws(LedgerError) in
                let witness = try NoteKey(vkey: text)
                guard witness.kind == .cosignature else {
                    throw .checkpointInvalid("the key of the witness \(witness.name) is not one for cosignatures")
                }
                return witness
            }
        } catch {
            throw StartError("log: \(error.message) \(error.mend)")
        }
        guard key.kind != .cosignature else { throw StartError("\(log.key) is a witness's key, not a log's") }
        checkpointFile = log.checkpointFile
        checkpointSeconds = log.checkpointSeconds
        seen = try log.checkpointFile.map { (path) throws(StartError) in try Self.seen(path) } ?? []
        token.prepare(keys: [key.spki])
    }

    /// The checkpoint that an earlier run wrote; nothing where there is no file yet.
    private static func seen(_ path: String) throws(StartError) -> [(by: String, Checkpoint)] {
        guard access(path, F_OK) == 0 else { return [] }
        let text = try readText(path)
        do {
            return [("the newest checkpoint's file", try Checkpoint(parsing: Array(text.utf8)))]
        } catch {
            throw StartError("\(path): \(error.message) Keep it as evidence, and move it away")
        }
    }

    /// A ledger whose checkpoints are signed stays so, with the key that it knows.
    static func check(_ log: LogKeeping?, against ledger: LedgerStore) throws(StartError) {
        let known: NoteKey?
        do {
            known = try ledger.reader.logKeys().last
        } catch {
            throw StartError(error.description)
        }
        guard known != log?.key else { return }
        switch (known, log?.key) {
        case (let known?, nil):
            throw StartError("the ledger's checkpoints are signed by \(known.name); name that log in the settings")
        case (let known, let key?):
            throw StartError(
                "the settings name the log key \(key.vkey), and the ledger knows \(known?.vkey ?? "none"); "
                    + "give the file that the ceremony wrote for this ledger"
            )
        case (nil, nil): break
        }
    }
}

extension String {
    /// Without spaces and ends of lines before and after.
    fileprivate var trimmingSpace: String {
        let kept = drop(while: \.isWhitespace)
        return String(kept.reversed().drop(while: \.isWhitespace).reversed())
    }
}
