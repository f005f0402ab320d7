import Foundation
import Testing
import Workbench

/// One entry of the ledger with what crash and fault tests look at, as `inkan ledger list --json` prints it.
struct HistoryEntry: Decodable {
    var sequence: Int64
    var kind: String
    var order: String?
    var serial: String?
    var certificate: String?
    var intent: Int64?
    var reason: String?
    var rule: String?
    var error: String?
    var clock: String?
}

extension Establishment {
    /// The ledger of this establishment, unless a test keeps it elsewhere.
    var ledgerPath: String { folder.file("ledger.sqlite") }

    /// The ledger's entries, in order; a service may be running.
    func history(ledger: String? = nil) throws -> [HistoryEntry] {
        let listing = try ChildProgram.check(
            "\(binaries)/inkan",
            ["ledger", "list", "--json", "--limit", "1000000", "--ledger", ledger ?? ledgerPath]
        )
        return try listing.split(separator: "\n").map { line in
            try JSONDecoder().decode(HistoryEntry.self, from: Data(line.utf8))
        }
    }

    /// The entries of one order, in order.
    func history(of order: String, ledger: String? = nil) throws -> [HistoryEntry] {
        try history(ledger: ledger).filter { $0.order == order }
    }

    /// Checks what must hold after whatever has happened: the ledger verifies, no serial and no order has two
    /// certificates, and every intent has exactly one outcome.
    func expectSoundHistory(ledger: String? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let verdict = try ChildProgram.run("\(binaries)/inkan", ["ledger", "verify", "--ledger", ledger ?? ledgerPath])
        #expect(verdict.status == 0, "\(verdict.output)\(verdict.complaints)", sourceLocation: sourceLocation)
        let history = try history(ledger: ledger)
        let intents = history.filter { $0.kind == "intent" }
        let outcomes = history.filter { $0.kind == "certificate" || $0.kind == "intent-closed" }.compactMap(\.intent)
        #expect(intents.map(\.sequence) == outcomes.sorted(), "an outcome each", sourceLocation: sourceLocation)
        let certificates = history.filter { $0.kind == "certificate" }
        #expect(Set(intents.map(\.serial)).count == intents.count, "serials", sourceLocation: sourceLocation)
        #expect(Set(certificates.map(\.order)).count == certificates.count, "orders", sourceLocation: sourceLocation)
    }
}
