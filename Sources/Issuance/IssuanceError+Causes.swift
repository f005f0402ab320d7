import Ledger
import Policy
import Tokens

extension IssuanceError {
    /// What policy refuses.
    init(_ violation: PolicyViolation) {
        self.init(
            .policyViolation,
            rule: violation.id,
            message: "\(violation.field): \(violation.reason)",
            mend: violation.mend
        )
    }

    /// What a token could not do. The module's own number goes into the detail, never alone.
    package init(_ error: TokenError, token: String) {
        let detail = error.returnValue.map { "\(error.code), CKR 0x\(String($0, radix: 16))" } ?? "\(error.code)"
        if error.code == .busy {
            self = .busy
        } else {
            self.init(
                .tokenUnavailable,
                rule: "token.\(error.code)",
                message: "token \(token): \(error.message)",
                mend: error.mend,
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
            mend: error.mend
        )
    }

    private static func kind(of error: LedgerError) -> Kind {
        switch error {
        case .orderReused, .orderInFlight: .orderConflict
        case .keyBelongsToOther, .keyOfAuthority: .requestRejected
        case .clockMovedBack: .clockMovedBack
        case .invalid: .requestRejected
        case .serialRepeated, .unknownIntent, .intentSettled, .certificateDiffers: .internalError
        case .full, .damaged, .storageFailed, .stopped, .inUse, .unreadable, .foreignFormat: .ledgerUnavailable
        }
    }

    /// The order's identifier is being used for another content at this moment.
    static func orderConflict(order: String) -> IssuanceError {
        IssuanceError(LedgerError.orderReused(order: order))
    }

    /// As many orders are under way as the settings allow.
    static let busy = IssuanceError(
        .busy,
        rule: "limit.orders",
        message: "as many orders are under way as the service takes",
        mend: "ask again a little later, and keep fewer orders under way",
        retryAfterMilliseconds: 100
    )

    static func notServed(issuer name: String) -> IssuanceError {
        IssuanceError(
            .notFound,
            rule: "issuer.unknown",
            message: "this machine does not serve the issuer “\(name)”",
            mend: "choose another issuer of the profile; ListIssuers names those of this machine"
        )
    }

    /// A signature that must not leave the service (TOK-11).
    static func badSignature(token: String, detail: String) -> IssuanceError {
        IssuanceError(
            .tokenUnavailable,
            rule: "TOK-11.bad-signature",
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
                ("order", .text(String(submission.orderID.prefix(Submission.longestOrderID)))),
                ("profile", .text(String(submission.profile.prefix(64)))),
                ("error", .text(error.kind.rawValue)),
                ("rule", .text(error.rule)),
                ("callerUID", .number(Int64(submission.callerUID))),
            ]
        )
    }
}
