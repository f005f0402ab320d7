import Clocks
import Issuance
import Ledger
import SignerAPI
import TextForms
import Varlink
import X509Building

/// The calls that change or tell certificates' status.
final class StatusCalls: Sendable {
    private let line: StatusLine
    private let crls: CRLPublisher
    private let ocsp: OCSPService
    private let ledger: LedgerStore

    /// Octets of a CRL in one answer.
    private static let pieceSize = 1 << 20

    init(line: StatusLine, crls: CRLPublisher, ocsp: OCSPService, ledger: LedgerStore) {
        self.line = line
        self.crls = crls
        self.ocsp = ocsp
        self.ledger = ledger
    }

    func change(_ action: StatusOrder.Action, _ call: Call) {
        var order = StatusOrder(
            action,
            serial: call.parameters["serial"]?.stringValue,
            order: call.parameters["order"]?.stringValue,
            callerUID: call.peer.uid
        )
        order.reason = call.parameters["reason"]?.stringValue
        order.invalidityDate = call.parameters["invalidityDate"]?.stringValue
        line.change(order) { result in
            switch result {
            case .success(let change):
                var status = CertificateStatus(HexText.encode(change.serial), change.receipt.standing)
                status.order = change.receipt.orderID
                status.issuer = change.issuer
                status.ledgerEntry = change.receipt.sequence
                call.answer(status)
            case .failure(let error): call.refuse(ServiceError(error))
            }
        }
    }

    /// Reads the ledger: not for a connection's thread.
    func getStatus(_ call: Call) {
        do throws(IssuanceError) {
            let name = try CertificateName(
                serial: call.parameters["serial"]?.stringValue,
                order: call.parameters["order"]?.stringValue
            )
            switch name {
            case .serial(let serial): call.answer(try status(serial: serial))
            case .order: call.answer(try status(of: name.find(in: ledger.reader)))
            }
        } catch {
            call.refuse(ServiceError(error))
        }
    }

    private func status(serial: [UInt8]) throws(IssuanceError) -> CertificateStatus {
        do throws(LedgerError) {
            if let found = try ledger.reader.certificate(serial: serial) { return try read(found) }
            return CertificateStatus(HexText.encode(serial), try ledger.standing(serial: serial))
        } catch {
            throw IssuanceError(error)
        }
    }

    private func status(of found: Ledger.IssuedCertificate) throws(IssuanceError) -> CertificateStatus {
        do throws(LedgerError) {
            return try read(found)
        } catch {
            throw IssuanceError(error)
        }
    }

    private func read(_ found: Ledger.IssuedCertificate) throws(LedgerError) -> CertificateStatus {
        var status = CertificateStatus(
            HexText.encode(found.serial),
            try ledger.standing(serial: found.serial)
        )
        status.order = found.orderID
        status.issuer = found.issuer
        status.ledgerEntry = found.sequence
        return status
    }

    /// On the connection's own thread: what is signed already is answered at once.
    func respondOCSP(_ call: Call) {
        let text = call.parameters["request"]?.stringValue ?? ""
        // What cannot be decoded, or is too long to be looked at, is malformed.
        let request = text.utf8.count <= OCSPRequest.maximumEncodedSize * 2 ? Base64.decode(text) : nil
        ocsp.respond(request ?? []) { result in
            switch result {
            case .success(let answer):
                call.reply { writer in
                    writer.name("response")
                    writer.base64(answer.response)
                    writer.member("nextUpdate", answer.nextUpdate.map { CivilTime(secondsSinceEpoch: $0).rfc3339 })
                }
            case .failure(let error): call.refuse(ServiceError(error))
            }
        }
    }

    /// Reads a file: not for a connection's thread.
    func getCRL(_ call: Call) {
        let issuer = call.parameters["issuer"]?.stringValue ?? ""
        let partition = call.parameters["partition"]?.integerValue
        let offset = call.parameters["offset"]?.integerValue ?? 0
        do throws(IssuanceError) {
            guard let inForce = try crls.current(issuer: issuer, partition: partition.map(Int.init)) else {
                throw .noCRLYet
            }
            let crl = inForce.crl
            if let number = call.parameters["number"]?.integerValue, number != crl.number { throw .crlReplaced }
            guard (0...Int64(crl.size)).contains(offset) else {
                return call.refuse(
                    .rejected("request.offset", "the CRL has \(crl.size) octets", mend: "ask for a piece of it")
                )
            }
            let piece = try inForce.read(at: Int(offset), Self.pieceSize)
            call.reply { CRLPiece(crl, offset: offset, piece: piece).writeMembers(to: &$0) }
        } catch {
            call.refuse(ServiceError(error))
        }
    }
}

extension IssuanceError {
    fileprivate static let noCRLYet = IssuanceError(
        .notFound,
        rule: "crl.missing",
        message: "the issuer's first CRL has not been made",
        mend: "ask again; if it stays so, GetStatus says what is wrong"
    )
}

extension Call {
    fileprivate func answer(_ status: CertificateStatus) {
        reply { writer in
            writer.name("status")
            status.write(to: &writer)
        }
    }
}

extension CertificateStatus {
    fileprivate init(_ serial: String, _ standing: Standing) {
        self.init(serial: serial, state: standing.state.rawValue)
        guard standing.isRevoked else { return }
        since = CivilTime(secondsSinceEpoch: standing.since).rfc3339
        reason = RevocationCode(rawValue: standing.reason)?.name
        invalidityDate = standing.invalidityDate.map { CivilTime(secondsSinceEpoch: $0).rfc3339 }
    }
}

extension CRLPiece {
    fileprivate init(_ crl: IssuedCRL, offset: Int64, piece: [UInt8]) {
        self.init(
            issuer: crl.issuer,
            partition: crl.partition.map(Int64.init),
            number: crl.number,
            thisUpdate: CivilTime(secondsSinceEpoch: crl.thisUpdate).rfc3339,
            nextUpdate: CivilTime(secondsSinceEpoch: crl.nextUpdate).rfc3339,
            revokedCertificates: Int64(crl.revokedCertificates),
            size: Int64(crl.size),
            sha256: HexText.encode(crl.sha256),
            offset: offset,
            piece: piece
        )
    }
}
