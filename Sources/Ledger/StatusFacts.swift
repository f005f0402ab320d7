import Clocks

/// What becomes of a certificate after it was issued (STS-01).
package struct StatusChange: Sendable, Hashable {
    package enum Action: Sendable, Hashable {
        /// For good, with a reason by its number in RFC 5280, 5.3.1.
        case revoke(reason: UInt8)
        /// For the time being.
        case hold
        /// Ends a hold; nothing of it stays.
        case release
        /// Revoked because the order was given back before its certificate was used.
        case cancel
    }

    package var serial: [UInt8]
    package var action: Action
    /// Since when the key may have been in other hands, in seconds since 1970.
    package var invalidityDate: Int64?
    package var callerUID: UInt32

    package init(serial: [UInt8], action: Action, invalidityDate: Int64? = nil, callerUID: UInt32) {
        self.serial = serial
        self.action = action
        self.invalidityDate = invalidityDate
        self.callerUID = callerUID
    }
}

/// Proof that a change of status is durable.
package struct StatusReceipt: Sendable, Hashable {
    package let sequence: Int64
    package let time: Timestamp
    package let orderID: String
    /// What holds from now on.
    package let standing: Standing
}

/// How a serial number stands, and since when.
package struct Standing: Sendable, Hashable {
    package enum State: String, Sendable, Hashable {
        /// No intent has this number.
        case unknown
        /// It is being signed at this moment.
        case inFlight
        case good
        case held
        case revoked
        /// It was intended and no certificate was released: it counts as revoked.
        case neverReleased
    }

    package let state: State
    /// Which key signed, as `IssuerKeyTag` has it; 0 for an unknown number.
    package var issuerKey: Int64 = 0
    /// Of a certificate that is held or revoked, and of a number that was never released: since when, in seconds since
    /// 1970.
    package var since: Int64 = 0
    /// By its number in RFC 5280, 5.3.1.
    package var reason: UInt8 = 0
    package var invalidityDate: Int64?

    package static let unknown = Standing(state: .unknown)

    /// Whether clients must be told that it is revoked, for a time or for good.
    package var isRevoked: Bool { [.held, .revoked, .neverReleased].contains(state) }
}

/// Tells the keys of this service's authorities apart in rows: the first eight octets of SHA-256 of the
/// SubjectPublicKeyInfo. The entries have the whole hash.
package enum IssuerKeyTag {
    package static func of(_ hash: [UInt8]) -> Int64 {
        Int64(truncatingIfNeeded: hash.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
    }
}

/// What a CRL that is about to be signed will say. It is durable before the token hears of it.
package struct CRLIntent: Sendable, Hashable {
    package var issuer: String
    /// SHA-256 of the issuer's SubjectPublicKeyInfo.
    package var issuerKeyHash: [UInt8]
    /// One more, or some more, than that of the key's last CRL.
    package var number: Int64
    /// Which of several parts; nil for the whole.
    package var partition: Int64?
    /// SHA-256 of the TBSCertList.
    package var tbsHash: [UInt8]
    package var revokedCertificates: Int64
    /// Seconds since 1970.
    package var thisUpdate: Int64
    package var nextUpdate: Int64

    package init(
        issuer: String,
        issuerKeyHash: [UInt8],
        number: Int64,
        partition: Int64? = nil,
        tbsHash: [UInt8],
        revokedCertificates: Int64,
        thisUpdate: Int64,
        nextUpdate: Int64
    ) {
        self.issuer = issuer
        self.issuerKeyHash = issuerKeyHash
        self.number = number
        self.partition = partition
        self.tbsHash = tbsHash
        self.revokedCertificates = revokedCertificates
        self.thisUpdate = thisUpdate
        self.nextUpdate = nextUpdate
    }
}

/// What a change of status is called in the table `status_changes` and in the entries.
enum StatusAct: Int64, CaseIterable {
    case revoked = 1
    case held = 2
    case released = 3
    case cancelled = 4

    static let unspecified: UInt8 = 0
    static let cessationOfOperation: UInt8 = 5
    static let certificateHold: UInt8 = 6
    /// Of RFC 5280, 5.3.1, those that a final revocation can have.
    static let finalReasons: Set<UInt8> = [0, 1, 2, 3, 4, 5, 9, 10]

    init(_ action: StatusChange.Action) {
        self =
            switch action {
            case .revoke: .revoked
            case .hold: .held
            case .release: .released
            case .cancel: .cancelled
            }
    }

    init?(kind: String) {
        guard let act = Self.allCases.first(where: { $0.kind == kind }) else { return nil }
        self = act
    }

    var kind: String {
        switch self {
        case .revoked: EntryKind.certificateRevoked
        case .held: EntryKind.certificateHeld
        case .released: EntryKind.certificateReleased
        case .cancelled: EntryKind.certificateCancelled
        }
    }

    /// The reason that goes with it, given the one that was asked for.
    func reason(asked: UInt8) -> UInt8 {
        switch self {
        case .revoked: asked
        case .held: Self.certificateHold
        case .released: Self.unspecified
        case .cancelled: Self.cessationOfOperation
        }
    }

    /// Why the act is not possible for a certificate in this state; nil when it is.
    func refusal(for current: RevokedSerial?) -> LedgerError? {
        switch (self, current?.state) {
        case (_, .revoked?), (_, .neverReleased?): .alreadyRevoked(since: Timestamp(seconds: current?.since ?? 0))
        case (.held, .held?): .alreadyHeld(since: Timestamp(seconds: current?.since ?? 0))
        case (.released, nil): .notHeld
        default: nil
        }
    }
}
