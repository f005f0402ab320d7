import Foundation
import SignerAPI
import Testing
import Workbench

/// Sends an order that has to be refused, and checks all that a refusal is: a typed error that names the rule and the
/// mend, nothing signed, one entry in the ledger, the service ready for the next. The order's identifier must be new.
@discardableResult
func expectRefusal(
    of order: CertificateOrder,
    by appliance: RunningAppliance,
    _ error: String,
    _ rule: String,
    recordedAs recordedOrder: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> ServiceError {
    let recordedOrder = recordedOrder ?? order.order
    let client = try appliance.client()
    let refused = try #require(refusal(of: { try client.issue(order) }, sourceLocation: sourceLocation))
    #expect(refused.name == "io.inkan.Signer.\(error)", "\(refused)", sourceLocation: sourceLocation)
    #expect(refused.rule == rule, "\(refused)", sourceLocation: sourceLocation)
    #expect(!refused.message.isEmpty && !refused.mend.isEmpty, "\(refused)", sourceLocation: sourceLocation)
    #expect(refused.message.utf8.count < 2000, "the message repeats what it was sent", sourceLocation: sourceLocation)
    #expect(
        try appliance.ledgerEntries(order: recordedOrder)
            == [LedgerLine(kind: "refusal", order: recordedOrder, rule: rule, error: error)],
        sourceLocation: sourceLocation
    )
    #expect(try client.call(.getStatus)["ready"]?.boolValue == true, sourceLocation: sourceLocation)
    return refused
}
