/// What a modulus leaves modulo small odd primes, and the three questions that this answers almost always alone:
/// is it a ROCA key, are its primes close together, is it a power.
struct ResidueTests {
    private let modulus: LimbArithmetic.Limbs
    /// What the first group of primes leaves of the modulus: few questions need more.
    private let firstResidue: UInt64

    /// - Parameter modulus: of at most `SmallPrimes.mostLimbs` limbs.
    init(_ modulus: LimbArithmetic.Limbs) {
        self.modulus = modulus
        firstResidue = SmallPrimes.shared.residue(of: modulus, group: 0)
    }

    /// Whether something holds for what each prime from 3 to 167 leaves, asked from the smallest to the first that fails.
    private func holdsModuloAll(_ condition: (PrimeFacts, _ residue: UInt64) -> Bool) -> Bool {
        PrimeFacts.groups.indices.allSatisfy { index in
            let residue = index == 0 ? firstResidue : SmallPrimes.shared.residue(of: modulus, group: index)
            return PrimeFacts.groups[index].allSatisfy { condition($0, residue % $0.prime) }
        }
    }

    // MARK: ROCA

    /// Whether the modulus is a power of 65537 modulo every prime from 3 to 167, and the same power modulo all of them:
    /// what the generator of CVE-2017-15361 leaves in all its products. By chance about once in 2^150.
    func hasROCAFingerprint() -> Bool {
        var logarithms: [(value: Int, order: Int)] = []
        let leavesPowers = holdsModuloAll { facts, residue in
            guard facts.generated.contains(residue) else { return false }
            logarithms.append(facts.logarithm(of: residue))
            return true
        }
        guard leavesPowers else { return false }
        for (index, left) in logarithms.enumerated() {
            for right in logarithms[..<index] {
                let common = greatestCommonDivisor(left.order, right.order)
                if (left.value - right.value) % common != 0 { return false }
            }
        }
        return true
    }

    // MARK: Close primes

    /// How many values of Fermat's method are tried, a bit of the sieve for each: enough for primes that differ by up to
    /// 32 times the fourth root of the modulus (517 bits for RSA-2048). Independent random primes differ by twice as
    /// many bits.
    static let fermatRounds = UInt128.bitWidth

    /// Fermat's method: a with a² − n a square gives the factors a ± b. Answers the round that succeeds, 0 for a square.
    func fermatRound() -> Int? {
        let (floor, isSquare) = LimbArithmetic.squareRoot(modulus)
        if isSquare { return 0 }
        let first = LimbArithmetic.sum(floor, [1])
        let residue = SmallPrimes.shared.residue(of: first, group: 0)
        var rounds = FermatSieve.shared.rounds(
            first: (low: first[0], residue: residue),
            modulus: (low: modulus[0], residue: firstResidue)
        )
        while rounds != 0 {
            let round = rounds.trailingZeroBitCount
            rounds &= rounds - 1
            let a = LimbArithmetic.sum(first, [UInt64(round)])
            let rest = LimbArithmetic.difference(LimbArithmetic.product(a, a), modulus)
            if LimbArithmetic.squareRoot(rest).isExact { return round + 1 }
        }
        return nil
    }

    // MARK: Powers

    /// The degree when the modulus is a third, fifth or seventh power of a whole number. (Squares are Fermat's round 0.)
    func powerDegree() -> Int? {
        if holdsModuloAll({ $0.thirdPowers.contains($1) }), isPower(3) { return 3 }
        if holdsModuloAll({ $0.fifthPowers.contains($1) }), isPower(5) { return 5 }
        if holdsModuloAll({ $0.seventhPowers.contains($1) }), isPower(7) { return 7 }
        return nil
    }

    private func isPower(_ degree: Int) -> Bool {
        LimbArithmetic.exactRoot(modulus, degree: degree) != nil
    }
}

/// Which numbers below a prime have a property: one bit for each.
private struct ResidueSet: Sendable {
    private var words: InlineArray<3, UInt64> = [0, 0, 0]

