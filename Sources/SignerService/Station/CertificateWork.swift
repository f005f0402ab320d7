import Clocks
import Issuance
import Ledger
import SignerAPI
import TextForms
import Threads
import Tokens
import Varlink
import X509Building

/// A certificate on its way into the token that has its key.
struct CertificateForToken {
    let certificate: Certificate
    /// The issuer's first, the root's last.
    let chain: [Certificate]
    let ledgerEntry: Int64
}

extension StationWork {
    /// `InstallCertificate`
    func installCertificate(in reader: ReaderSettings) throws(StationError) {
        let order = text("order") ?? ""
        guard let key = line.tokenKeys.latest(order: order) else {
            throw StationError(
                .notFound,
                rule: "order.unknown",
                message: "no user's token has made a key for that order",
                mend: "have one make it: GenerateTokenKey"
            )
        }
        guard key.token == text("token"), tokenName.label ?? key.tokenLabel == key.tokenLabel else {
            throw StationError(
                .tokenRefused,
                rule: "token.other",
                message: "the order's key is in another token",
                mend: "put in the token with the serial number \(key.token)"
            )
        }
        let issued = try issuedCertificate(for: key)
        let pin = try requiredSecret("pin")
        let desk = try open(reader)
        _ = try find(tokenName, at: desk)
        _ = try asking { () throws(TokenError) in try desk.logIn(to: tokenName, pin: pin) }
        guard let made = try keptKey(key, at: desk) else {
            throw StationError(
                .tokenRefused,
                rule: "token.keyMissing",
                message: "the order's key is not in the token any more",
                mend: "have the order go on with a new key: PersonaliseToken with replace"
            )
        }
        try install(issued, for: made, at: desk)
        call.reply { write(issued, made, to: &$0) }
    }

    /// The certificate of the order, from the ledger, if it is for this key and may still be used.
    private func issuedCertificate(for key: TokenKey) throws(StationError) -> CertificateForToken {
        guard let issued = try certificate(order: key.ledgerOrder) else {
            throw StationError(
                .notFound,
                rule: "order.not-issued",
                message: "the order has no certificate yet",
                mend: "send its request in IssueCertificate, under the order \(key.ledgerOrder)"
            )
        }
        guard !(try station.status.isRevoked(serial: issued.serial)) else {
            throw StationError(
                .orderConflict,
                rule: "certificate.revoked",
                message: "the order's certificate has been revoked",
                mend: "order anew"
            )
        }
        let chain: [String]
        do throws(IssuanceError) {
            chain = try line.authority.chain(of: issued)
        } catch {
            throw StationError(error)
        }
        let certificate = try CertificateForToken(
            der: issued.certificateDER,
            chainPEM: chain,
            ledgerEntry: issued.sequence
        )
        guard certificate.certificate.tbs.publicKey.derEncoded == key.spki else {
            throw StationError(.certificateForOtherToken(order: key.order))
        }
        return certificate
    }

    // MARK: Issuing

    /// Has the line issue the order's certificate, and waits for it.
    func issue(_ submission: Submission) throws(StationError) -> CertificateForToken {
        let answer = Guarded<Result<ReleasedCertificate, IssuanceError>?>(nil)
        line.issue(submission) { result in
            answer.withLock { $0 = result }
            answer.broadcast()
        }
        guard let result = answer.wait(until: monotonicNanoseconds() + 120_000_000_000, { $0 }) else {
            throw StationError(
                .tokenUnavailable,
                rule: "service.slow",
                message: "the certificate was not there in time",
                mend: "ask again with the same order"
            )
        }
        switch result {
        case .success(let released):
            return try CertificateForToken(
                der: released.certificate,
                chainPEM: released.chainPEM,
                ledgerEntry: released.ledgerEntry
            )
        case .failure(let error): throw StationError(error, isRecorded: true)
        }
    }

    // MARK: Installing

