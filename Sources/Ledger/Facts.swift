import Clocks

/// What is about to be signed. It is durable before the token hears of it (SGN-07).
package struct Intent: Sendable, Hashable {
    /// The caller's name for the order; 1 to 256 octets of UTF-8.
    package var orderID: String
    /// SHA-256 of the canonical request: tells a repeated order from a changed one.
    package var contentHash: [UInt8]
    package var profile: String
    /// SHA-256 of the profile set's file.
    package var profileSetHash: [UInt8]
    package var profileSetVersion: String
    package var issuer: String
    /// SHA-256 of the issuer's SubjectPublicKeyInfo: a name may have had several keys.
    package var issuerKeyHash: [UInt8]
    /// 1 to 20 octets, positive, no leading zero (RFC 5280, 4.1.2.2).
    package var serial: [UInt8]
    /// SHA-256 of the TBSCertificate that the token will sign.
    package var tbsHash: [UInt8]
    /// SHA-256 of the subject's SubjectPublicKeyInfo.
    package var publicKeyHash: [UInt8]
    /// SHA-256 of what names the subject: one key serves one subject.
    package var subjectHash: [UInt8]
    package var keyOrigin: String
    /// How the service made the key, where it did.
    package var keyRoute: String?
    package var callerUID: UInt32
    /// Seconds since 1970.
    package var notAfter: Int64
    /// Whether the certificate is a CA's. Its key must have been registered as an authority's before.
    package var isAuthority: Bool

    package init(
        orderID: String,
        contentHash: [UInt8],
        profile: String,
        profileSetHash: [UInt8],
        profileSetVersion: String,
        issuer: String,
        issuerKeyHash: [UInt8],
        serial: [UInt8],
        tbsHash: [UInt8],
        publicKeyHash: [UInt8],
        subjectHash: [UInt8],
        keyOrigin: String,
        keyRoute: String? = nil,
        callerUID: UInt32,
        notAfter: Int64,
        isAuthority: Bool = false
    ) {
        self.orderID = orderID
        self.contentHash = contentHash
        self.profile = profile
        self.profileSetHash = profileSetHash
        self.profileSetVersion = profileSetVersion
        self.issuer = issuer
        self.issuerKeyHash = issuerKeyHash
        self.serial = serial
        self.tbsHash = tbsHash
        self.publicKeyHash = publicKeyHash
        self.subjectHash = subjectHash
        self.keyOrigin = keyOrigin
        self.keyRoute = keyRoute
        self.callerUID = callerUID
        self.notAfter = notAfter
        self.isAuthority = isAuthority
    }
}

/// Proof that an intent is durable. The ledger alone makes these.
package struct IntentReceipt: Sendable, Hashable {
    package let sequence: Int64
    package let time: Timestamp
}

/// The answer to an intent.
package enum IntendOutcome: Sendable, Hashable {
    /// The intent is durable: sign now.
    case intended(IntentReceipt)
    /// The order has its certificate (SGN-06): answer with this one, sign nothing.
    case alreadyIssued(IssuedCertificate)
}

/// The certificate that an intent became.
package struct CertificateRecord: Sendable, Hashable {
    package var intent: IntentReceipt
    package var orderID: String
    package var serial: [UInt8]
    package var certificateDER: [UInt8]

    package init(intent: IntentReceipt, orderID: String, serial: [UInt8], certificateDER: [UInt8]) {
        self.intent = intent
        self.orderID = orderID
        self.serial = serial
        self.certificateDER = certificateDER
    }
}

/// Proof that a certificate is durable and may be released.
package struct CertificateReceipt: Sendable {
    /// Number of the entry, which is also the index of its leaf.
    package let sequence: Int64
    package let leafHash: MerkleHash
    package let time: Timestamp
    /// The tree of the commit that the entry came with.
    var tree: SealedTree

    /// Size of the first stored tree head that covers the entry.
    package var treeSize: Int64 { tree.size }

    /// Proof that the entry stands in that tree, whose head is stored. `nil` only when the tree has let go of it.
    package var inclusion: InclusionProof? {
        tree.path(of: sequence).map { path in
            InclusionProof(entry: sequence, leafHash: leafHash, treeSize: tree.size, root: tree.root, path: path)
        }
    }
}

/// A certificate as the ledger holds it.
package struct IssuedCertificate: Sendable, Hashable {
    package let orderID: String
    /// The intent's: tells a repeated order from a changed one.
    package let contentHash: [UInt8]
    /// The profile set that was in force.
    package let profileSetVersion: String
    package let profile: String
    package let issuer: String
    /// The intent's: who made the key pair, and how the service did where it did.
    package let keyOrigin: String
    package let keyRoute: String?
    package let serial: [UInt8]
    package let certificateDER: [UInt8]
    /// Entry of the intent.
    package let intentSequence: Int64
    /// Entry of the certificate.
    package let sequence: Int64
    package let time: Timestamp
    package let leafHash: [UInt8]
}

/// Proof that an entry of another kind is durable.
package struct EventReceipt: Sendable, Hashable {
    package let sequence: Int64
    package let time: Timestamp
}

/// An intent without certificate.
package struct OpenIntent: Sendable, Hashable {
    package let sequence: Int64
    package let orderID: String
    package let serial: [UInt8]
}

/// What the ledger knows of a serial number.
package enum SerialStatus: Sendable, Hashable {
    /// Its certificate is the entry with this number.
    case issued(sequence: Int64)
    /// It was intended and no certificate was released: it answers *revoked*.
    case neverReleased(intentSequence: Int64)
    /// It is being signed at this moment.
    case inFlight(intentSequence: Int64)
    case unknown
}

/// Something other than an intent or a certificate that must be found later: starts, refusals, ceremonies, keys.
package struct LedgerEvent: Sendable {
    /// Lower-case letters, digits and hyphens; at most 40.
    package var kind: String
    /// In the order in which they are written.
    package var fields: [(String, EventValue)]

    package init(kind: String, fields: [(String, EventValue)] = []) {
        self.kind = kind
        self.fields = fields
    }
}

/// What a field of an entry holds. There are no fractions.
package enum EventValue: Sendable, Hashable {
    case text(String)
    case number(Int64)
    case flag(Bool)
    /// Written as lower-case hexadecimal text, and read back as that text.
    case bytes([UInt8])
    case list([EventValue])
}

/// One entry, as it is stored.
package struct LedgerEntry: Sendable, Hashable {
    package let sequence: Int64
    package let time: Timestamp
    package let kind: String
    /// The leaf's data: one canonical JSON object.
    package let body: [UInt8]
    package let leafHash: [UInt8]
}

/// The Merkle tree at one size.
package struct TreeHead: Sendable, Hashable {
    package let size: Int64
    package let root: [UInt8]
    package let time: Timestamp
}

/// Kinds of entries that only the ledger writes.
package enum EntryKind {
    package static let intent = "intent"
    package static let certificate = "certificate"
    package static let intentClosed = "intent-closed"
    package static let authorityKey = "authority-key"
    package static let logKey = "log-key"
    package static let certificateRevoked = "certificate-revoked"
    package static let certificateHeld = "certificate-held"
    package static let certificateReleased = "certificate-released"
    package static let certificateCancelled = "certificate-cancelled"
    package static let crlIntended = "crl-intended"

    static let reserved: Set<String> = [
        intent, certificate, intentClosed, authorityKey, certificateRevoked, certificateHeld, certificateReleased,
        certificateCancelled, crlIntended, logKey,
    ]
}