    mutating func insert(_ residue: UInt64) {
        words[Int(residue / 64)] |= 1 << (residue % 64)
    }

    func contains(_ residue: UInt64) -> Bool {
        words[Int(residue / 64)] & 1 << (residue % 64) != 0
    }
}

/// What is known of one small prime.
private struct PrimeFacts: Sendable {
    let prime: UInt64
    /// Powers of 65537.
    let generated: ResidueSet
    let thirdPowers: ResidueSet
    let fifthPowers: ResidueSet
    let seventhPowers: ResidueSet

    /// Primes 3 to 167, in the groups of `SmallPrimes`: the fingerprint of CVE-2017-15361 shows in all of them.
    static let groups: [[PrimeFacts]] = {
        let primes = oddPrimes(below: 168)
        return SmallPrimes.shared.groups.prefix { $0.primes.lowerBound < primes.count }.map { group in
            primes[group.primes.clamped(to: primes.indices)].map { PrimeFacts($0) }
        }
    }()

    private init(_ prime: UInt64) {
        self.prime = prime
        func set(_ value: (UInt64) -> UInt64) -> ResidueSet {
            var set = ResidueSet()
            for number in 0..<prime { set.insert(value(number)) }
            return set
        }
        func power(_ base: UInt64, _ exponent: UInt64) -> UInt64 {
            (0..<exponent).reduce(1) { result, _ in result * base % prime }
        }
        generated = set { power(65_537 % prime, $0) }
        thirdPowers = set { power($0, 3) }
        fifthPowers = set { power($0, 5) }
        seventhPowers = set { power($0, 7) }
    }

    /// The x with 65537^x = `residue`, which is such a power, and how many different powers there are.
    func logarithm(of residue: UInt64) -> (value: Int, order: Int) {
        var (value, order) = (0, 0)
        var power: UInt64 = 1
        repeat {
            if power == residue { value = order }
            order += 1
            power = power * 65_537 % prime
        } while power != 1
        return (value, order)
    }
}

/// Tells which rounds of Fermat's method can succeed at all: those whose a² − n is a square modulo 64 and modulo a few
/// small primes. Of 128 fewer than one is left in the mean.
private struct FermatSieve: Sendable {
    static let shared = FermatSieve()

    /// 64, and primes of the first group.
    private static let moduli: [UInt64] = [64, 3, 5, 7, 11, 13, 17, 19]

    private struct Pattern: Sendable {
        let modulus: UInt64
        /// For each n modulo the modulus, bit a: whether a² − n is a square. Each repeats itself after the modulus.
        let rounds: [UInt128]
    }

    private let patterns: [Pattern]

    private init() {
        patterns = FermatSieve.moduli.map { modulus in
            let squares = Set((0..<modulus).map { $0 * $0 % modulus })
            let rounds = (0..<modulus).map { n in
                (0..<UInt64(ResidueTests.fermatRounds)).reduce(UInt128(0)) { pattern, a in
                    squares.contains((a * a + modulus - n) % modulus) ? pattern | 1 << UInt128(a) : pattern
                }
            }
            return Pattern(modulus: modulus, rounds: rounds)
        }
    }

    /// Bit i is set when a = first + i may be the one that is looked for. Of both numbers are given the lowest limb, and
    /// what the first group of primes leaves.
    func rounds(first: (low: UInt64, residue: UInt64), modulus: (low: UInt64, residue: UInt64)) -> UInt128 {
        var rounds = UInt128.max
        for pattern in patterns {
            let isPrime = pattern.modulus != 64
            let a = (isPrime ? first.residue : first.low) % pattern.modulus
            let n = (isPrime ? modulus.residue : modulus.low) % pattern.modulus
            let ofModulus = pattern.rounds[Int(n)]
            rounds &= ofModulus >> UInt128(a) | ofModulus << UInt128(pattern.modulus - a)
        }
        return rounds
    }
}

private func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
    var (larger, smaller) = (left, right)
    while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
    return larger
}
