import Clocks
import Issuance
import Ledger
import SignerAPI
import TextForms
import Tokens
import Varlink
import X509Building

/// Turns calls into lines: looks at the role, reads the parameters, hands the order over, writes the answer. Runs on the
/// connection's thread and never waits; the answers come from the line's threads.
package final class SignerHandler: CallHandler {
    private let line: IssuanceLine
    private let roles: RoleBook
    private let tokens: [TokenWorkerSupervisor]
    private let inventory: Inventory
    private let reads: WorkerPool

    /// - Parameter reads: threads for what reads the ledger, apart from the line's workers.
    package init(
        line: IssuanceLine,
        roles: RoleBook,
        tokens: [TokenWorkerSupervisor],
        inventory: Inventory,
        reads: WorkerPool
    ) {
        self.line = line
        self.roles = roles
        self.tokens = tokens
        self.inventory = inventory
        self.reads = reads
    }

    package func handle(_ call: Call) {
        guard let role = roles.role(of: call.peer, through: call.listener) else {
            return call.refuse(.notAuthorised("user \(call.peer.uid) may not use this socket"))
        }
        if let method = SignerInterface.Method(fullName: call.method) {
            handle(method, call)
        } else if call.method == OfficerInterface.unlockToken {
            guard role == .officer else {
                return call.refuse(.notAuthorised("only the officers' socket takes this method"))
            }
            unlockToken(call)
        } else {
            call.refuse(.internalError("no handler for \(call.method)"))
        }
    }

    private func handle(_ method: SignerInterface.Method, _ call: Call) {
        switch method {
        case .issueCertificate: issue(call)
        case .issueCertificates: BatchIssue(call: call, line: line).start()
        case .getStatus: reads.run { [inventory] in call.reply { inventory.writeStatus(to: &$0) } }
        case .listIssuers: call.reply { [inventory] in inventory.writeIssuers(to: &$0) }
        case .listProfiles: call.reply { [inventory] in inventory.writeProfiles(to: &$0) }
        case .getCertificate: reads.run { [self] in getCertificate(call) }
        case .getChain: getChain(call)
        }
    }

    private func issue(_ call: Call) {
        guard let object = call.parameters["order"]?.objectValue, let order = CertificateOrder(object) else {
            return call.refuse(.internalError("the order passed the interface's check and cannot be read"))
        }
        line.issue(Submission(order, call: call)) { result in
            switch result {
            case .success(let released):
                call.reply { writer in
                    writer.name("issued")
                    released.write(to: &writer)
                }
            case .failure(let error): call.refuse(ServiceError(error))
            }
        }
    }

    private func getChain(_ call: Call) {
        let name = call.parameters["issuer"]?.stringValue ?? ""
        guard let issuer = line.authority.issuers[name] else {
            return call.refuse(
                .notFound("no issuer of the name “\(name.prefix(64))”", mend: "ListIssuers names the issuers")
            )
        }
        call.reply { $0.member("chain", issuer.chainPEM) }
    }

    private func unlockToken(_ call: Call) {
        let name = call.parameters["token"]?.stringValue ?? ""
        guard let token = tokens.first(where: { $0.settings.name == name }) else {
            var error = ServiceError.notFound(
                "no token of the name “\(name.prefix(64))”",
                mend: "GetStatus names the tokens"
            )
            error.name = "\(OfficerInterface.name).NotFound"
            return call.refuse(error)
        }
        token.unlock()
        call.reply { _ in }
    }

    // MARK: - Certificates that are already in the ledger

    private func getCertificate(_ call: Call) {
        do throws(LedgerError) {
            switch (call.parameters["order"]?.stringValue, call.parameters["serial"]?.stringValue) {
            case (let order?, nil):
                guard let certificate = try line.ledger.reader.certificate(order: order) else {
                    return call.refuse(
                        .notFound("no certificate was issued for that order", mend: "ask with the order as it was sent")
                    )
                }
                try answer(call, certificate)
            case (nil, let serial?):
                try getCertificate(call, serial: serial)
            default:
                call.refuse(
                    .rejected("request.parameters", "give the order or the serial, one of them", mend: "leave one out")
                )
            }
        } catch {
            call.refuse(ServiceError(IssuanceError(error)))
        }
    }

    private func getCertificate(_ call: Call, serial text: String) throws(LedgerError) {
        guard let serial = HexText.decode(text) else {
            return call.refuse(
                .rejected("request.serial", "the serial is not hexadecimal", mend: "write it as IssueCertificate does")
            )
        }
        switch try line.ledger.reader.status(serial: serial) {
        case .issued:
            guard let certificate = try line.ledger.reader.certificate(serial: serial) else {
                return call.refuse(.internalError("an issued serial without certificate"))
            }
            try answer(call, certificate)
        case .neverReleased(let entry), .inFlight(let entry):
            call.reply { writer in
                writer.member("status", "neverReleased")
                writer.member("serial", text)
                writer.member("order", "")
                writer.member("ledgerEntry", entry)
            }
        case .unknown:
            call.refuse(.notFound("no certificate has that serial", mend: "check the serial; write it in lower case"))
        }
    }

    private func answer(_ call: Call, _ certificate: Ledger.IssuedCertificate) throws(LedgerError) {
        let chain: [String]
        do {
            chain = try line.authority.chain(of: certificate)
        } catch {
            return call.refuse(ServiceError(error))
        }
        call.reply { writer in
            writer.member("status", "issued")
            writer.member("serial", HexText.encode(certificate.serial))
            writer.member("order", certificate.orderID)
            writer.member("certificate", PEM.encode(certificate.certificateDER, label: "CERTIFICATE"))
            writer.member("chain", chain)
            writer.member("ledgerEntry", certificate.sequence)
        }
    }
}
