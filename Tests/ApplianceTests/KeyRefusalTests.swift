import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

@Suite("Keys that are not made (P12-03, P12-05)", .sharedAppliance)
struct KeyRefusalTests {
    private struct Bad: CustomTestStringConvertible {
        var what: String
        var error: String
        var rule: String
        var change: @Sendable (inout KeyOrder) -> Void

        init(_ what: String, _ error: String, _ rule: String, _ change: @escaping @Sendable (inout KeyOrder) -> Void) {
            (self.what, self.error, self.rule, self.change) = (what, error, rule, change)
        }

        var testDescription: String { what }
    }

    private static let bad: [Bad] = [
        Bad("a password of 11", "PolicyViolation", "password.form") { $0.password = ConfidentialText("Aa1Bb2Cc3Dd") },
        Bad("a password of 118", "PolicyViolation", "password.form") {
            $0.password = ConfidentialText(String(repeating: "x", count: 118))
        },
        Bad("an empty password", "PolicyViolation", "password.form") { $0.password = ConfidentialText("") },
        Bad("a password with a sign", "PolicyViolation", "password.form") {
            $0.password = ConfidentialText("Aa1Bb2Cc3Dd!")
        },
        Bad("a password with a quotation mark", "PolicyViolation", "password.form") {
            $0.password = ConfidentialText("Aa1Bb2\"Cc3Dd4")
        },
        Bad("a password in Japanese", "PolicyViolation", "password.form") {
            $0.password = ConfidentialText("パスワードパスワードパスワード")
        },
        Bad("an unknown variant", "RequestRejected", "request.name") { $0.variant = "rc2-40" },
        Bad("an unknown key algorithm", "RequestRejected", "request.name") { $0.keyAlgorithm = "rsa-1024" },
        Bad("an unknown profile", "PolicyViolation", "profile.unknown") { $0.order.profile = "nothing" },
        Bad("a bad identifier", "RequestRejected", "request.order") { $0.order.order = "a b" },
        Bad("an attribute that is missing", "PolicyViolation", "subject.attribute-missing") {
            $0.order.subject.removeFirst()
        },
    ]

    @Test("bad input is refused with its rule before any key is made", arguments: bad)
    private func badInput(bad: Bad) throws {
        let appliance = try SharedAppliance.current
        var order = try Stage.keyOrder("bad-\(abs(bad.what.hashValue))")
        bad.change(&order)
        let error = try #require(refusal { try appliance.client().issueKey(order) })
        #expect(error.name == "io.inkan.Signer.\(bad.error)" && error.rule == bad.rule, "\(error)")
        #expect(!error.message.isEmpty && !error.mend.isEmpty)
        let made = try appliance.ledgerEntries(order: order.order.order)
        #expect(!made.contains { $0.kind == "intent" })
    }

    @Test("a profile whose passwords the service makes takes none of the caller's")
    func mailPassword() throws {
        var order = try Stage.mailKeyOrder("mail-password")
        order.password = ConfidentialText("Aa1Bb2Cc3Dd4")
        let error = try #require(refusal { try SharedAppliance.current.client().issueKey(order) })
        #expect(error.rule == "password.not-allowed" && error.name == "io.inkan.Signer.PolicyViolation")
    }

    @Test("a password that is no text is refused by the interface")
    func numberForPassword() throws {
        let client = try SharedAppliance.current.client()
        let order = try Stage.keyOrder("number", password: nil)
        let error = refusal {
            try client.call(.issueKeyAndCertificate) { writer in
                writer.object("order") { writer in
                    writer.member("order", order.order.order)
                    writer.member("profile", order.order.profile)
                    writer.member("keyAlgorithm", order.keyAlgorithm)
                    writer.member("variant", order.variant)
                    writer.member("password", 123_456_789_012)
                    writer.name("subject")
                    writer.beginArray()
                    writer.endArray()
                }
            }
        }
        #expect(error?.name == "org.varlink.service.InvalidParameter")
    }

    @Test("a refusal repeats nothing of the password, nor does the ledger or the log")
    func silence() throws {
        let appliance = try SharedAppliance.current
        let canary = "Canary-パス-6f1d0a"
        let error = try #require(
            refusal { try appliance.client().issueKey(Stage.keyOrder("silence", password: canary)) }
        )
        #expect(error.rule == "password.form")
        #expect(!"\(error)".contains("6f1d0a"))
        #expect(try !appliance.log.contains("6f1d0a"))
        let listing = try ChildProgram.check(
            "\(appliance.establishment.binaries)/inkan",
            ["ledger", "list", "--json", "--ledger", appliance.establishment.ledgerPath]
        )
        #expect(!listing.contains("6f1d0a"))
    }

    @Test("an order that was fulfilled gives its key to nobody again, and makes no second certificate")
    func repeated() throws {
        let appliance = try SharedAppliance.current
        let client = try appliance.client()
        let first = try client.issueKey(Stage.keyOrder("again"))
        let error = try #require(refusal { try client.issueKey(Stage.keyOrder("again")) })
        #expect(error.name == "io.inkan.Signer.KeyGone" && error.rule == "key.gone")
        #expect(error.serial == first.issued.serial)
        // Another password is no other order: that is not how a key is got a second time.
        let other = try #require(refusal { try client.issueKey(Stage.keyOrder("again", password: "Another12345")) })
        #expect(other.name == "io.inkan.Signer.KeyGone")
        let changed = try #require(refusal { try client.issueKey(Stage.keyOrder("again", variant: "compatible")) })
        #expect(changed.name == "io.inkan.Signer.OrderConflict")
        let withRequest = try #require(refusal { try client.issue(Stage.order("again")) })
        #expect(withRequest.name == "io.inkan.Signer.OrderConflict")
        let entries = try appliance.ledgerEntries(order: "again")
        #expect(entries.count { $0.kind == "certificate" } == 1 && entries.count { $0.kind == "intent" } == 1)
        let kept = try client.call(.getCertificate) { $0.member("order", "again") }
        #expect(kept["certificate"]?.stringValue == first.issued.certificate)
    }

    @Test("of two calls with the same order at the same time, one gets the key and the other is told to wait")
    func together() throws {
        let clients = try (0..<2).map { _ in try SharedAppliance.current.client() }
        let order = try Stage.keyOrder("together", key: "rsa-2048")
        for client in clients { client.send(order) }
        var (keys, refusals) = (0, [ServiceError]())
        for client in clients {
            switch try client.receiveKey() {
            case .success: keys += 1
            case .failure(let error): refusals.append(error)
            }
        }
        #expect(keys == 1)
        #expect(refusals.map(\.rule) == ["order.under-way"] || refusals.map(\.rule) == ["key.gone"])
    }
}
