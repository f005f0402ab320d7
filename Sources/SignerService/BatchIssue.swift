import Issuance
import SignerAPI
import Synchronization
import Varlink

/// `IssueCertificates`: the orders of one call go down the line a window at a time, and each is answered as soon as it
/// is settled. The last answer ends the call.
final class BatchIssue: Sendable {
    /// The most orders that one call may have.
    static let mostOrders = 1000
    /// How many orders of one call are under way at once, so that one call cannot fill the line.
    private static let window = 64

    private struct Progress {
        var next = 0
        var answered = 0
    }

    private let call: Call
    private let line: IssuanceLine
    private let orders: [CertificateOrder]
    private let progress = Mutex(Progress())

    init(call: Call, line: IssuanceLine) {
        self.call = call
        self.line = line
        orders = (call.parameters["orders"]?.arrayValue ?? []).compactMap {
            $0.objectValue.flatMap(CertificateOrder.init)
        }
    }

    func start() {
        guard call.wantsMore else {
            return call.refuse(
                .rejected("request.more", "IssueCertificates answers in many parts", mend: "call it with “more”")
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
        let write: (inout JSONWriter) -> Void = { writer in
            writer.member("index", index)
            switch result {
            case .success(let released):
                writer.name("issued")
                released.write(to: &writer)
            case .failure(let error):
                let error = ServiceError(error)
                writer.object("refusal") { writer in
                    writer.member("error", error.name)
                    error.writeParameters(to: &writer)
                }
            }
        }
        // Counted and written under one lock, so that the answer that ends the call is the last on the wire.
        progress.withLock { progress in
            progress.answered += 1
            if progress.answered == orders.count {
                call.reply(write)
            } else {
                call.replyMore(write)
            }
        }
    }
}