    /// Writes certificate and chain into the token, has the key sign, and puts that into the ledger.
    func install(
        _ issued: CertificateForToken,
        for made: KeyInToken,
        at desk: TokenDesk
    ) throws(StationError) {
        let objects: [DeskCertificate]
        do throws(X509Error) {
            var all: [DeskCertificate] = []
            for authority in issued.chain.reversed() { all.append(try DeskCertificate(authority: authority)) }
            // Last: a token with the certificate has its chain.
            all.append(try DeskCertificate(issued.certificate, key: made.key))
            objects = all
        } catch {
            throw StationError(ownFault: error, rule: "certificate.attributes")
        }
        try asking { () throws(TokenError) in try desk.install(objects) }
        try report("installed")
        try prove(issued.certificate, made, at: desk)
        try record(
            "token-certificate-installed",
            [
                ("order", .text(made.key.order)), ("token", .text(made.key.token)),
                ("serial", .bytes(issued.certificate.tbs.serialNumber)), ("key", .bytes(made.publicKey.sha256)),
            ]
        )
    }

    /// The token has the certificate, byte for byte, and its key makes a signature that verifies under it (USB-04).
    private func prove(
        _ certificate: Certificate,
        _ made: KeyInToken,
        at desk: TokenDesk
    ) throws(StationError) {
        let values = try asking { () throws(TokenError) in try desk.certificates(in: made.key.tokenName) }
        guard values.contains(certificate.derEncoded) else {
            throw StationError(
                .tokenUnavailable,
                rule: "token.certificate-lost",
                message: "the token does not give back the certificate that was written into it",
                mend: "ask again with the same order, or take another token"
            )
        }
        var generator = SystemRandomNumberGenerator()
        let challenge = Array("inkan: proof of an installed certificate".utf8) + (0..<32).map { _ in generator.next() }
        let key = certificate.tbs.publicKey
        let signature = try signature(over: challenge, by: key, at: desk)
        guard key.isValidSignature(signature, for: challenge, algorithm: key.requestSignature) else {
            throw .badSignature
        }
    }

    func write(_ issued: CertificateForToken, _ made: KeyInToken, to writer: inout JSONWriter) {
        writer.object("personalised") { writer in
            writer.member("order", made.key.order)
            writer.member("token", made.key.token)
            made.write(to: &writer)
            writer.member("serial", HexText.encode(issued.certificate.tbs.serialNumber))
            writer.member("certificate", issued.certificate.pem)
            writer.member("chain", issued.chain.map(\.pem))
            writer.member("ledgerEntry", issued.ledgerEntry)
        }
    }
}

extension TokenKey {
    /// What its token is found by.
    fileprivate var tokenName: TokenName { TokenName(serial: token, label: tokenLabel) }
}

extension CertificateForToken {
    init(der: [UInt8], chainPEM: [String], ledgerEntry: Int64) throws(StationError) {
        do throws(X509Error) {
            certificate = try Certificate(derEncoded: der)
            var chain: [Certificate] = []
            for pem in chainPEM { chain.append(try Certificate(pem: pem)) }
            self.chain = chain
        } catch {
            throw StationError(ownFault: error, rule: "ledger.certificate")
        }
        self.ledgerEntry = ledgerEntry
    }
}

extension DeskCertificate {
    /// A person's: it has the `CKA_ID` of its key.
    fileprivate init(_ certificate: Certificate, key: TokenKey) throws(X509Error) {
        try self.init(
            certificate,
            identifier: key.ckaID,
            label: certificate.tbs.subject.values(.commonName).first ?? key.order
        )
    }

    /// An authority's: it has a `CKA_ID` of its own, so that no client takes it for the certificate of the user's key.
    fileprivate init(authority certificate: Certificate) throws(X509Error) {
        let identifier = try certificate.tbs.extension(.subjectKeyIdentifier)?.readSubjectKeyIdentifier()
        try self.init(
            certificate,
            identifier: identifier ?? Array(certificate.tbs.publicKey.sha256.prefix(20)),
            label: certificate.tbs.subject.values(.commonName).first ?? "authority"
        )
    }

    private init(_ certificate: Certificate, identifier: [UInt8], label: String) throws(X509Error) {
        self.init(
            identifier: identifier,
            label: label.cut(octets: 64),
            value: certificate.derEncoded,
            subject: try certificate.subjectDER(),
            issuer: certificate.tbs.issuerDER,
            serialNumber: certificate.tbs.serialNumberDER
        )
    }
}
