import Issuance
import Ledger
import Policy
import SignerAPI
import Tokens
import X509Building

/// Why the station did not do what an officer asked for.
struct StationError: Error {
    /// The error's name in the interface.
    enum Kind: String {
        case requestRejected = "RequestRejected"
        case policyViolation = "PolicyViolation"
        case orderConflict = "OrderConflict"
        case busy = "Busy"
        case tokenUnavailable = "TokenUnavailable"
        case tokenRefused = "TokenRefused"
        case pinRefused = "PINRefused"
        case ledgerUnavailable = "LedgerUnavailable"
        case clockMovedBack = "ClockMovedBack"
        case notFound = "NotFound"
        case internalError = "InternalError"
    }

    let kind: Kind
    let rule: String
    let message: String
    let mend: String
    var detail: String?
    var retryAfterMilliseconds: Int?
    /// The issuing line has put the refusal into the ledger already.
    var isRecorded = false

    init(_ kind: Kind, rule: String, message: String, mend: String, detail: String? = nil) {
        self.kind = kind
        self.rule = rule
        self.message = message
        self.mend = mend
        self.detail = detail
    }

    /// Whether it goes into the ledger: not when the ledger is what fails, and not when nothing was looked at.
    var shallBeRecorded: Bool { !isRecorded && kind != .ledgerUnavailable && kind != .busy }

    var onTheWire: ServiceError {
        ServiceError(
            name: "\(TokenStationInterface.name).\(kind.rawValue)",
            rule: rule,
            message: message,
            mend: mend,
            detail: detail,
            retryAfterMilliseconds: retryAfterMilliseconds
        )
    }
}

extension StationError {
    init(_ error: IssuanceError, isRecorded: Bool = false) {
        self.init(
            Kind(rawValue: error.kind.rawValue) ?? .internalError,
            rule: error.rule,
            message: error.message,
            mend: error.mend,
            detail: error.detail
        )
        retryAfterMilliseconds = error.retryAfterMilliseconds
        self.isRecorded = isRecorded
    }

    init(_ error: LedgerError) {
        self.init(IssuanceError(error))
    }

    /// What happened to a user's token. Officers are at the machine, and may read everything but secrets.
    init(_ error: TokenError) {
        self.init(
            Self.kind(of: error),
            rule: "token.\(error.code)",
            message: error.message,
            mend: error.mend,
            detail: error.returnValue.map { "CKR 0x\(String($0, radix: 16))" }
        )
    }

    private static func kind(of error: TokenError) -> Kind {
        switch error.code {
        case .wrongPIN, .pinFinalTry, .pinLength: .pinRefused
        case .tokenAmbiguous, .tokenFull, .tokenBlank, .tokenLocked, .requestRefused, .attributesRefused,
            .mechanismUnavailable, .keyAmbiguous, .keyMissing:
            .tokenRefused
        default: .tokenUnavailable
        }
    }

    /// What the service itself, or a token, has made cannot be used.
    init(ownFault error: X509Error, rule: String) {
        self.init(
            .internalError,
            rule: rule,
            message: "something was made that cannot be used",
            mend: "report it with the service's log",
            detail: error.description
        )
    }

    static func noReader(_ name: String) -> StationError {
        StationError(
            .notFound,
            rule: "reader.unknown",
            message: "no reader of the name “\(name.cut(octets: 64))”",
            mend: "name one of the readers in the settings"
        )
    }

    /// The token made a signature that is not its key's (TOK-11).
    static let badSignature = StationError(
        .tokenUnavailable,
        rule: "TOK-11.bad-signature",
        message: "the token made a signature that does not verify under its key; it was thrown away",
        mend: "do not use this token any more"
    )

    static let callerGone = StationError(
        .busy,
        rule: "caller.gone",
        message: "the caller is gone; the order can be continued",
        mend: "ask again with the same order"
    )
}
