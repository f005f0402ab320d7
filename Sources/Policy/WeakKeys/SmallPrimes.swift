/// The small odd primes, and what is left of a number modulo them.
///
/// The primes are multiplied together as far as 57 bits go. The limbs, each times what 2^64 to its place leaves modulo
/// such a product, add up to a number of two limbs that leaves the same as the number itself: one multiplication a limb,
/// of which none waits for another, and no division.
struct SmallPrimes: Sendable {
    /// Every odd prime below this is tried, as the Baseline Requirements (6.1.6) ask. Of the numbers that came out of a
    /// broken generator 83 in a hundred have a factor below 752, and 88 one below 8192: not worth seven times the work.
    static let bound = 752

    /// Built once a process.
    static let shared = SmallPrimes()

    /// The largest number that is taken: as many products of 64 and 57 bits add up to at most 128 bits.
    static let mostLimbs = 128
    private static let productBits = 57

    /// Primes whose product is a limb.
    struct Group: Sendable {
        fileprivate(set) var product: UInt64 = 1
        /// Their places among all.
        fileprivate(set) var primes: Range<Int>
        fileprivate var inverse: UInt64 = 1
    }

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

    /// All of them, group by group, ascending.
    let groups: [Group]
    private let primes: [Prime]
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
        primes.withUnsafeBufferPointer { primes in
            for index in groups.indices {
                let group = groups[index]
                let (high, low) = sum(of: number, group: index)
                // What the primes of the group divide exactly when they divide the number.
                let share = Self.step(high, Self.step(low, 0, group), group)
                for prime in group.primes where primes[prime].divides(share) { return primes[prime].value }
            }
            return nil
        }
    }

    /// What a group's product leaves of `number`, of at most `mostLimbs` limbs.
    func residue(of number: LimbArithmetic.Limbs, group index: Int) -> UInt64 {
        let (high, low) = sum(of: number, group: index)
        let product = groups[index].product
        return product.dividingFullWidth((high % product, low)).remainder
    }

    /// Two limbs that leave the same modulo a group's product as the number.
    @inline(__always)
    private func sum(of number: LimbArithmetic.Limbs, group index: Int) -> (high: UInt64, low: UInt64) {
        precondition(number.count <= Self.mostLimbs, "the sum would not fit into two limbs")
        return number.withUnsafeBufferPointer { limbs in
            powers.withUnsafeBufferPointer { powers in
                let powers = UnsafeBufferPointer(rebasing: powers[(index * Self.mostLimbs)...])
                var (high, low): (UInt64, UInt64) = (0, 0)
                for place in limbs.indices {
                    let product = limbs[place].multipliedFullWidth(by: powers[place])
                    let (sum, carry) = low.addingReportingOverflow(product.low)
                    low = sum
                    high = high &+ product.high &+ (carry ? 1 : 0)
                }
                return (high, low)
            }
        }
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
