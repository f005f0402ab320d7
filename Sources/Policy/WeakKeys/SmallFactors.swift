/// Finds small prime factors of a modulus.
///
/// The primes are multiplied together as far as 64 bits go. One pass over the limbs for each product gives a value that
/// a prime of the product divides exactly when it divides the modulus: the pass works from the low end with the inverse
/// of the product modulo 2^64, two multiplications a limb and no division.
struct SmallFactors: Sendable {
    /// Every odd prime below this is tried.
    static let bound = 8192

    /// Built once a process.
    static let shared = SmallFactors()

    private struct Prime: Sendable {
        var value: UInt64
        var inverse: UInt64
        var quotientLimit: UInt64

        init(_ value: UInt64) {
            self.value = value
            inverse = inverseModulo2To64(value)
            quotientLimit = .max / value
        }

        /// Exact division by an odd number stays below the limit; any other wraps beyond it.
        func divides(_ number: UInt64) -> Bool {
            number &* inverse <= quotientLimit
        }
    }

    private struct Group: Sendable {
        var product: UInt64 = 1
        var inverse: UInt64 = 1
        var primes: Range<Int>
    }

    private let primes: [Prime]
    private let groups: [Group]

    private init() {
        let primes = oddPrimes(below: Self.bound).map { Prime($0) }
        var groups: [Group] = []
        var start = 0
        while start < primes.count {
            var group = Group(primes: start..<start)
            var end = start
            while end < primes.count {
                let (product, overflow) = group.product.multipliedReportingOverflow(by: primes[end].value)
                if overflow { break }
                group.product = product
                end += 1
            }
            group.primes = start..<end
            group.inverse = inverseModulo2To64(group.product)
            groups.append(group)
            start = end
        }
        // Whole fours, so that the passes can run side by side. A product of 1 has no primes to test.
        while groups.count % 4 != 0 { groups.append(Group(primes: start..<start)) }
        self.primes = primes
        self.groups = groups
    }

    /// The smallest odd prime below the bound that divides `number`, or `nil`.
    func smallestFactor(of number: LimbArithmetic.Limbs) -> UInt64? {
        number.withUnsafeBufferPointer { limbs in
            groups.withUnsafeBufferPointer { groups in
                primes.withUnsafeBufferPointer { primes in
                    var index = 0
                    while index < groups.count {
                        let shares = Self.shares(of: limbs, groups, index)
                        for offset in 0..<4 {
                            for prime in groups[index + offset].primes where primes[prime].divides(shares[offset]) {
                                return primes[prime].value
                            }
                        }
                        index += 4
                    }
                    return nil
                }
            }
        }
    }

    /// Four passes at once: they don't wait for one another's multiplications.
    private static func shares(
        of limbs: UnsafeBufferPointer<UInt64>,
        _ groups: UnsafeBufferPointer<Group>,
        _ index: Int
    ) -> SIMD4<UInt64> {
        let (first, second, third, fourth) = (groups[index], groups[index + 1], groups[index + 2], groups[index + 3])
        var (a, b, c, d): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for limb in limbs {
            a = step(limb, a, first)
            b = step(limb, b, second)
            c = step(limb, c, third)
            d = step(limb, d, fourth)
        }
        return SIMD4(a, b, c, d)
    }

    @inline(__always)
    private static func step(_ limb: UInt64, _ carry: UInt64, _ group: Group) -> UInt64 {
        let (rest, borrow) = limb.subtractingReportingOverflow(carry)
        let quotient = rest &* group.inverse
        return quotient.multipliedFullWidth(by: group.product).high &+ (borrow ? 1 : 0)
    }
}

/// The inverse of an odd number modulo 2^64: each round doubles the bits that are right.
private func inverseModulo2To64(_ odd: UInt64) -> UInt64 {
    var inverse = odd
    for _ in 0..<6 { inverse = inverse &* (2 &- odd &* inverse) }
    return inverse
}

/// The odd primes below `bound`, ascending (sieve of Eratosthenes).
func oddPrimes(below bound: Int) -> [UInt64] {
    var composite = [Bool](repeating: false, count: bound)
    var primes: [UInt64] = []
    for candidate in stride(from: 3, to: bound, by: 2) where !composite[candidate] {
        primes.append(UInt64(candidate))
        for multiple in stride(from: candidate * candidate, to: bound, by: candidate) { composite[multiple] = true }
    }
    return primes
}
