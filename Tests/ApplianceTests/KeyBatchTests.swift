import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

@Suite("Many keys in one call (P12-05)")
struct KeyBatchTests {
    private static func orders(_ count: Int) throws -> [KeyOrder] {
        try (0..<count).map { try Stage.keyOrder("bulk-\($0)", variant: "compatible", subject: "利用者 \($0)") }
    }

    @Test("each row has its own result, bad ones between good ones")
    func rows() throws {
        let appliance = try Stage.appliance()
        var orders = try Self.orders(6)
        orders[2].password = ConfidentialText("short")
        orders[4] = orders[3]
        var results: [Int: Result<IssuedKey, ServiceError>] = [:]
        try appliance.client().issueKeys(orders) { results[$0] = $1 }
        #expect(results.count == 6)
        for index in [0, 1, 5] { #expect(throws: Never.self) { try results[index]?.get() } }
        #expect(throws: ServiceError.self) { try results[2]?.get() }
        // Of two rows with one order, one has the key.
        let twins = [3, 4].compactMap { index in
            if case .success(let issued)? = results[index] { issued } else { nil }
        }
        #expect(twins.count == 1)
        #expect(try appliance.ledgerEntries(order: "bulk-3").count { $0.kind == "certificate" } == 1)
    }

    @Test("a call without more, without orders or with too many is refused as a whole")
    func refusals() throws {
        let appliance = try Stage.appliance()
        defer { appliance.stop() }
        let client = try appliance.client()
        let none = refusal { try client.issueKeys([]) { _, _ in } }
        #expect(none?.rule == "request.orders")
        let many = try Self.orders(201)
        #expect(refusal { try client.issueKeys(many) { _, _ in } }?.rule == "request.orders")
        let single = refusal {
            try client.call(.issueKeysAndCertificates) { writer in
                writer.name("orders")
                writer.beginArray()
                many[0].write(to: &writer)
                writer.endArray()
            }
        }
        #expect(single?.rule == "request.more")
    }

    @Test("200 in one call, killed half way and asked again: nothing is made twice, and nothing is missing")
    func killedHalfWay() throws {
        let establishment = try Stage.establishment()
        let orders = try Self.orders(200)
        var seen: [Int: String] = [:]
        let doomed = try RunningAppliance(establishment)
        let cutOff = #expect(throws: SignerClientError.self) {
            try doomed.client().issueKeys(orders) { index, result in
                do {
                    seen[index] = try result.get().issued.serial
                } catch {
                    Issue.record(error)
                }
                if seen.count == 90 { doomed.killAtOnce() }
            }
        }
        guard case .connection = cutOff else {
            Issue.record("\(String(describing: cutOff))")
            return
        }
        #expect(seen.count >= 90 && seen.count < 200)

        let appliance = try RunningAppliance(establishment)
        var made = 0
        var lost: [String] = []
        var answered: Set<Int> = []
        try appliance.client().issueKeys(orders) { index, result in
            #expect(answered.insert(index).inserted)
            switch result {
            case .success(let issued):
                #expect(seen[index] == nil, "made twice: \(orders[index].order.order)")
                #expect(issued.issued.order == orders[index].order.order)
                made += 1
            case .failure(let error):
                #expect(error.name == "io.inkan.Signer.KeyGone" && error.rule == "key.gone", "\(error)")
                guard let serial = error.serial else { return Self.complain("no serial") }
                if let known = seen[index] { #expect(known == serial) } else { lost.append(serial) }
            }
        }
        // Of what was under way at the end, some may be recorded without anybody having seen it.
        #expect(answered.count == 200 && made + seen.count + lost.count == 200 && lost.count <= 8)
        appliance.stop()
        try establishment.expectSoundHistory()
        let certificates = try establishment.history().filter {
            $0.kind == "certificate" && $0.order?.hasPrefix("bulk-") == true
        }
        #expect(certificates.count == 200 && Set(certificates.map(\.order)).count == 200)
    }

    private static func complain(_ what: String) {
        Issue.record("\(what)")
    }
}
