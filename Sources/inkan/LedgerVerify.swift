import ArgumentParser
import Ledger
import TextForms
import Varlink

/// `inkan ledger verify`
struct LedgerVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every entry, every leaf, every tile, every checkpoint; of a ledger or of a copy.",
        discussion: """
            A copy (--copy) is checked with the log's public key and nothing else. Checkpoints that were kept elsewhere \
            (--checkpoint) tell a ledger that was put back, and one with another history. Ends with 0 when nothing was \
            found, with 1 otherwise.
            """
    )

    @OptionGroup var ledger: LedgerOptions

    @Option(help: "A folder that `inkan ledger copy` wrote, instead of the ledger's file.")
    var copy: String?

    @Option(help: "A whole export in JSON Lines, checked against the checkpoint that is given first.")
    var lines: String?

    @OptionGroup var check: LogCheckOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        let report = try refusing { try copy.map(verifyCopy) ?? lines.map(verifyLines) ?? verifyLedger() }
        let root = HexText.encode(report.head?.root ?? [])
        format.print([
            "entries": .integer(report.entries), "certificates": .integer(report.certificates), "root": .string(root),
            "checkpoints": .integer(report.checkpoints),
            "findings": .array(report.findings.map { .string($0.description) }),
            "findingCount": .integer(Int64(report.findingCount)),
        ]) {
            print(
                "\(report.entries) entries, \(report.certificates) certificates, \(report.checkpoints) checkpoints, "
                    + "root \(root)"
            )
            for finding in report.findings { print("FOUND \(finding)") }
            print(report.isSound ? "nothing found wrong" : "\(report.findingCount) findings")
        }
        if !report.isSound { throw Exit.refused }
    }

    private func verifyLedger() throws -> VerificationReport {
        let (key, seen) = (try check.logKey(), try check.seen())
        guard check.witness.isEmpty else {
            complain("witnesses are checked on a copy (--copy)")
            throw Exit.refused
        }
        return try ledger.reader().verify(key: key, seen: seen) { count in
            if count > 0, count.isMultiple(of: 100_000) { complain("\(count) entries checked") }
        }
    }

    private func verifyLines(_ path: String) throws -> VerificationReport {
        var seen = try check.seen()
        guard let key = try check.logKey(), !seen.isEmpty else {
            complain(
                "an export is checked with the log's public key and a checkpoint: give them with --key and --checkpoint"
            )
            throw Exit.refused
        }
        let newest = seen.removeFirst()
        var verification = try LogLinesVerification(checkpoint: newest, key: key, seen: seen)
        try CopyFolder.forEachLine(of: path) { verification.add($0) }
        return verification.finish()
    }

    private func verifyCopy(_ path: String) throws -> VerificationReport {
        guard let key = try check.logKey() else {
            complain("a copy is checked with the log's public key: give it with --key")
            throw Exit.refused
        }
        let folder = CopyFolder(path: path)
        var verification = LogCopyVerification(key: key, witnesses: try check.witnesses(), seen: try check.seen())
        return try verification.verify(paths: try folder.paths(), read: folder.read)
    }
}
