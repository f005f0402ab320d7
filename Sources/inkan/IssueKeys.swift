import ArgumentParser
import Secrets
import SignerAPI
import SignerClient
import SignerService
import Varlink

/// `inkan issue-keys`
struct IssueKeys: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue-keys",
        abstract: "Have many key pairs and certificates made, as PKCS#12 files in a folder.",
        discussion: """
            The orders come from a CSV file with a header line. Columns: order, profile, issuer, key, variant, sid, days, \
            password, subject.NAME (such as subject.commonName) and san.KIND (such as san.rfc822Name). Or they come as \
            JSON Lines: an object a line, with the columns' names for its members; days is a number, and what stands \
            there several times a list. Each order becomes ORDER.p12 in the folder, and ORDER.password where the \
            appliance has made the password; both of mode 0600. Run again, it goes on: orders whose file is there are \
            left out.
            """
    )

    @OptionGroup var socket: SocketOptions

    @Option(help: "The file of CSV or JSON Lines; of mode 0600 if it has passwords.")
    var orders: String

    @Option(help: "The folder for the files; it must be there.")
    var folder: String

    /// What the service takes in one call.
    private static let mostInCall = 200

    func run() throws {
        let rows = try KeyOrderFile.read(orders)
        let waiting = rows.filter { !KeyFiles.exists(path(of: $0, "p12")) }
        complain("\(rows.count) orders, \(rows.count - waiting.count) of them are there already")
        var tally = Tally(total: waiting.count)
        let client = try socket.connect()
        for start in stride(from: 0, to: waiting.count, by: Self.mostInCall) {
            let part = Array(waiting[start..<min(start + Self.mostInCall, waiting.count)])
            try answering { () throws(SignerClientError) in
                try client.issueKeys(part) { index, result in
                    guard part.indices.contains(index) else { return }
                    settle(part[index], result, &tally)
                }
            }
        }
        complain("\(tally.made) made, \(tally.failed) not")
        if tally.failed > 0 { throw Exit.refused }
    }

    private struct Tally {
        let total: Int
        var made = 0
        var failed = 0
    }

    private func settle(_ order: KeyOrder, _ result: Result<IssuedKey, ServiceError>, _ tally: inout Tally) {
        let name = order.order.order
        switch result {
        case .success(let issued):
            do throws(StartError) {
                // The password first: a file without one is of no use, and would count as done.
                if let password = issued.password { try KeyFiles.write(password, to: path(of: order, "password")) }
                try KeyFiles.write(issued.pkcs12, to: path(of: order, "p12"))
                tally.made += 1
                complain("\(tally.made + tally.failed) of \(tally.total): \(name), serial \(issued.issued.serial)")
            } catch {
                tally.failed += 1
                complain("\(name): \(error); revoke serial \(issued.issued.serial) and order anew")
            }
        case .failure(let error):
            tally.failed += 1
            let serial = error.serial.map { ", serial \($0)" } ?? ""
            complain("\(name): \(error.message); \(error.mend) [\(error.name), \(error.rule)\(serial)]")
        }
    }

    private func path(of order: KeyOrder, _ ending: String) -> String {
        "\(folder)/\(order.order.order).\(ending)"
    }
}
