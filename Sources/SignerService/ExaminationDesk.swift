import Clocks
import Issuance
import Ledger
import SignerAPI
import TextForms
import Threads
import Tokens
import Varlink

/// `ExamineToken` of the officers' interface: a token that is being served, examined beside its work (TOK-05). One at a
/// time, on a thread of its own: it waits for the token.
final class ExaminationDesk: Sendable {
    private let tokens: [TokenWorkerSupervisor]
    private let ledger: LedgerStore
    private let queue = WorkerPool(threads: 1)

    /// Officers that may wait.
    private static let mostWaiting = 4

    init(tokens: [TokenWorkerSupervisor], ledger: LedgerStore) {
        self.tokens = tokens
        self.ledger = ledger
    }

    /// Lets the thread end once its work is done.
    func stop() {
        queue.stop()
    }

    func handle(_ call: Call) {
        let name = call.parameters["token"]?.stringValue ?? ""
        guard let token = tokens.first(where: { $0.settings.name == name }) else {
            return call.refuse(
                .officer("NotFound", "request.name", "no token of the name “\(name.cut(octets: 64))”")
                    .mending("GetStatus names the tokens")
            )
        }
        let isTaken = queue.run(ifFewerThan: Self.mostWaiting) { [self] in
            guard !call.isAbandoned else { return }
            do throws(ServiceError) {
                let examination = try examine(token, callerUID: call.peer.uid)
                call.reply { $0.member("examination", value: .object(examination.json(name: name))) }
            } catch {
                call.refuse(error)
            }
        }
        if !isTaken {
            call.refuse(
                .officer("Busy", "service.busy", "other officers' examinations are waiting").mending("ask again later")
            )
        }
    }

    /// What a key signs goes into the ledger before it does, test signatures too.
    private func examine(
        _ token: TokenWorkerSupervisor,
        callerUID: UInt32
    ) throws(ServiceError) -> TokenExamination {
        var examination: TokenExamination
        do throws(TokenError) {
            examination = try TokenExamination(of: token)
        } catch {
            throw .officer("TokenUnavailable", "token.\(error.code)", error.message).mending(error.mend)
        }
        let keys = examination.keys.compactMap(\.publicKey).map { EventValue.text(HexText.encode($0.sha256)) }
        let event = LedgerEvent(
            kind: "token-examined",
            fields: [
                ("token", .text(token.settings.name)), ("keys", .list(keys)), ("callerUID", .number(Int64(callerUID))),
            ]
        )
        let answer = Guarded<Result<EventReceipt, LedgerError>?>(nil)
        ledger.append(event) { result in
            answer.withLock { $0 = result }
            answer.broadcast()
        }
        switch answer.wait(until: monotonicNanoseconds() + 60_000_000_000, { $0 }) {
        case .success?: examination.prove(with: token)
        case .failure(let error)?: throw .officer("LedgerUnavailable", error.code, error.message).mending(error.mend)
        case nil: throw .officer("LedgerUnavailable", "ledger-slow", "the ledger does not answer")
        }
        return examination
    }
}

extension ServiceError {
    /// An error of the officers' interface.
    fileprivate static func officer(_ name: String, _ rule: String, _ message: String) -> ServiceError {
        ServiceError(name: "\(OfficerInterface.name).\(name)", rule: rule, message: message, mend: "")
    }

    fileprivate func mending(_ mend: String) -> ServiceError {
        var error = self
        error.mend = mend
        return error
    }
}
