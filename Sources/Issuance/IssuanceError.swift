import Ledger
import Policy
import Tokens
import X509Building

/// Why a request was not answered with a certificate. Nothing has been released when this is thrown, and nothing is
/// half done: an intent that was recorded is closed as never released.
package struct IssuanceError: Error, Sendable {
    /// What kind of trouble it is: the name of the error on the wire.
    package enum Kind: String, Sendable {
        case requestRejected = "RequestRejected"
        case policyViolation = "PolicyViolation"
        case orderConflict = "OrderConflict"
        case keyGone = "KeyGone"
        case busy = "Busy"
        case tokenUnavailable = "TokenUnavailable"
        case ledgerUnavailable = "LedgerUnavailable"
        case clockMovedBack = "ClockMovedBack"
        case notFound = "NotFound"
        case statusConflict = "StatusConflict"
        case internalError = "InternalError"
    }

    package let kind: Kind
    /// The rule that was broken, by its stable id.
    package let rule: String
    /// What was wrong.
    package let message: String
    /// What the caller or an officer can do.
    package let mend: String
    /// More for the people who run the appliance; never a secret or a path.
    package let detail: String?
    /// For `busy`: when to ask again, in milliseconds.
    package let retryAfterMilliseconds: Int?
    /// For `keyGone`: the certificate that is there already.
    package let serial: [UInt8]?

    package init(
        _ kind: Kind,
        rule: String,
        message: String,
        mend: String,
        detail: String? = nil,
        retryAfterMilliseconds: Int? = nil,
        serial: [UInt8]? = nil
    ) {
        self.kind = kind
        self.rule = rule
        self.message = message
        self.mend = mend
        self.detail = detail
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.serial = serial
    }
}
