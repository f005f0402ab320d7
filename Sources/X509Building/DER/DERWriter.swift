/// Writes DER forwards into one growing buffer.
///
/// A constructed element is opened with one length octet in reserve; closing it fills the length in and moves the
/// content up when it needs more octets. Certificates are small, so that a move costs less than a second pass.
struct DERWriter {
    private(set) var bytes: [UInt8] = []

    /// The place of an open element, to be handed back to `end`.
    struct Mark {
        fileprivate let contentStart: Int
    }

    init(reserving capacity: Int = 64) {
        bytes.reserveCapacity(capacity)
    }

    /// Starts anew, in the same memory.
    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// Tag and length of an element whose content is written elsewhere.
    mutating func header(_ tag: DERTag, contentCount: Int) {
        bytes.append(tag.octet)
        length(contentCount)
    }

    mutating func begin(_ tag: DERTag) -> Mark {
        bytes.append(tag.octet)
        bytes.append(0)
        return Mark(contentStart: bytes.count)
    }

    mutating func end(_ mark: Mark) {
        let length = bytes.count - mark.contentStart
        guard length >= 0x80 else {
            bytes[mark.contentStart - 1] = UInt8(length)
            return
        }
        let octets = Self.lengthOctets(length)
        bytes[mark.contentStart - 1] = 0x80 | UInt8(octets.count)
        bytes.insert(contentsOf: octets, at: mark.contentStart)
    }

    mutating func primitive(_ tag: DERTag, _ content: some Collection<UInt8>) {
        bytes.append(tag.octet)
        length(content.count)
        bytes.append(contentsOf: content)
    }

    /// Bytes that are DER already.
    mutating func raw(_ encoded: some Collection<UInt8>) {
        bytes.append(contentsOf: encoded)
    }

    mutating func objectIdentifier(_ oid: OID) {
        header(.objectIdentifier, contentCount: oid.octetCount)
        oid.append(to: &bytes)
    }

    mutating func null() {
        bytes.append(DERTag.null.octet)
        bytes.append(0)
    }

    /// `TRUE`; `FALSE` is the default everywhere in X.509 and so is never written (X.690 11.5).
    mutating func booleanTrue() {
        primitive(.boolean, CollectionOfOne(0xFF))
    }

    /// A non-negative INTEGER from its magnitude, most significant octet first.
    mutating func unsignedInteger(_ magnitude: some Collection<UInt8>) {
        let digits = magnitude.drop { $0 == 0 }
        guard let first = digits.first else {
            primitive(.integer, CollectionOfOne(0))
            return
        }
        let padding = first >= 0x80 ? 1 : 0
        bytes.append(DERTag.integer.octet)
        length(digits.count + padding)
        if padding == 1 { bytes.append(0) }
        bytes.append(contentsOf: digits)
    }

    mutating func unsignedInteger(_ value: UInt64) {
        unsignedInteger(withUnsafeBytes(of: value.bigEndian) { Array($0) })
    }

    /// A BIT STRING of whole octets.
    mutating func bitString(_ content: some Collection<UInt8>) {
        bytes.append(DERTag.bitString.octet)
        length(content.count + 1)
        bytes.append(0)
        bytes.append(contentsOf: content)
    }

    private mutating func length(_ count: Int) {
        if count < 0x80 {
            bytes.append(UInt8(count))
        } else {
            let octets = Self.lengthOctets(count)
            bytes.append(0x80 | UInt8(octets.count))
            bytes.append(contentsOf: octets)
        }
    }

    private static func lengthOctets(_ length: Int) -> [UInt8] {
        var octets: [UInt8] = []
        var shift = (Int.bitWidth - length.leadingZeroBitCount - 1) / 8 * 8
        while shift >= 0 {
            octets.append(UInt8(truncatingIfNeeded: length >> shift))
            shift -= 8
        }
        return octets
    }
}
