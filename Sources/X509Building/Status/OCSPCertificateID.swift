internal import Crypto

/// The digests by which OCSP clients name issuers. SHA-1 names and protects nothing here.
package enum OCSPHash: UInt8, Hashable, Sendable, CaseIterable {
    case sha1
    case sha256

    package func digest(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let bytes = Array(bytes)
        return switch self {
        case .sha1: Array(Insecure.SHA1.hash(data: bytes))
        case .sha256: Array(SHA256.hash(data: bytes))
        }
    }

    var oid: OID {
        switch self {
        case .sha1: Self.sha1OID
        case .sha256: .sha256
        }
    }

    private static let sha1OID: OID = [1, 3, 14, 3, 2, 26]
}

/// A certificate as an OCSP client names it (CertID, RFC 6960 4.1.1). What is answered has the very same octets.
package struct OCSPCertificateID: Hashable, Sendable {
    /// nil for a digest that is not taken here.
    package let hash: OCSPHash?
    /// Whether the digest's parameters were written as NULL; both forms are in use.
    package let hasNull: Bool
    package let issuerNameHash: [UInt8]
    package let issuerKeyHash: [UInt8]
    /// Without leading zeros.
    package let serialNumber: [UInt8]
    package let derEncoded: [UInt8]

    package init(
        hash: OCSPHash,
        issuerDER: [UInt8],
        issuerKey: SubjectPublicKey,
        serialNumber: [UInt8],
        hasNull: Bool = true
    ) {
        self.hash = hash
        self.hasNull = hasNull
        issuerNameHash = hash.digest(issuerDER)
        issuerKeyHash = issuerKey.keyHash(hash)
        self.serialNumber = Array(serialNumber.drop { $0 == 0 })
        var writer = DERWriter(reserving: 128)
        let body = writer.begin(.sequence)
        let algorithm = writer.begin(.sequence)
        writer.objectIdentifier(hash.oid)
        if hasNull { writer.null() }
        writer.end(algorithm)
        writer.primitive(.octetString, issuerNameHash)
        writer.primitive(.octetString, issuerKeyHash)
        writer.unsignedInteger(serialNumber)
        writer.end(body)
        derEncoded = writer.bytes
    }

    init(from reader: inout DERReader) throws(X509Error) {
        let element = try reader.element(.sequence)
        derEncoded = Array(reader.encoding(of: element))
        var fields = reader.reader(over: element)
        var algorithm = try fields.enter(.sequence)
        let oid = try algorithm.objectIdentifier()
        hash = OCSPHash.allCases.first { $0.oid == oid }
        hasNull = !algorithm.isAtEnd
        if hash != nil {
            if hasNull { try algorithm.null() }
            try algorithm.finish()
        }
        issuerNameHash = try fields.octetString()
        issuerKeyHash = try fields.octetString()
        let start = fields.position
        serialNumber = try fields.unsignedInteger()
        try fields.finish()
        guard issuerNameHash.count <= 64, issuerKeyHash.count <= 64, serialNumber.count <= 64 else {
            throw fields.malformed("a hash or a serial of more than 64 octets", at: start, clause: "RFC 6960 4.1.1")
        }
    }
}
