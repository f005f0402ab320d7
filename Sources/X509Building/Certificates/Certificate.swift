/// A signed certificate (RFC 5280 4.1). Reading one does not say that its signature is right; `isSigned(by:)` does.
package struct Certificate: Hashable, Sendable {
    package let derEncoded: [UInt8]
    /// The bytes that are signed.
    package let tbsDER: [UInt8]
    package let tbs: TBSCertificate
    package let signatureAlgorithm: SignatureAlgorithm
    /// The content of the signature BIT STRING.
    package let signature: [UInt8]

    /// Room for the largest body, an RSA-8192 signature and the frame.
    package static let maximumEncodedSize = TBSCertificate.maximumEncodedSize + 2048

    /// - Throws: `tooLarge`, `malformed`, and the errors of `TBSCertificate`.
    package init(derEncoded: [UInt8]) throws(X509Error) {
        guard derEncoded.count <= Self.maximumEncodedSize else {
            throw X509Error(.tooLarge, "a certificate of \(derEncoded.count) bytes; at most \(Self.maximumEncodedSize)")
        }
        var outer = DERReader(derEncoded)
        var fields = try outer.enter(.sequence)
        try outer.finish()
        let body = Array(fields.encoding(of: try fields.element(.sequence)))
        let algorithmStart = fields.position
        let algorithm = try SignatureAlgorithmIdentifier.parse(fields.encoding(of: try fields.element(.sequence)))
        let signature = Array(try fields.octetAlignedBitString())
        try fields.finish()
        let tbs = try TBSCertificate(derEncoded: body)
        guard tbs.signatureAlgorithm == algorithm else {
            throw fields.malformed(
                "the two signature algorithms differ",
                at: algorithmStart,
                clause: "RFC 5280 4.1.1.2"
            )
        }
        guard !signature.isEmpty else { throw fields.malformed("the signature is empty") }
        self.derEncoded = derEncoded
        tbsDER = body
        self.tbs = tbs
        signatureAlgorithm = algorithm
        self.signature = signature
    }

    /// Exactly one `CERTIFICATE` block.
    package init(pem: String) throws(X509Error) {
        try self.init(
            derEncoded: PEM.decode(Array(pem.utf8), labels: ["CERTIFICATE"], maximum: Self.maximumEncodedSize)
        )
    }

    package var pem: String { PEM.encode(derEncoded, label: "CERTIFICATE") }

    /// The subject's Name, byte for byte: the `issuerDER` of what this CA issues.
    package func subjectDER() throws(X509Error) -> [UInt8] { try tbs.subject.derEncoded() }

    /// Puts a body and its signature together. The body must be DER already; its algorithm is the caller's to match.
    package static func assemble(tbsDER: [UInt8], algorithm: SignatureAlgorithm, signature: [UInt8]) -> [UInt8] {
        var writer = DERWriter(reserving: tbsDER.count + signature.count + 96)
        let certificate = writer.begin(.sequence)
        writer.raw(tbsDER)
        writer.raw(algorithm.derEncoded)
        writer.bitString(signature)
        writer.end(certificate)
        return writer.bytes
    }

    /// Whether the signature was made with this key. Names, dates and purposes are not looked at.
    package func isSigned(by key: SubjectPublicKey) -> Bool {
        key.isValidSignature(signature, for: tbsDER, algorithm: signatureAlgorithm)
    }
}
