/// Residues of a modulus by small odd primes, and the three questions that they answer almost always alone:
/// is it a ROCA key, are its primes close together, is it a power.
struct ResidueTests: Sendable {
    /// Built once a process.
    static let shared = ResidueTests()

    /// Primes 3 to 167, as many a group as 64 bits hold: the fingerprint of CVE-2017-15361 shows in all of them.
    private let groups: [(product: UInt64, primes: [SmallPrime])]

    /// What is known of one small prime.
    private struct SmallPrime: Sendable {
        let value: UInt64
        /// `logarithms[r]` is x with 65537^x = r, or nil when r is no power of 65537.
        let logarithms: [Int?]
        /// The number of different powers of 65537.
        let order: Int
        let squares: [Bool]
        /// Whether r is a third, fifth, seventh power.
        let powers: [Int: [Bool]]

        init(_ value: UInt64) {
            self.value = value
            let size = Int(value)
            var logarithms = [Int?](repeating: nil, count: size)
            var order = 0
            var power = 1 % size
            repeat {
                logarithms[power] = order
                order += 1
                power = power * 65_537 % size
            } while power != 1
            self.logarithms = logarithms
            self.order = order
            func powers(_ degree: Int) -> [Bool] {
                var isPower = [Bool](repeating: false, count: size)
                for base in 0..<size { isPower[(1...degree).reduce(1) { result, _ in result * base % size }] = true }
                return isPower
            }
            squares = powers(2)
            self.powers = Dictionary(uniqueKeysWithValues: ResidueTests.degrees.map { ($0, powers($0)) })
        }
    }

    private static let degrees = [3, 5, 7]

    private init() {
        var groups: [(product: UInt64, primes: [SmallPrime])] = [(1, [])]
        for prime in oddPrimes(below: 168) {
            let (product, overflow) = groups[groups.count - 1].product.multipliedReportingOverflow(by: prime)
            if overflow {
                groups.append((prime, [SmallPrime(prime)]))
            } else {
                groups[groups.count - 1].product = product
                groups[groups.count - 1].primes.append(SmallPrime(prime))
            }
        }
        self.groups = groups
    }

    /// Whether the modulus is a power of 65537 modulo every prime from 3 to 167, and the same power modulo all of them:
    /// what the generator of CVE-2017-15361 leaves in all its products. By chance about once in 2^150.
    func hasROCAFingerprint(_ modulus: LimbArithmetic.Limbs) -> Bool {
        var logarithms: [(value: Int, order: Int)] = []
        for group in groups {
            let residue = LimbArithmetic.residue(modulus, modulo: group.product)
            for prime in group.primes {
                guard let logarithm = prime.logarithms[Int(residue % prime.value)] else { return false }
                logarithms.append((logarithm, prime.order))
            }
        }
        for (index, left) in logarithms.enumerated() {
            for right in logarithms[..<index] {
                let common = greatestCommonDivisor(left.order, right.order)
                if (left.value - right.value) % common != 0 { return false }
            }
        }
        return true
    }

    /// How many values of Fermat's method are tried: enough for primes that differ by up to 32 times the fourth root of
    /// the modulus (517 bits for RSA-2048). Independent random primes differ by twice as many bits.
    static let fermatRounds = 128

    /// Fermat's method: a with a² − n a square gives the factors a ± b. Answers the round that succeeds, 0 for a square.
    func fermatRound(_ modulus: LimbArithmetic.Limbs) -> Int? {
        let (floor, isSquare) = LimbArithmetic.squareRoot(modulus)
        if isSquare { return 0 }
        let first = LimbArithmetic.sum(floor, [1])
        let group = groups[0]
        let modulusResidue = LimbArithmetic.residue(modulus, modulo: group.product)
        let firstResidue = LimbArithmetic.residue(first, modulo: group.product)
        // Squares end in one of 12 out of 64 ways; the odd primes halve what is left each.
        for round in 0..<Self.fermatRounds {
            let low = first[0] &+ UInt64(round)
            guard Self.endsAsSquare(low &* low &- modulus[0]) else { continue }
            let isCandidate = group.primes.allSatisfy { prime in
                let a = (firstResidue % prime.value + UInt64(round)) % prime.value
                let n = modulusResidue % prime.value
                return prime.squares[Int((a * a + prime.value - n) % prime.value)]
            }
            guard isCandidate else { continue }
            let a = LimbArithmetic.sum(first, [UInt64(round)])
            let rest = LimbArithmetic.difference(LimbArithmetic.product(a, a), modulus)
            if LimbArithmetic.squareRoot(rest).isExact { return round + 1 }
        }
        return nil
    }

    /// The degree when the modulus is a third, fifth or seventh power of a whole number. (Squares are Fermat's round 0.)
    func powerDegree(_ modulus: LimbArithmetic.Limbs) -> Int? {
        Self.degrees.first { degree in
            groups.allSatisfy { group in
                let residue = LimbArithmetic.residue(modulus, modulo: group.product)
                return group.primes.allSatisfy { $0.powers[degree]?[Int(residue % $0.value)] ?? true }
            } && LimbArithmetic.exactRoot(modulus, degree: degree) != nil
        }
    }

    private static func endsAsSquare(_ low: UInt64) -> Bool {
        // Bit r is set when some square leaves r modulo 64.
        squaresModulo64 & (1 << (low & 63)) != 0
    }

    private static let squaresModulo64: UInt64 = (0..<64).reduce(0) { $0 | 1 << ($1 * $1 & 63) }
}

private func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
    var (larger, smaller) = (left, right)
    while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
    return larger
}
