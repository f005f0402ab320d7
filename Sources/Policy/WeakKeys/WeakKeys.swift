import X509Building

/// A class of keys that nobody may have certified. The raw value is the stable id of the rule.
package enum WeakKeyRule: String, Sendable, CaseIterable {
    case rsaTooSmall = "key.rsa-too-small"
    case rsaTooLarge = "key.rsa-too-large"
    case rsaLengthNotWholeOctets = "key.rsa-length-not-whole-octets"
    case rsaModulusEven = "key.rsa-modulus-even"
    case rsaExponentEven = "key.rsa-exponent-even"
    case rsaExponentTooSmall = "key.rsa-exponent-too-small"
    case rsaExponentTooLarge = "key.rsa-exponent-too-large"
    case rsaSmallFactor = "key.rsa-small-factor"
    case rsaROCA = "key.rsa-roca"
    case rsaClosePrimes = "key.rsa-close-primes"
    case rsaPrimePower = "key.rsa-prime-power"
    case rsaRepeatedOctets = "key.rsa-repeated-octets"
    case ed25519SmallOrder = "key.ed25519-small-order"
    case compromised = "key.compromised"

    /// The text that demands the refusal.
    package var clause: String {
        switch self {
        case .rsaTooSmall, .rsaLengthNotWholeOctets: "CA/B Forum S/MIME BR 6.1.5"
        case .rsaTooLarge: "Inkan key rules (a signature check must stay affordable)"
        case .rsaModulusEven, .rsaSmallFactor: "CA/B Forum S/MIME BR 6.1.6; NIST SP 800-89 5.3.3"
        case .rsaExponentEven, .rsaExponentTooSmall, .rsaExponentTooLarge: "CA/B Forum S/MIME BR 6.1.6"
        case .rsaROCA: "CA/B Forum S/MIME BR 6.1.1.3 (5); CVE-2017-15361"
        case .rsaClosePrimes: "CA/B Forum S/MIME BR 6.1.1.3 (5); CVE-2022-26320"
        case .rsaPrimePower: "CA/B Forum S/MIME BR 6.1.6; NIST SP 800-89 5.3.3"
        case .rsaRepeatedOctets: "CA/B Forum S/MIME BR 6.1.1.3 (5)"
        case .ed25519SmallOrder: "RFC 8032 5.1.7; RFC 7748 6.1"
        case .compromised: "CA/B Forum S/MIME BR 6.1.1.3 (4)"
        }
    }

    /// What the owner of the key can do.
    package var mend: String {
        switch self {
        case .rsaTooSmall, .rsaTooLarge, .rsaLengthNotWholeOctets:
            "make a new key: RSA with 2048, 3072 or 4096 bits, or P-256, P-384 or Ed25519"
        case .rsaExponentEven, .rsaExponentTooSmall, .rsaExponentTooLarge:
            "make a new key with the public exponent 65537"
        case .rsaROCA:
            "make a new key with other hardware or updated firmware: chips by Infineon made such keys until 2017"
        case .compromised:
            "make a new key and stop using this one everywhere: others hold its private half"
        case .rsaModulusEven, .rsaSmallFactor, .rsaClosePrimes, .rsaPrimePower, .rsaRepeatedOctets, .ed25519SmallOrder:
            "make a new key with other software: what made this one is broken"
        }
    }
}

/// What is wrong with a key.
package struct WeakKeyFinding: Hashable, Sendable {
    package var rule: WeakKeyRule
    /// What was found, for people.
    package var what: String

    package var id: String { rule.rawValue }
    package var clause: String { rule.clause }
    package var mend: String { rule.mend }
}

