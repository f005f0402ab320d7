/// One certificate extension (RFC 5280 4.1.2.9): its value is kept as the bytes inside the OCTET STRING.
///
/// The builders and readers are beside each other, a file for each subject, in this folder.
package struct Extension: Hashable, Sendable {
    package let oid: OID
    package let critical: Bool
    /// The DER of the extension's own type.
    package let value: [UInt8]

    package init(oid: OID, critical: Bool, value: [UInt8]) {
        self.oid = oid
        self.critical = critical
        self.value = value
    }

    init(_ oid: OID, critical: Bool, _ write: (inout DERWriter) throws(X509Error) -> Void) throws(X509Error) {
        var writer = DERWriter(reserving: 128)
        try write(&writer)
        self.init(oid: oid, critical: critical, value: writer.bytes)
    }

    func write(to writer: inout DERWriter) {
        let body = writer.begin(.sequence)
        writer.objectIdentifier(oid)
        if critical { writer.booleanTrue() }
        writer.primitive(.octetString, value)
        writer.end(body)
    }

    init(from extensions: inout DERReader) throws(X509Error) {
        var fields = try extensions.enter(.sequence)
        oid = try fields.objectIdentifier()
        critical = try fields.booleanDefaultFalse()
        value = try fields.octetString()
        try fields.finish()
    }

    /// A cursor over the value, for a reader that expects this extension.
    func reader(expecting expected: OID) throws(X509Error) -> DERReader {
        guard oid == expected else {
            throw X509Error(.valueInvalid, "the extension \(oid) was read as \(expected)", field: name)
        }
        return DERReader(value)
    }
}

extension Extension: CustomStringConvertible {
    /// The name as in the RFC, or the object identifier.
    package var name: String { Self.names[oid] ?? oid.description }

    package var description: String { critical ? "\(name) (critical)" : name }

    private static let names: [OID: String] = [
        .subjectKeyIdentifier: "subjectKeyIdentifier",
        .authorityKeyIdentifier: "authorityKeyIdentifier",
        .keyUsage: "keyUsage",
        .extendedKeyUsage: "extKeyUsage",
        .subjectAlternativeName: "subjectAltName",
        .certificatePolicies: "certificatePolicies",
        .crlDistributionPoints: "cRLDistributionPoints",
        .authorityInformationAccess: "authorityInfoAccess",
        .basicConstraints: "basicConstraints",
        .ocspNoCheck: "ocsp-nocheck",
        .crlNumber: "cRLNumber",
        .reasonCode: "reasonCode",
        .invalidityDate: "invalidityDate",
        .issuingDistributionPoint: "issuingDistributionPoint",
        .securityIdentifier: "szOID_NTDS_CA_SECURITY_EXT",
    ]
}

extension OID {
    package static let subjectKeyIdentifier: OID = [2, 5, 29, 14]
    package static let keyUsage: OID = [2, 5, 29, 15]
    package static let subjectAlternativeName: OID = [2, 5, 29, 17]
    package static let basicConstraints: OID = [2, 5, 29, 19]
    package static let crlDistributionPoints: OID = [2, 5, 29, 31]
    package static let certificatePolicies: OID = [2, 5, 29, 32]
    package static let crlNumber: OID = [2, 5, 29, 20]
    package static let reasonCode: OID = [2, 5, 29, 21]
    package static let invalidityDate: OID = [2, 5, 29, 24]
    package static let issuingDistributionPoint: OID = [2, 5, 29, 28]
    package static let authorityKeyIdentifier: OID = [2, 5, 29, 35]
    package static let extendedKeyUsage: OID = [2, 5, 29, 37]
    package static let authorityInformationAccess: OID = [1, 3, 6, 1, 5, 5, 7, 1, 1]
    package static let ocspNonce: OID = [1, 3, 6, 1, 5, 5, 7, 48, 1, 2]
    package static let ocspBasic: OID = [1, 3, 6, 1, 5, 5, 7, 48, 1, 1]
    package static let ocspNoCheck: OID = [1, 3, 6, 1, 5, 5, 7, 48, 1, 5]
    package static let securityIdentifier: OID = [1, 3, 6, 1, 4, 1, 311, 25, 2]
}
