import Issuance
import Secrets
import SignerAPI
import Synchronization
import Varlink

extension Submission {
    /// An order without a request, with what the kernel says of its caller.
    init(_ order: KeyOrder, call: Call) {
        self.init(order.order, call: call)
        key = DeliveryWish(
            algorithm: order.keyAlgorithm,
            variant: order.variant,
            password: order.password?.secret
        )
    }
}

extension Call {
    /// Answers with a certificate and its key.
    ///
    /// - Parameters:
    ///   - continues: whether more answers follow.
    ///   - index: the order's place in a batch.
    func deliver(_ released: ReleasedCertificate, index: Int? = nil, continues: Bool = false) {
        let answer = released.answer
        guard let key = released.key else {
            return refuse(.internalError("an order for a key was fulfilled without one"))
        }
        let password = key.password.map { ConfidentialText($0) }
        let delivered = IssuedKey(
            issued: answer,
            pkcs12: key.pkcs12,
            keyRoute: key.route.rawValue,
            password: password
        )
        let write: (inout JSONWriter) -> Void = { writer in
            if let index { writer.member("index", index) }
            delivered.writeMembers(to: &writer)
        }
        switch (password, continues) {
        case (let password?, true): replyMore(confidential: KeyOrder.passwordMember, password, write)
        case (let password?, false): reply(confidential: KeyOrder.passwordMember, password, write)
        case (nil, true): replyMore(write)
        case (nil, false): reply(write)
        }
    }
}

/// `IssueKeysAndCertificates`: the orders of one call go down the line a few at a time, and each is answered as soon as it
/// is settled. The last answer ends the call. Asked again after a crash, what was done is named with its serial, and
/// what was not is done.
final class KeyBatchIssue: Sendable {
    /// The most orders that one call may have.
    static let mostOrders = 200
    /// How many orders of one call are under way at once: enough that the key maker never waits.
    private static let window = 8

    private struct Progress {
        var next = 0
        var answered = 0
    }

    private let call: Call
    private let line: IssuanceLine
    private let orders: [KeyOrder]
    /// Worker and transport key are kept from one key to the next.
    private let lease: KeyMaker.Lease
    private let progress = Mutex(Progress())

    init(call: Call, line: IssuanceLine) {
        self.call = call
        self.line = line
        lease = line.keyMaker.lease()
        orders = (call.parameters["orders"]?.arrayValue ?? []).compactMap { $0.objectValue.flatMap(KeyOrder.init) }
    }

    func start() {
        guard call.wantsMore else {
            return call.refuse(
                .rejected("request.more", "IssueKeysAndCertificates answers in many parts", mend: "call it with “more”")
            )
        }
        guard !orders.isEmpty, orders.count <= Self.mostOrders else {
            return call.refuse(
                .rejected(
                    "request.orders",
                    "a call takes 1 to \(Self.mostOrders) orders, this one has \(orders.count)",
                    mend: "split the batch"
                )
            )
        }
        for _ in 0..<min(Self.window, orders.count) { startNext() }
    }

    private func startNext() {
        let index = progress.withLock { progress -> Int? in
            guard progress.next < orders.count else { return nil }
            defer { progress.next += 1 }
            return progress.next
        }
        guard let index else { return }
        line.issue(Submission(orders[index], call: call), isWanted: { [call] in !call.isAbandoned }) { [self] result in
            answer(index, result)
            startNext()
        }
    }

    private func answer(_ index: Int, _ result: Result<ReleasedCertificate, IssuanceError>) {
        // Counted and written under one lock, so that the answer that ends the call is the last on the wire.
        progress.withLock { progress in
            progress.answered += 1
            let continues = progress.answered < orders.count
            switch result {
            case .success(let released): call.deliver(released, index: index, continues: continues)
            case .failure(let error):
                let error = ServiceError(error)
                let write: (inout JSONWriter) -> Void = { writer in
                    writer.member("index", index)
                    writer.object("refusal") { writer in
                        writer.member("error", error.name)
                        error.writeParameters(to: &writer)
                    }
                }
                if continues { call.replyMore(write) } else { call.reply(write) }
            }
        }
    }
}
