import Ledger
import Policy
import Tokens
import X509Building

extension IssuanceError {
    /// A policy's reason may repeat what the caller wrote, and that may be as long as a message.
    private static let longestMessage = 1000

    /// What policy refuses.
    init(_ violation: PolicyViolation) {
        self.init(
            .policyViolation,
            rule: violation.id,
            message: "\(violation.field): \(violation.reason)".cut(octets: Self.longestMessage),
            mend: violation.mend
        )
    }

    /// What a token could not do. The module's own number goes into the detail, never alone.
    package init(_ error: TokenError, token: String) {
        let detail = error.returnValue.map { "\(error.code), CKR 0x\(String($0, radix: 16))" } ?? "\(error.code)"
        if error.code == .busy {
            self = .busy()
        } else {
            self.init(
                .tokenUnavailable,
                rule: "token.\(error.code)",
                message: "token \(token): \(error.outsideMessage)",
                mend: error.outsideMend,
                detail: detail
            )
        }
    }

    /// What the ledger refuses, or why it cannot be written.
    package init(_ error: LedgerError) {
        self.init(
            Self.kind(of: error),
            rule: error.rule.map { "\($0).\(error.code)" } ?? error.code,
            message: error.message,
            mend: error.mend,
            retryAfterMilliseconds: Self.kind(of: error) == .busy ? 100 : nil
        )
    }

    private static func kind(of error: LedgerError) -> Kind {
        switch error {
        case .orderReused: .orderConflict
        case .orderInFlight: .busy
        case .keyBelongsToOther, .keyOfAuthority: .requestRejected
        case .clockMovedBack: .clockMovedBack
        case .invalid: .requestRejected
        case .checkpointInvalid, .witnessUnknown, .proofImpossible: .requestRejected
        case .checkpointUnknown: .notFound
        case .full, .damaged, .storageFailed, .stopped, .inUse, .unreadable, .foreignFormat, .olderThanSeen,
            .notCompared, .copyRefused:
            .ledgerUnavailable
        case .unknownSerial: .notFound
        case .serialInFlight: .busy
        case .alreadyRevoked, .alreadyHeld, .notHeld: .statusConflict
        case .serialRepeated, .crlNumberRepeated, .unknownIntent, .intentSettled, .certificateDiffers: .internalError
        }
    }

    /// The order's identifier is being used for another content at this moment.
    static func orderConflict(order: String) -> IssuanceError {
        IssuanceError(LedgerError.orderReused(order: order))
    }

    /// The order has its certificate, and its private key went out with the first answer; the service has it no more.
    static func keyGone(order: String, serial: [UInt8]) -> IssuanceError {
        IssuanceError(
            .keyGone,
            rule: "key.gone",
            message:
                "the order “\(order)” was fulfilled; its key went out with that answer, and nothing of it was kept",
            mend:
                "if the answer was lost, have the certificate revoked and send the order anew under another identifier",
            serial: serial
        )
    }

    /// The same order is under way; its key can go to one caller alone.
    static func keyUnderWay() -> IssuanceError {
        IssuanceError(
            .busy,
            rule: "order.under-way",
            message: "this very order is under way, and its key will go to the call that came first",
            mend: "wait for the answer to that call",
            retryAfterMilliseconds: 1000
        )
    }

    /// More is under way than the service, or a token of it, takes.
    package static func busy(retryAfterMilliseconds: Int = 100) -> IssuanceError {
        IssuanceError(
            .busy,
            rule: "limit.orders",
            message: "as many orders are under way as the service takes",
            mend: "ask again a little later, and keep fewer orders under way",
            retryAfterMilliseconds: max(1, retryAfterMilliseconds)
        )
    }

    /// The caller was gone before work on its order began.
    static let unwanted = IssuanceError(
        .busy,
        rule: "caller.gone",
        message: "the caller is gone; nothing was done",
        mend: "send the order again",
        retryAfterMilliseconds: 1
    )

    /// What the service itself built cannot be used: a fault of the service or of the profile set, not of the caller.
    init(ownFault error: X509Error, rule: String) {
        self.init(
            .internalError,
            rule: rule,
            message: "the service built something that it cannot use itself; nothing was signed",
            mend: "report it with the profile and the service's log",
            detail: error.description
        )
    }

    static func notServed(issuer name: String) -> IssuanceError {
        IssuanceError(
            .notFound,
            rule: "issuer.unknown",
            message: "this machine does not serve the issuer “\(name)”",
            mend: "choose another issuer of the profile; ListIssuers names those of this machine"
        )
    }

    static let badSignatureRule = "TOK-11.bad-signature"

    /// A signature that must not leave the service (TOK-11).
    static func badSignature(token: String, detail: String) -> IssuanceError {
        IssuanceError(
            .tokenUnavailable,
            rule: badSignatureRule,
            message: "token \(token) made a signature that does not verify; it was thrown away",
            mend: "take the token out of service and look into its log; nothing was released",
            detail: detail
        )
    }

    /// An error of a type that the step cannot have.
    static func impossible(_ error: any Error) -> IssuanceError {
        IssuanceError(
            .internalError,
            rule: "service.internal",
            message: "something that cannot happen did",
            mend: "report it with the service's log",
            detail: "\(type(of: error))"
        )
    }
}

extension LedgerEvent {
    /// A refused order: which, by whom, by which rule. Of the order only what names it is kept, and no more of that than
    /// a name can have.
    static func refusal(of submission: Submission, _ error: IssuanceError) -> LedgerEvent {
        LedgerEvent(
            kind: "refusal",
            fields: [
                ("order", .text(submission.orderID.cut(octets: Submission.longestOrderID))),
                ("profile", .text(submission.profile.cut(octets: 64))),
                ("error", .text(error.kind.rawValue)),
                ("rule", .text(error.rule)),
                ("callerUID", .number(Int64(submission.callerUID))),
            ]
        )
    }
}

extension String {
    /// At most so many octets of the text, for names that a caller chose. (A character may have any number of octets.)
    package func cut(octets count: Int) -> String {
        utf8.count <= count ? self : String(decoding: utf8.prefix(count), as: UTF8.self)
    }
}
