/// A public key as certificates carry it (RFC 5280 section 4.1.2.7), and as a token's attributes describe it. Written
/// here for the few key types that tokens make, so that the worker needs no general ASN.1 library.
public enum SubjectPublicKeyInfo: Hashable, Sendable {
    /// Both unsigned, without leading zero bytes.
    case rsa(modulus: [UInt8], exponent: [UInt8])
    /// An uncompressed X9.62 point.
    case ec(Curve, point: [UInt8])
    case ed25519([UInt8])

    public enum Curve: Hashable, Sendable, CaseIterable {
        case p256, p384

        /// The curve's object identifier in DER: what `CKA_EC_PARAMS` holds (RFC 5480 section 2.1.1.1).
        public var parameters: [UInt8] {
            switch self {
            case .p256: [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]
            case .p384: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]
            }
        }

        var pointLength: Int { self == .p256 ? 65 : 97 }
    }

    /// id-Ed25519 as `CKA_EC_PARAMS` (RFC 8410 section 3).
    static let ed25519Parameters: [UInt8] = [0x06, 0x03, 0x2b, 0x65, 0x70]

    private static let rsaAlgorithm: [UInt8] = [
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ]
    private static let ecPublicKeyOID: [UInt8] = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]

    public var keyType: KeyType {
        switch self {
        case .rsa: .rsa
        case .ec: .ec
        case .ed25519: .edwards
        }
    }

    /// The DER encoding.
    public var derEncoded: [UInt8] {
        switch self {
        case .rsa(let modulus, let exponent):
            let key = tlv(0x30, integer(modulus) + integer(exponent))
            return tlv(0x30, SubjectPublicKeyInfo.rsaAlgorithm + tlv(0x03, [0] + key))
        case .ec(let curve, let point):
            let algorithm = tlv(0x30, SubjectPublicKeyInfo.ecPublicKeyOID + curve.parameters)
            return tlv(0x30, algorithm + tlv(0x03, [0] + point))
        case .ed25519(let key):
            return tlv(0x30, tlv(0x30, SubjectPublicKeyInfo.ed25519Parameters) + tlv(0x03, [0] + key))
        }
    }

    /// Reads the DER encoding. Whatever would not be written back byte for byte is refused.
    public init(derEncoded bytes: [UInt8]) throws(PKCS11Error) {
        var outer = DERCursor(bytes[...])
        var info = DERCursor(try outer.next(0x30))
        let algorithm = tlv(0x30, Array(try info.next(0x30)))
        let bits = try info.next(0x03)
        guard bits.first == 0 else { throw .malformed(what: "subject public key") }
        let key = Array(bits.dropFirst())
        self = try SubjectPublicKeyInfo.read(key, algorithm: algorithm)
        guard derEncoded == bytes else { throw .malformed(what: "subject public key: it is not in DER") }
    }

    private static func read(_ key: [UInt8], algorithm: [UInt8]) throws(PKCS11Error) -> SubjectPublicKeyInfo {
        if algorithm == rsaAlgorithm {
            var outer = DERCursor(key[...])
            var numbers = DERCursor(try outer.next(0x30))
            let modulus = unsigned(Array(try numbers.next(0x02)))
            return .rsa(modulus: modulus, exponent: unsigned(Array(try numbers.next(0x02))))
        }
        if algorithm == tlv(0x30, ed25519Parameters), key.count == 32 { return .ed25519(key) }
        for curve in Curve.allCases where algorithm == tlv(0x30, ecPublicKeyOID + curve.parameters) {
            guard key.count == curve.pointLength, key[0] == 0x04 else { throw .malformed(what: "EC point") }
            return .ec(curve, point: key)
        }
        throw .unsupported(what: "this key type or curve")
    }

    /// Puts a key together from what a public-key object says of itself.
    public init(keyType: KeyType, attributes: (AttributeType) throws(PKCS11Error) -> [UInt8]?) throws(PKCS11Error) {
        func required(_ type: AttributeType) throws(PKCS11Error) -> [UInt8] {
            guard let bytes = try attributes(type), !bytes.isEmpty else { throw .malformedObject(what: "\(type)") }
            return bytes
        }
        switch keyType {
        case .rsa:
            self = .rsa(
                modulus: unsigned(try required(.modulus)),
                exponent: unsigned(try required(.publicExponent))
            )
        case .ec:
            let parameters = try required(.ecParameters)
            guard let curve = Curve.allCases.first(where: { $0.parameters == parameters }) else {
                throw .unsupported(what: "this EC curve")
            }
            let point = unwrappedPoint(try required(.ecPoint), length: curve.pointLength)
            guard point.count == curve.pointLength, point[0] == 0x04 else {
                throw .malformedObject(what: "CKA_EC_POINT")
            }
            self = .ec(curve, point: point)
        case .edwards:
            let point = unwrappedPoint(try required(.ecPoint), length: 32)
            guard point.count == 32 else { throw .malformedObject(what: "CKA_EC_POINT") }
            self = .ed25519(point)
        }
    }

    /// The forms that tokens give `CKA_EC_POINT` in: in a DER OCTET STRING as the standard says, or bare.
    public var pointForms: [[UInt8]] {
        switch self {
        case .rsa: []
        case .ec(_, let point): [tlv(0x04, point), point]
        case .ed25519(let key): [tlv(0x04, key), key]
        }
    }
}

private func unwrappedPoint(_ bytes: [UInt8], length: Int) -> [UInt8] {
    let header = tlv(0x04, [UInt8](repeating: 0, count: length)).dropLast(length)
    return bytes.count == header.count + length && bytes.starts(with: header)
        ? Array(bytes.dropFirst(header.count)) : bytes
}

/// A number without leading zero bytes.
func unsigned(_ bytes: [UInt8]) -> [UInt8] {
    Array(bytes.drop { $0 == 0 })
}

private func integer(_ magnitude: [UInt8]) -> [UInt8] {
    let needsZero = magnitude.first.map { $0 >= 0x80 } ?? true
    return tlv(0x02, needsZero ? [0] + magnitude : magnitude)
}

private func tlv(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    var length: [UInt8] = []
    if content.count < 0x80 {
        length = [UInt8(content.count)]
    } else {
        var rest = content.count
        while rest > 0 {
            length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        }
        length.insert(0x80 | UInt8(length.count), at: 0)
    }
    return [tag] + length + content
}

/// Walks over DER elements inside fixed bounds.
private struct DERCursor {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    mutating func next(_ tag: UInt8) throws(PKCS11Error) -> ArraySlice<UInt8> {
        guard rest.popFirst() == tag, let first = rest.popFirst() else {
            throw .malformed(what: "subject public key")
        }
        var length = Int(first)
        if first >= 0x80 {
            length = 0
            guard (1...2).contains(first & 0x7f) else { throw .malformed(what: "subject public key") }
            for _ in 0..<(first & 0x7f) {
                guard let byte = rest.popFirst() else { throw .malformed(what: "subject public key") }
                length = length << 8 | Int(byte)
            }
        }
        guard length <= rest.count else { throw .malformed(what: "subject public key") }
        defer { rest = rest.dropFirst(length) }
        return rest.prefix(length)
    }
}
