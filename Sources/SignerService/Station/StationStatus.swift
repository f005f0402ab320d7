import Issuance
import Ledger
import Policy

/// What the station needs to know of certificates that were issued, and to do to them.
struct StationStatus: Sendable {
    let line: IssuanceLine

    /// Whether a certificate is revoked for good.
    func isRevoked(serial: [UInt8]) throws(StationError) -> Bool {
        false
    }

    /// Revokes a certificate for good. One that is revoked already stays as it is.
    func revoke(
        serial: [UInt8],
        reason: RevocationReason,
        callerUID: UInt32
    ) throws(StationError) {
        throw StationError(
            .orderConflict,
            rule: "status.unavailable",
            message: "this service cannot revoke certificates yet",
            mend: "go on with the token that has the key"
        )
    }
}
