import Glibc
import Ledger
import SignerService

/// The ledger's log: its key, and what was seen of it.
extension Examination {
    mutating func checkLog(_ settings: SignerSettings) {
        guard let log = settings.log else {
            return add(
                .advice,
                "log",
                "the ledger's checkpoints are not signed, so that nobody outside can check it",
                "give the ceremony's plan a log, hold it, and name the log in the settings"
            )
        }
        do {
            let key = try Self.logKey(log)
            let reader = try LedgerReader(path: settings.ledger)
            guard try reader.logKeys().last == key else {
                return add(
                    .problem,
                    "log",
                    "\(log.key) is not the key that the ledger's checkpoints are signed with",
                    "name the file that the ceremony wrote for this ledger"
                )
            }
            if let file = log.checkpointFile, access(file, F_OK) == 0 {
                let seen = try Checkpoint(parsing: Array(try readText(file).utf8))
                try reader.compare(with: seen, by: "the file \(file)")
            }
            let size = try reader.checkpoint()?.size
            add(.fine, "log", "\(key.name), \(size.map { "\($0) entries" } ?? "nothing yet") under a checkpoint")
        } catch let error as LedgerError {
            add(.problem, "log", error.message, error.mend)
        } catch {
            add(.problem, "log", "\(error)", "name the file that the ceremony wrote")
        }
    }

    /// Whether the log key is among the keys that its token has.
    mutating func checkLogKey(_ log: SignerSettings.LogSettings, among keys: [[UInt8]]) {
        do {
            if keys.contains(try Self.logKey(log).spki) { return add(.fine, "log", "its key is in token \(log.token)") }
            add(.problem, "log", "its key is not in token \(log.token)", "check that this is the right token")
        } catch {
            // What is wrong with the key's file has been said.
            return
        }
    }

    private static func logKey(_ log: SignerSettings.LogSettings) throws -> NoteKey {
        try NoteKey(vkey: try readText(log.key).split(whereSeparator: \.isWhitespace).joined())
    }
}
