import Foundation
import SignerAPI
import Testing
import Varlink
import Workbench

/// Many orders in one call.
@Suite(.sharedAppliance) struct BatchTests {
    @Test("each order of a batch gets its own answer under its place, whatever becomes of the others")
    func mixed() throws {
        let appliance = try SharedAppliance.current
        var orders: [CertificateOrder] = []
        for number in 0..<120 {
            var order = try Stage.order("mixed-\(number)")
            switch number % 4 {
            case 1: order.profile = "no-such-profile"
            case 2: order.request = "no request"
            case 3 where number > 3: order.order = "mixed-\(number - 3)"
            default: break
            }
            orders.append(order)
        }
        var results: [Int: Result<IssuedCertificate, ServiceError>] = [:]
        try appliance.client().issue(orders) { index, result in
            #expect(results.updateValue(result, forKey: index) == nil, "place \(index) was answered twice")
        }
        #expect(results.count == orders.count)
        for (index, order) in orders.enumerated() {
            switch (index % 4, results[index]) {
            case (0, .success(let issued)), (3, .success(let issued)): #expect(issued.order == order.order)
            case (1, .failure(let error)): #expect(error.name == "io.inkan.Signer.PolicyViolation")
            case (2, .failure(let error)): #expect(error.rule == "request.pkcs10" && !error.mend.isEmpty)
            default: Issue.record("place \(index): \(String(describing: results[index]))")
            }
        }
        // An order that stands in the batch twice, at the same moment, is signed once.
        let entries = try appliance.ledgerEntries().filter { $0.order?.hasPrefix("mixed-") == true }
        #expect(entries.filter { $0.kind == "certificate" }.count == 31)
        #expect(Set(entries.filter { $0.kind == "certificate" }.map(\.order)).count == 31)
        #expect(entries.filter { $0.kind == "refusal" }.count == 60)
    }

    @Test("a batch whose client hangs up half way goes on or stops, and no order of it is ever signed twice")
    func abandoned() throws {
        let appliance = try SharedAppliance.current
        let orders = try (0..<200).map { try Stage.order("abandoned-\($0)") }
        do {
            let peer = try RawPeer(appliance.socket)
            try peer.sendBatch(orders)
            _ = try peer.receive()
        }
        let client = try appliance.client()
        var serials: Set<String> = []
        try client.issue(orders) { _, result in
            if case .success(let issued) = result { serials.insert(issued.serial) }
        }
        #expect(serials.count == 200)
        let certificates = try appliance.ledgerEntries().filter {
            $0.kind == "certificate" && $0.order?.hasPrefix("abandoned-") == true
        }
        #expect(certificates.count == 200)
    }

    @Test("a call takes a thousand orders, answers on other connections meanwhile, and not one order more")
    func thousand() throws {
        let appliance = try SharedAppliance.current
        let orders = try (0..<1000).map { try Stage.order("thousand-\($0)") }
        let peer = try RawPeer(appliance.socket)
        try peer.sendBatch(orders)
        #expect(try peer.receive()?.hasPrefix(#"{"continues":true"#) == true)
        #expect(try appliance.client().issue(Stage.order("meanwhile")).repeated == false)
        var answers = 1
        var last = ""
        while answers < 1000, let answer = try peer.receive() {
            answers += 1
            last = answer
        }
        #expect(answers == 1000)
        #expect(!last.hasPrefix(#"{"continues":true"#))
        let refused = refusal {
            try appliance.client().issue(orders + [Stage.order("thousand-and-one")]) { _, _ in }
        }
        #expect(refused?.rule == "request.orders")
    }
}

extension RawPeer {
    /// Sends `IssueCertificates` without waiting for its answers.
    func sendBatch(_ orders: [CertificateOrder]) throws {
        var writer = JSONWriter(capacity: 1 << 20)
        writer.beginObject()
        writer.member("method", SignerInterface.Method.issueCertificates.fullName)
        writer.member("more", true)
        writer.object("parameters") { writer in
            writer.name("orders")
            writer.beginArray()
            for order in orders { order.write(to: &writer) }
            writer.endArray()
        }
        writer.endObject()
        try send(writer.bytes + [0])
    }
}
