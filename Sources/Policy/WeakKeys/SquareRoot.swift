extension LimbArithmetic {
    /// The largest whole number whose square is not above `number`, and whether its square is `number` itself.
    static func squareRoot(_ number: Limbs) -> (root: Limbs, isExact: Bool) {
        guard !number.isEmpty else { return ([], true) }
        // An even count of limbs and one of the two top bits set: what the recursion needs. The shift is even, so that
        // the root is merely shifted by half of it.
        let width = (bitWidth(number) + 127) / 128 * 128
        let shift = (width - bitWidth(number)) & ~1
        let scaled = shiftedLeft(number, by: shift)
        let (root, remainder) = rootOfNormalised(scaled)
        guard shift != 0 else { return (root, remainder.isEmpty) }
        let unscaled = shiftedRight(root, by: shift / 2)
        let isExact = remainder.isEmpty && shiftedLeft(unscaled, by: shift / 2) == root
        return (unscaled, isExact)
    }

    /// Root and remainder by halves (P. Zimmermann, "Karatsuba Square Root", INRIA RR-3805): the root of the upper half
    /// gives the upper half of the root, one division the lower half, one square the correction.
    private static func rootOfNormalised(_ number: Limbs) -> (root: Limbs, remainder: Limbs) {
        let half = number.count / 2
        guard half > 1 else { return rootOfTwoLimbs(high: number[1], low: number[0]) }
        let low = half / 2
        let (upperRoot, upperRest) = rootOfNormalised(Limbs(number[(2 * low)...]))
        let dividend = trimmed(Limbs(number[low..<(2 * low)]) + upperRest)
        var (quotient, rest) = quotientAndRemainder(dividend, by: upperRoot)
        if let lowest = quotient.first, lowest & 1 == 1 { rest = sum(rest, upperRoot) }
        quotient = shiftedRight(quotient, by: 1)

        var root = sum(shiftedLeft(upperRoot, by: 64 * low), quotient)
        var remainder = trimmed(Limbs(number[..<low]) + rest)
        let square = product(quotient, quotient)
        while isLess(remainder, square) {
            remainder = difference(sum(remainder, shiftedLeft(root, by: 1)), [1])
            root = difference(root, [1])
        }
        return (root, difference(remainder, square))
    }

    private static func rootOfTwoLimbs(high: UInt64, low: UInt64) -> (root: Limbs, remainder: Limbs) {
        var rest = UInt128(high) << 64 | UInt128(low)
        var root: UInt128 = 0
        var bit: UInt128 = 1 << 126
        while bit != 0 {
            if rest >= root + bit {
                rest -= root + bit
                root = root >> 1 + bit
            } else {
                root >>= 1
            }
            bit >>= 2
        }
        let remainder = trimmed([UInt64(truncatingIfNeeded: rest), UInt64(truncatingIfNeeded: rest >> 64)])
        return (trimmed([UInt64(truncatingIfNeeded: root)]), remainder)
    }

    /// The whole `degree`-th root of `number` when there is one. Slow: bit by bit.
    static func exactRoot(_ number: Limbs, degree: Int) -> Limbs? {
        guard !number.isEmpty else { return [] }
        var root = Limbs(repeating: 0, count: bitWidth(number) / degree / 64 + 1)
        for bit in (0...(bitWidth(number) / degree)).reversed() {
            root[bit / 64] |= 1 << UInt64(bit % 64)
            let power = power(trimmed(root), degree)
            if power == number { return trimmed(root) }
            if !isLess(power, number) { root[bit / 64] &= ~(1 << UInt64(bit % 64)) }
        }
        return nil
    }

    private static func power(_ base: Limbs, _ exponent: Int) -> Limbs {
        (1..<exponent).reduce(base) { result, _ in product(result, base) }
    }
}
