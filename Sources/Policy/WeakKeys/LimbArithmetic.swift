/// Whole numbers as 64-bit limbs, least significant first: the little that judging an RSA modulus needs.
///
/// Public values only: nothing here takes constant time. Results carry no leading zero limbs; zero is the empty array.
enum LimbArithmetic {
    typealias Limbs = [UInt64]

    /// Reads a big-endian magnitude; leading zero octets are allowed.
    static func limbs(bigEndian bytes: [UInt8]) -> Limbs {
        let whole = bytes.count / 8
        var limbs = Limbs()
        limbs.reserveCapacity(whole + 1)
        bytes.withUnsafeBytes { bytes in
            for index in 1..<(whole + 1) {
                let limb = bytes.loadUnaligned(fromByteOffset: bytes.count - 8 * index, as: UInt64.self)
                limbs.append(UInt64(bigEndian: limb))
            }
            let rest = bytes.prefix(bytes.count % 8)
            if !rest.isEmpty { limbs.append(rest.reduce(0) { $0 << 8 | UInt64($1) }) }
        }
        return trimmed(limbs)
    }

    static func trimmed(_ limbs: Limbs) -> Limbs {
        guard let last = limbs.lastIndex(where: { $0 != 0 }) else { return [] }
        return last == limbs.count - 1 ? limbs : Limbs(limbs[...last])
    }

    static func bitWidth(_ limbs: Limbs) -> Int {
        guard let top = limbs.last else { return 0 }
        return limbs.count * 64 - top.leadingZeroBitCount
    }

    static func isLess(_ left: Limbs, _ right: Limbs) -> Bool {
        guard left.count == right.count else { return left.count < right.count }
        for index in left.indices.reversed() where left[index] != right[index] {
            return left[index] < right[index]
        }
        return false
    }

    static func sum(_ left: Limbs, _ right: Limbs) -> Limbs {
        let (long, short) = left.count >= right.count ? (left, right) : (right, left)
        var result = long
        var carry: UInt64 = 0
        for index in long.indices {
            if index >= short.count && carry == 0 { break }
            let (partial, first) = long[index].addingReportingOverflow(index < short.count ? short[index] : 0)
            let (total, second) = partial.addingReportingOverflow(carry)
            result[index] = total
            carry = first || second ? 1 : 0
        }
        if carry != 0 { result.append(carry) }
        return result
    }

    /// `left − right`; `left` must not be the smaller one.
    static func difference(_ left: Limbs, _ right: Limbs) -> Limbs {
        var result = left
        var borrow: UInt64 = 0
        for index in left.indices {
            if index >= right.count && borrow == 0 { break }
            let (partial, first) = left[index].subtractingReportingOverflow(index < right.count ? right[index] : 0)
            let (rest, second) = partial.subtractingReportingOverflow(borrow)
            result[index] = rest
            borrow = first || second ? 1 : 0
        }
        precondition(borrow == 0, "a larger number was taken from a smaller one")
        return trimmed(result)
    }

    static func product(_ left: Limbs, _ right: Limbs) -> Limbs {
        guard !left.isEmpty, !right.isEmpty else { return [] }
        var result = Limbs(repeating: 0, count: left.count + right.count)
        result.withUnsafeMutableBufferPointer { result in
            left.withUnsafeBufferPointer { left in
                right.withUnsafeBufferPointer { right in
                    for row in left.indices {
                        var carry: UInt64 = 0
                        for column in right.indices {
                            let wide =
                                UInt128(left[row]) * UInt128(right[column]) + UInt128(result[row + column])
                                + UInt128(carry)
                            result[row + column] = UInt64(truncatingIfNeeded: wide)
                            carry = UInt64(truncatingIfNeeded: wide >> 64)
                        }
                        result[row + right.count] = carry
                    }
                }
            }
        }
        return trimmed(result)
    }

    static func shiftedLeft(_ limbs: Limbs, by bits: Int) -> Limbs {
        guard !limbs.isEmpty else { return [] }
        let (whole, rest) = (bits / 64, UInt64(bits % 64))
        var result = Limbs(repeating: 0, count: whole)
        result.reserveCapacity(whole + limbs.count + 1)
        guard rest != 0 else { return result + limbs }
        var carry: UInt64 = 0
        for limb in limbs {
            result.append(limb << rest | carry)
            carry = limb >> (64 - rest)
        }
        if carry != 0 { result.append(carry) }
        return result
    }

    static func shiftedRight(_ limbs: Limbs, by bits: Int) -> Limbs {
        let (whole, rest) = (bits / 64, UInt64(bits % 64))
        guard whole < limbs.count else { return [] }
        guard rest != 0 else { return Limbs(limbs[whole...]) }
        var result = Limbs()
        result.reserveCapacity(limbs.count - whole)
        for index in whole..<limbs.count {
            let above = index + 1 < limbs.count ? limbs[index + 1] : 0
            result.append(limbs[index] >> rest | above << (64 - rest))
        }
        return trimmed(result)
    }
}
