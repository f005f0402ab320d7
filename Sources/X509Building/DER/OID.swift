/// An object identifier, kept as its DER content octets, so that writing and comparing cost nothing.
package struct OID: Hashable, Sendable {
    /// The content octets of the DER encoding (X.690 8.19), without tag and length.
    package let contentOctets: [UInt8]

    /// From arcs, such as `[2, 5, 29, 15]`; nil when they name no object identifier.
    package init?(arcs: [UInt64]) {
        guard arcs.count >= 2, arcs[0] <= 2, arcs[0] == 2 || arcs[1] < 40, arcs.count <= Self.maximumArcs,
            arcs[1] <= UInt64(Int64.max) - 80
        else { return nil }
        var octets: [UInt8] = []
        Self.append(arcs[0] * 40 + arcs[1], to: &octets)
        for arc in arcs.dropFirst(2) { Self.append(arc, to: &octets) }
        contentOctets = octets
    }

    /// From dotted decimal, such as `2.5.29.15`; nil when it is not exactly that form.
    package init?(_ dotted: some StringProtocol) {
        guard dotted.utf8.count <= 256 else { return nil }
        var arcs: [UInt64] = []
        for part in dotted.split(separator: ".", omittingEmptySubsequences: false) {
            guard let arc = UInt64(part), String(arc) == part else { return nil }
            arcs.append(arc)
        }
        self.init(arcs: arcs)
    }

    /// From DER content octets; nil when an arc is cut off, padded or beyond 63 bits.
    init?(contentOctets: ArraySlice<UInt8>) {
        guard let last = contentOctets.last, last < 0x80, contentOctets.count <= Self.maximumOctets else { return nil }
        var octetsInArc = 0
        for octet in contentOctets {
            if octetsInArc == 0, octet == 0x80 { return nil }
            octetsInArc += 1
            if octetsInArc > 9 { return nil }
            if octet < 0x80 { octetsInArc = 0 }
        }
        self.contentOctets = Array(contentOctets)
    }

    /// The arcs, first two apart again.
    package var arcs: [UInt64] {
        var arcs: [UInt64] = []
        var value: UInt64 = 0
        for octet in contentOctets {
            value = value << 7 | UInt64(octet & 0x7F)
            guard octet < 0x80 else { continue }
            if arcs.isEmpty {
                let root = min(value / 40, 2)
                arcs = [root, value - root * 40]
            } else {
                arcs.append(value)
            }
            value = 0
        }
        return arcs
    }

    private static let maximumArcs = 32
    private static let maximumOctets = 128

    private static func append(_ arc: UInt64, to octets: inout [UInt8]) {
        var shift = arc == 0 ? 0 : (UInt64.bitWidth - arc.leadingZeroBitCount - 1) / 7 * 7
        while shift > 0 {
            octets.append(UInt8(truncatingIfNeeded: arc >> UInt64(shift)) & 0x7F | 0x80)
            shift -= 7
        }
        octets.append(UInt8(truncatingIfNeeded: arc) & 0x7F)
    }
}

extension OID: CustomStringConvertible {
    /// Dotted decimal.
    package var description: String { arcs.map(String.init).joined(separator: ".") }
}

extension OID: ExpressibleByArrayLiteral {
    /// For constants in source code alone: a literal that names no object identifier is a programming error.
    package init(arrayLiteral arcs: UInt64...) {
        guard let oid = OID(arcs: arcs) else { preconditionFailure("not an object identifier: \(arcs)") }
        self = oid
    }
}
