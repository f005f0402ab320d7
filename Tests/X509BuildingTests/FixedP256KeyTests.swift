import BigInt
import Crypto
import Foundation
import Testing

@testable import X509Building

/// swift-crypto's verification, without tables, is the judge.
@Suite("P-256 keys with tables")
struct FixedP256KeyTests {
    @Test("The same answer as without tables, for signatures that are right and that are damaged")
    func agreement() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<100 {
            let signing = P256.Signing.PrivateKey()
            let key = try Pair([UInt8](signing.publicKey.x963Representation))
            for _ in 0..<20 {
                let digest = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
                let signature = try [UInt8](signing.signature(for: GivenDigest(digest)).rawRepresentation)
                #expect(try key.agreed(signature, digest) == true)
                for half in 0..<3 {
                    let place = Int.random(in: 0..<32, using: &random)
                    let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &random)
                    var (damaged, otherDigest) = (signature, digest)
                    if half < 2 { damaged[32 * half + place] ^= bit } else { otherDigest[place] ^= bit }
                    #expect(try key.agreed(damaged, otherDigest) == false)
                }
                #expect(try key.agreed(signature.suffix(32) + signature.prefix(32), digest) == false)
                let negated = signature.prefix(32) + octets(Self.order - number(signature.suffix(32)))
                #expect(try key.agreed([UInt8](negated), digest) == true)
            }
        }
    }

    @Test("Halves outside of 1...n-1 are refused")
    func ranges() throws {
        let signing = P256.Signing.PrivateKey()
        let key = try Pair([UInt8](signing.publicKey.x963Representation))
        let digest = [UInt8](repeating: 7, count: 32)
        let signature = try [UInt8](signing.signature(for: GivenDigest(digest)).rawRepresentation)
        let (r, s) = (number(signature.prefix(32)), number(signature.suffix(32)))
        let n = Self.order
        for wrong in [0, 1, n - 1, n, n + 1, (BigInt(1) << 256) - 1] {
            #expect(try key.agreed(octets(wrong) + octets(s), digest) == false)
            #expect(try key.agreed(octets(r) + octets(wrong), digest) == false)
            #expect(try key.agreed(octets(wrong) + octets(wrong), digest) == false)
        }
        // The same numbers modulo n, where 32 octets hold them.
        for small in [BigInt(1), 2, 3] {
            #expect(try key.agreed(octets(n + small) + octets(s), digest) == false)
            #expect(try key.agreed(octets(r) + octets(n + small), digest) == false)
        }
    }

    /// With a known private key, u and v can be chosen: R = uG + vQ = (u + vd)G gives r, then s = r/v and e = us.
    @Test("Every meeting of multiples: zero, the same point, opposite points, the ends of the tables")
    func meetings() throws {
        let n = Self.order
        let edges: [BigInt] = [
            1, 2, 3, 63, 64, 65, 127, 128, 129, n - 1, n - 2, n - 64, n - 128, BigInt(1) << 252, BigInt(15) << 252,
            BigInt(1) << 255, (n - 1) / 2, (n + 1) / 2, (BigInt(1) << 224) - 1, n - (BigInt(1) << 224),
        ]
        for d in [1, 2, n - 1, n - 2, number(P256.Signing.PrivateKey().rawRepresentation)] {
            let key = try Pair([UInt8](Self.point(d).x963Representation))
            for v in edges {
                let inverse = inverse(v)
                for u in [0, v * d % n, (2 * v * d) % n] + edges {
                    try verifyMade(u: u, v: v, inverse: inverse, d: d, by: key)
                }
                // uG = -vQ: R is the point at infinity, whatever r is.
                let opposite = (n - v * d % n) % n
                for r in [BigInt(1), v, n - 1] {
                    let s = r * inverse % n
                    #expect(try key.agreed(octets(r) + octets(s), octets(opposite * s % n)) == false)
                }
            }
        }
    }

    private func verifyMade(u: BigInt, v: BigInt, inverse: BigInt, d: BigInt, by key: Pair) throws {
        let n = Self.order
        let k = (u + v * d) % n
        guard k != 0 else { return }
        let r = try number(Self.point(k).rawRepresentation.prefix(32)) % n
        let s = r * inverse % n
        let e = u * s % n
        #expect(try key.agreed(octets(r) + octets(s), octets(e)) == true)
        #expect(try key.agreed(octets(r) + octets(s), octets((e + 1) % n)) == false)
        if e + n < (BigInt(1) << 256) {
            #expect(try key.agreed(octets(r) + octets(s), octets(e + n)) == true)
        }
    }

    /// With the digest 0 and r = s, R is the key's own point.
    @Test("An x between the order and the prime counts modulo the order")
    func largeX() throws {
        var found = 0
        for r in 1...40 {
            let x = Self.order + BigInt(r)
            guard let large = try? P256.Signing.PublicKey(compressedRepresentation: [2] + octets(x)) else { continue }
            found += 1
            let key = try Pair([UInt8](large.x963Representation))
            let zero = [UInt8](repeating: 0, count: 32)
            #expect(try key.agreed(octets(BigInt(r)) + octets(BigInt(r)), zero) == true)
            #expect(try key.agreed(octets(x) + octets(BigInt(r)), zero) == false)
            #expect(try key.agreed(octets(BigInt(r + 1)) + octets(BigInt(r + 1)), zero) == false)
        }
        #expect(found > 5)
    }

    @Test("Of a longer digest the leftmost 32 octets count")
    func longDigests() throws {
        let signing = P256.Signing.PrivateKey()
        let key = try Pair([UInt8](signing.publicKey.x963Representation))
        let message = Array("message".utf8)
        let signature = try [UInt8](signing.signature(for: SHA384.hash(data: message)).rawRepresentation)
        #expect(key.fixed.isValidSignature(signature, for: SHA384.hash(data: message)))
        #expect(!key.fixed.isValidSignature(signature, for: SHA512.hash(data: message)))
        #expect(!key.fixed.isValidSignature(signature, for: Insecure.SHA1.hash(data: message)))
        #expect(!key.fixed.isValidSignature(signature.dropLast(), for: SHA384.hash(data: message)))
        #expect(!key.fixed.isValidSignature(signature + [0], for: SHA384.hash(data: message)))
    }

    @Test("No table for what is not an uncompressed point of the curve")
    func points() throws {
        let point = [UInt8](P256.Signing.PrivateKey().publicKey.x963Representation)
        #expect(FixedP256Key(x963: point) != nil)
        for first: UInt8 in [0, 2, 3, 5, 6, 7] {
            #expect(FixedP256Key(x963: [first] + point.dropFirst()) == nil)
        }
        #expect(FixedP256Key(x963: []) == nil)
        #expect(FixedP256Key(x963: [0]) == nil)
        #expect(FixedP256Key(x963: point.dropLast()) == nil)
        #expect(FixedP256Key(x963: point + [0]) == nil)
        #expect(FixedP256Key(x963: [4] + [UInt8](repeating: 0, count: 64)) == nil)
        #expect(FixedP256Key(x963: [4] + [UInt8](repeating: 0xFF, count: 64)) == nil)
        #expect(FixedP256Key(x963: point.dropLast() + [(point.last ?? 0) ^ 1]) == nil)
    }

    @Test("Many threads verify with one key")
    func threads() async throws {
        let signing = P256.Signing.PrivateKey()
        let key = try #require(FixedP256Key(x963: [UInt8](signing.publicKey.x963Representation)))
        let wrong = await withTaskGroup(of: Int.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    (0..<200).count { round in
                        let digest = SHA256.hash(data: [UInt8(thread), UInt8(round)])
                        guard let signature = try? signing.signature(for: digest) else { return true }
                        var raw = [UInt8](signature.rawRepresentation)
                        let isRight = key.isValidSignature(raw, for: digest)
                        raw[round % 64] ^= 1
                        return !isRight || key.isValidSignature(raw, for: digest)
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    @Test("A prepared key is the same key, and as strict", arguments: SignatureAlgorithm.allCases)
    func prepared(_ algorithm: SignatureAlgorithm) throws {
        let signer = try Samples.key(for: algorithm)
        let key = try signer.publicKey
        let prepared = key.preparedToVerifyOften()
        #expect(prepared == key && prepared.sha256 == key.sha256)
        #expect(prepared.subjectKeyIdentifier == key.subjectKeyIdentifier)
        let message = Array("message".utf8)
        let signature = try algorithm.signatureValue(fromToken: signer.tokenSignature(message, algorithm))
        for other in SignatureAlgorithm.allCases {
            #expect(prepared.isValidSignature(signature, for: message, algorithm: other) == (other == algorithm))
        }
        #expect(!prepared.isValidSignature(signature, for: message + [0], algorithm: algorithm))
        #expect(!prepared.isValidSignature(signature + [0], for: message, algorithm: algorithm))
        #expect(!prepared.isValidSignature([], for: message, algorithm: algorithm))
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!prepared.isValidSignature(changed, for: message, algorithm: algorithm))
            let short = Array(signature.prefix(index))
            #expect(!prepared.isValidSignature(short, for: message, algorithm: algorithm))
        }
    }
}

