import ArgumentParser
import Glibc
import SignerClient
import Varlink

/// How a command ends when it does not succeed.
enum Exit {
    /// The appliance refused, or a check found something.
    static let refused = ExitCode(1)
    /// The appliance cannot be reached, or is not ready.
    static let unreachable = ExitCode(2)
}

/// Where the appliance listens, and how long to wait for it.
struct SocketOptions: ParsableArguments {
    @Option(help: "Path of the appliance's socket (or INKAN_SOCKET).")
    var socket: String?

    @Option(help: "Seconds to wait for an answer.")
    var timeout: Int = 30

    /// Connects, or ends the command.
    ///
    /// - Parameter patience: seconds that an answer may take at least; a card needs a minute for a key.
    func connect(patience: Int = 0) throws -> SignerClient {
        try answering { () throws(SignerClientError) in try client(patience: patience) }
    }

    /// Connects to the officers' socket: the one that was named, if it is that, or the one beside it.
    func officerClient() throws(SignerClientError) -> SignerClient {
        let place = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return try SignerClient(socket: (place + ["officer.sock"]).joined(separator: "/"), timeout: .seconds(timeout))
    }

    private var path: String {
        socket ?? getenv("INKAN_SOCKET").map { String(cString: $0) } ?? "/run/inkan/signer.sock"
    }

    /// Connects.
    func client(patience: Int = 0) throws(SignerClientError) -> SignerClient {
        try SignerClient(socket: path, timeout: .seconds(max(timeout, patience)))
    }
}

/// Whether to write for people or for programs.
struct FormatOptions: ParsableArguments {
    @Flag(help: "Write JSON, for programs.")
    var json = false

    func print(_ object: JSONObject, forPeople body: () -> Void) {
        if json {
            Swift.print(String(decoding: JSONValue.object(object).encoded, as: UTF8.self))
        } else {
            body()
        }
    }
}

/// Runs a call and turns its failure into a message and an exit code.
func answering<Result>(_ body: () throws(SignerClientError) -> Result) throws -> Result {
    do {
        return try body()
    } catch {
        complain("\(error)")
        if case .refused = error { throw Exit.refused }
        throw Exit.unreachable
    }
}

/// A line on the standard error stream.
func complain(_ message: String) {
    let line = "inkan: \(message)\n"
    line.withCString { _ = write(STDERR_FILENO, $0, strlen($0)) }
}

/// Columns as wide as their widest cell; full-width characters count two.
struct Table {
    private var rows: [[String]]

    init(_ header: String...) {
        rows = [header]
    }

    /// What callers chose may be in a cell: whatever could steer the terminal is shown as �.
    mutating func add(_ cells: String...) {
        rows.append(cells.map { String(String.UnicodeScalarView($0.unicodeScalars.map(Self.shown))) })
    }

    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: "\u{fffd}"
        default: scalar
        }
    }

    func print() {
        let widths = rows[0].indices.map { column in rows.map { Self.width($0[column]) }.max() ?? 0 }
        for row in rows {
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - Self.width($0)) }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            Swift.print(line)
        }
    }

    private static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + (isWide($1) ? 2 : 1) }
    }

    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
            0xffe0...0xffe6, 0x20000...0x3fffd:
            true
        default: false
        }
    }
}
