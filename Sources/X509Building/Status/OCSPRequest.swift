/// What an OCSP client asks (RFC 6960 4.1). A signature over the request is passed over: everybody may ask.
package struct OCSPRequest: Hashable, Sendable {
    package let certificates: [OCSPCertificateID]
    /// The whole extension, to be echoed (RFC 9654).
    package let nonce: Extension?

    /// Checked before anything is parsed. A signed request carries its signer's certificates.
    package static let maximumEncodedSize = 16 * 1024
    package static let maximumCertificates = 32
    private static let maximumExtensions = 8
    /// RFC 9654 2.1.
    private static let nonceOctets = 1...128

    /// - Throws: `tooLarge`, `malformed`, `unsupportedField` for a critical extension that is not known here.
    package init(derEncoded: [UInt8]) throws(X509Error) {
        guard derEncoded.count <= Self.maximumEncodedSize else {
            throw X509Error(
                .tooLarge,
                "an OCSP request of \(derEncoded.count) bytes; at most \(Self.maximumEncodedSize)"
            )
        }
        var outer = DERReader(derEncoded)
        var message = try outer.enter(.sequence)
        try outer.finish()
        var body = try message.enter(.sequence)
        if var signature = try message.enterIfPresent(.constructed(0)) { try signature.checkWellFormed() }
        try message.finish()
        if var version = try body.enterIfPresent(.constructed(0)) {
            guard try version.smallInteger(upTo: 0) == 0 else { throw version.malformed("another version than 1") }
            try version.finish()
        }
        if var name = try body.enterIfPresent(.constructed(1)) { try name.checkWellFormed() }
        var list = try body.enter(.sequence)
        var certificates: [OCSPCertificateID] = []
        while !list.isAtEnd {
            guard certificates.count < Self.maximumCertificates else {
                throw X509Error(.tooLarge, "more than \(Self.maximumCertificates) certificates in one request")
            }
            certificates.append(try Self.certificate(&list))
        }
        guard !certificates.isEmpty else { throw list.malformed("no certificate is asked for") }
        self.certificates = certificates
        nonce =
            try body.enterIfPresent(.constructed(2)).map { tagged throws(X509Error) in try Self.nonce(tagged) } ?? nil
        try body.finish()
    }

    private static func certificate(_ list: inout DERReader) throws(X509Error) -> OCSPCertificateID {
        var request = try list.enter(.sequence)
        let certificate = try OCSPCertificateID(from: &request)
        if var tagged = try request.enterIfPresent(.constructed(0)) {
            _ = try extensions(&tagged)
        }
        try request.finish()
        return certificate
    }

    private static func nonce(_ tagged: DERReader) throws(X509Error) -> Extension? {
        var tagged = tagged
        let extensions = try extensions(&tagged)
        guard let nonce = extensions.first(where: { $0.oid == .ocspNonce }) else { return nil }
        guard extensions.count(where: { $0.oid == .ocspNonce }) == 1 else { throw tagged.malformed("two nonces") }
        var value = DERReader(nonce.value)
        let octets = try value.octetString()
        try value.finish()
        guard nonceOctets.contains(octets.count) else {
            throw tagged.malformed("a nonce of \(octets.count) octets; 1 to 128", clause: "RFC 9654 2.1")
        }
        return nonce
    }

    private static func extensions(_ tagged: inout DERReader) throws(X509Error) -> [Extension] {
        var list = try tagged.enter(.sequence)
        try tagged.finish()
        var extensions: [Extension] = []
        while !list.isAtEnd {
            guard extensions.count < maximumExtensions else {
                throw X509Error(.tooLarge, "more than \(maximumExtensions) extensions")
            }
            let one = try Extension(from: &list)
            guard !one.critical || one.oid == .ocspNonce else {
                throw X509Error(.unsupportedField, "a critical extension \(one.oid) that is not known here")
            }
            extensions.append(one)
        }
        return extensions
    }
}