extension FixedP256KeyTests {
    /// One key, with tables and without.
    private struct Pair {
        let fixed: FixedP256Key
        private let plain: P256.Signing.PublicKey

        init(_ point: [UInt8]) throws {
            fixed = try #require(FixedP256Key(x963: point))
            plain = try P256.Signing.PublicKey(x963Representation: point)
        }

        /// The answer that both give; nil when they differ.
        func agreed(_ signature: [UInt8], _ digest: [UInt8]) throws -> Bool? {
            let ours = fixed.isValidSignature(signature, for: GivenDigest(digest))
            let parsed = try P256.Signing.ECDSASignature(rawRepresentation: signature)
            return ours == plain.isValidSignature(parsed, for: GivenDigest(digest)) ? ours : nil
        }
    }

    /// SP 800-186 3.2.1.3.
    private static let order = number([
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ])

    /// Modulo the order. The tests ask for one of 1...n-1, which have them all.
    private func inverse(_ value: BigInt) -> BigInt {
        value.power(Self.order - 2, modulus: Self.order)
    }

    /// kG.
    private static func point(_ k: BigInt) throws -> P256.Signing.PublicKey {
        try P256.Signing.PrivateKey(rawRepresentation: octets(k)).publicKey
    }
}

/// A digest that was chosen.
private struct GivenDigest: Digest {
    static var byteCount: Int { 32 }
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func withUnsafeBytes<Answer>(_ body: (UnsafeRawBufferPointer) throws -> Answer) rethrows -> Answer {
        try bytes.withUnsafeBytes(body)
    }

    func makeIterator() -> Array<UInt8>.Iterator {
        bytes.makeIterator()
    }
}

private func number(_ octets: some DataProtocol) -> BigInt {
    BigInt(BigUInt(Data(octets)))
}

private func octets(_ number: BigInt) -> [UInt8] {
    let bytes = [UInt8](number.magnitude.serialize())
    return [UInt8](repeating: 0, count: 32 - bytes.count) + bytes
}
