/// The two parts of a certificate that the ledger looks at: what was signed, and the serial number in it.
///
/// No more than the outermost lengths are read (X.690, 8.1); whether the certificate is a good one is judged elsewhere.
struct CertificateOutline {
    /// Where the TBSCertificate lies in the certificate.
    let tbs: Range<Int>
    let serial: Range<Int>

    init?(_ der: [UInt8]) {
        guard let certificate = CertificateOutline.content(tag: 0x30, at: 0, in: der),
            certificate.upperBound == der.count,
            let inner = CertificateOutline.content(tag: 0x30, at: certificate.lowerBound, in: der)
        else { return nil }
        tbs = certificate.lowerBound..<inner.upperBound
        var place = inner.lowerBound
        if let version = CertificateOutline.content(tag: 0xa0, at: place, in: der) { place = version.upperBound }
        guard let number = CertificateOutline.content(tag: 0x02, at: place, in: der) else { return nil }
        serial = number
    }

    private static func content(tag: UInt8, at place: Int, in der: [UInt8]) -> Range<Int>? {
        guard place + 1 < der.count, der[place] == tag else { return nil }
        var start = place + 2
        var length = Int(der[place + 1])
        if length >= 0x80 {
            let octets = length & 0x7f
            guard (1...3).contains(octets), start + octets <= der.count else { return nil }
            length = der[start..<start + octets].reduce(0) { $0 << 8 | Int($1) }
            start += octets
        }
        guard length <= der.count - start else { return nil }
        return start..<start + length
    }
}
