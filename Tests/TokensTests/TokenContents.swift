import Foundation
import PKCS11
import Secrets
import Testing

/// Puts objects into a token by hand, in a process of its own: SoftHSM's settings come from the environment, and belong
/// to a whole process.
enum TokenContents {
    /// Opens a read-write session of the user's with the token. For use in exit tests only.
    ///
    /// - Parameter faulty: through the module that fails on order.
    static func session(_ folder: String, serial: String, faulty: Bool = false) throws -> Session {
        setenv("SOFTHSM2_CONF", folder + "/softhsm2.conf", 1)
        setenv("INKAN_FAULT_PLAN", folder + "/plan", 1)
        let module = try Module(path: faulty ? Built.faultModule : Built.softHSM)
        try module.initialize()
        for slot in try module.slots() where try slot.tokenInfo().serial == serial {
            let session = try slot.openSession(readWrite: true)
            try session.login(.user, pin: SecretFile.read(folder + "/pin"))
            return session
        }
        throw PKCS11Error.keyMissing
    }

    /// A public-key object for a key, with a `CKA_ID` of choice.
    static func publicKey(_ spki: [UInt8], identifier: [UInt8]) throws -> [Attribute] {
        let key = try SubjectPublicKeyInfo(derEncoded: spki)
        guard case .ec(let curve, _) = key, let point = key.pointForms.first else { throw PKCS11Error.keyMissing }
        return [
            .objectClass(.publicKey), .keyType(.ec), .bool(.token, true), .bool(.isPrivate, false),
            .bytes(.ecParameters, curve.parameters), .bytes(.ecPoint, point), .bytes(.identifier, identifier),
        ]
    }

    /// A private RSA object that claims a modulus; its other numbers are not of that key.
    static func falsePrivateKey(modulus: [UInt8]) -> [Attribute] {
        let number = [UInt8](repeating: 3, count: 128)
        // CKA_PRIVATE_EXPONENT, the primes, the exponents and the coefficient.
        let parts = (0x123...0x128).map { Attribute.bytes(AttributeType(rawValue: UInt($0)), number) }
        return [
            .objectClass(.privateKey), .keyType(.rsa), .bool(.token, true), .bool(.isPrivate, true),
            .bool(.sensitive, true), .bool(.sign, true), .bytes(.modulus, modulus), .bytes(.publicExponent, [1, 0, 1]),
        ] + parts
    }
}
