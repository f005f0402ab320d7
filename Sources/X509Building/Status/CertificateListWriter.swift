/// How long a list of entries will be. DER says lengths first, so that entries which are not all kept in memory have to be
/// gone through twice: once to measure, once to write.
package struct CertificateListMeasure: Sendable {
    package private(set) var entries = 0
    fileprivate(set) var octets = 0
    private var scratch = DERWriter(reserving: 128)

    package init() {}

    /// - Parameter serial: big-endian, positive, at most 20 octets.
    package mutating func add(
        serial: UnsafeRawBufferPointer,
        revocationDate: Int64,
        reason: RevocationCode?,
        invalidityDate: Int64?
    ) throws(X509Error) {
        scratch.clear()
        try CertificateListWriter.write(serial, revocationDate, reason, invalidityDate, to: &scratch)
        entries += 1
        octets += scratch.bytes.count
    }
}

/// Writes a TBSCertList in pieces: memory does not grow with the number of entries.
package struct CertificateListWriter {
    private let ending: [UInt8]
    private let measure: CertificateListMeasure
    private var buffer = DERWriter(reserving: pieceSize + 512)
    private var entries = 0
    private var octets = 0

    /// About how long a piece is.
    package static let pieceSize = 256 * 1024

    /// The length of the whole TBSCertList.
    package let size: Int

    /// - Parameter measure: has been given exactly the entries that will be written.
    package init(_ head: CertificateListHead, _ measure: CertificateListMeasure) throws(X509Error) {
        let beginning = try head.beginning()
        ending = try head.end()
        self.measure = measure
        var list = DERWriter(reserving: 16)
        // An empty list is left out (RFC 5280 5.1.2.6).
        if measure.entries > 0 { list.header(.sequence, contentCount: measure.octets) }
        let content = beginning.count + list.bytes.count + measure.octets + ending.count
        buffer.header(.sequence, contentCount: content)
        size = buffer.bytes.count + content
        buffer.raw(beginning)
        buffer.raw(list.bytes)
    }

    /// The next entry.
    package mutating func add(
        serial: UnsafeRawBufferPointer,
        revocationDate: Int64,
        reason: RevocationCode?,
        invalidityDate: Int64?
    ) throws(X509Error) {
        let before = buffer.bytes.count
        try Self.write(serial, revocationDate, reason, invalidityDate, to: &buffer)
        entries += 1
        octets += buffer.bytes.count - before
    }

    /// What has been written since the last piece, once it is long enough.
    package mutating func takePiece() -> [UInt8]? {
        guard buffer.bytes.count >= Self.pieceSize else { return nil }
        defer { buffer.clear() }
        return buffer.bytes
    }

    /// The last piece.
    ///
    /// - Throws: `valueInvalid` when other entries were written than measured.
    package mutating func finish() throws(X509Error) -> [UInt8] {
        guard entries == measure.entries, octets == measure.octets else {
            throw X509Error(.valueInvalid, "other entries were written than measured", field: "revokedCertificates")
        }
        buffer.raw(ending)
        return buffer.bytes
    }

    /// Puts what stands before and after the TBSCertList, once it is signed.
    package static func frame(
        size: Int,
        algorithm: SignatureAlgorithm,
        signature: [UInt8]
    ) -> (before: [UInt8], after: [UInt8]) {
        var after = DERWriter(reserving: signature.count + 96)
        after.raw(algorithm.derEncoded)
        after.bitString(signature)
        var before = DERWriter(reserving: 8)
        before.header(.sequence, contentCount: size + after.bytes.count)
        return (before.bytes, after.bytes)
    }

    fileprivate static func write(
        _ serial: UnsafeRawBufferPointer,
        _ revocationDate: Int64,
        _ reason: RevocationCode?,
        _ invalidityDate: Int64?,
        to writer: inout DERWriter
    ) throws(X509Error) {
        guard let first = serial.first, serial.count + (first >= 0x80 ? 1 : 0) <= TBSCertificate.maximumSerialOctets,
            first > 0
        else {
            throw X509Error(
                .valueInvalid,
                "a serial of \(serial.count) octets, or with leading zeros",
                clause: "RFC 5280 4.1.2.2",
                field: "userCertificate"
            )
        }
        let entry = writer.begin(.sequence)
        writer.unsignedInteger(serial)
        try X509Time.write(revocationDate, field: "revocationDate", to: &writer)
        let reason = reason == .unspecified ? nil : reason
        if reason != nil || invalidityDate != nil {
            let extensions = writer.begin(.sequence)
            if let reason { writer.raw(reasonExtension(reason)) }
            if let invalidityDate {
                let one = writer.begin(.sequence)
                writer.objectIdentifier(.invalidityDate)
                let value = writer.begin(.octetString)
                try X509Time.writeGeneralized(invalidityDate, field: "invalidityDate", to: &writer)
                writer.end(value)
                writer.end(one)
            }
            writer.end(extensions)
        }
        writer.end(entry)
    }

    /// The whole extension; only its last octet differs (RFC 5280 5.3.1).
    private static func reasonExtension(_ reason: RevocationCode) -> [UInt8] {
        [0x30, 0x0A, 0x06, 0x03, 0x55, 0x1D, 0x15, 0x04, 0x03, 0x0A, 0x01, reason.rawValue]
    }
}
