/// One order as a caller sent it: nothing in it has been looked at yet.
package struct Submission: Sendable {
    /// A name or attribute type with its value, as the wire carries it.
    package struct Item: Sendable {
        package var kind: String
        package var value: String

        package init(kind: String, value: String) {
            self.kind = kind
            self.value = value
        }
    }

    package var orderID: String
    package var profile: String
    package var issuer: String?
    /// PKCS#10, PEM or the base64 of its DER.
    package var request: String
    package var subject: [Item]
    package var alternativeNames: [Item]
    package var securityIdentifier: String?
    package var extendedKeyUsages: [String]
    package var signatureAlgorithm: String?
    package var notBefore: String?
    package var notAfter: String?
    package var validityDays: Int?
    /// The key that the service shall make, in place of a request.
    package var key: DeliveryWish?
    /// Who asks, by the kernel's word (SO_PEERCRED).
    package var callerUID: UInt32
    /// When the whole call had been received, on the monotonic clock, in nanoseconds.
    package var receivedAt: UInt64

    package init(orderID: String, profile: String, request: String, callerUID: UInt32, receivedAt: UInt64) {
        self.orderID = orderID
        self.profile = profile
        self.request = request
        self.callerUID = callerUID
        self.receivedAt = receivedAt
        issuer = nil
        subject = []
        alternativeNames = []
        securityIdentifier = nil
        extendedKeyUsages = []
        signatureAlgorithm = nil
        notBefore = nil
        notAfter = nil
        validityDays = nil
        key = nil
    }

    /// SHA-256 over everything that is asked for, with lengths between the parts, so that an order asked again can be
    /// told from an order changed. Who asks and when are no part of it.
    package var contentHash: [UInt8] { contentHash(includingRequest: true) }

    func contentHash(includingRequest: Bool) -> [UInt8] {
        var canonical = CanonicalBytes()
        canonical.append(profile)
        canonical.append(issuer)
        canonical.append(includingRequest ? request : "made in a token")
        for items in [subject, alternativeNames] {
            canonical.append(count: items.count)
            for item in items {
                canonical.append(item.kind)
                canonical.append(item.value)
            }
        }
        canonical.append(securityIdentifier)
        canonical.append(count: extendedKeyUsages.count)
        for usage in extendedKeyUsages { canonical.append(usage) }
        canonical.append(signatureAlgorithm)
        canonical.append(notBefore)
        canonical.append(notAfter)
        canonical.append(validityDays.map(String.init))
        key?.appendContent(to: &canonical)
        return canonical.sha256
    }
}
