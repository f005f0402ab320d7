import ArgumentParser
import Clocks
import Glibc
import Ledger

/// `inkan ledger export`
struct LedgerExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Entries as JSON Lines or CSV, by time and kind.",
        discussion: """
            JSON Lines has the very text of each entry, the one that its Merkle leaf covers. CSV is for spreadsheets: no \
            cell of it can be taken for a formula. For a signed export sign the file at an officer's desk (handbook, \
            “Exports”).
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case jsonl, csv
    }

    @OptionGroup var ledger: LedgerOptions

    @Option(help: "jsonl or csv.")
    var format: Format = .jsonl

    @Option(help: "The first moment, in UTC: 2026-11-27 or 2026-11-27T09:00:00Z.")
    var from: String?

    @Option(help: "The first moment that is no longer wanted.")
    var until: String?

    @Option(help: "Only entries of this kind. May be given many times.")
    var kind: [String] = []

    @Option(help: "A file that is not there yet; without it the standard output.")
    var out: String?

    func run() throws {
        var filter = EntryFilter()
        filter.from = try from.map(Self.moment)
        filter.until = try until.map(Self.moment)
        filter.kinds = Set(kind)
        let reader = try ledger.reader()
        try refusing {
            var output = try OutputFile(out)
            if format == .csv { try output.write(EntryTable.header) }
            try reader.forEachEntry(filter) { entry in
                switch format {
                case .jsonl: try output.write(String(decoding: entry.body, as: UTF8.self) + "\n")
                case .csv: try output.write(try EntryTable.row(entry))
                }
            }
            try output.finish()
        }
    }

    private static func moment(_ text: String) throws -> Timestamp {
        let whole = text.utf8.count == 10 ? "\(text)T00:00:00Z" : text
        guard let time = CivilTime(rfc3339: whole) else {
            complain("“\(text)” is no moment; write 2026-11-27 or 2026-11-27T09:00:00Z")
            throw Exit.refused
        }
        return Timestamp(seconds: time.secondsSinceEpoch)
    }
}

/// A new file, or the standard output, written in large pieces.
struct OutputFile {
    private let descriptor: Int32
    private let path: String?
    private var waiting: [UInt8] = []

    /// Makes the file; one that is there is never overwritten.
    init(_ path: String?) throws {
        self.path = path
        guard let path else {
            descriptor = STDOUT_FILENO
            return
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw OutputError(path: path, reason: String(cString: strerror(errno))) }
    }

    mutating func write(_ text: String) throws {
        waiting.append(contentsOf: text.utf8)
        if waiting.count > 1 << 16 { try flush() }
    }

    mutating func finish() throws {
        try flush()
        guard let path else { return }
        guard fsync(descriptor) == 0, close(descriptor) == 0 else {
            throw OutputError(path: path, reason: String(cString: strerror(errno)))
        }
    }

    private mutating func flush() throws {
        var rest = waiting[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw OutputError(path: path ?? "the standard output", reason: String(cString: strerror(errno)))
            }
            rest = rest.dropFirst(count)
        }
        waiting.removeAll(keepingCapacity: true)
    }
}

struct OutputError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "cannot write \(path): \(reason)" }
}

/// `inkan ledger copy`
struct LedgerCopy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Write the log out for others, up to its newest checkpoint, in the layout of C2SP tlog-tiles.",
        discussion: """
            The folder can be served by any web server, and checked with `inkan ledger verify --copy` by whoever has the \
            log's public key. Written again, it gets what is new.
            """
    )

    @OptionGroup var ledger: LedgerOptions

    @Option(help: "The copy's folder.")
    var to: String

    func run() throws {
        let folder = CopyFolder(path: to)
        let reader = try ledger.reader()
        let checkpoint = try refusing { try reader.writeCopy(isThere: folder.has, write: folder.write) }
        print("\(checkpoint.size) entries of \(checkpoint.origin), root \(checkpoint.root.base64)")
    }
}

/// `inkan ledger prove`
struct LedgerProve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Proof that an entry is in the log, as a C2SP tlog-proof: checked by others without the ledger."
    )

    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "The entry's number, counted from 0.")
    var entry: Int64

    func run() throws {
        let reader = try ledger.reader()
        let text = try refusing { () throws -> String in
            guard let checkpoint = try reader.checkpoint() else { throw LedgerError.checkpointUnknown(size: 0) }
            let proof = try reader.inclusionProof(entry: entry, size: checkpoint.size)
            let path = proof.path.map { "\($0.base64)\n" }.joined()
            let note = String(decoding: checkpoint.note.encoded, as: UTF8.self)
            return "c2sp.org/tlog-proof@v1\nindex \(entry)\n\(path)\n\(note)"
        }
        print(text, terminator: "")
    }
}
