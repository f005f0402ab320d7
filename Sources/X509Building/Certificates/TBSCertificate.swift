/// What is signed in a certificate (RFC 5280 4.1.1.1), version 3, without unique identifiers.
///
/// Whatever `init(derEncoded:)` accepts, `derEncoded()` gives back byte for byte.
package struct TBSCertificate: Hashable, Sendable {
    /// Positive, big-endian, without leading zeros.
    package var serialNumber: [UInt8]
    package var signatureAlgorithm: SignatureAlgorithm
    /// The issuer's Name, byte for byte as in the CA's certificate, so that path building compares equal bytes.
    package var issuerDER: [UInt8]
    /// Seconds since 1970; the first second of the validity.
    package var notBefore: Int64
    /// Seconds since 1970; the last second of the validity, which still belongs to it (RFC 5280 4.1.2.5).
    package var notAfter: Int64
    package var subject: DistinguishedName
    package var publicKey: SubjectPublicKey
    package var extensions: [Extension]

    /// - Parameter serialNumber: big-endian; leading zeros are dropped.
    package init(
        serialNumber: [UInt8],
        signatureAlgorithm: SignatureAlgorithm,
        issuerDER: [UInt8],
        notBefore: Int64,
        notAfter: Int64,
        subject: DistinguishedName,
        publicKey: SubjectPublicKey,
        extensions: [Extension]
    ) {
        self.serialNumber = Array(serialNumber.drop { $0 == 0 })
        self.signatureAlgorithm = signatureAlgorithm
        self.issuerDER = issuerDER
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.subject = subject
        self.publicKey = publicKey
        self.extensions = extensions
    }

    /// The largest TBSCertificate that is built or parsed.
    package static let maximumEncodedSize = 32 * 1024
    /// RFC 5280 4.1.2.2: INTEGER content octets, a sign octet counted.
    package static let maximumSerialOctets = 20
    package static let maximumExtensions = 32

    /// The issuer as attributes; an outside CA may have a Name that is not made of those used here.
    package func issuer() throws(X509Error) -> DistinguishedName {
        try DistinguishedName(derEncoded: issuerDER)
    }

    /// The extension of this type, if it is there; there is never more than one in an encoding.
    package func `extension`(_ oid: OID) -> Extension? {
        extensions.first { $0.oid == oid }
    }

    /// Whether the extension of this type is critical, if it is there.
    package func isCritical(_ oid: OID) -> Bool? {
        extensions.firstIndex { $0.oid == oid }.map { extensions[$0].critical }
    }
}

// MARK: - Writing

extension TBSCertificate {
    /// - Throws: `nameInvalid`, `valueInvalid` with the field at fault, `tooLarge`.
    package func derEncoded() throws(X509Error) -> [UInt8] {
        try checkValues()
        var writer = DERWriter(reserving: 1024)
        let body = writer.begin(.sequence)
        writer.raw(Self.version3)
        writer.unsignedInteger(serialNumber)
        writer.raw(signatureAlgorithm.derEncoded)
        writer.raw(issuerDER)
        let validity = writer.begin(.sequence)
        try X509Time.write(notBefore, field: "notBefore", to: &writer)
        try X509Time.write(notAfter, field: "notAfter", to: &writer)
        writer.end(validity)
        try subject.write(to: &writer)
        writer.raw(publicKey.derEncoded)
        if !extensions.isEmpty {
            let tagged = writer.begin(.constructed(3))
            let list = writer.begin(.sequence)
            for `extension` in extensions { `extension`.write(to: &writer) }
            writer.end(list)
            writer.end(tagged)
        }
        writer.end(body)
        guard writer.bytes.count <= Self.maximumEncodedSize else { throw Self.tooLarge(writer.bytes.count) }
        return writer.bytes
    }

    /// `[0] EXPLICIT INTEGER 2`.
    private static let version3: [UInt8] = [0xA0, 0x03, 0x02, 0x01, 0x02]

    private static func tooLarge(_ count: Int) -> X509Error {
        X509Error(.tooLarge, "a certificate body of \(count) bytes; at most \(maximumEncodedSize)")
    }

    private func checkValues() throws(X509Error) {
        try Self.checkSerial(serialNumber)
        guard notBefore <= notAfter else {
            throw X509Error(
                .valueInvalid,
                "the validity ends before it begins",
                clause: "RFC 5280 4.1.2.5",
                field: "notAfter"
            )
        }
        try Self.checkIssuer(issuerDER)
        try checkExtensions()
    }

    private static func checkSerial(_ serial: [UInt8]) throws(X509Error) {
        let digits = serial.drop { $0 == 0 }
        guard let first = digits.first else {
            throw X509Error(.valueInvalid, "the serial is zero", clause: "RFC 5280 4.1.2.2", field: "serialNumber")
        }
        let octets = digits.count + (first >= 0x80 ? 1 : 0)
        guard octets <= maximumSerialOctets else {
            throw X509Error(
                .valueInvalid,
                "the serial encodes to \(octets) octets; at most \(maximumSerialOctets)",
                clause: "RFC 5280 4.1.2.2",
                field: "serialNumber"
            )
        }
    }

