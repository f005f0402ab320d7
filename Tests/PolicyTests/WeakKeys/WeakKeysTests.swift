import BigInt
import Crypto
import CryptoExtras
import Foundation
import Testing
import X509Building

@testable import Policy

private func magnitude(_ number: BigUInt) -> [UInt8] {
    Array(number.serialize())
}

/// A random odd number of exactly this many bits.
private func odd(bits: Int) -> BigUInt {
    BigUInt.randomInteger(withExactWidth: bits) | 1
}

/// A random prime-like number: odd, no factor among the small primes. Primality itself is not what is judged.
private func roughNumber(bits: Int) -> BigUInt {
    while true {
        let candidate = odd(bits: bits) | (1 << (bits - 2))
        if SmallPrimes.shared.smallestFactor(of: limbs(candidate)) == nil { return candidate }
    }
}

private let usualExponent: [UInt8] = [1, 0, 1]

private func rules(modulus: BigUInt, exponent: [UInt8] = usualExponent) -> [WeakKeyRule] {
    WeakKeys.check(modulus: magnitude(modulus), exponent: exponent).map(\.rule)
}

@Suite("Weak keys are refused (SGN-03)")
struct WeakKeysTests {
    @Test("A key made by an honest library passes", arguments: [2048, 3072, 4096])
    func honestKeysPass(bits: Int) throws {
        let key = try _RSA.Signing.PrivateKey(keySize: .init(bitCount: bits))
        let parsed = try SubjectPublicKey(derEncoded: Array(key.publicKey.derRepresentation))
        #expect(WeakKeys.check(parsed, compromised: nil).isEmpty)
    }

    @Test("A modulus under 2048 bits, and one that is not whole octets")
    func moduleSizes() {
        let good = roughNumber(bits: 1024) * roughNumber(bits: 1024)
        #expect(rules(modulus: good).isEmpty)
        #expect(rules(modulus: roughNumber(bits: 512) * roughNumber(bits: 512)) == [.rsaTooSmall])
        let short = (roughNumber(bits: 1024) * roughNumber(bits: 1020))
        #expect(rules(modulus: short).contains(.rsaTooSmall))
        #expect(rules(modulus: roughNumber(bits: 1028) * roughNumber(bits: 1024)) == [.rsaLengthNotWholeOctets])
        #expect(rules(modulus: odd(bits: 8200)) == [.rsaTooLarge])
        #expect(rules(modulus: 0).contains(.rsaTooSmall))
        #expect(rules(modulus: 15) == [.rsaTooSmall, .rsaLengthNotWholeOctets])
    }

    @Test("An even modulus")
    func evenModulus() {
        #expect(rules(modulus: roughNumber(bits: 1024) * (roughNumber(bits: 1024) + 1)) == [.rsaModulusEven])
    }

    @Test(
        "An exponent that is even or out of range",
        arguments: [
            ([UInt8](), [WeakKeyRule.rsaExponentEven, .rsaExponentTooSmall]),
            ([0], [.rsaExponentEven, .rsaExponentTooSmall]),
            ([1], [.rsaExponentTooSmall]),
            ([3], [.rsaExponentTooSmall]),
            ([17], [.rsaExponentTooSmall]),
            ([255, 255], [.rsaExponentTooSmall]),
            ([1, 0, 0], [.rsaExponentEven, .rsaExponentTooSmall]),
            ([1, 0, 2], [.rsaExponentEven]),
            ([1] + [UInt8](repeating: 0, count: 31) + [1], [.rsaExponentTooLarge]),
            ([UInt8](repeating: 255, count: 32), []),
            ([0, 1, 0, 1], []),
        ]
    )
    func exponents(exponent: [UInt8], expected: [WeakKeyRule]) {
        let modulus = roughNumber(bits: 1024) * roughNumber(bits: 1024)
        #expect(rules(modulus: modulus, exponent: exponent) == expected)
    }

    @Test("A small factor", arguments: [3, 5, 251, 257, 509, 743, 751])
    func smallFactor(factor: Int) {
        let width = 2048 - BigUInt(factor).bitWidth
        var cofactor = roughNumber(bits: width)
        while (cofactor * BigUInt(factor)).bitWidth != 2048 { cofactor = roughNumber(bits: 1 + width) }
        #expect(rules(modulus: cofactor * BigUInt(factor)) == [.rsaSmallFactor])
    }

