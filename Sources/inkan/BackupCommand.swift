import ArgumentParser
import Glibc
import Ledger
import SignerService
import TextForms

/// Where a service's ledger is, and what it is checked with.
struct KeptLedgerOptions: ParsableArguments {
    @Option(help: "The service's settings file: names the ledger, the log's key and the checkpoint's file.")
    var config: String?

    @Option(help: "The ledger's file, where no settings are given.")
    var ledger: String?

    @OptionGroup var check: LogCheckOptions

    func settings() throws -> SignerSettings? {
        try refusing { try config.map { try SignerSettings(file: $0) } }
    }

    func path(_ settings: SignerSettings?) throws -> String {
        guard let path = ledger ?? settings?.ledger else {
            complain("name the service's settings with --config, or the ledger with --ledger")
            throw Exit.refused
        }
        return path
    }

    /// With the log's key and every checkpoint that is known.
    func copying(_ settings: SignerSettings?) throws -> LedgerCopying {
        var seen = try check.seen()
        if let file = settings?.log?.checkpointFile, access(file, F_OK) == 0 {
            seen.append(try LogCheckOptions.readCheckpoint(file))
        }
        let key = try check.logKey() ?? settings?.log.map { try LogCheckOptions.readKey($0.key) }
        return LedgerCopying(key: key, seen: seen)
    }
}

/// `inkan backup`
struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the ledger into one verified file, while the service runs.",
        discussion: """
            The copy is consistent: it holds everything up to one commit. It is verified from its first entry to its last \
            checkpoint before it gets its name. Keys stay in their tokens: back those up by the means of their maker.
            """
    )

    @OptionGroup var kept: KeptLedgerOptions
    @OptionGroup var format: FormatOptions

    @Option(help: "The copy's file, which is not there yet.")
    var to: String

    func run() throws {
        try refusing {
            let settings = try kept.settings()
            let source = try LedgerReader(path: try kept.path(settings))
            let outcome = try kept.copying(settings).copy(source, to: to)
            outcome.report(format, "backed up to \(to)")
        }
    }
}

/// `inkan restore`
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup of the ledger in place, verified against the last checkpoint.",
        discussion: """
            Nothing is overwritten: what is left of the old ledger is moved away first, as evidence. A backup that is older \
            than a checkpoint that is known is refused. The service issues nothing from a ledger that is older than what \
            its log token remembers: what was issued after the backup is not in it. `inkan ledger accept-loss` is an \
            officer's word that this cannot be mended.
            """
    )

    @OptionGroup var kept: KeptLedgerOptions
    @OptionGroup var format: FormatOptions

    @Option(help: "The backup's file.")
    var from: String

    @Flag(help: "Take a backup that is older than a known checkpoint. The service will refuse to issue from it.")
    var older = false

    func run() throws {
        try refusing {
            let settings = try kept.settings()
            let path = try kept.path(settings)
            for rest in [path + "-wal", path + "-shm"] where access(rest, F_OK) == 0 {
                throw LedgerError.copyRefused("\(rest) is left of another ledger; move it away with that")
            }
            let copying = older ? LedgerCopying(key: try kept.check.logKey()) : try kept.copying(settings)
            let outcome = try copying.copy(try LedgerReader(path: from), to: path)
            outcome.report(format, "put in place: \(path)")
        }
    }
}

extension LedgerCopying.Outcome {
    fileprivate func report(_ format: FormatOptions, _ done: String) {
        let root = HexText.encode(report.head?.root ?? [])
        format.print([
            "entries": .integer(report.entries), "certificates": .integer(report.certificates), "root": .string(root),
            "checkpoint": .integer(checkpoint?.size ?? 0), "openIntents": .integer(Int64(report.openIntents.count)),
        ]) {
            print(done)
            print("\(report.entries) entries, \(report.certificates) certificates, root \(root)")
            print("newest checkpoint: \(checkpoint.map { "\($0.size) entries of \($0.origin)" } ?? "none")")
        }
    }
}
