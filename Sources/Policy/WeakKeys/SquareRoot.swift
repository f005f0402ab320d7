extension LimbArithmetic {
    /// The largest whole number whose square is not above `number`, and whether its square is `number` itself.
    static func squareRoot(_ number: Limbs) -> (root: Limbs, isExact: Bool) {
        guard !number.isEmpty else { return ([], true) }
        // An even count of limbs and one of the two top bits set: what the digits are estimated by. The shift is even,
        // so that the root is merely shifted by half of it.
        let width = (bitWidth(number) + 127) / 128 * 128
        let shift = (width - bitWidth(number)) & ~1
        var rest = shift == 0 ? number : shiftedLeft(number, by: shift)
        let root = takeSquare(from: &rest)
        let hasNoRest = rest.allSatisfy { $0 == 0 }
        guard shift != 0 else { return (root, hasNoRest) }
        let unscaled = shiftedRight(root, by: shift / 2)
        let isExact = hasNoRest && shiftedLeft(unscaled, by: shift / 2) == root
        return (unscaled, isExact)
    }

    /// The root limb by limb from the top, as it is done by hand with pencil and paper: the root so far is r; the next
    /// limb q is the largest for which what is left has room for q · (2 · r · 2^64 + q).
    ///
    /// - Parameter rest: twice as many limbs as the root has, one of the two top bits set; afterwards, what the root
    ///   leaves of it.
    private static func takeSquare(from rest: inout Limbs) -> Limbs {
        let count = rest.count / 2
        let top = rootOfTwoLimbs(high: rest[2 * count - 1], low: rest[2 * count - 2])
        rest[2 * count - 2] = UInt64(truncatingIfNeeded: top.remainder)
        rest[2 * count - 1] = UInt64(truncatingIfNeeded: top.remainder >> 64)
        // Twice the root, so far as it is known. Its own top bit is set, so that the limb above is 1.
        var double = Limbs(repeating: 0, count: count + 1)
        double[count] = 1
        double[count - 1] = top.root << 1
        let divisor = top.root
        rest.withUnsafeMutableBufferPointer { rest in
            double.withUnsafeMutableBufferPointer { double in
                for place in (0..<count - 1).reversed() { takeDigit(place, divisor, double, rest) }
            }
        }
        return shiftedRight(double, by: 1)
    }

    /// Finds one limb of the root, takes its share from the rest and puts twice the limb in its place.
    private static func takeDigit(
        _ place: Int,
        _ divisor: UInt64,
        _ double: UnsafeMutableBufferPointer<UInt64>,
        _ rest: UnsafeMutableBufferPointer<UInt64>
    ) {
        let above = UnsafeMutableBufferPointer(rebasing: rest[(2 * place)...(place + double.count)])
        let digits = UnsafeMutableBufferPointer(rebasing: double[place...])
        let last = above.count - 1
        // Half of the rest by the root, judged by their top limbs: never too small, and too large by very little.
        let high = above[last] << 63 | above[last - 1] >> 1
        let low = above[last - 1] << 63 | above[last - 2] >> 1
        var digit = high >= divisor ? .max : divisor.dividingFullWidth((high, low)).quotient
        digits[0] = digit
        var isTooMuch = subtract(digits, times: digit, from: above)
        while isTooMuch {
            // (digit − 1)² and its share of the double are less by 2 · (digit − 1) + 1 and once the double.
            digit -= 1
            digits[0] = digit << 1 | 1
            digits[1] |= digit >> 63
            isTooMuch = !add(digits, to: above)
            digits[1] &= ~1
        }
        digits[0] = digit << 1
        digits[1] |= digit >> 63
    }

    /// Answers whether the result is below zero; then the highest limb's worth is missing.
    private static func subtract(
        _ number: UnsafeMutableBufferPointer<UInt64>,
        times factor: UInt64,
        from rest: UnsafeMutableBufferPointer<UInt64>
    ) -> Bool {
        var carry: UInt64 = 0
        for index in number.indices {
            let (high, low) = number[index].multipliedFullWidth(by: factor)
            let (sum, first) = low.addingReportingOverflow(carry)
            let (value, second) = rest[index].subtractingReportingOverflow(sum)
            rest[index] = value
            carry = high &+ (first ? 1 : 0) &+ (second ? 1 : 0)
        }
        let (value, isBelow) = rest[number.count].subtractingReportingOverflow(carry)
        rest[number.count] = value
        return isBelow
    }

    /// Answers whether the sum went beyond the highest limb, which undoes that something was missing there.
    private static func add(
        _ number: UnsafeMutableBufferPointer<UInt64>,
        to rest: UnsafeMutableBufferPointer<UInt64>
    ) -> Bool {
        var carry = false
        for index in rest.indices {
            let (partial, first) = rest[index].addingReportingOverflow(index < number.count ? number[index] : 0)
            let (value, second) = partial.addingReportingOverflow(carry ? 1 : 0)
            rest[index] = value
            carry = first || second
        }
        return carry
    }

    /// The root of two limbs, of which one of the two top bits is set, and what it leaves.
    private static func rootOfTwoLimbs(high: UInt64, low: UInt64) -> (root: UInt64, remainder: UInt128) {
        let number = UInt128(high) << 64 | UInt128(low)
        // A root in floating point is wrong by less than 2^13. One step of Newton's, taken from above the root, never
        // ends below it.
        var root = UInt64.max
        if high < .max {
            let estimate = Double(high).squareRoot() * 0x1p32 + 0x1p13
            let above = max(estimate < 0x1p64 ? UInt64(estimate) : .max, high + 1)
            let quotient = above.dividingFullWidth((high, low)).quotient
            root = UInt64((UInt128(above) + UInt128(quotient)) / 2)
        }
        while UInt128(root) * UInt128(root) > number { root -= 1 }
        return (root, number - UInt128(root) * UInt128(root))
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
