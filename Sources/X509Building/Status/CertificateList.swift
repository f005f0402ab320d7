/// Everything of a CRL (RFC 5280 5.1) but its entries. Version 2, never a delta.
package struct CertificateListHead: Hashable, Sendable {
    package var signatureAlgorithm: SignatureAlgorithm
    /// The CA's Name, byte for byte as in its certificate.
    package var issuerDER: [UInt8]
    /// Seconds since 1970.
    package var thisUpdate: Int64
    package var nextUpdate: Int64
    package var number: Int64
    /// The CA's subject key identifier.
    package var authorityKeyIdentifier: [UInt8]
    /// Where the CRL lies, when it is one of several parts; empty for a CRL of everything.
    package var distributionPoints: [String]

    package init(
        signatureAlgorithm: SignatureAlgorithm,
        issuerDER: [UInt8],
        thisUpdate: Int64,
        nextUpdate: Int64,
        number: Int64,
        authorityKeyIdentifier: [UInt8],
        distributionPoints: [String] = []
    ) {
        self.signatureAlgorithm = signatureAlgorithm
        self.issuerDER = issuerDER
        self.thisUpdate = thisUpdate
        self.nextUpdate = nextUpdate
        self.number = number
        self.authorityKeyIdentifier = authorityKeyIdentifier
        self.distributionPoints = distributionPoints
    }

    /// Up to the entries, without the frame around everything.
    func beginning() throws(X509Error) -> [UInt8] {
        guard nextUpdate > thisUpdate else {
            throw X509Error(
                .valueInvalid,
                "the next update is not after this one",
                clause: "RFC 5280 5.1.2.5",
                field: "nextUpdate"
            )
        }
        var writer = DERWriter(reserving: 256)
        writer.unsignedInteger(1 as UInt64)
        writer.raw(signatureAlgorithm.derEncoded)
        writer.raw(issuerDER)
        try X509Time.write(thisUpdate, field: "thisUpdate", to: &writer)
        try X509Time.write(nextUpdate, field: "nextUpdate", to: &writer)
        return writer.bytes
    }

    /// The extensions: whose key signs, the number, and of which part of the certificates the CRL speaks.
    package func extensions() throws(X509Error) -> [Extension] {
        guard number > 0 else {
            throw X509Error(.valueInvalid, "CRLs are numbered from 1", clause: "RFC 5280 5.2.3", field: "cRLNumber")
        }
        var extensions: [Extension] = [
            try .authorityKeyIdentifier(authorityKeyIdentifier), try .crlNumber(number),
        ]
        if !distributionPoints.isEmpty { extensions.append(try .issuingDistributionPoint(distributionPoints)) }
        return extensions
    }

    /// What comes after the entries: `[0] EXPLICIT Extensions`.
    func end() throws(X509Error) -> [UInt8] {
        var writer = DERWriter(reserving: 256)
        let tagged = writer.begin(.constructed(0))
        let list = writer.begin(.sequence)
        for one in try extensions() { one.write(to: &writer) }
        writer.end(list)
        writer.end(tagged)
        return writer.bytes
    }
}

extension Extension {
    /// cRLNumber (RFC 5280 5.2.3).
    package static func crlNumber(_ number: Int64) throws(X509Error) -> Extension {
        try Extension(.crlNumber, critical: false) { writer throws(X509Error) in
            writer.unsignedInteger(UInt64(clamping: number))
        }
    }

    package func readCRLNumber() throws(X509Error) -> Int64 {
        var value = try reader(expecting: .crlNumber)
        let digits = try value.unsignedInteger()
        try value.finish()
        guard digits.count < 8 else {
            throw X509Error(.valueInvalid, "a CRL number beyond 63 bits", field: "cRLNumber")
        }
        return digits.reduce(0) { $0 << 8 | Int64($1) }
    }

    /// issuingDistributionPoint (RFC 5280 5.2.5) of a CRL that speaks of some certificates alone: of those that name one
    /// of these places. Critical, so that nobody takes the part for the whole.
    package static func issuingDistributionPoint(_ uris: [String]) throws(X509Error) -> Extension {
        guard (1...16).contains(uris.count) else {
            throw X509Error(.valueInvalid, "1 to 16 places are taken", field: "issuingDistributionPoint")
        }
        return try Extension(.issuingDistributionPoint, critical: true) { writer throws(X509Error) in
            let point = writer.begin(.sequence)
            try DistributionPointName.write(uris, to: &writer)
            writer.end(point)
        }
    }

    /// The places.
    ///
    /// - Throws: `malformed` when it says anything else than places.
    package func readIssuingDistributionPoint() throws(X509Error) -> [String] {
        var value = try reader(expecting: .issuingDistributionPoint)
        var point = try value.enter(.sequence)
        try value.finish()
        return try DistributionPointName.read(&point, in: "issuingDistributionPoint")
    }
}

/// One revoked certificate as a CRL tells of it.
package struct CertificateListEntry: Hashable, Sendable {
    /// Big-endian, positive, without leading zeros.
    package var serialNumber: [UInt8]
    /// Seconds since 1970.
    package var revocationDate: Int64
    /// nil where nothing is said.
    package var reason: RevocationCode?
    /// Since when the key may have been in other hands.
    package var invalidityDate: Int64?

    package init(
        serialNumber: [UInt8],
        revocationDate: Int64,
        reason: RevocationCode? = nil,
        invalidityDate: Int64? = nil
    ) {
        self.serialNumber = serialNumber
        self.revocationDate = revocationDate
        self.reason = reason
        self.invalidityDate = invalidityDate
    }
}