    /// The issuer's Name is only copied, so that its shape is checked and nothing else.
    private static func checkIssuer(_ encoded: [UInt8]) throws(X509Error) {
        var outer = DERReader(encoded)
        var names = try outer.enter(.sequence)
        try outer.finish()
        guard !names.isAtEnd else {
            throw X509Error(.valueInvalid, "the issuer is empty", clause: "RFC 5280 4.1.2.4", field: "issuer")
        }
        while !names.isAtEnd {
            var set = try names.enter(.set)
            guard !set.isAtEnd else { throw set.malformed("a relative distinguished name is empty") }
            while !set.isAtEnd {
                var pair = try set.enter(.sequence)
                _ = try pair.objectIdentifier()
                let value = try pair.element()
                try pair.finish()
                guard !value.tag.isConstructed, value.tag.isUniversal else {
                    throw pair.malformed("a name attribute is no string", at: value.start)
                }
            }
        }
    }

    private func checkExtensions() throws(X509Error) {
        guard extensions.count <= Self.maximumExtensions else {
            throw X509Error(.valueInvalid, "\(extensions.count) extensions; at most \(Self.maximumExtensions)")
        }
        let second = extensions.indices.first { place in
            (0..<place).contains { extensions[$0].oid == extensions[place].oid }
        }
        if let second {
            throw X509Error(
                .valueInvalid,
                "the extension occurs twice",
                clause: "RFC 5280 4.2",
                field: extensions[second].name
            )
        }
    }
}

// MARK: - Reading

extension TBSCertificate {
    /// Parses strictly: DER, version 3, known algorithms and name attributes, the values that `derEncoded()` allows.
    ///
    /// - Parameter expectedKey: a key that was parsed before; when the bytes are the same it is taken over, which
    ///   saves the checks of the point or modulus.
    /// - Throws: `malformed`, `tooLarge`, `unsupportedField`, `unsupportedAlgorithm` and the errors of its parts.
    package init(derEncoded: [UInt8], expectedKey: SubjectPublicKey? = nil) throws(X509Error) {
        guard derEncoded.count <= Self.maximumEncodedSize else { throw Self.tooLarge(derEncoded.count) }
        var outer = DERReader(derEncoded)
        var body = try outer.enter(.sequence)
        try outer.finish()
        guard body.nextTag == .constructed(0) else {
            throw body.malformed("the version is not 3", clause: "RFC 5280 4.1.2.1")
        }
        var version = try body.enter(.constructed(0))
        guard try version.smallInteger(upTo: 2) == 2 else {
            throw version.malformed("the version is not 3", clause: "RFC 5280 4.1.2.1")
        }
        try version.finish()
        serialNumber = try body.unsignedInteger()
        signatureAlgorithm = try SignatureAlgorithmIdentifier.parse(body.encoding(of: try body.element(.sequence)))
        issuerDER = Array(body.encoding(of: try body.element(.sequence)))
        var validity = try body.enter(.sequence)
        notBefore = try X509Time.read(from: &validity)
        notAfter = try X509Time.read(from: &validity)
        try validity.finish()
        var names = try body.enter(.sequence)
        subject = try DistinguishedName(from: &names)
        publicKey = try Self.publicKey(body.encoding(of: try body.element(.sequence)), expected: expectedKey)
        extensions = try Self.readExtensions(&body)
        try body.finish()
        try checkValues()
    }

    private static func publicKey(
        _ encoded: ArraySlice<UInt8>,
        expected: SubjectPublicKey?
    ) throws(X509Error) -> SubjectPublicKey {
        if let expected, expected.derEncoded[...] == encoded { return expected }
        return try SubjectPublicKey(derEncoded: Array(encoded))
    }

    private static func readExtensions(_ body: inout DERReader) throws(X509Error) -> [Extension] {
        guard body.nextTag != .primitive(1), body.nextTag != .primitive(2) else {
            throw X509Error(
                .unsupportedField,
                "unique identifiers are not used",
                clause: "RFC 5280 4.1.2.8",
                offset: body.position
            )
        }
        guard var tagged = try body.enterIfPresent(.constructed(3)) else { return [] }
        var list = try tagged.enter(.sequence)
        try tagged.finish()
        guard !list.isAtEnd else { throw list.malformed("the list of extensions is empty", clause: "RFC 5280 4.1") }
        var extensions: [Extension] = []
        // As many as people's certificates have.
        extensions.reserveCapacity(10)
        while !list.isAtEnd { extensions.append(try Extension(from: &list)) }
        return extensions
    }
}
