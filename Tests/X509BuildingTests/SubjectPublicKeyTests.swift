import Crypto
import Testing
import X509Building

@Suite("Subject public keys")
struct SubjectPublicKeyTests {
    @Test("Keys of every kind come back byte for byte and know what they are")
    func kinds() throws {
        let expected: [(SignatureAlgorithm, KeyAlgorithm)] = [
            (.sha256WithRSA, .rsa2048), (.ecdsaP256SHA256, .p256), (.ecdsaP384SHA384, .p384), (.ed25519, .ed25519),
        ]
        for (signature, kind) in expected {
            let key = try Samples.key(for: signature).publicKey
            let again = try SubjectPublicKey(derEncoded: key.derEncoded)
            #expect(again == key && again.keyAlgorithm == kind && again.material == key.material)
            #expect(key.sha256 == Array(SHA256.hash(data: key.derEncoded)))
            #expect(key.subjectKeyIdentifier.count == 20)
            #expect(key.rsaBits == (kind.isRSA ? 2048 : nil))
        }
    }

    @Test("A key made of its numbers is the key that OpenSSL writes")
    func numbers() throws {
        let key = try Samples.key(for: .sha256WithRSA).publicKey
        guard case .rsa(let modulus, let exponent) = key.material else { return }
        #expect(try SubjectPublicKey.rsa(modulus: [0, 0] + modulus, exponent: [0] + exponent) == key)
        #expect(exponent == [1, 0, 1] && modulus.count == 256)
    }

    @Test("The key identifier is the left of SHA-256 over the key's bits (RFC 7093)")
    func identifier() throws {
        let key = try Samples.key(for: .ecdsaP256SHA256).publicKey
        guard case .p256(let point) = key.material else { return }
        #expect(key.subjectKeyIdentifier == Array(SHA256.hash(data: point).prefix(20)))
    }

    @Test("RSA keys that no honest key is like are refused")
    func badRSA() throws {
        guard case .rsa(let modulus, _) = try Samples.key(for: .sha256WithRSA).publicKey.material else { return }
        var even = modulus
        even[255] &= 0xFE
        let cases: [(modulus: [UInt8], exponent: [UInt8], code: X509Error.Code)] = [
            (even, [1, 0, 1], .invalidKey), (modulus, [1], .invalidKey), (modulus, [2], .invalidKey),
            (modulus, [], .invalidKey), (modulus, [0], .invalidKey), ([], [3], .keyTooSmall),
            (modulus, [UInt8](repeating: 0xFF, count: 32), .unsupportedAlgorithm),
            (modulus, modulus, .unsupportedAlgorithm), (Array(modulus.dropLast()), [1, 0, 1], .keyTooSmall),
        ]
        for one in cases {
            let error = refusal { _ = try SubjectPublicKey.rsa(modulus: one.modulus, exponent: one.exponent) }
            #expect(error?.code == one.code, "\(String(describing: error))")
        }
        for exponent: [UInt8] in [[3], [17], [1, 0, 1], [1, 0, 0, 0, 1]] {
            #expect(refusal { _ = try SubjectPublicKey.rsa(modulus: modulus, exponent: exponent) } == nil)
        }
    }

    @Test("Points off the curve, at infinity, compressed or of another length are refused")
    func badPoints() throws {
        guard case .p256(let point) = try Samples.key(for: .ecdsaP256SHA256).publicKey.material,
            case .p384(let longPoint) = try Samples.key(for: .ecdsaP384SHA384).publicKey.material
        else { return }
        for index in [1, 32, 33, 64] {
            var off = point
            off[index] ^= 1
            #expect(refusal { _ = try SubjectPublicKey.p256(x963: off) }?.code == .invalidPoint)
        }
        let zero = [4] + [UInt8](repeating: 0, count: 64)
        let compressed = [2 + point[64] & 1] + point[1...32]
        let hybrid = [6 + point[64] & 1] + point[1...]
        for bad in [[], [0], zero, Array(compressed), Array(hybrid), point + [0], longPoint] {
            #expect(refusal { _ = try SubjectPublicKey.p256(x963: bad) }?.code == .invalidPoint)
        }
        #expect(refusal { _ = try SubjectPublicKey.p384(x963: point) }?.code == .invalidPoint)
    }

    @Test("Ed25519 keys of small order, not reduced or of another length are refused")
    func badEd25519() throws {
        let zeros = [UInt8](repeating: 0, count: 31)
        let ones = [UInt8](repeating: 0xFF, count: 30)
        let points: [[UInt8]] = [
            [0] + zeros, [1] + zeros, [1] + zeros.dropLast() + [0x80], [0xEC] + ones + [0x7F], [0xED] + ones + [0x7F],
            [0xFF] + ones + [0xFF],
        ]
        for point in points {
            #expect(refusal { _ = try SubjectPublicKey.ed25519(point) }?.code == .invalidPoint)
        }
        #expect(refusal { _ = try SubjectPublicKey.ed25519(zeros) }?.code == .invalidKey)
    }

    @Test("Any other byte in the AlgorithmIdentifier, or after the key, is refused")
    func strict() throws {
        for kind in Samples.subjectKeys {
            let encoded = try Samples.key(for: kind).publicKey.derEncoded
            #expect(refusal { _ = try SubjectPublicKey(derEncoded: encoded + [0]) } != nil)
            #expect(refusal { _ = try SubjectPublicKey(derEncoded: encoded.dropLast()) } != nil)
            let headEnd = kind == .ed25519 ? 12 : 20
            for index in 0..<headEnd {
                for bit in 0..<8 {
                    var changed = encoded
                    changed[index] ^= 1 << bit
                    #expect(refusal { _ = try SubjectPublicKey(derEncoded: changed) } != nil, "\(kind) \(index) \(bit)")
                }
            }
        }
    }

    @Test("RSA without the NULL parameters is refused")
    func nullParameters() throws {
        let encoded = try Samples.key(for: .sha256WithRSA).publicKey.derEncoded
        // SEQUENCE (long form), AlgorithmIdentifier of 13 octets: take the last two of them out.
        var without = encoded
        without.removeSubrange(17..<19)
        without[3] -= 2
        without[5] -= 2
        #expect(refusal { _ = try SubjectPublicKey(derEncoded: without) }?.clause == "RFC 3279 2.3.1")
    }

    @Test("A key that is larger than any is refused before it is parsed")
    func tooLarge() {
        let bytes = [UInt8](repeating: 0x30, count: SubjectPublicKey.maximumEncodedSize + 1)
        #expect(refusal { _ = try SubjectPublicKey(derEncoded: bytes) }?.code == .tooLarge)
    }
}
