import Clocks
import Policy
import X509Building

/// Step 1. The order's parts are what they claim to be: names have a form, the PKCS#10 request parses. Nothing has been
/// judged yet.
package final class DecodedRequest: Sendable {
    package let submission: Submission
    package let order: OrderFacts
    package let facts: CertificateRequestFacts
    let key: SubjectPublicKey
    let possession: AuthorisedRequest.Possession
    /// The private key, where the service has made it.
    let delivery: KeyDelivery?

    fileprivate init(
        submission: Submission,
        order: OrderFacts,
        facts: CertificateRequestFacts,
        key: SubjectPublicKey,
        possession: AuthorisedRequest.Possession
    ) {
        self.submission = submission
        self.order = order
        self.facts = facts
        self.key = key
        self.possession = possession
        delivery = nil
    }

    /// An order whose key the service has made.
    init(_ decoded: DecodedKeyOrder, key: SubjectPublicKey, delivery: KeyDelivery) {
        submission = decoded.submission
        order = decoded.order
        facts = decoded.facts
        self.key = key
        possession = .madeByService(delivery.route)
        self.delivery = delivery
    }
}

extension DecodedRequest {
    /// Where the key comes from is what the ledger says, never what a caller says (USB-07). A key that a user's token
    /// made is certified for the order that it was made for, and for no other.
    func originated(in tokenKeys: TokenKeyBook) throws(IssuanceError) -> DecodedRequest {
        guard try tokenKeys.holds(key, for: order.orderID) else { return self }
        var facts = facts
        facts.keyOrigin = .token
        let order = OrderFacts(
            orderID: order.orderID,
            // Not with the request: an order that goes on with another token is the same order.
            contentHash: submission.contentHash(includingRequest: false),
            callerUID: order.callerUID,
            keyOrigin: .token
        )
        return DecodedRequest(submission: submission, order: order, facts: facts, key: key, possession: possession)
    }

    /// What tells a repeated order from a changed one while it is under way: the key is a part of it.
    var inFlightHash: [UInt8] {
        order.keyOrigin == .token ? submission.contentHash : order.contentHash
    }
}

extension Submission {
    /// The most octets an order's identifier may have.
    package static let longestOrderID = 64

    /// Checks lengths and forms, cheapest first.
    package func decode() throws(IssuanceError) -> DecodedRequest {
        try Self.checkOrderID(orderID)
        let facts = try decodeFacts()
        let request: CertificationRequest
        do {
            request = try CertificationRequest(pemOrBase64OrDER: Array(self.request.utf8))
        } catch {
            throw IssuanceError(error, rule: "request.pkcs10")
        }
        let order = OrderFacts(
            orderID: orderID,
            contentHash: contentHash,
            callerUID: callerUID,
            keyOrigin: facts.keyOrigin
        )
        return DecodedRequest(
            submission: self,
            order: order,
            facts: facts,
            key: request.publicKey,
            possession: .provenBy(request)
        )
    }

    /// Whether an order may have this identifier.
    package static func checkOrderID(_ orderID: String) throws(IssuanceError) {
        let allowed = orderID.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard allowed, !orderID.isEmpty, orderID.utf8.count <= Self.longestOrderID else {
            throw IssuanceError(
                .requestRejected,
                rule: "request.order",
                message: "the order's identifier is empty, too long, or has characters that are not allowed",
                mend: "use 1 to \(Self.longestOrderID) characters of A-Z a-z 0-9 . _ : -"
            )
        }
    }

    func decodeFacts() throws(IssuanceError) -> CertificateRequestFacts {
        var facts = CertificateRequestFacts(profile: profile, subject: [], keyOrigin: .csr)
        facts.issuer = issuer
        facts.securityIdentifier = securityIdentifier
        facts.validityDays = validityDays
        facts.notBefore = try Self.time(notBefore, field: "notBefore")
        facts.notAfter = try Self.time(notAfter, field: "notAfter")
        for item in subject {
            guard let type = AttributeType(rawValue: item.kind) else {
                throw Self.unknown("subject attribute", item.kind, AttributeType.allCases.map(\.rawValue))
            }
            facts.subject.append(DistinguishedName.Attribute(type, item.value))
        }
        for item in alternativeNames {
            facts.alternativeNames.append(try Self.alternativeName(item))
        }
        for name in extendedKeyUsages {
            guard let usage = ExtendedKeyUsage(name: name) else {
                throw Self.unknown("extended key usage", name, ExtendedKeyUsage.named.map(\.name))
            }
            facts.extendedKeyUsages.append(usage)
        }
        if let signatureAlgorithm {
            guard let algorithm = SignatureAlgorithm(rawValue: signatureAlgorithm) else {
                throw Self.unknown(
                    "signature algorithm",
                    signatureAlgorithm,
                    SignatureAlgorithm.allCases.map(\.rawValue)
                )
            }
            facts.signatureAlgorithm = algorithm
        }
        return facts
    }

    private static func alternativeName(_ item: Item) throws(IssuanceError) -> GeneralName {
        switch item.kind {
        case "rfc822Name":
            let isASCII = item.value.utf8.allSatisfy { $0 < 0x80 }
            return isASCII ? .rfc822Name(item.value) : .smtpUTF8Mailbox(item.value)
        case "userPrincipalName":
            return .userPrincipalName(item.value)
        default:
            throw unknown("alternative name", item.kind, ["rfc822Name", "userPrincipalName"])
        }
    }

    private static func time(_ text: String?, field: String) throws(IssuanceError) -> Timestamp? {
        guard let text else { return nil }
        guard let time = CivilTime(rfc3339: text) else {
            throw IssuanceError(
                .requestRejected,
                rule: "request.time",
                message: "\(field) is not a time that the service reads",
                mend: "write RFC 3339 in UTC to the second, for instance 2026-11-23T09:00:00Z"
            )
        }
        return Timestamp(seconds: time.secondsSinceEpoch)
    }

    static func unknown(_ what: String, _ name: String, _ known: [String]) -> IssuanceError {
        IssuanceError(
            .requestRejected,
            rule: "request.name",
            message: "unknown \(what) “\(name.cut(octets: 40))”",
            mend: "use one of: \(known.joined(separator: ", "))"
        )
    }
}

extension IssuanceError {
    /// A request whose bytes cannot be used.
    init(_ error: X509Error, rule: String) {
        self.init(
            .requestRejected,
            rule: rule,
            message: error.reason,
            mend: "make the request anew with a current tool, for instance openssl req",
            detail: error.clause
        )
    }
}
