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
            password, subject.NAME (such as subject.commonName) and san.KIND (such as san.rfc822Name). Each row becomes \
            ORDER.p12 in the folder, and ORDER.password where the appliance has made the password; both of mode 0600. \
            Run again, it goes on: rows whose file is there are left out.
            """
    )

    @OptionGroup var socket: SocketOptions

    @Option(help: "The CSV file; of mode 0600 if it has passwords.")
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

/// Orders for keys in a CSV file (RFC 4180).
enum KeyOrderFile {
    static func read(_ path: String) throws -> [KeyOrder] {
        var rows = try CSVText.rows(of: readText(path))
        guard !rows.isEmpty else { throw ValidationError("\(path) has no header line") }
        let header = rows.removeFirst()
        if header.contains("password") { try checkPrivate(path) }
        let orders = try rows.enumerated().map { number, row in
            guard row.count == header.count else {
                throw ValidationError("row \(number + 2) has \(row.count) fields, the header has \(header.count)")
            }
            return try order(Array(zip(header, row)), row: number + 2)
        }
        var names: Set<String> = []
        for order in orders where !names.insert(order.order.order).inserted {
            throw ValidationError("the order “\(order.order.order)” stands there twice")
        }
        return orders
    }

    private static func order(_ fields: [(name: String, value: String)], row: Int) throws -> KeyOrder {
        var order = CertificateOrder(order: "", profile: "", request: "")
        var (key, variant, password) = ("p-256", "modern", ConfidentialText?.none)
        for (name, value) in fields where !value.isEmpty {
            switch name {
            case "order": order.order = value
            case "profile": order.profile = value
            case "issuer": order.issuer = value
            case "key": key = value
            case "variant": variant = value
            case "sid": order.securityIdentifier = value
            case "password": password = ConfidentialText(value)
            case "days":
                guard let days = Int(value) else { throw ValidationError("row \(row): days is no number: \(value)") }
                order.validityDays = days
            case _ where name.hasPrefix("subject."):
                order.subject.append(.init(String(name.dropFirst(8)), value))
            case _ where name.hasPrefix("san."):
                order.alternativeNames.append(.init(String(name.dropFirst(4)), value))
            default: throw ValidationError("there is no column “\(name)”; inkan help issue-keys names them")
            }
        }
        // It becomes a file's name.
        guard !order.order.isEmpty, !order.order.contains("/"), !order.order.hasPrefix(".") else {
            throw ValidationError("row \(row): the order's identifier is missing, or is no name for a file")
        }
        return KeyOrder(order, keyAlgorithm: key, variant: variant, password: password)
    }

    private static func checkPrivate(_ path: String) throws {
        guard try KeyFiles.isPrivate(path) else {
            throw ValidationError("\(path) has passwords and can be read by group or others; chmod it to 0600")
        }
    }
}

/// Comma-separated values as RFC 4180 has them.
enum CSVText {
    static func rows(of text: String) throws -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field = ""
        var isQuoted = false
        var characters = Array(text.unicodeScalars.drop { $0 == "\u{feff}" })[...]
        func endRow() {
            row.append(field)
            if row != [""] { rows.append(row) }
            row = []
            field = ""
        }
        while let character = characters.popFirst() {
            switch character {
            case "\"" where isQuoted && characters.first == "\"":
                characters.removeFirst()
                field.unicodeScalars.append("\"")
            case "\"" where isQuoted: isQuoted = false
            case "\"" where field.isEmpty: isQuoted = true
            case "," where !isQuoted:
                row.append(field)
                field = ""
            case "\n" where !isQuoted: endRow()
            case "\r" where !isQuoted && characters.first == "\n": break
            default: field.unicodeScalars.append(character)
            }
        }
        guard !isQuoted else { throw ValidationError("a quotation mark is not closed") }
        endRow()
        return rows
    }
}
