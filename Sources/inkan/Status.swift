import ArgumentParser
import Clocks
import Glibc
import SignerAPI
import SignerClient
import Varlink

/// `inkan status`
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whether the appliance can issue, its tokens and its ledger.",
        discussion: "Ends with 0 when it is ready, with 2 when not."
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    @Option(help: "Wait up to so many seconds for the appliance to become ready.")
    var wait: Int = 0

    func run() throws {
        let answer = try waitUntilReady()
        format.print(answer) { Self.describe(answer) }
        if answer["ready"]?.boolValue != true { throw Exit.unreachable }
    }

    private func waitUntilReady() throws -> JSONObject {
        let deadline = monotonicNanoseconds() + UInt64(max(0, wait)) * 1_000_000_000
        while true {
            let isLastTry = monotonicNanoseconds() >= deadline
            if isLastTry {
                let client = try socket.connect()
                return try answering { () throws(SignerClientError) in try client.call(.getStatus) }
            }
            if let answer = tryOnce(), answer["ready"]?.boolValue == true { return answer }
            poll(nil, 0, 20)
        }
    }

    /// While waiting, a socket that is not there yet is no error.
    private func tryOnce() -> JSONObject? {
        do {
            return try socket.client().call(.getStatus)
        } catch {
            return nil
        }
    }

    private static func describe(_ answer: JSONObject) {
        let ready = answer["ready"]?.boolValue == true
        print(ready ? "ready" : "not ready: \(answer["problem"]?.stringValue ?? "")")
        print("version     \(answer["version"]?.stringValue ?? ""), up \(answer["upSeconds"]?.integerValue ?? 0) s")
        let hash = answer["profileSetHash"]?.stringValue ?? ""
        print("profiles    \(answer["profileSetVersion"]?.stringValue ?? ""), SHA-256 \(hash)")
        let ledger = answer["ledger"]?.objectValue ?? [:]
        print("ledger      \(ledger["entries"]?.integerValue ?? 0) entries, root \(ledger["root"]?.stringValue ?? "")")
        if let covered = ledger["checkpoint"]?.integerValue { print("checkpoint  \(covered) entries are under it") }
        var table = Table("TOKEN", "STATE", "SERIAL", "LABEL", "SESSIONS", "RESTARTS", "PROBLEM")
        for token in (answer["tokens"]?.arrayValue ?? []).compactMap(\.objectValue) {
            table.add(
                token.text("name"),
                token.text("state"),
                token.text("serial"),
                token.text("label"),
                token.number("sessions"),
                token.number("restarts"),
                token.text("problem")
            )
        }
        table.print()
    }
}

extension JSONObject {
    /// A text, or nothing where there is none.
    func text(_ name: String) -> String { self[name]?.stringValue ?? "" }

    /// A number as text.
    func number(_ name: String) -> String { self[name]?.integerValue.map(String.init) ?? "" }

    /// A list of texts, with commas.
    func list(_ name: String) -> String {
        (self[name]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", ")
    }
}
