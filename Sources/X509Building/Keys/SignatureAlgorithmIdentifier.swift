/// The AlgorithmIdentifiers of signatures, built once and compared as bytes.
enum SignatureAlgorithmIdentifier {
    private static let encodings: [SignatureAlgorithm: [UInt8]] = Dictionary(
        uniqueKeysWithValues: SignatureAlgorithm.allCases.map { ($0, make($0)) }
    )
    private static let algorithms: [ArraySlice<UInt8>: SignatureAlgorithm] = Dictionary(
        uniqueKeysWithValues: encodings.map { ($0.value[...], $0.key) }
    )

    static func encoded(_ algorithm: SignatureAlgorithm) -> [UInt8] {
        guard let encoded = encodings[algorithm] else { preconditionFailure("every algorithm has an encoding") }
        return encoded
    }

    static func parse(_ encoded: ArraySlice<UInt8>) throws(X509Error) -> SignatureAlgorithm {
        if let algorithm = algorithms[encoded] { return algorithm }
        var outer = DERReader(Array(encoded))
        var fields = try outer.enter(.sequence)
        try outer.finish()
        throw refusal(try fields.objectIdentifier(), hasHash: hashParameter(fields))
    }

    /// Why an AlgorithmIdentifier that is not known byte for byte is refused.
    private static func refusal(_ algorithm: OID, hasHash: Bool) -> X509Error {
        if let name = RefusedAlgorithm.weakSignatures[algorithm] {
            return X509Error(.weakSignature, "a signature with \(name); sign with SHA-256 or better")
        }
        if algorithm == .rsassaPSS {
            guard hasHash else {
                return X509Error(.weakSignature, "RSASSA-PSS with SHA-1, its default; name SHA-256 or better")
            }
            return X509Error(
                .unsupportedAlgorithm,
                "RSASSA-PSS parameters other than SHA-256, SHA-384 or SHA-512, MGF1 over the same digest "
                    + "and a salt of its length",
                clause: "CA/B S/MIME BR 7.1.3.2.1"
            )
        }
        let known = encodings.values.contains { Array($0.dropFirst(2)).starts(with: objectIdentifierBytes(algorithm)) }
        if known {
            return X509Error(
                .malformed,
                "the parameters of the signature algorithm \(algorithm) are not in their only form",
                clause: "CA/B S/MIME BR 7.1.3.2"
            )
        }
        return X509Error(
            .unsupportedAlgorithm,
            "the signature algorithm \(RefusedAlgorithm.name(algorithm)); "
                + "sign with RSA, ECDSA or Ed25519 and SHA-256 or better"
        )
    }

    private static func hashParameter(_ fields: DERReader) -> Bool {
        var fields = fields
        do throws(X509Error) {
            guard let parameters = try fields.enterIfPresent(.sequence) else { return false }
            return parameters.nextTag == .constructed(0)
        } catch {
            return false
        }
    }

    private static func objectIdentifierBytes(_ oid: OID) -> [UInt8] {
        var writer = DERWriter()
        writer.objectIdentifier(oid)
        return writer.bytes
    }

    private static func make(_ algorithm: SignatureAlgorithm) -> [UInt8] {
        var writer = DERWriter()
        let identifier = writer.begin(.sequence)
        switch algorithm {
        case .sha256WithRSA: rsa(.sha256WithRSAEncryption, &writer)
        case .sha384WithRSA: rsa(.sha384WithRSAEncryption, &writer)
        case .sha512WithRSA: rsa(.sha512WithRSAEncryption, &writer)
        case .rsassaPSSSHA256: pss(.sha256, &writer)
        case .rsassaPSSSHA384: pss(.sha384, &writer)
        case .rsassaPSSSHA512: pss(.sha512, &writer)
        case .ecdsaP256SHA256: writer.objectIdentifier(.ecdsaWithSHA256)
        case .ecdsaP384SHA384: writer.objectIdentifier(.ecdsaWithSHA384)
        case .ed25519: writer.objectIdentifier(.ed25519)
        }
        writer.end(identifier)
        return writer.bytes
    }

    /// RFC 4055 5: the parameters are NULL and present.
    private static func rsa(_ oid: OID, _ writer: inout DERWriter) {
        writer.objectIdentifier(oid)
        writer.null()
    }

    /// RFC 4055 3.1, with the NULL of the digests present and the default trailer field absent.
    private static func pss(_ digest: DigestAlgorithm, _ writer: inout DERWriter) {
        writer.objectIdentifier(.rsassaPSS)
        let parameters = writer.begin(.sequence)
        let hash = writer.begin(.constructed(0))
        digestIdentifier(digest, &writer)
        writer.end(hash)
        let mask = writer.begin(.constructed(1))
        let mgf = writer.begin(.sequence)
        writer.objectIdentifier(.mgf1)
        digestIdentifier(digest, &writer)
        writer.end(mgf)
        writer.end(mask)
        let salt = writer.begin(.constructed(2))
        writer.unsignedInteger(UInt64(digest.octetCount))
        writer.end(salt)
        writer.end(parameters)
    }

    private static func digestIdentifier(_ digest: DigestAlgorithm, _ writer: inout DERWriter) {
        let identifier = writer.begin(.sequence)
        writer.objectIdentifier(digest.oid)
        writer.null()
        writer.end(identifier)
    }
}
