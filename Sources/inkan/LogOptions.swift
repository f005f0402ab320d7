import ArgumentParser
import Ledger
import SignerService

/// What an outsider checks a log with: its public key, those of witnesses, checkpoints that were kept elsewhere.
struct LogCheckOptions: ParsableArguments {
    @Option(
        help: "The log's public key (a vkey), or a file that holds it. Without it the ledger's own word is believed."
    )
    var key: String?

    @Option(help: "The public key of a witness, or a file that holds it. May be given many times.")
    var witness: [String] = []

    @Option(help: "A checkpoint of this log that was kept elsewhere. May be given many times.")
    var checkpoint: [String] = []

    func logKey() throws -> NoteKey? {
        try key.map(Self.readKey)
    }

    func witnesses() throws -> [NoteKey] {
        try witness.map(Self.readKey)
    }

    func seen() throws -> [Checkpoint] {
        try checkpoint.map(Self.readCheckpoint)
    }

    /// A key that stands in the argument, or in a file of that name.
    static func readKey(_ argument: String) throws -> NoteKey {
        do {
            let text = argument.contains("+") ? argument : try readText(argument)
            return try NoteKey(vkey: text.split(whereSeparator: \.isWhitespace).joined())
        } catch let error as LedgerError {
            complain("\(argument): \(error.message) \(error.mend)")
        } catch {
            complain("\(error)")
        }
        throw Exit.refused
    }

    static func readCheckpoint(_ path: String) throws -> Checkpoint {
        do {
            return try Checkpoint(parsing: Array(try readText(path).utf8))
        } catch let error as LedgerError {
            complain("\(path): \(error.message) \(error.mend)")
        } catch {
            complain("\(error)")
        }
        throw Exit.refused
    }
}

/// Turns what a piece of work throws into a message and an exit code.
func refusing<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as LedgerError {
        complain("\(error.message) \(error.mend)")
    } catch let exit as ExitCode {
        throw exit
    } catch {
        complain("\(error)")
    }
    throw Exit.refused
}
