/// A PKCS#10 request (RFC 2986). Only the public key is ever taken from it; the subject and the attributes are checked
/// to be well-formed DER and never interpreted.
package struct CertificationRequest: Hashable, Sendable {
    package let derEncoded: [UInt8]
    /// The bytes that are signed.
    package let requestInfoDER: [UInt8]
    package let publicKey: SubjectPublicKey
    package let signatureAlgorithm: RequestSignatureAlgorithm
    /// The content of the signature BIT STRING.
    package let signature: [UInt8]

    /// The largest request, in DER.
    package static let maximumEncodedSize = 16 * 1024

    private static let labels = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]

    /// - Throws: `tooLarge`, `malformed`, `unsupportedAlgorithm`, `weakSignature`, `keyTooSmall`, `invalidKey`,
    ///   `invalidPoint`. The signature is not checked yet.
    package init(derEncoded: [UInt8]) throws(X509Error) {
        guard derEncoded.count <= Self.maximumEncodedSize else {
            throw X509Error(.tooLarge, "a request of \(derEncoded.count) bytes; at most \(Self.maximumEncodedSize)")
        }
        var outer = DERReader(derEncoded)
        var fields = try outer.enter(.sequence)
        try outer.finish()
        let info = try fields.element(.sequence)
        let algorithm = try fields.element(.sequence)
        let signature = try fields.octetAlignedBitString()
        try fields.finish()
        publicKey = try Self.publicKey(fields.reader(over: info))
        signatureAlgorithm = try RequestSignatureAlgorithm(fields.encoding(of: algorithm))
        guard signatureAlgorithm.accepts(publicKey) else {
            throw fields.malformed("the signature algorithm does not belong to the key", at: algorithm.start)
        }
        self.derEncoded = derEncoded
        requestInfoDER = Array(fields.encoding(of: info))
        self.signature = Array(signature)
    }

    /// From DER, from one PEM block, or from bare base64; which one it is shows in the first character.
    ///
    /// - Throws: also `malformedText`.
    package init(pemOrBase64OrDER input: [UInt8]) throws(X509Error) {
        try self.init(derEncoded: Self.decode(input))
    }

    private static func decode(_ input: [UInt8]) throws(X509Error) -> [UInt8] {
        // No base64 of a DER SEQUENCE begins with "0", which is the SEQUENCE's own first octet.
        if input.first == DERTag.sequence.octet { return input }
        guard input.count <= maximumEncodedSize * 3 / 2 + 1024 else {
            throw X509Error(.tooLarge, "a request text of \(input.count) bytes; at most \(maximumEncodedSize) in DER")
        }
        let text = PEM.trimmed(input[...])
        guard !text.isEmpty else { throw X509Error(.malformedText, "the request is empty") }
        if text.first == UInt8(ascii: "-") {
            return try PEM.decode(input, labels: labels, maximum: maximumEncodedSize)
        }
        return try PEM.contents(ofBase64: text, maximum: maximumEncodedSize)
    }

    private static func publicKey(_ info: DERReader) throws(X509Error) -> SubjectPublicKey {
        var info = info
        let start = info.position
        guard info.nextTag == .integer, try info.smallInteger(upTo: Int(Int32.max)) == 0 else {
            throw info.malformed("the version of the request is not 1", at: start, clause: "RFC 2986 4.1")
        }
        var subject = info.reader(over: try info.element(.sequence))
        try subject.checkWellFormed()
        let key = try info.element(.sequence)
        guard info.nextTag == .constructed(0) else {
            throw info.malformed("the attributes are missing; they may be empty", clause: "RFC 2986 4.1")
        }
        var attributes = try info.enter(.constructed(0))
        try attributes.checkWellFormed()
        try info.finish()
        return try SubjectPublicKey(derEncoded: Array(info.encoding(of: key)))
    }

    /// Checks that who made the request has the private key.
    ///
    /// - Throws: `badSignature`.
    package func verifyProofOfPossession() throws(X509Error) {
        let isValid = publicKey.verifier.isValidSignature(
            signature,
            for: requestInfoDER,
            scheme: signatureAlgorithm.scheme,
            digest: signatureAlgorithm.digest
        )
        guard isValid else {
            throw X509Error(
                .badSignature,
                "the request's signature does not verify with its own key; make the request again",
                clause: "RFC 2986 4.2"
            )
        }
    }
}
