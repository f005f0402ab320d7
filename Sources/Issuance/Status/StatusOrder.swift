import Clocks
import Ledger
import Policy
import X509Building

/// What a caller asks to become of a certificate, as it was sent: nothing in it has been looked at yet.
package struct StatusOrder: Sendable {
    package enum Action: String, Sendable {
        case revoke
        case hold
        case release
        case cancel
    }

    package var action: Action
    /// The certificate is named by one of these.
    package var serial: String?
    package var order: String?
    package var reason: String?
    package var invalidityDate: String?
    package var callerUID: UInt32

    package init(_ action: Action, serial: String?, order: String?, callerUID: UInt32) {
        self.action = action
        self.serial = serial
        self.order = order
        self.callerUID = callerUID
    }
}

/// What an outsider asks about: a certificate by its serial or its order.
package enum CertificateName: Sendable {
    case serial([UInt8])
    case order(String)

    package init(serial: String?, order: String?) throws(IssuanceError) {
        switch (serial, order) {
        case (let serial?, nil):
            guard let octets = Self.octets(serial) else {
                throw IssuanceError(
                    .requestRejected,
                    rule: "request.serial",
                    message: "the serial is not hexadecimal, or has more than 20 octets",
                    mend: "write it as IssueCertificate does"
                )
            }
            self = .serial(octets)
        case (nil, let order?): self = .order(order)
        default:
            throw IssuanceError(
                .requestRejected,
                rule: "request.parameters",
                message: "the certificate is named by its serial or by its order, one of them",
                mend: "give one, and leave the other out"
            )
        }
    }

    private static func octets(_ text: String) -> [UInt8]? {
        guard (1...40).contains(text.utf8.count), text.utf8.count.isMultiple(of: 2) else { return nil }
        var octets: [UInt8] = []
        var high: UInt8?
        for character in text.utf8 {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = character - UInt8(ascii: "A") + 10
            default: return nil
            }
            if let first = high {
                octets.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return octets
    }
}

/// Step 1. Names, reason and date are in a form that can be used.
struct DecodedStatusOrder: Sendable {
    let order: StatusOrder
    let certificate: CertificateName
    let reason: RevocationReason?
    let invalidityDate: Int64?

    fileprivate init(
        order: StatusOrder,
        certificate: CertificateName,
        reason: RevocationReason?,
        invalidityDate: Int64?
    ) {
        self.order = order
        self.certificate = certificate
        self.reason = reason
        self.invalidityDate = invalidityDate
    }
}

extension StatusOrder {
    func decode() throws(IssuanceError) -> DecodedStatusOrder {
        let certificate = try CertificateName(serial: serial, order: order)
        return DecodedStatusOrder(
            order: self,
            certificate: certificate,
            reason: try decodedReason(),
            invalidityDate: try decodedDate()
        )
    }

    private func decodedReason() throws(IssuanceError) -> RevocationReason? {
        guard action == .revoke else { return nil }
        guard let reason, let known = RevocationReason(rawValue: reason) else {
            throw IssuanceError(
                .requestRejected,
                rule: "request.reason",
                message: "“\((reason ?? "").cut(octets: 40))” is no reason for a revocation",
                mend: "use one of: \(RevocationReason.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        return known
    }

    private func decodedDate() throws(IssuanceError) -> Int64? {
        guard let invalidityDate else { return nil }
        guard let time = CivilTime(rfc3339: invalidityDate) else {
            throw IssuanceError(
                .requestRejected,
                rule: "request.time",
                message: "invalidityDate is not a time that the service reads",
                mend: "write RFC 3339 in UTC to the second, for instance 2026-11-23T09:00:00Z"
            )
        }
        return time.secondsSinceEpoch
    }
}

/// Step 2. The certificate is there, and its profile allows what is asked.
struct AuthorisedStatusOrder: Sendable {
    let decoded: DecodedStatusOrder
    let certificate: IssuedCertificate

    fileprivate init(decoded: DecodedStatusOrder, certificate: IssuedCertificate) {
        self.decoded = decoded
        self.certificate = certificate
    }
}

extension DecodedStatusOrder {
    func authorise(
        by authority: IssuingAuthority,
        ledger: LedgerReader,
        at now: Timestamp
    ) throws(IssuanceError) -> AuthorisedStatusOrder {
        let found = try certificate.find(in: ledger)
        let profiles = authority.profiles
        if profiles.profile(found.profile) == nil, profiles.authority(found.profile) != nil {
            throw IssuanceError(
                .policyViolation,
                rule: "status.authority",
                message: "the certificate is an authority's",
                mend: "authorities are revoked by the officers, in a ceremony that makes their root's CRL"
            )
        }
        try checkDate(found, at: now)
        try checkRules(profiles.profile(found.profile)?.revocation, profile: found.profile)
        return AuthorisedStatusOrder(decoded: self, certificate: found)
    }

    /// A profile that the set no longer has allows every revocation, and no hold.
    private func checkRules(_ rules: RevocationRules?, profile: String) throws(IssuanceError) {
        if order.action == .hold, rules?.allowsHold != true {
            throw IssuanceError(
                .policyViolation,
                rule: "status.hold",
                message: "the profile \(profile) does not allow holding",
                mend: "revoke the certificate, or leave it",
                detail: "CA/B Forum S/MIME BR 4.9.13"
            )
        }
        if let reason, let rules, !rules.reasons.contains(reason) {
            throw IssuanceError(
                .policyViolation,
                rule: "status.reason",
                message: "the profile \(profile) does not allow the reason \(reason.rawValue)",
                mend: "use one of: \(rules.reasons.map(\.rawValue).joined(separator: ", "))"
            )
        }
    }

    private func checkDate(_ found: IssuedCertificate, at now: Timestamp) throws(IssuanceError) {
        guard let invalidityDate else { return }
        let notBefore: Int64
        do throws(X509Error) {
            notBefore = try Certificate(derEncoded: found.certificateDER).tbs.notBefore
        } catch {
            throw IssuanceError(ownFault: error, rule: "ledger.certificate")
        }
        guard order.action == .revoke, (notBefore...max(notBefore, now.seconds)).contains(invalidityDate) else {
            throw IssuanceError(
                .requestRejected,
                rule: "request.invalidity-date",
                message: "an invalidity date lies between the certificate's first second and the present, and belongs "
                    + "to a revocation",
                mend: "give the day since when the key may have been in other hands, or leave it out"
            )
        }
    }
}

extension CertificateName {
    /// The certificate in the ledger.
    package func find(in ledger: LedgerReader) throws(IssuanceError) -> IssuedCertificate {
        do throws(LedgerError) {
            switch self {
            case .serial(let serial):
                if let found = try ledger.certificate(serial: serial) { return found }
                let standing = try ledger.standing(serial: serial)
                switch standing.state {
                case .inFlight: throw LedgerError.serialInFlight
                case .neverReleased: throw LedgerError.alreadyRevoked(since: Timestamp(seconds: standing.since))
                default: throw LedgerError.unknownSerial
                }
            case .order(let order):
                if let found = try ledger.certificate(order: order) { return found }
            }
        } catch {
            throw IssuanceError(error)
        }
        throw IssuanceError(
            .notFound,
            rule: "request.order",
            message: "no certificate was issued for that order",
            mend: "ask with the order as it was sent, or with the serial"
        )
    }
}

extension AuthorisedStatusOrder {
    /// Step 3. The change becomes durable. The completion is one of those that a commit answers: short.
    func record(
        in ledger: LedgerStore,
        completion: @escaping @Sendable (Result<ChangedStatus, IssuanceError>) -> Void
    ) {
        let serial = certificate.serial
        let change = StatusChange(
            serial: serial,
            action: decoded.action,
            invalidityDate: decoded.invalidityDate,
            callerUID: decoded.order.callerUID
        )
        let issuer = certificate.issuer
        ledger.changeStatus(change) { result in
            switch result {
            case .success(let receipt):
                completion(.success(ChangedStatus(serial: serial, issuer: issuer, receipt: receipt)))
            case .failure(let error): completion(.failure(IssuanceError(error)))
            }
        }
    }
}

extension DecodedStatusOrder {
    fileprivate var action: StatusChange.Action {
        switch order.action {
        case .revoke: .revoke(reason: (reason ?? .unspecified).code.rawValue)
        case .hold: .hold
        case .release: .release
        case .cancel: .cancel
        }
    }
}

extension RevocationReason {
    /// As CRLs and OCSP responses write it.
    package var code: RevocationCode {
        switch self {
        case .unspecified: .unspecified
        case .keyCompromise: .keyCompromise
        case .affiliationChanged: .affiliationChanged
        case .superseded: .superseded
        case .cessationOfOperation: .cessationOfOperation
        case .privilegeWithdrawn: .privilegeWithdrawn
        }
    }
}

/// A change of status that is durable.
package struct ChangedStatus: Sendable {
    package let serial: [UInt8]
    package let issuer: String
    package let receipt: StatusReceipt
}