    @Test("Primes of the shape k·M + (65537^a mod M), as CVE-2017-15361 made them")
    func roca() {
        // M is the product of the first 126 primes for moduli of 1984 to 3936 bits.
        let product = ([2] + oddPrimes(below: 702)).prefix(126).reduce(BigUInt(1)) { $0 * BigUInt($1) }
        func shaped() -> BigUInt {
            while true {
                let k = BigUInt.randomInteger(withExactWidth: 1024 - product.bitWidth)
                let a = BigUInt.randomInteger(withMaximumWidth: 256)
                let number = k * product + BigUInt(65537).power(a, modulus: product)
                if number.bitWidth == 1024, SmallPrimes.shared.smallestFactor(of: limbs(number)) == nil {
                    return number
                }
            }
        }
        for _ in 0..<3 {
            var modulus = shaped() * shaped()
            while modulus.bitWidth % 8 != 0 { modulus = shaped() * shaped() }
            #expect(rules(modulus: modulus) == [.rsaROCA])
            #expect(rules(modulus: modulus + 2 * product).contains(.rsaROCA))
            #expect(!ResidueTests(limbs(modulus + 2)).hasROCAFingerprint())
        }
    }

    @Test("A residue that is a power of 65537 for each prime but not the same power for all is no ROCA key")
    func rocaNeedsOneExponent() {
        // 65537 modulo all primes but 167, and 65537^2 modulo 167 (whose powers number 166).
        let others = oddPrimes(below: 167).reduce(BigUInt(1)) { $0 * BigUInt($1) }
        let target = BigUInt(65537) * BigUInt(65537) % 167
        let number = (0..<167).map { BigUInt(65537) + others * BigUInt($0) }.first { $0 % 167 == target }
        #expect(number.map { ResidueTests(limbs($0)).hasROCAFingerprint() } == false)
        #expect(ResidueTests([65537]).hasROCAFingerprint())
    }

    @Test("Close primes, up to the last round of Fermat's method and not beyond")
    func closePrimes() {
        let middle = roughNumber(bits: 1024) | 1
        let modulus = { (b: BigUInt) in (middle + b) * (middle - b) }
        #expect(rules(modulus: modulus(2)).contains(.rsaClosePrimes))
        #expect(rules(modulus: modulus(BigUInt(1) << 500)).contains(.rsaClosePrimes))
        // n = a² − b² is found in round a − floor(root of n).
        var b = BigUInt(1) << 516
        while middle - modulus(b).squareRoot() < BigUInt(ResidueTests.fermatRounds) { b += BigUInt(1) << 511 }
        while middle - modulus(b).squareRoot() > BigUInt(ResidueTests.fermatRounds) { b -= BigUInt(1) << 506 }
        let rounds = middle - modulus(b).squareRoot()
        #expect(rounds >= 127 && rounds <= 128)
        #expect(ResidueTests(limbs(modulus(b))).fermatRound() == Int(rounds))
        #expect(ResidueTests(limbs(modulus(b << 2))).fermatRound() == nil)
    }

    @Test("Fermat's method finds its factors in every round, whatever the numbers leave modulo small ones")
    func fermatRounds() {
        for round in 1...ResidueTests.fermatRounds {
            for _ in 0..<3 {
                let middle = BigUInt.randomInteger(withExactWidth: 300)
                // n = a² − b² is odd, and found where a − floor(root of n) is.
                let close = (middle * BigUInt(2 * round)).squareRoot()
                let b = close - (middle + close + 1) % 2
                let modulus = (middle + b) * (middle - b)
                let expected = middle - modulus.squareRoot()
                #expect(ResidueTests(limbs(modulus)).fermatRound().map { BigUInt($0) } == expected)
            }
        }
    }

    @Test("One octet sixteen times in a row is found wherever it stands, fifteen times is not")
    func repeatedOctets() {
        func isFound(_ octets: [UInt8]) -> Bool {
            WeakKeys.check(modulus: octets, exponent: usualExponent).map(\.rule).contains(.rsaRepeatedOctets)
        }
        let modulus = magnitude(roughNumber(bits: 2048))
        for start in 0...240 {
            var repeating = modulus
            for place in start..<start + 16 { repeating[place] = 0xa5 }
            #expect(isFound(repeating))
            // Fifteen, and something else on both sides.
            repeating[start] = 0x5b
            if start + 16 < repeating.count { repeating[start + 16] = 0x5b }
            #expect(!isFound(repeating))
        }
    }

