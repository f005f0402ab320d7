import Issuance
import Ledger
import Tokens
import X509Building

/// Why a ceremony stopped. What it had made up to there stays, recorded, and the same ceremony run again goes on from it.
package struct CeremonyError: Error, Sendable, CustomStringConvertible {
    /// The authority that was being made, if it was one.
    package let authority: String?
    package let message: String
    package let mend: String

    package init(authority: String? = nil, message: String, mend: String) {
        self.authority = authority
        self.message = message
        self.mend = mend
    }

    package var description: String {
        "\(authority.map { "\($0): " } ?? "")\(message); \(mend)"
    }

    init(_ error: IssuanceError, authority: String) {
        self.init(authority: authority, message: "\(error.message) [\(error.rule)]", mend: error.mend)
    }

    init(_ error: TokenError, authority: String) {
        self.init(authority: authority, message: error.message, mend: error.mend)
    }

    init(_ error: X509Error, authority: String) {
        self.init(
            authority: authority,
            message: error.reason,
            mend: "take the token out of service and examine what it made"
        )
    }

    init(_ error: LedgerError, authority: String? = nil) {
        self.init(authority: authority, message: error.message, mend: error.mend)
    }
}
