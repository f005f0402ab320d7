import Secrets
import Testing

@testable import PKCS12

@Suite("Keys on their way")
struct TransportTests {
    private static let seed = Secret(count: 64) { $0.copyBytes(from: (0..<64).map { UInt8($0) }) }

    @Test(
        "a key that is made here has two halves that belong together",
        arguments: [DeliveredKeyKind.rsa(bits: 2048), .p256, .p384, .ed25519]
    )
    func making(kind: DeliveredKeyKind) throws {
        let key = try DeliveredKey(making: kind, seed: Self.seed)
        let again = try DeliveredKey(pkcs8: key.privateKey, expected: key.publicKey)
        #expect(again.publicKey == key.publicKey)
        // The seed is not all that goes in.
        #expect(try DeliveredKey(making: kind, seed: Self.seed).publicKey != key.publicKey)
    }

    @Test("a private key that comes with another's public half is refused")
    func otherHalf() throws {
        let one = try DeliveredKey(making: .p256, seed: Self.seed)
        let other = try DeliveredKey(making: .p256, seed: Self.seed)
        #expect(throws: PKCS12Error.otherKey) {
            try DeliveredKey(pkcs8: one.privateKey, expected: other.publicKey)
        }
    }

    @Test("what was not wrapped for the transport key is not opened, and says no more than that")
    func foreign() throws {
        let transport = try TransportKey()
        #expect(transport.modulus.count == 384 && transport.exponent == [1, 0, 1])
        for (wrappedKey, privateKey) in [
            ([UInt8](repeating: 7, count: 384), [UInt8](repeating: 1, count: 80)), ([], []),
            ([UInt8](repeating: 0, count: 9000), [0]), ([0], [UInt8](repeating: 0, count: 9000)),
        ] {
            let error = #expect(throws: PKCS12Error.self) {
                _ = try transport.open(wrappedKey: wrappedKey, privateKey: privateKey)
            }
            #expect(error == .notOpened)
        }
    }

    @Test("bytes that are no private key are refused with the library's reason")
    func garbage() {
        let garbage = Secret(count: 40) { $0.copyBytes(from: [UInt8](repeating: 0x30, count: 40)) }
        let error = #expect(throws: PKCS12Error.self) { try DeliveredKey(pkcs8: garbage, expected: []) }
        guard case .failed("reading a PKCS#8 private key", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
