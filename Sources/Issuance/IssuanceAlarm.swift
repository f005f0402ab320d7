/// Something that people have to look into. It goes to the service's log; the caller of the order it happened in gets an
/// error of its own.
package enum IssuanceAlarm: Sendable {
    /// A refusal could not be written to the ledger.
    case refusalNotRecorded(rule: String, problem: String)
    /// An intent without certificate could not be closed. It is tried again, and closed at the next start at the latest.
    case intentNotClosed(entry: Int64, problem: String)
    /// A CRL could not be made. The last one stays, and it is tried again.
    case crlFailed(issuer: String, problem: String)
    /// OCSP responses that were signed could not be counted in the ledger.
    case ocspNotCounted(count: Int64, problem: String)
    /// A token made a signature that does not verify (TOK-11).
    case badSignature(token: String, detail: String)
    /// No checkpoint of the ledger can be made, kept or compared. It is tried again.
    case checkpointTrouble(String)
    /// Somebody has seen more of the ledger than is there: nothing is issued any more.
    case ledgerOlderThanSeen(String)
}
