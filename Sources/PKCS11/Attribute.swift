internal import CPKCS11

/// The name of an attribute of an object (`CK_ATTRIBUTE_TYPE`).
public struct AttributeType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt

    public init(rawValue: UInt) {
        self.rawValue = rawValue
    }

    init(_ constant: UInt) {
        rawValue = constant
    }

    public static let objectClass = AttributeType(CKA_CLASS)
    public static let token = AttributeType(CKA_TOKEN)
    public static let isPrivate = AttributeType(CKA_PRIVATE)
    public static let label = AttributeType(CKA_LABEL)
    public static let identifier = AttributeType(CKA_ID)
    public static let keyType = AttributeType(CKA_KEY_TYPE)
    public static let sensitive = AttributeType(CKA_SENSITIVE)
    public static let extractable = AttributeType(CKA_EXTRACTABLE)
    public static let alwaysSensitive = AttributeType(CKA_ALWAYS_SENSITIVE)
    public static let neverExtractable = AttributeType(CKA_NEVER_EXTRACTABLE)
    public static let local = AttributeType(CKA_LOCAL)
    public static let sign = AttributeType(CKA_SIGN)
    public static let verify = AttributeType(CKA_VERIFY)
    public static let decrypt = AttributeType(CKA_DECRYPT)
    public static let unwrap = AttributeType(CKA_UNWRAP)
    public static let derive = AttributeType(CKA_DERIVE)
    public static let alwaysAuthenticate = AttributeType(CKA_ALWAYS_AUTHENTICATE)
    public static let modulus = AttributeType(CKA_MODULUS)
    public static let modulusBits = AttributeType(CKA_MODULUS_BITS)
    public static let publicExponent = AttributeType(CKA_PUBLIC_EXPONENT)
    public static let ecParameters = AttributeType(CKA_EC_PARAMS)
    public static let ecPoint = AttributeType(CKA_EC_POINT)
    public static let value = AttributeType(CKA_VALUE)
    public static let valueLength = AttributeType(CKA_VALUE_LEN)
    public static let wrap = AttributeType(CKA_WRAP)
    public static let encrypt = AttributeType(CKA_ENCRYPT)
    public static let application = AttributeType(CKA_APPLICATION)
    public static let certificateType = AttributeType(CKA_CERTIFICATE_TYPE)
    public static let subject = AttributeType(CKA_SUBJECT)
    public static let issuer = AttributeType(CKA_ISSUER)
    public static let serialNumber = AttributeType(CKA_SERIAL_NUMBER)

    /// `CKA_SENSITIVE`, or the number in hexadecimal.
    public var description: String {
        AttributeType.names[self] ?? "0x" + String(rawValue, radix: 16)
    }

    private static let names: [AttributeType: String] = [
        .objectClass: "CKA_CLASS", .token: "CKA_TOKEN", .isPrivate: "CKA_PRIVATE", .label: "CKA_LABEL",
        .identifier: "CKA_ID", .keyType: "CKA_KEY_TYPE", .sensitive: "CKA_SENSITIVE",
        .extractable: "CKA_EXTRACTABLE", .alwaysSensitive: "CKA_ALWAYS_SENSITIVE",
        .neverExtractable: "CKA_NEVER_EXTRACTABLE", .local: "CKA_LOCAL", .sign: "CKA_SIGN",
        .verify: "CKA_VERIFY", .decrypt: "CKA_DECRYPT", .unwrap: "CKA_UNWRAP", .derive: "CKA_DERIVE",
        .alwaysAuthenticate: "CKA_ALWAYS_AUTHENTICATE", .modulus: "CKA_MODULUS",
        .modulusBits: "CKA_MODULUS_BITS", .publicExponent: "CKA_PUBLIC_EXPONENT",
        .ecParameters: "CKA_EC_PARAMS", .ecPoint: "CKA_EC_POINT", .value: "CKA_VALUE",
        .certificateType: "CKA_CERTIFICATE_TYPE", .subject: "CKA_SUBJECT", .issuer: "CKA_ISSUER",
        .serialNumber: "CKA_SERIAL_NUMBER",
        .valueLength: "CKA_VALUE_LEN", .wrap: "CKA_WRAP", .encrypt: "CKA_ENCRYPT",
    ]
}

/// What kind of object (`CK_OBJECT_CLASS`).
public enum ObjectClass: UInt, Sendable {
    case data = 0
    case certificate = 1
    case publicKey = 2
    case privateKey = 3
    case secretKey = 4
}

/// What kind of key (`CK_KEY_TYPE`).
public enum KeyType: UInt, Sendable {
    case rsa = 0x00
    case ec = 0x03
    case edwards = 0x40
}

/// One attribute with its value, for a template.
public struct Attribute: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        case bool(Bool)
        case number(UInt)
        case bytes([UInt8])
    }

    public let type: AttributeType
    public let value: Value

    public static func bool(_ type: AttributeType, _ value: Bool) -> Attribute {
        Attribute(type: type, value: .bool(value))
    }

    public static func number(_ type: AttributeType, _ value: UInt) -> Attribute {
        Attribute(type: type, value: .number(value))
    }

    public static func bytes(_ type: AttributeType, _ value: [UInt8]) -> Attribute {
        Attribute(type: type, value: .bytes(value))
    }

    public static func text(_ type: AttributeType, _ value: String) -> Attribute {
        Attribute(type: type, value: .bytes(Array(value.utf8)))
    }

    public static func objectClass(_ value: ObjectClass) -> Attribute {
        .number(.objectClass, value.rawValue)
    }

    public static func keyType(_ value: KeyType) -> Attribute {
        .number(.keyType, value.rawValue)
    }

    var byteCount: Int {
        switch value {
        case .bool: MemoryLayout<CK_BBOOL>.size
        case .number: MemoryLayout<CK_ULONG>.size
        case .bytes(let bytes): bytes.count
        }
    }

    /// Writes the value in the form that PKCS#11 wants it in.
    func write(to memory: UnsafeMutableRawPointer) {
        switch value {
        case .bool(let flag): memory.storeBytes(of: CK_BBOOL(flag ? 1 : 0), as: CK_BBOOL.self)
        case .number(let number): memory.storeBytes(of: CK_ULONG(number), as: CK_ULONG.self)
        case .bytes(let bytes):
            bytes.withUnsafeBytes { source in
                if let start = source.baseAddress { memory.copyMemory(from: start, byteCount: source.count) }
            }
        }
    }
}

/// Lends a `CK_ATTRIBUTE` array whose values lie in one block of memory; nothing of it may be kept.
func withTemplate<Answer>(
    _ attributes: [Attribute],
    _ body: (UnsafeMutablePointer<CK_ATTRIBUTE>?, CK_ULONG) -> Answer
) -> Answer {
    let rounded = attributes.map { ($0.byteCount + 7) & ~7 }
    let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: max(rounded.reduce(0, +), 8), alignment: 8)
    defer { arena.deallocate() }
    var offset = 0
    var template: [CK_ATTRIBUTE] = []
    template.reserveCapacity(attributes.count)
    for (attribute, size) in zip(attributes, rounded) {
        let place = arena.baseAddress! + offset
        attribute.write(to: place)
        template.append(
            CK_ATTRIBUTE(
                type: attribute.type.rawValue,
                pValue: place,
                ulValueLen: CK_ULONG(attribute.byteCount)
            )
        )
        offset += size
    }
    return template.withUnsafeMutableBufferPointer { body($0.baseAddress, CK_ULONG($0.count)) }
}
