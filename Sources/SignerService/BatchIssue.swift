import Issuance
import SignerAPI
import Synchronization
import Varlink

/// A call with many orders: they go down the line a window at a time, and each is answered as soon as it is settled. The
/// last answer ends the call.
final class BatchIssue: Sendable {
    /// What is ordered.
    enum Kind: Sendable {
        /// `IssueCertificates`
        case certificates
        /// `IssueKeysAndCertificates`. Asked again after a crash, what was done is named with its serial, and what was
        /// not is done.
        case keys

        var method: SignerInterface.Method {
            switch self {
            case .certificates: .issueCertificates
            case .keys: .issueKeysAndCertificates
            }
        }

        /// The most orders that one call may have.
        var mostOrders: Int {
            switch self {
            case .certificates: 1000
            case .keys: 200
            }
        }

        /// How many orders of one call are under way at once: so few that one call cannot fill the line, and so many that
        /// the key maker never waits.
        fileprivate var window: Int {
            switch self {
            case .certificates: 64
            case .keys: 8
            }
        }
    }

    private enum Order: Sendable {
        case certificate(CertificateOrder)
        case key(KeyOrder)

        init?(_ object: JSONObject, _ kind: Kind) {
            switch kind {
            case .certificates:
                guard let order = CertificateOrder(object) else { return nil }
                self = .certificate(order)
            case .keys:
                guard let order = KeyOrder(object) else { return nil }
                self = .key(order)
            }
        }

        func submission(of call: Call) -> Submission {
            switch self {
            case .certificate(let order): Submission(order, call: call)
            case .key(let order): Submission(order, call: call)
            }
        }
    }

    private struct Progress {
        var next = 0
        var answered = 0
    }

    private let kind: Kind
    private let call: Call
    private let line: IssuanceLine
    private let orders: [Order]
    /// Worker and transport key are kept from one key to the next.
    private let lease: KeyMaker.Lease?
    private let progress = Mutex(Progress())

    init(_ kind: Kind, call: Call, line: IssuanceLine) {
        self.kind = kind
        self.call = call
        self.line = line
        lease = kind == .keys ? line.keyMaker.lease() : nil
        orders = (call.parameters["orders"]?.arrayValue ?? []).compactMap { order in
            order.objectValue.flatMap { Order($0, kind) }
        }
    }

    func start() {
        guard call.wantsMore else {
            return call.refuse(
                .rejected("request.more", "\(kind.method.rawValue) answers in many parts", mend: "call it with “more”")
            )
        }
        guard !orders.isEmpty, orders.count <= kind.mostOrders else {
            return call.refuse(
                .rejected(
                    "request.orders",
                    "a call takes 1 to \(kind.mostOrders) orders, this one has \(orders.count)",
                    mend: "split the batch"
                )
            )
        }
        for _ in 0..<min(kind.window, orders.count) { startNext() }
    }

    private func startNext() {
        let index = progress.withLock { progress -> Int? in
            guard progress.next < orders.count else { return nil }
            defer { progress.next += 1 }
            return progress.next
        }
        guard let index else { return }
        let submission = orders[index].submission(of: call)
        line.issue(submission, isWanted: { [call] in !call.isAbandoned }) { [self] result in
            answer(index, result)
            startNext()
        }
    }

    private func answer(_ index: Int, _ result: Result<ReleasedCertificate, IssuanceError>) {
        // Counted and written under one lock, so that the answer that ends the call is the last on the wire.
        progress.withLock { progress in
            progress.answered += 1
            let continues = progress.answered < orders.count
            switch (result, kind) {
            case (.success(let released), .certificates): call.deliverCertificate(released, index, continues)
            case (.success(let released), .keys): call.deliver(released, index: index, continues: continues)
            case (.failure(let error), _): call.refuse(ServiceError(error), index, continues)
            }
        }
    }
}

extension Call {
    fileprivate func deliverCertificate(_ released: ReleasedCertificate, _ index: Int, _ continues: Bool) {
        answer(index, continues) { writer in
            writer.name("issued")
            released.write(to: &writer)
        }
    }

    fileprivate func refuse(_ error: ServiceError, _ index: Int, _ continues: Bool) {
        answer(index, continues) { writer in
            writer.object("refusal") { writer in
                writer.member("error", error.name)
                error.writeParameters(to: &writer)
            }
        }
    }

    /// Answers one order of the call.
    private func answer(_ index: Int, _ continues: Bool, _ members: (inout JSONWriter) -> Void) {
        let write: (inout JSONWriter) -> Void = { writer in
            writer.member("index", index)
            members(&writer)
        }
        if continues { replyMore(write) } else { reply(write) }
    }
}
