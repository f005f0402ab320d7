/// Finds small prime factors of a modulus.
///
/// The primes are multiplied together as far as 57 bits go. The limbs, each times what 2^64 to its place leaves modulo
/// such a product, add up to a number of two limbs that a prime of the product divides exactly when it divides the
/// modulus: one multiplication a limb, of which none waits for another, and no division.
struct SmallFactors: Sendable {
    /// Every odd prime below this is tried, as the Baseline Requirements (6.1.6) ask. Of the numbers that came out of a
    /// broken generator 83 in a hundred have a factor below 752, and 88 one below 8192: not worth seven times the work.
    static let bound = 752

    /// Built once a process.
    static let shared = SmallFactors()

    /// The largest number that is taken: as many products of 64 and 57 bits add up to at most 128 bits.
    static let mostLimbs = 128
    private static let productBits = 57

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
    /// For each group, one after the other: 2^(64 · place) modulo its product, for every place.
    private let powers: [UInt64]

    private init() {
        let primes = oddPrimes(below: Self.bound).map { Prime($0) }
        var groups: [Group] = []
        var powers: [UInt64] = []
        var start = 0
        while start < primes.count {
            var group = Group(primes: start..<start)
            var end = start
            while end < primes.count {
                let (product, overflow) = group.product.multipliedReportingOverflow(by: primes[end].value)
                if overflow || product >> UInt64(Self.productBits) != 0 { break }
                group.product = product
                end += 1
            }
            group.primes = start..<end
            group.inverse = inverseModulo2To64(group.product)
            groups.append(group)
            var power: UInt64 = 1
            for _ in 0..<Self.mostLimbs {
                powers.append(power)
                power = group.product.dividingFullWidth((power, 0)).remainder
            }
            start = end
        }
        self.primes = primes
        self.groups = groups
        self.powers = powers
    }

    /// The smallest odd prime below the bound that divides `number`, of at most `mostLimbs` limbs, or `nil`.
    func smallestFactor(of number: LimbArithmetic.Limbs) -> UInt64? {
        precondition(number.count <= Self.mostLimbs, "the sum would not fit into two limbs")
        return number.withUnsafeBufferPointer { limbs in
            powers.withUnsafeBufferPointer { powers in
                primes.withUnsafeBufferPointer { primes in
                    for (index, group) in groups.enumerated() {
                        let from = index * Self.mostLimbs
                        let share = Self.share(of: limbs, powers[from..<from + limbs.count], group)
                        for prime in group.primes where primes[prime].divides(share) { return primes[prime].value }
                    }
                    return nil
                }
            }
        }
    }

    /// One limb that the primes of a group divide exactly when they divide the number.
    @inline(__always)
    private static func share(
        of limbs: UnsafeBufferPointer<UInt64>,
        _ powers: Slice<UnsafeBufferPointer<UInt64>>,
        _ group: Group
    ) -> UInt64 {
        let powers = UnsafeBufferPointer(rebasing: powers)
        var (high, low): (UInt64, UInt64) = (0, 0)
        for place in limbs.indices {
            let product = limbs[place].multipliedFullWidth(by: powers[place])
            let (sum, carry) = low.addingReportingOverflow(product.low)
            low = sum
            high = high &+ product.high &+ (carry ? 1 : 0)
        }
        return step(high, step(low, 0, group), group)
    }

    /// Takes the lowest limb off by adding the multiple of the product that makes it zero (Montgomery's reduction).
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
