/// `Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279 2.2.3) and the plain r‖s of PKCS#11.
enum ECDSASignatureValue {
    /// - Throws: `malformed` when the halves are not of `coordinate` octets or one is zero.
    static func der(fromRaw raw: [UInt8], coordinate: Int) throws(X509Error) -> [UInt8] {
        guard raw.count == 2 * coordinate else {
            throw X509Error(
                .malformed,
                "the token gave an ECDSA signature of \(raw.count) octets; expected \(2 * coordinate)"
            )
        }
        let halves = (raw[..<coordinate], raw[coordinate...])
        guard halves.0.contains(where: { $0 != 0 }), halves.1.contains(where: { $0 != 0 }) else {
            throw X509Error(.malformed, "the token gave an ECDSA signature with a zero half")
        }
        var writer = DERWriter(reserving: raw.count + 12)
        let value = writer.begin(.sequence)
        writer.unsignedInteger(halves.0)
        writer.unsignedInteger(halves.1)
        writer.end(value)
        return writer.bytes
    }

    /// Nil when it is not DER, or a half is longer than a coordinate.
    static func raw(fromDER encoded: [UInt8], coordinate: Int) -> [UInt8]? {
        do throws(X509Error) {
            var outer = DERReader(encoded)
            var fields = try outer.enter(.sequence)
            try outer.finish()
            let r = try fields.magnitude()
            let s = try fields.magnitude()
            try fields.finish()
            guard r.count <= coordinate, s.count <= coordinate else { return nil }
            var raw = [UInt8](repeating: 0, count: 2 * coordinate)
            raw.replaceSubrange((coordinate - r.count)..<coordinate, with: r)
            raw.replaceSubrange((2 * coordinate - s.count)..., with: s)
            return raw
        } catch {
            return nil
        }
    }
}
