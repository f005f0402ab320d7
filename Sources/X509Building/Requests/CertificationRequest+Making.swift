extension CertificationRequest {
    /// What a token is to sign so that a request comes of it (RFC 2986 4.1): no attributes, and a subject that only
    /// people read.
    package static func requestInfo(subject: DistinguishedName, publicKey: SubjectPublicKey) throws(X509Error)
        -> [UInt8]
    {
        var writer = DERWriter(reserving: publicKey.derEncoded.count + 128)
        let info = writer.begin(.sequence)
        writer.unsignedInteger(0)
        writer.raw(try subject.derEncoded())
        writer.raw(publicKey.derEncoded)
        writer.end(writer.begin(.constructed(0)))
        writer.end(info)
        return writer.bytes
    }

    /// Puts a request together, and reads it back.
    ///
    /// - Parameter signature: the content of the BIT STRING.
    package init(
        requestInfo: [UInt8],
        algorithm: SignatureAlgorithm,
        signature: [UInt8]
    ) throws(X509Error) {
        // A request and a certificate have the same frame.
        try self.init(
            derEncoded: Certificate.assemble(tbsDER: requestInfo, algorithm: algorithm, signature: signature)
        )
    }

    package var pem: String { PEM.encode(derEncoded, label: "CERTIFICATE REQUEST") }
}

extension TBSCertificate {
    /// The serial number as a DER INTEGER: what `CKA_SERIAL_NUMBER` holds.
    package var serialNumberDER: [UInt8] {
        var writer = DERWriter(reserving: 24)
        writer.unsignedInteger(serialNumber)
        return writer.bytes
    }
}

extension SubjectPublicKey {
    /// How a key of this kind signs its own request.
    package var requestSignature: SignatureAlgorithm {
        switch material {
        case .rsa: .sha256WithRSA
        case .p256: .ecdsaP256SHA256
        case .p384: .ecdsaP384SHA384
        case .ed25519: .ed25519
        }
    }
}
