/// The purposes of a key (RFC 5280 4.2.1.3). Bit numbers are those of the named-bit list.
package struct KeyUsage: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let digitalSignature = KeyUsage(rawValue: 1 << 0)
    package static let nonRepudiation = KeyUsage(rawValue: 1 << 1)
    package static let keyEncipherment = KeyUsage(rawValue: 1 << 2)
    package static let dataEncipherment = KeyUsage(rawValue: 1 << 3)
    package static let keyAgreement = KeyUsage(rawValue: 1 << 4)
    package static let keyCertSign = KeyUsage(rawValue: 1 << 5)
    package static let cRLSign = KeyUsage(rawValue: 1 << 6)
    package static let encipherOnly = KeyUsage(rawValue: 1 << 7)
    package static let decipherOnly = KeyUsage(rawValue: 1 << 8)

    private static let bitNames = [
        "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign",
        "cRLSign", "encipherOnly", "decipherOnly",
    ]

    /// One purpose by its RFC name.
    package init?(name: String) {
        guard let bit = Self.bitNames.firstIndex(of: name) else { return nil }
        self.init(rawValue: 1 << UInt16(bit))
    }

    /// The RFC names of the purposes that are set, in the order of their bits.
    package var names: [String] {
        Self.bitNames.enumerated().filter { rawValue & (1 << UInt16($0.offset)) != 0 }.map(\.element)
    }

    private static let allBits: UInt16 = (1 << 9) - 1

    /// - Throws: `valueInvalid` when nothing is set, or a bit has no name.
    fileprivate func check() throws(X509Error) {
        guard rawValue != 0, rawValue & ~Self.allBits == 0 else {
            throw X509Error(
                .valueInvalid,
                "at least one named purpose must be set",
                clause: "RFC 5280 4.2.1.3",
                field: "keyUsage"
            )
        }
    }
}

extension Extension {
    /// Critical, as RFC 5280 4.2.1.3 asks; trailing zero bits are left out (X.690 11.2.2).
    package static func keyUsage(_ usage: KeyUsage) throws(X509Error) -> Extension {
        try usage.check()
        return try Extension(.keyUsage, critical: true) { writer throws(X509Error) in
            // Bit 0 of the named-bit list is the most significant bit of the first octet.
            let first = UInt8(truncatingIfNeeded: usage.rawValue).bitReversed
            let second = UInt8(truncatingIfNeeded: usage.rawValue >> 8).bitReversed
            let octets = second == 0 ? [first] : [first, second]
            let unused = UInt8(octets[octets.count - 1].trailingZeroBitCount)
            writer.primitive(.bitString, [unused] + octets)
        }
    }

    package func readKeyUsage() throws(X509Error) -> KeyUsage {
        var value = try reader(expecting: .keyUsage)
        let content = Array(value.content(of: try value.element(.bitString)))
        try value.finish()
        guard content.count == 2 || content.count == 3, let last = content.last, last != 0,
            content[0] == UInt8(last.trailingZeroBitCount)
        else {
            throw X509Error(
                .malformed,
                "the named bits are not in their shortest form",
                clause: "X.690 11.2.2",
                field: "keyUsage"
            )
        }
        var raw = UInt16(content[1].bitReversed)
        if content.count == 3 { raw |= UInt16(content[2].bitReversed) << 8 }
        let usage = KeyUsage(rawValue: raw)
        try usage.check()
        return usage
    }
}

extension UInt8 {
    fileprivate var bitReversed: UInt8 {
        var source = self
        var reversed: UInt8 = 0
        for _ in 0..<8 {
            reversed = reversed << 1 | source & 1
            source >>= 1
        }
        return reversed
    }
}
