/// An object identifier, kept as its DER content octets (X.690 8.19), so that writing and comparing cost nothing.
///
/// The first sixteen octets lie in two numbers: what certificates name fits in there, so that no memory is asked for.
package struct OID: Hashable, Sendable {
    /// From the highest octet down; zeros follow the last.
    @usableFromInline let head: (UInt64, UInt64)
    /// The octets beyond the sixteenth, if there are any.
    @usableFromInline let tail: [UInt8]?
    /// How many content octets there are.
    @usableFromInline let octetCount: Int

    /// From arcs, such as `[2, 5, 29, 15]`; nil when they name no object identifier.
    package init?(arcs: [UInt64]) {
        guard arcs.count >= 2, arcs[0] <= 2, arcs[0] == 2 || arcs[1] < 40, arcs.count <= Self.maximumArcs,
            arcs[1] <= UInt64(Int64.max) - 80
        else { return nil }
        var octets: [UInt8] = []
        Self.append(arcs[0] * 40 + arcs[1], to: &octets)
        for arc in arcs.dropFirst(2) { Self.append(arc, to: &octets) }
        self.init(octets: octets)
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
        self.init(octets: contentOctets)
    }

    private init(octets: some Collection<UInt8>) {
        var head: (UInt64, UInt64) = (0, 0)
        var shift = UInt64.bitWidth
        for octet in octets.prefix(8) {
            shift -= 8
            head.0 |= UInt64(octet) << UInt64(shift)
        }
        shift = UInt64.bitWidth
        for octet in octets.dropFirst(8).prefix(8) {
            shift -= 8
            head.1 |= UInt64(octet) << UInt64(shift)
        }
        self.head = head
        octetCount = octets.count
        tail = octets.count > Self.octetsInHead ? Array(octets.dropFirst(Self.octetsInHead)) : nil
    }

    /// The content octets of the DER encoding, without tag and length.
    package var contentOctets: [UInt8] {
        withHead { Array($0) } + (tail ?? [])
    }

    func append(to octets: inout [UInt8]) {
        withHead { octets.append(contentsOf: $0) }
        if let tail { octets.append(contentsOf: tail) }
    }

    private func withHead<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: (head.0.bigEndian, head.1.bigEndian)) { octets in
            body(UnsafeRawBufferPointer(rebasing: octets.prefix(octetCount)))
        }
    }

    @inlinable package static func == (left: OID, right: OID) -> Bool {
        left.head == right.head && left.octetCount == right.octetCount && left.tail == right.tail
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(head.0)
        hasher.combine(head.1)
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

    private static let octetsInHead = 16
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
