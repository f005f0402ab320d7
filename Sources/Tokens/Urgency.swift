/// Which calls a token answers first (SRV-03).
package enum Urgency: Sendable {
    /// Certificates, keys, random bytes.
    case ordinary
    /// What tells of certificates' status: CRLs and OCSP answers. They go before the ordinary ones, which still get every
    /// fourth turn.
    case urgent
}
