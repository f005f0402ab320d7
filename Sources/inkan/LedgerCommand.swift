import ArgumentParser
import Clocks
import Ledger
import TextForms
import Varlink

/// `inkan ledger`
struct LedgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Read, check and give out the ledger, in use or copied.",
        subcommands: [
            LedgerList.self, LedgerShow.self, LedgerVerify.self, LedgerExport.self, LedgerCopy.self, LedgerProve.self,
            LedgerWitness.self, LedgerCosign.self, LedgerAcceptLoss.self,
        ]
    )
}

/// Which ledger.
struct LedgerOptions: ParsableArguments {
    @Option(help: "The ledger's file.")
    var ledger: String = "/var/lib/inkan/ledger.sqlite"

    func reader() throws -> LedgerReader {
        try readingLedger { () throws(LedgerError) in try LedgerReader(path: ledger) }
    }
}

/// Reads from a ledger and turns failure into a message and an exit code.
func readingLedger<Result>(_ body: () throws(LedgerError) -> Result) throws -> Result {
    do {
        return try body()
    } catch {
        complain("\(error.message) \(error.mend)")
        throw Exit.refused
    }
}

struct LedgerList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The entries, one a line.")

    @OptionGroup var ledger: LedgerOptions

    @Flag(help: "Write each entry's own JSON, one a line.")
    var json = false

    @Option(help: "The first entry to list, counted from 0.")
    var from: Int64 = 0

    @Option(help: "How many entries at most.")
    var limit: Int = 1000

    @Option(help: "Only entries of this kind. May be given many times.")
    var kind: [String] = []

    func run() throws {
        let reader = try ledger.reader()
        let entries = try readingLedger { () throws(LedgerError) in
            try reader.entries(from: from, limit: limit, kinds: Set(kind))
        }
        if json {
            for entry in entries { print(String(decoding: entry.body, as: UTF8.self)) }
            return
        }
        var table = Table("ENTRY", "TIME", "KIND", "WHAT")
        for entry in entries {
            table.add(String(entry.sequence), entry.time.rfc3339, entry.kind, Self.summary(of: entry))
        }
        table.print()
    }

    /// The facts that a person looks for first.
    private static func summary(of entry: LedgerEntry) -> String {
        let limits = JSONLimits(maximumBytes: 1 << 20, maximumDepth: 8, maximumMembers: 4096)
        let value: JSONValue
        do {
            value = try entry.body.withUnsafeBytes { (bytes) throws(JSONError) in
                try JSONParser.parse(bytes, limits: limits)
            }
        } catch {
            return "not readable: \(error)"
        }
        let interesting = [
            "order", "issuer", "profile", "serial", "intent", "token", "state", "reason", "error", "rule", "label",
            "key",
            "version", "answered",
        ]
        let members = value.objectValue?.members.filter { interesting.contains($0.name) } ?? []
        return members.map { member in
            let text = member.value.stringValue ?? String(decoding: member.value.encoded, as: UTF8.self)
            return "\(member.name)=\(text.prefix(60))"
        }.joined(separator: " ")
    }
}

struct LedgerShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One entry in full: the very bytes that its Merkle leaf covers."
    )

    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "The entry's number, counted from 0.")
    var entry: Int64

    func run() throws {
        let reader = try ledger.reader()
        let found = try readingLedger { () throws(LedgerError) in try reader.entry(sequence: entry) }
        guard let found else {
            complain("the ledger has no entry \(entry)")
            throw Exit.refused
        }
        print(String(decoding: found.body, as: UTF8.self))
    }
}
