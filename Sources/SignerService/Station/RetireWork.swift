import Issuance
import Ledger
import Policy
import SignerAPI
import TextForms
import Tokens
import Varlink

extension StationWork {
    /// `RetireToken` for a token that is in a reader.
    func retire(in reader: ReaderSettings) throws(StationError) {
        let reason = try reason()
        let (officerPIN, pin) = (try secret("officerPIN"), try secret("pin"))
        let desk = try open(reader)
        let token = try find(tokenName, at: desk).description
        // First what others rely on, then the token: a certificate whose key is gone can still be revoked, but a key
        // that is left behind with a valid certificate can be used.
        let revoked = try revoke(token.serial, token.label, reason)
        var opener: TokenDesk.Opener?
        if let officerPIN { opener = .officer(officerPIN) } else if let pin { opener = .user(pin) }
        if let opener { try asking { () throws(TokenError) in try desk.wipe(tokenName, opener) } }
        try retired(token.serial, revoked, emptied: opener != nil)
    }

    /// `RetireToken` for a token that nobody has.
    func retireLostToken() throws(StationError) {
        let serial = text("token") ?? ""
        guard !line.tokenKeys.keys(token: serial, label: text("tokenLabel")).isEmpty else {
            throw StationError(
                .notFound,
                rule: "token.unknown",
                message: "no key was ever made in a token of that serial number",
                mend: "check the serial number"
            )
        }
        try retired(serial, try revoke(serial, text("tokenLabel"), reason()), emptied: false)
    }

    private func reason() throws(StationError) -> RevocationReason {
        guard let name = text("reason") else { return .cessationOfOperation }
        guard let reason = RevocationReason(rawValue: name) else {
            throw StationError(
                .requestRejected,
                rule: "request.reason",
                message: "unknown reason “\(name.cut(octets: 40))”",
                mend: "use one of: \(RevocationReason.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        return reason
    }

    /// Revokes every certificate that was issued for a key of the token.
    private func revoke(
        _ token: String,
        _ label: String?,
        _ reason: RevocationReason
    ) throws(StationError) -> [String] {
        var revoked: [String] = []
        for order in Set(line.tokenKeys.keys(token: token, label: label).map(\.ledgerOrder)).sorted() {
            guard let issued = try certificate(order: order) else { continue }
            // The order may have gone on with another token.
            guard let key = try key(of: issued), key.token == token, label ?? key.tokenLabel == key.tokenLabel else {
                continue
            }
            if try station.status.isRevoked(serial: issued.serial) { continue }
            try station.status.revoke(serial: issued.serial, reason: reason, callerUID: call.peer.uid)
            revoked.append(HexText.encode(issued.serial))
        }
        return revoked
    }

    private func key(of issued: Ledger.IssuedCertificate) throws(StationError) -> TokenKey? {
        let certificate = try CertificateForToken(
            der: issued.certificateDER,
            chainPEM: [],
            ledgerEntry: issued.sequence
        )
        return line.tokenKeys.key(spki: certificate.certificate.tbs.publicKey.derEncoded)
    }

    private func retired(_ serial: String, _ revoked: [String], emptied: Bool) throws(StationError) {
        try record(
            "token-retired",
            [
                ("token", .text(serial)), ("revoked", .list(revoked.map(EventValue.text))),
                ("emptied", .flag(emptied)),
            ]
        )
        call.reply { writer in
            writer.member("revoked", revoked)
            writer.member("emptied", emptied)
        }
    }
}
