/// An identifier octet (X.690 8.1.2). Only tag numbers below 31 occur in the structures built and read here.
struct DERTag: Hashable, Sendable {
    let octet: UInt8

    static let boolean = DERTag(octet: 0x01)
    static let integer = DERTag(octet: 0x02)
    static let bitString = DERTag(octet: 0x03)
    static let octetString = DERTag(octet: 0x04)
    static let null = DERTag(octet: 0x05)
    static let objectIdentifier = DERTag(octet: 0x06)
    static let enumerated = DERTag(octet: 0x0A)
    static let utf8String = DERTag(octet: 0x0C)
    static let printableString = DERTag(octet: 0x13)
    static let ia5String = DERTag(octet: 0x16)
    static let utcTime = DERTag(octet: 0x17)
    static let generalizedTime = DERTag(octet: 0x18)
    static let sequence = DERTag(octet: 0x30)
    static let set = DERTag(octet: 0x31)

    /// `[number]` holding a primitive value (IMPLICIT over a string or octets).
    static func primitive(_ number: UInt8) -> DERTag { DERTag(octet: 0x80 | number) }

    /// `[number]` holding other elements (EXPLICIT, or IMPLICIT over a SEQUENCE or SET).
    static func constructed(_ number: UInt8) -> DERTag { DERTag(octet: 0xA0 | number) }

    var isConstructed: Bool { octet & 0x20 != 0 }
    var isUniversal: Bool { octet & 0xC0 == 0 }

    /// Of the universal types SEQUENCE and SET are constructed and the others primitive (X.690 10.2).
    var hasFormOfDER: Bool {
        !isUniversal || isConstructed == (self == .sequence || self == .set) && octet != 0x10 && octet != 0x11
    }
}
