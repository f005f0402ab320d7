import Clocks
package import Office
import OfficeStore
import SignerAPI
import SignerClient
import Varlink

/// Certificates in USB tokens: the key is made at the officers' token station, which the office does not reach. An operator
/// takes the order there as a file, and the office asks the appliance afterwards what came of it.
extension OfficeDesk {
    /// The subscriber accepts the terms; from then on the order can be taken to the station.
    package func acceptTerms(link: String, password: String, address: String) async throws -> Order {
        let opened = try await open(link: link, password: password, address: address)
        let now = now
        return try await store.write { [self] records in
            guard var order = try records.orders.get(opened.id), order.keyOption == .token else {
                throw Refusal.notFound
            }
            guard order.status == .waiting, order.pickUp.acceptedTerms == nil else { return order }
            order.pickUp.acceptedTerms = now
            try records.orders.save(order)
            let actor = Actor(name: "", address: address)
            try records.history.insert(entry(.termsAccepted, of: order.id, in: order.tenant, by: actor, at: now))
            return order
        }
    }

    /// Every company's orders that the station can fulfil now, oldest first.
    package func stationOrders(by caller: OperatorCaller) async throws -> [Order] {
        try await store.read { records in
            try records.orders.find(Query().equal("status", Order.Status.waiting.rawValue).sorted(by: "mailed"))
                .filter(\.isForStation)
        }
    }

    /// One of them.
    package func stationOrder(_ id: String, by caller: OperatorCaller) async throws -> Order {
        let order = try await store.read { try $0.orders.get(id) }
        guard let order, order.isForStation else { throw Refusal.notFound }
        return order
    }

    /// The order as the station's command takes it (`inkan token personalise --order-file`). Asked for again it is the same.
    package func stationFile(
        of id: String,
        by caller: OperatorCaller
    ) async throws -> (name: String, content: [UInt8]) {
        _ = try await stationOrder(id, by: caller)
        try inFlight.enter(id)
        defer { inFlight.leave(id) }
        let (order, plan) = try await begin(id, option: .token)
        let wanted = TokenOrder(
            certificateOrder(order, plan, request: ""),
            keyAlgorithm: settings.issuing.keyAlgorithm
        )
        var writer = JSONWriter()
        wanted.write(to: &writer)
        let now = now
        try await store.write { [self] records in
            let done = entry(.stationOrdered, of: id, in: order.tenant, by: caller.actor, at: now)
            try records.history.insert(done)
        }
        return (id + ".json", writer.bytes)
    }

    /// Makes the certificate that the station has written into a token the order's own.
    package func takeFromStation(_ id: String, by caller: OperatorCaller) async throws {
        try inFlight.enter(id)
        defer { inFlight.leave(id) }
        let order = try await stationOrder(id, by: caller)
        guard try await takeFromStation(order, by: caller.actor) else {
            throw Refusal(
                .state,
                Text(
                    "発行窓口でまだ発行されていません。USBトークンへの書き込みが終わってから、もう一度お試しください。",
                    "The station has made no certificate for this order yet. Try again when it is in the token."
                )
            )
        }
    }

    /// The same for an order that the caller holds.
    ///
    /// - Returns: whether the station has made one.
    func takeFromStation(_ order: Order, by actor: Actor) async throws -> Bool {
        guard let begun = order.pickUp.begun, let found = try await madeAtStation(order) else { return false }
        guard found.isFromToken else {
            throw Refusal(
                .state,
                Text(
                    "このオーダーの証明書の鍵はUSBトークンで作られていません。失効し、あらためて申請してください。",
                    "The key of this order's certificate was not made in a USB token. Have it revoked, and order anew."
                )
            )
        }
        let plan = plan(order, try await profile(of: order), at: begun)
        _ = try await finish(order, plan, found.made, by: actor)
        return true
    }

    /// An order that ends without being taken over: what the station made for it is nobody's.
    func giveBackFromStation(_ order: Order) async throws {
        guard let serial = try await madeAtStation(order)?.made.serial else { return }
        _ = try await appliance.ask { client throws(SignerClientError) in
            try client.status(.cancelCertificate) { $0.member("serial", serial) }
        }
    }

    /// A file that was saved can be used after its order was cancelled: what the station makes of it is revoked.
    func giveBackForCancelledOrders() async throws {
        let now = now.seconds
        let ended = [Order.Status.cancelled, .autoCancelled].map(\.rawValue)
        let saved = try await store.read { records in
            try records.orders.find(Query().among("status", ended).atLeast("station", now))
        }
        for order in saved { try await giveBackFromStation(order) }
    }

    /// The certificate of the order that counts at the appliance. One for a token that was lost at the desk is revoked, and
    /// the next one has a further name (docs/token-station.md).
    private func madeAtStation(_ order: Order) async throws -> MadeAtStation? {
        let name = order.applianceOrder
        for attempt in 1...Self.mostTokens {
            let asked = attempt == 1 ? name : "\(name):again-\(attempt)"
            do {
                let found = try await appliance.ask { client throws(SignerClientError) -> MadeAtStation? in
                    let answer = try client.call(.getCertificate) { $0.member("order", asked) }
                    guard let found = MadeAtStation(answer) else { return nil }
                    let status = try client.status(.getCertificateStatus) { $0.member("serial", found.made.serial) }
                    return status.state == "good" ? found : nil
                }
                if let found { return found }
            } catch SignerClientError.refused(let refusal) where refusal.name.hasSuffix(".NotFound") {
                return nil
            }
        }
        return nil
    }

    /// How many tokens one order may have lost.
    private static let mostTokens = 20
}

extension Order {
    /// Whether it waits for the token station: nobody's key is made before the subscriber has accepted the terms.
    package var isForStation: Bool {
        status == .waiting && keyOption == .token && pickUp.acceptedTerms != nil
    }
}

/// What the appliance tells of an order that the station has fulfilled.
private struct MadeAtStation: Sendable {
    let made: Made
    let isFromToken: Bool

    init?(_ answer: JSONObject) {
        guard answer["status"]?.stringValue == "issued", let serial = answer["serial"]?.stringValue,
            let certificate = answer["certificate"]?.stringValue
        else { return nil }
        made = Made(
            serial: serial,
            certificate: certificate,
            chain: (answer["chain"]?.arrayValue ?? []).compactMap(\.stringValue)
        )
        isFromToken = answer["keyOrigin"]?.stringValue == "token-generated"
    }
}
