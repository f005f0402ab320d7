internal import CPKCS11
package import Secrets

/// A slot of a module. Its number is only good while the module stays initialised: never store it.
public struct Slot: Sendable {
    let module: Module
    let identifier: UInt

    /// What the token in this slot says of itself (`C_GetTokenInfo`).
    public func tokenInfo() throws(PKCS11Error) -> TokenInfo {
        var information = CK_TOKEN_INFO()
        try check("C_GetTokenInfo", module.functions.C_GetTokenInfo!(identifier, &information))
        return TokenInfo(information)
    }

    /// Whether a token is in the slot now (`C_GetSlotInfo`).
    public func hasToken() throws(PKCS11Error) -> Bool {
        var information = CK_SLOT_INFO()
        try check("C_GetSlotInfo", module.functions.C_GetSlotInfo!(identifier, &information))
        return information.flags & CK_FLAGS(CKF_TOKEN_PRESENT) != 0
    }

    /// What the module calls the reader, or the place, that the token is in (`C_GetSlotInfo`).
    public func description() throws(PKCS11Error) -> String {
        var information = CK_SLOT_INFO()
        try check("C_GetSlotInfo", module.functions.C_GetSlotInfo!(identifier, &information))
        return unpadded(information.slotDescription)
    }

    /// Opens a serial session. Read-write ones are needed only to change the token.
    public func openSession(readWrite: Bool = false) throws(PKCS11Error) -> Session {
        var handle: CK_SESSION_HANDLE = 0
        let flags = CK_FLAGS(CKF_SERIAL_SESSION) | (readWrite ? CK_FLAGS(CKF_RW_SESSION) : 0)
        try check("C_OpenSession", module.functions.C_OpenSession!(identifier, flags, nil, nil, &handle))
        return Session(slot: self, handle: handle)
    }

    /// The mechanisms that the token offers (`C_GetMechanismList`).
    public func mechanisms() throws(PKCS11Error) -> [MechanismType] {
        var count: CK_ULONG = 0
        try check("C_GetMechanismList", module.functions.C_GetMechanismList!(identifier, nil, &count))
        guard count > 0 else { return [] }
        var types = [CK_MECHANISM_TYPE](repeating: 0, count: Int(count))
        try check("C_GetMechanismList", module.functions.C_GetMechanismList!(identifier, &types, &count))
        return types.prefix(Int(count)).map { MechanismType(rawValue: $0) }
    }

    /// Key sizes and uses of one mechanism (`C_GetMechanismInfo`).
    public func mechanismInfo(_ type: MechanismType) throws(PKCS11Error) -> MechanismInfo {
        var information = CK_MECHANISM_INFO()
        try check("C_GetMechanismInfo", module.functions.C_GetMechanismInfo!(identifier, type.rawValue, &information))
        return MechanismInfo(
            minimumKeySize: information.ulMinKeySize,
            maximumKeySize: information.ulMaxKeySize,
            flags: information.flags
        )
    }

    /// Makes a new, empty token in this slot (`C_InitToken`). Everything that was in it is gone.
    ///
    /// - Parameter label: at most 32 bytes of UTF-8.
    package func initializeToken(label: String, securityOfficerPIN: Secret) throws(PKCS11Error) {
        var padded = Array(label.utf8)
        guard !padded.isEmpty, padded.count <= 32 else {
            throw .malformed(what: "token label: it must have 1 to 32 bytes")
        }
        padded += [UInt8](repeating: UInt8(ascii: " "), count: 32 - padded.count)
        let answer = withPIN(securityOfficerPIN) { pin, length in
            module.functions.C_InitToken!(identifier, pin, length, &padded)
        }
        try check("C_InitToken", answer)
    }
}

/// PKCS#11 takes PINs as mutable pointers and only reads them.
func withPIN<Answer>(_ pin: Secret, _ body: (UnsafeMutablePointer<CK_UTF8CHAR>?, CK_ULONG) -> Answer) -> Answer {
    pin.withUnsafeBytes { bytes in
        let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: CK_UTF8CHAR.self)
        return body(start, CK_ULONG(bytes.count))
    }
}
