import ArgumentParser
import Clocks
import Glibc
import Ledger
import SignerAPI
import SignerClient
import SignerService
import Workbench

/// `inkan ledger witness`
struct LedgerWitness: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness",
        abstract: "Be a witness of a log: check a copy, and sign its checkpoint.",
        discussion: """
            To be run by somebody else, on another machine. The whole copy is checked with the log's key, and against the \
            checkpoint that was signed last; then the checkpoint gets a line of the witness's (C2SP tlog-cosignature). \
            `inkan ledger cosign` brings it back to the appliance.
            """,
        subcommands: [WitnessKeyCommand.self, WitnessSign.self]
    )
}

struct WitnessKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make a witness's key, or show the public half of one that is there."
    )

    @Option(help: "The witness's name, by custom like a URL without its scheme.")
    var name: String

    @Option(help: "The key's file, of mode 0600; made when it is missing.")
    var keyFile: String

    func run() throws {
        try refusing {
            if access(keyFile, F_OK) != 0 { try WitnessKey.make(keyFile) }
            print(try WitnessKey(name: name, file: keyFile).publicKey.vkey)
        }
    }
}

struct WitnessSign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Check a copy and sign its checkpoint.",
        discussion: "Ends with 1, and signs nothing, when anything is wrong with the copy."
    )

    @Option(help: "The witness's name.")
    var name: String

    @Option(help: "The witness's key.")
    var keyFile: String

    @Option(help: "A folder that `inkan ledger copy` wrote.")
    var copy: String

    @Option(help: "The log's public key, or a file that holds it.")
    var key: String

    @Option(help: "Where the witness keeps the checkpoint that it signed last. Losing it is losing the memory.")
    var state: String

    @Option(help: "Where the signed checkpoint is written.")
    var out: String

    func run() throws {
        let logKey = try LogCheckOptions.readKey(key)
        let last = access(state, F_OK) == 0 ? [try LogCheckOptions.readCheckpoint(state)] : []
        try refusing {
            let folder = CopyFolder(path: copy)
            var verification = LogCopyVerification(key: logKey, seen: last)
            let report = try verification.verify(paths: try folder.paths(), read: folder.read)
            if !report.isSound {
                for finding in report.findings { complain("FOUND \(finding)") }
                throw Exit.refused
            }
            let checkpoint = try Checkpoint(parsing: try folder.read("checkpoint"))
            let witness = try WitnessKey(name: name, file: keyFile)
            let line = try witness.cosign(checkpoint, at: UInt64(max(0, SystemClock().now.seconds)))
            let signed = checkpoint.adding([line])
            // First the memory, so that nothing is signed that could be forgotten.
            for path in [state, out] {
                try writeText(String(decoding: signed.note.encoded, as: UTF8.self), to: path)
            }
            print(line.line)
        }
    }
}

/// `inkan ledger cosign`
struct LedgerCosign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cosign",
        abstract: "Bring a checkpoint with a witness's signature back to the appliance."
    )

    @OptionGroup var socket: SocketOptions

    @Option(help: "The checkpoint's file.")
    var checkpoint: String

    func run() throws {
        let text = try refusing { try readText(checkpoint) }
        let client = try socket.connect()
        let answer = try answering { () throws(SignerClientError) in
            try client.call(LedgerInterface.Method.addCosignature.fullName) { $0.member("checkpoint", text) }
        }
        print("\(answer.number("added")) cosignatures kept under the checkpoint of size \(answer.number("size"))")
    }
}
