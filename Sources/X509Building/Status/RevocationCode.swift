/// CRLReason (RFC 5280 5.3.1) with its number. Only those that this building writes; removeFromCRL belongs to delta
/// CRLs, which are not made.
package enum RevocationCode: UInt8, Hashable, Sendable, CaseIterable {
    /// Never written in a CRL: the extension is left out instead.
    case unspecified = 0
    case keyCompromise = 1
    case cACompromise = 2
    case affiliationChanged = 3
    case superseded = 4
    case cessationOfOperation = 5
    case certificateHold = 6
    case privilegeWithdrawn = 9
    case aACompromise = 10

    /// The name as in the RFC.
    package var name: String { "\(self)" }
}
