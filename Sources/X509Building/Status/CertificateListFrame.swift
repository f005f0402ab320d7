/// Where the parts of a signed CRL lie in its file: TBSCertList, then algorithm and signature.
package struct CertificateListFrame: Hashable, Sendable {
    package let tbs: Range<Int>
    private let size: Int

    /// How many octets of the beginning have to be known.
    package static let beginningSize = 16

    /// - Parameters:
    ///   - beginning: the first octets of the file.
    ///   - size: of the whole file.
    package init(beginning: [UInt8], size: Int) throws(X509Error) {
        let outer = try Self.header(beginning, at: 0)
        guard outer.end == size else { throw X509Error(.malformed, "the CRL is cut off, or bytes are left over") }
        let body = try Self.header(beginning, at: outer.content)
        guard body.end < size else { throw X509Error(.malformed, "the CRL has no signature") }
        tbs = outer.content..<body.end
        self.size = size
    }

    /// Where algorithm and signature lie.
    package var end: Range<Int> { tbs.upperBound..<size }

    /// Reads algorithm and signature.
    package func readEnd(_ bytes: [UInt8]) throws(X509Error) -> (algorithm: SignatureAlgorithm, signature: [UInt8]) {
        var fields = DERReader(bytes)
        let algorithm = try SignatureAlgorithmIdentifier.parse(fields.encoding(of: try fields.element(.sequence)))
        let signature = Array(try fields.octetAlignedBitString())
        try fields.finish()
        return (algorithm, signature)
    }

    private static func header(_ bytes: [UInt8], at start: Int) throws(X509Error) -> (content: Int, end: Int) {
        guard start + 6 <= bytes.count, bytes[start] == DERTag.sequence.octet else {
            throw X509Error(.malformed, "no CRL")
        }
        let first = Int(bytes[start + 1])
        if first < 0x80 { return (start + 2, start + 2 + first) }
        let count = first & 0x7F
        guard (1...4).contains(count) else { throw X509Error(.malformed, "a length that is BER, or too long") }
        let length = bytes[start + 2..<start + 2 + count].reduce(0) { $0 << 8 | Int($1) }
        return (start + 2 + count, start + 2 + count + length)
    }
}
