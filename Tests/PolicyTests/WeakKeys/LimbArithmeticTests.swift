import BigInt
import Testing

@testable import Policy

/// Random numbers with the shapes that break carries: runs of ones, runs of zeros, lone bits.
struct NumberSource {
    var generator: any RandomNumberGenerator = SystemRandomNumberGenerator()

    mutating func limbs(upTo maximum: Int) -> [UInt64] {
        let count = Int.random(in: 0...maximum, using: &generator)
        let limbs = (0..<count).map { _ -> UInt64 in
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: 0
            case 1: .max
            case 2: 1 << UInt64.random(in: 0..<64, using: &generator)
            case 3: .max << UInt64.random(in: 0..<64, using: &generator)
            default: .random(in: 0 ... .max, using: &generator)
            }
        }
        return LimbArithmetic.trimmed(limbs)
    }
}

func big(_ limbs: [UInt64]) -> BigUInt {
    BigUInt(words: limbs.map { UInt($0) })
}

func limbs(_ number: BigUInt) -> [UInt64] {
    LimbArithmetic.trimmed(number.words.map { UInt64($0) })
}

@Suite("Limb arithmetic agrees with an independent implementation")
struct LimbArithmeticTests {
    @Test("Sums, differences, products and shifts")
    func ringOperations() {
        var source = NumberSource()
        for _ in 0..<300 {
            let (left, right) = (source.limbs(upTo: 20), source.limbs(upTo: 20))
            #expect(big(LimbArithmetic.sum(left, right)) == big(left) + big(right))
            #expect(big(LimbArithmetic.product(left, right)) == big(left) * big(right))
            #expect(LimbArithmetic.isLess(left, right) == (big(left) < big(right)))
            #expect(LimbArithmetic.bitWidth(left) == big(left).bitWidth)
            if !LimbArithmetic.isLess(left, right) {
                #expect(big(LimbArithmetic.difference(left, right)) == big(left) - big(right))
            }
            let bits = Int.random(in: 0...200)
            #expect(big(LimbArithmetic.shiftedLeft(left, by: bits)) == big(left) << bits)
            #expect(big(LimbArithmetic.shiftedRight(left, by: bits)) == big(left) >> bits)
        }
    }

    @Test("What products of small primes leave of numbers, up to the largest")
    func residues() {
        var source = NumberSource()
        let largest = [UInt64](repeating: .max, count: SmallPrimes.mostLimbs)
        for number in (0..<20).map({ _ in source.limbs(upTo: 128) }) + [largest] {
            for (index, group) in SmallPrimes.shared.groups.enumerated() {
                let residue = SmallPrimes.shared.residue(of: number, group: index)
                #expect(BigUInt(residue) == big(number) % BigUInt(group.product))
            }
        }
    }

    @Test("Square roots, exact and not, of all widths")
    func squareRoots() {
        var source = NumberSource()
        for _ in 0..<2000 {
            let number = source.limbs(upTo: 34)
            let (root, isExact) = LimbArithmetic.squareRoot(number)
            let expected = big(number).squareRoot()
            #expect(big(root) == expected)
            #expect(isExact == (expected * expected == big(number)))
            let square = LimbArithmetic.product(number, number)
            let (back, squareIsExact) = LimbArithmetic.squareRoot(square)
            #expect(back == number && squareIsExact)
            if !number.isEmpty {
                let (below, belowIsExact) = LimbArithmetic.squareRoot(LimbArithmetic.difference(square, [1]))
                #expect(big(below) == big(number) - 1)
                #expect(belowIsExact == (number == [1]))
            }
        }
    }

    @Test("Square roots of two limbs at the edges of what floating point tells apart")
    func squareRootsOfTwoLimbs() {
        let edges = [1, 1 << 53, 1 << 62, (1 << 63) - 1, 1 << 63, .max - 2048, .max - 1, .max] as [UInt64]
        for high in edges.flatMap({ [$0 - 1, $0] }) {
            for low in edges {
                let number = LimbArithmetic.trimmed([low, high])
                let (root, isExact) = LimbArithmetic.squareRoot(number)
                let expected = big(number).squareRoot()
                #expect(big(root) == expected && isExact == (expected * expected == big(number)))
            }
        }
    }

    @Test("Whole roots of higher degree", arguments: [3, 5, 7])
    func wholeRoots(degree: Int) {
        var source = NumberSource()
        for _ in 0..<5 {
            let base = source.limbs(upTo: 3)
            let power = big(base).power(degree)
            #expect(LimbArithmetic.exactRoot(limbs(power), degree: degree) == base)
            if power > 1 { #expect(LimbArithmetic.exactRoot(limbs(power + 1), degree: degree) == nil) }
        }
    }

    @Test("Reading big-endian octets")
    func reading() {
        #expect(LimbArithmetic.limbs(bigEndian: []) == [])
        #expect(LimbArithmetic.limbs(bigEndian: [0, 0]) == [])
        #expect(LimbArithmetic.limbs(bigEndian: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) == [0x0203_0405_0607_0809, 1])
        #expect(LimbArithmetic.limbs(bigEndian: [1, 2, 3, 4, 5, 6, 7, 8]) == [0x0102_0304_0506_0708])
        for count in 0..<40 {
            let octets = (0..<count).map { _ in UInt8.random(in: 0...255) }
            #expect(big(LimbArithmetic.limbs(bigEndian: octets)) == octets.reduce(BigUInt(0)) { $0 << 8 | BigUInt($1) })
        }
    }

    @Test("Every odd prime below the bound is found as a factor, and no other number is named")
    func smallFactors() {
        var source = NumberSource()
        let primes = oddPrimes(below: SmallPrimes.bound)
        #expect(primes.count == 132 && primes.last == 751)
        for prime in primes {
            let cofactor: [UInt64] = [UInt64.random(in: 1 ... .max), UInt64.random(in: 1 ... .max), 1]
            let number = LimbArithmetic.product([prime], cofactor)
            let found = SmallPrimes.shared.smallestFactor(of: number)
            #expect(found == primes.first { big(number) % BigUInt($0) == 0 })
        }
        for _ in 0..<50 {
            let number = source.limbs(upTo: 32)
            guard !number.isEmpty else { continue }
            let expected = primes.first { big(number) % BigUInt($0) == 0 }
            #expect(SmallPrimes.shared.smallestFactor(of: number) == expected)
        }
    }
}