/// Judges public keys before anything is certified for them. Points of EC keys are checked when they are parsed.
package enum WeakKeys {
    /// The largest modulus, in bits, that a certificate may carry.
    package static let largestModulusBits = 8192

    /// Everything that is wrong with a key; empty when it may be certified.
    package static func check(_ key: SubjectPublicKey, compromised: CompromisedKeyList?) -> [WeakKeyFinding] {
        var findings: [WeakKeyFinding] = []
        switch key.material {
        case .rsa(let modulus, let exponent):
            findings = check(modulus: modulus, exponent: exponent)
        case .p256, .p384:
            break
        case .ed25519(let point):
            if SmallOrderPoints.contains(point) {
                findings.append(
                    WeakKeyFinding(
                        rule: .ed25519SmallOrder,
                        what: "the Ed25519 point has a small order or no canonical form"
                    )
                )
            }
        }
        if let list = compromised?.listNumber(of: key) {
            findings.append(
                WeakKeyFinding(
                    rule: .compromised,
                    what: "the private key is publicly known (list \(list) of the block list)"
                )
            )
        }
        return findings
    }

    /// Everything that is wrong with an RSA key, both numbers as big-endian magnitudes.
    package static func check(modulus: [UInt8], exponent: [UInt8]) -> [WeakKeyFinding] {
        let number = LimbArithmetic.limbs(bigEndian: modulus)
        let bits = LimbArithmetic.bitWidth(number)
        var findings = exponentFindings(LimbArithmetic.limbs(bigEndian: exponent))
        func find(_ rule: WeakKeyRule, _ what: String) {
            findings.append(WeakKeyFinding(rule: rule, what: what))
        }

        if bits < 2048 { find(.rsaTooSmall, "the RSA modulus has \(bits) bits") }
        if bits % 8 != 0 { find(.rsaLengthNotWholeOctets, "the RSA modulus has \(bits) bits, not a multiple of 8") }
        // Nothing more is computed with numbers of hostile size; and tiny ones are condemned already.
        if bits > largestModulusBits { find(.rsaTooLarge, "the RSA modulus has \(bits) bits") }
        guard bits >= 512, bits <= largestModulusBits else { return findings }

        if number[0] & 1 == 0 {
            find(.rsaModulusEven, "the RSA modulus is even")
            return findings
        }
        if let factor = SmallPrimes.shared.smallestFactor(of: number) {
            find(.rsaSmallFactor, "the RSA modulus is divisible by \(factor)")
        }
        let residues = ResidueTests(number)
        if residues.hasROCAFingerprint() {
            find(.rsaROCA, "the RSA modulus carries the fingerprint of ROCA")
        }
        if let round = residues.fermatRound() {
            if round == 0 {
                find(.rsaPrimePower, "the RSA modulus is the square of a whole number")
            } else {
                find(.rsaClosePrimes, "the RSA primes are so close that Fermat's method finds them in round \(round)")
            }
        }
        if let degree = residues.powerDegree() {
            find(.rsaPrimePower, "the RSA modulus is a power with exponent \(degree)")
        }
        if hasRepeatedOctets(modulus) {
            find(.rsaRepeatedOctets, "the RSA modulus has the same octet sixteen times in a row")
        }
        return findings
    }

    private static func exponentFindings(_ exponent: LimbArithmetic.Limbs) -> [WeakKeyFinding] {
        var findings: [WeakKeyFinding] = []
        let lowest = exponent.first ?? 0
        if lowest & 1 == 0 {
            findings.append(WeakKeyFinding(rule: .rsaExponentEven, what: "the RSA public exponent is even"))
        }
        if exponent.count <= 1, lowest < 65_537 {
            findings.append(WeakKeyFinding(rule: .rsaExponentTooSmall, what: "the RSA public exponent is \(lowest)"))
        }
        let bits = LimbArithmetic.bitWidth(exponent)
        if bits > 256 {
            findings.append(
                WeakKeyFinding(rule: .rsaExponentTooLarge, what: "the RSA public exponent has \(bits) bits")
            )
        }
        return findings
    }

    /// Whether one octet stands sixteen times in a row.
    private static func hasRepeatedOctets(_ bytes: [UInt8]) -> Bool {
        // Sixteen in a row fill at least one of the words of eight octets: without such a word nobody has to count.
        let hasUniformWord = bytes.withUnsafeBytes { bytes in
            stride(from: 0, through: bytes.count - 8, by: 8).contains { offset in
                let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                return word == word << 8 | word >> 56
            }
        }
        guard hasUniformWord else { return false }
        var run = 0
        var last: UInt8?
        for byte in bytes {
            run = byte == last ? run + 1 : 1
            last = byte
            if run == 16 { return true }
        }
        return false
    }
}

/// Encodings of Ed25519 points that no honest key has.
enum SmallOrderPoints {
    /// y of the eight points whose order divides 8, sign bit cleared; the points ±P share theirs.
    private static let small: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xec] + [UInt8](repeating: 0xff, count: 30) + [0x7f],
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
            0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
            0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ]

    /// Whether the 32 octets name a point of small order, or a y that is not below 2^255 − 19.
    static func contains(_ point: [UInt8]) -> Bool {
        guard point.count == 32 else { return true }
        var y = point
        y[31] &= 0x7f
        if small.contains(y) { return true }
        return y[31] == 0x7f && y[1...30].allSatisfy { $0 == 0xff } && y[0] >= 0xed
    }
}
