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
    private let station: UserTokenStation
    private let log: LedgerHandler
    private let metrics: ServiceMetrics
    private let processes: OwnProcesses
    private let status: StatusCalls
    private let examinations: ExaminationDesk

    /// - Parameter reads: threads for what reads the ledger, apart from the line's workers.
    init(
        line: IssuanceLine,
        roles: RoleBook,
        tokens: [TokenWorkerSupervisor],
        inventory: Inventory,
        reads: WorkerPool,
        log: LedgerHandler,
        station: UserTokenStation,
        metrics: ServiceMetrics,
        processes: OwnProcesses,
        status: StatusCalls
    ) {
        self.line = line
        self.roles = roles
        self.tokens = tokens
        self.inventory = inventory
        self.reads = reads
        self.station = station
        self.log = log
        self.metrics = metrics
        self.processes = processes
        self.status = status
        examinations = ExaminationDesk(tokens: tokens, ledger: line.ledger)
    }

    deinit {
        examinations.stop()
    }

    package func handle(_ call: Call) {
        guard let role = roles.role(of: call.peer, through: call.listener) else {
            return turnAway(call, "user \(call.peer.uid) may not use this socket")
        }
        if let method = SignerInterface.Method(fullName: call.method) {
            handle(method, call, role)
        } else if let method = LedgerInterface.Method(fullName: call.method) {
            read(call) { [log] in log.handle(method, call, role) }
        } else if call.method == OfficerInterface.unlockToken {
            guard role == .officer else { return turnAway(call, "only the officers' socket takes this method") }
            unlockToken(call)
        } else if call.method == OfficerInterface.getProcesses {
            guard role == .officer else { return turnAway(call, "only the officers' socket takes this method") }
            call.reply { [processes] in processes.write(to: &$0) }
        } else if call.method == OfficerInterface.examineToken {
            guard role == .officer else { return turnAway(call, "only the officers' socket takes this method") }
            examinations.handle(call)
        } else if let method = TokenStationInterface.Method(fullName: call.method) {
            guard role == .officer else { return turnAway(call, "only the officers' socket takes this method") }
            station.handle(method, call)
        } else {
            call.refuse(.internalError("no handler for \(call.method)"))
        }
    }

    private func handle(_ method: SignerInterface.Method, _ call: Call, _ role: Role) {
        switch method {
        case .issueCertificate: issue(call)
        case .issueCertificates: BatchIssue(.certificates, call: call, line: line).start()
        case .issueKeyAndCertificate: issueKey(call)
        case .issueKeysAndCertificates: BatchIssue(.keys, call: call, line: line).start()
        case .getStatus:
            read(call) { [inventory] in call.reply { inventory.writeStatus(to: &$0, for: role) } }
        case .getMetrics: read(call) { [metrics] in call.reply { $0.member("openMetrics", metrics.text) } }
        case .listIssuers: call.reply { [inventory] in inventory.writeIssuers(to: &$0) }
        case .listProfiles: call.reply { [inventory] in inventory.writeProfiles(to: &$0) }
        case .getCertificate: read(call) { [self] in getCertificate(call) }
        case .getChain: getChain(call)
        case .revokeCertificate: status.change(.revoke, call)
        case .holdCertificate: status.change(.hold, call)
        case .releaseCertificate: status.change(.release, call)
        case .cancelCertificate: status.change(.cancel, call)
        case .getCertificateStatus: read(call) { [status] in status.getStatus(call) }
        case .getCRL: read(call) { [status] in status.getCRL(call) }
        case .respondOCSP: status.respondOCSP(call)
        }
    }

    /// What reads the ledger has threads of its own, and a bounded queue before them.
    private func read(_ call: Call, _ body: @escaping @Sendable () -> Void) {
        guard reads.run(ifFewerThan: 256, body) else {
            var busy = ServiceError(.busy())
            busy.name = "\(call.method.split(separator: ".").dropLast().joined(separator: ".")).Busy"
            return call.refuse(busy)
        }
    }

    private func issue(_ call: Call) {
        guard let object = call.parameters["order"]?.objectValue, let order = CertificateOrder(object) else {
            return call.refuse(.internalError("the order passed the interface's check and cannot be read"))
        }
        line.issue(Submission(order, call: call), isWanted: { !call.isAbandoned }) { result in
            switch result {
            case .success(let released):
                call.reply(expecting: 8192) { writer in
                    writer.name("issued")
                    released.write(to: &writer)
                }
            case .failure(let error): call.refuse(ServiceError(error))
            }
        }
    }

    private func issueKey(_ call: Call) {
        guard let object = call.parameters["order"]?.objectValue, let order = KeyOrder(object) else {
            return call.refuse(.internalError("the order passed the interface's check and cannot be read"))
        }
        line.issue(Submission(order, call: call), isWanted: { !call.isAbandoned }) { result in
            switch result {
            case .success(let released): call.deliver(released)
            case .failure(let error): call.refuse(ServiceError(error))
            }
        }
    }

    private func getChain(_ call: Call) {
        let name = call.parameters["issuer"]?.stringValue ?? ""
        guard let issuer = line.authority.issuers[name] else {
            return call.refuse(
                .notFound("no issuer of the name “\(name.cut(octets: 64))”", mend: "ListIssuers names the issuers")
            )
        }
        call.reply { $0.member("chain", issuer.chainPEM) }
    }

    private func unlockToken(_ call: Call) {
        let name = call.parameters["token"]?.stringValue ?? ""
        guard let token = tokens.first(where: { $0.settings.name == name }) else {
            var error = ServiceError.notFound(
                "no token of the name “\(name.cut(octets: 64))”",
                mend: "GetStatus names the tokens"
            )
            error.name = "\(OfficerInterface.name).NotFound"
            return call.refuse(error)
        }
        let event = LedgerEvent(
            kind: "token-unlocked",
            fields: [("token", .text(name)), ("callerUID", .number(Int64(call.peer.uid)))]
        )
        line.ledger.append(event) { result in
            switch result {
            case .success:
                token.unlock()
                call.reply()
            case .failure(let error): call.refuse(ServiceError(IssuanceError(error)))
            }
        }
    }

    private func turnAway(_ call: Call, _ message: String) {
        line.recordRefusal(
            LedgerEvent(
                kind: "caller-refused",
                fields: [("method", .text(call.method.cut(octets: 64))), ("callerUID", .number(Int64(call.peer.uid)))]
            ),
            callerUID: call.peer.uid
        ) {
            call.refuse(.notAuthorised(message, method: call.method))
        }
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
        case .neverReleased(let entry): answer(call, "neverReleased", serial: text, entry: entry)
        case .inFlight(let entry): answer(call, "inFlight", serial: text, entry: entry)
        case .unknown:
            call.refuse(.notFound("no certificate has that serial", mend: "check the serial; write it in lower case"))
        }
    }

    private func answer(_ call: Call, _ status: String, serial: String, entry: Int64) {
        call.reply { writer in
            writer.member("status", status)
            writer.member("serial", serial)
            writer.member("ledgerEntry", entry)
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
            writer.member("keyOrigin", certificate.keyOrigin)
            writer.member("keyRoute", certificate.keyRoute)
        }
    }
}