    @Test("Squares and higher powers of one number", arguments: [2, 3, 5, 7])
    func powers(degree: Int) {
        let modulus = roughNumber(bits: 2048 / degree + 1).power(degree)
        #expect(rules(modulus: modulus).contains(.rsaPrimePower))
    }

    @Test("Ed25519 points of small order, with both signs, and points that are not canonical")
    func smallOrderPoints() throws {
        let smallest = [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        ]
        for text in smallest {
            #expect(SmallOrderPoints.contains(bytes(hex: text)), "\(text)")
        }
        let honest = Array(Curve25519.Signing.PrivateKey().publicKey.rawRepresentation)
        #expect(!SmallOrderPoints.contains(honest))
        #expect(WeakKeys.check(try SubjectPublicKey.ed25519(honest), compromised: nil).isEmpty)
    }

    @Test("Every rule has a clause, a mend and an id of its own")
    func ruleTable() {
        for rule in WeakKeyRule.allCases {
            #expect(!rule.clause.isEmpty && !rule.mend.isEmpty && rule.rawValue.hasPrefix("key."))
        }
    }
}

func bytes(hex: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in hex {
        guard let digit = character.hexDigitValue.map({ UInt8($0) }) else { continue }
        if let first = high {
            bytes.append(first << 4 | digit)
            high = nil
        } else {
            high = digit
        }
    }
    return bytes
}

@Suite("The list of compromised keys")
struct CompromisedKeyListTests {
    private func withFile<Result>(_ contents: [UInt8], _ body: (String) throws -> Result) throws -> Result {
        let url = FileManager.default.temporaryDirectory.appending(path: "blocklist-\(UUID().uuidString).dat")
        try Data(contents).write(to: url)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: url) } }
        return try body(url.path)
    }

    private func record(_ magnitude: some Collection<UInt8>, list: UInt8) -> [UInt8] {
        Array(SHA256.hash(data: Array(magnitude.drop { $0 == 0 })).prefix(15)) + [list]
    }

    @Test("Keys of each kind are found on it, others are not")
    func lookups() throws {
        let rsa = try SubjectPublicKey(
            derEncoded: Array(_RSA.Signing.PrivateKey(keySize: .bits2048).publicKey.derRepresentation)
        )
        let p256 = try SubjectPublicKey(derEncoded: Array(P256.Signing.PrivateKey().publicKey.derRepresentation))
        let p384 = try SubjectPublicKey(derEncoded: Array(P384.Signing.PrivateKey().publicKey.derRepresentation))
        let edwards = try SubjectPublicKey.ed25519(Array(Curve25519.Signing.PrivateKey().publicKey.rawRepresentation))
        var records = (0..<200).map { record([UInt8($0), 7], list: 9) }
        for (number, key) in [rsa, p256, p384, edwards].enumerated() {
            switch key.material {
            case .rsa(let modulus, _): records.append(record(modulus, list: UInt8(number)))
            case .p256(let point): records.append(record(point[1...32], list: UInt8(number)))
            case .p384(let point): records.append(record(point[1...48], list: UInt8(number)))
            case .ed25519(let point): records.append(record(point, list: UInt8(number)))
            }
        }
        records.sort { $0.lexicographicallyPrecedes($1) }
        try withFile(Array(records.joined())) { path in
            let list = try CompromisedKeyList(path: path)
            #expect(list.count == 204)
            for (number, key) in [rsa, p256, p384, edwards].enumerated() {
                #expect(list.listNumber(of: key) == UInt8(number))
                #expect(WeakKeys.check(key, compromised: list).map(\.id) == ["key.compromised"])
            }
            let other = try SubjectPublicKey(derEncoded: Array(P256.Signing.PrivateKey().publicKey.derRepresentation))
            #expect(WeakKeys.check(other, compromised: list).isEmpty)
        }
    }

    @Test("A file that is missing, empty, cut off or unsorted is refused")
    func damagedFiles() throws {
        #expect(throws: CompromisedKeyList.LoadError.self) {
            try CompromisedKeyList(path: "/nonexistent/blocklist.dat")
        }
        let low = [UInt8](repeating: 1, count: 16)
        let high = [UInt8](repeating: 2, count: 16)
        for contents in [[], Array(low.dropLast()), high + low] {
            try withFile(contents) { path in
                _ = #expect(throws: CompromisedKeyList.LoadError.self) { try CompromisedKeyList(path: path) }
            }
        }
        #expect(try withFile(low + high) { path in try CompromisedKeyList(path: path).count } == 2)
    }
}
