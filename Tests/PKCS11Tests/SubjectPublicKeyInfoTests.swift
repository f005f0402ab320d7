import Crypto
import PKCS11
import Testing

@Suite("Public keys between certificates and tokens")
struct SubjectPublicKeyInfoTests {
    @Test("EC and Ed25519 keys have the encoding that swift-crypto gives them")
    func againstSwiftCrypto() throws {
        let p256 = P256.Signing.PrivateKey().publicKey
        #expect(
            SubjectPublicKeyInfo.ec(.p256, point: Array(p256.x963Representation)).derEncoded
                == Array(p256.derRepresentation)
        )
        let p384 = P384.Signing.PrivateKey().publicKey
        #expect(
            SubjectPublicKeyInfo.ec(.p384, point: Array(p384.x963Representation)).derEncoded
                == Array(p384.derRepresentation)
        )
        #expect(
            try SubjectPublicKeyInfo(derEncoded: Array(p384.derRepresentation))
                == .ec(.p384, point: Array(p384.x963Representation))
        )
    }

    @Test(
        "What is encoded is read back",
        arguments: [
            SubjectPublicKeyInfo.rsa(modulus: [UInt8](repeating: 0x81, count: 256), exponent: [1, 0, 1]),
            .rsa(modulus: [UInt8](repeating: 0x71, count: 512), exponent: [3]),
            .ed25519([UInt8](repeating: 9, count: 32)),
            .ec(.p256, point: [4] + [UInt8](repeating: 1, count: 64)),
        ]
    )
    func roundTrip(key: SubjectPublicKeyInfo) throws {
        #expect(try SubjectPublicKeyInfo(derEncoded: key.derEncoded) == key)
    }

    @Test("Cut, lengthened or changed encodings are refused or are another key")
    func damage() throws {
        let key = SubjectPublicKeyInfo.rsa(modulus: [UInt8](repeating: 0x81, count: 256), exponent: [1, 0, 1])
        let bytes = key.derEncoded
        for length in 0..<bytes.count {
            #expect(throws: PKCS11Error.self) { try SubjectPublicKeyInfo(derEncoded: Array(bytes.prefix(length))) }
        }
        #expect(throws: PKCS11Error.self) { try SubjectPublicKeyInfo(derEncoded: bytes + [0]) }
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x80
            #expect((try? SubjectPublicKeyInfo(derEncoded: changed)) != key)
        }
    }

    @Test("Attributes give the key whether CKA_EC_POINT is wrapped or bare")
    func fromAttributes() throws {
        let point = Array(P256.Signing.PrivateKey().publicKey.x963Representation)
        let key = SubjectPublicKeyInfo.ec(.p256, point: point)
        for form in key.pointForms {
            let read = try SubjectPublicKeyInfo(keyType: .ec) { (type) throws(PKCS11Error) in
                type == .ecPoint ? form : SubjectPublicKeyInfo.Curve.p256.parameters
            }
            #expect(read == key)
        }
        #expect(throws: PKCS11Error.self) {
            try SubjectPublicKeyInfo(keyType: .ec) { (_) throws(PKCS11Error) in [6, 1, 1] }
        }
        #expect(throws: PKCS11Error.self) { try SubjectPublicKeyInfo(keyType: .rsa) { (_) throws(PKCS11Error) in nil } }
    }
}
