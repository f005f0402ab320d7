import Crypto
import X509Building

/// A CRL in a file, read back: what it says of itself, after its signature has been checked.
struct CRLFile {
    private let file: ShelfFile
    private let scope: CRLScope

    init(_ file: ShelfFile, _ scope: CRLScope) {
        self.file = file
        self.scope = scope
    }

    /// - Throws: when it is not a CRL that this issuer has signed for this scope.
    func check() throws -> IssuedCRL {
        let size = try file.size()
        let frame = try CertificateListFrame(
            beginning: file.read(at: 0, CertificateListFrame.beginningSize),
            size: size
        )
        let (algorithm, signature) = try frame.readEnd(file.read(at: frame.end.lowerBound, frame.end.count))
        var message = SignedMessage(algorithm)
        var hash = SHA256()
        hash.update(data: try file.read(at: 0, frame.tbs.lowerBound))
        var place = frame.tbs.lowerBound
        var reader = try CertificateListReader { count in
            let piece = try file.read(at: place, min(count, frame.tbs.upperBound - place))
            place += piece.count
            message.update(piece)
            hash.update(data: piece)
            return piece
        }
        var entries = 0
        while try reader.nextEntry() != nil { entries += 1 }
        let extensions = try reader.readExtensions()
        hash.update(data: try file.read(at: frame.end.lowerBound, frame.end.count))
        let places = try extensions.first { $0.oid == .issuingDistributionPoint }?.readIssuingDistributionPoint()
        guard message.isSigned(by: scope.issuer.key.publicKey, signature),
            reader.issuerDER == scope.issuer.facts.subjectDER, places == scope.partition?.addresses,
            let number = try extensions.first(where: { $0.oid == .crlNumber })?.readCRLNumber()
        else { throw X509Error(.badSignature, "not a CRL of this issuer") }
        return IssuedCRL(
            issuer: scope.issuer.name,
            partition: scope.partition?.index,
            number: number,
            thisUpdate: reader.thisUpdate,
            nextUpdate: reader.nextUpdate,
            revokedCertificates: entries,
            size: size,
            sha256: Array(hash.finalize())
        )
    }
}
