import Foundation
import Testing
import Workbench

/// One entry of the ledger, as `inkan ledger list --json` prints it.
struct LedgerLine: Decodable, Equatable {
    var kind: String
    var order: String?
    var rule: String?
    var error: String?
    var keyOrigin: String?
    var keyRoute: String?
}

extension RunningAppliance {
    /// The ledger's entries so far, read beside the running service.
    func ledgerEntries() throws -> [LedgerLine] {
        let listing = try ChildProgram.check(
            "\(establishment.binaries)/inkan",
            ["ledger", "list", "--json", "--limit", "1000000", "--ledger", establishment.folder.file("ledger.sqlite")]
        )
        return try listing.split(separator: "\n").map { line in
            try JSONDecoder().decode(LedgerLine.self, from: Data(line.utf8))
        }
    }

    /// What the ledger says of one order.
    func ledgerEntries(order: String) throws -> [LedgerLine] {
        try ledgerEntries().filter { $0.order == order }
    }
}
