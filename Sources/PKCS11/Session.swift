internal import CPKCS11
package import Secrets
import Synchronization

/// An object in a token, as long as the module stays initialised. A handle may name another object afterwards.
public struct ObjectHandle: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt

    public init(rawValue: UInt) {
        self.rawValue = rawValue
    }
}

/// Whose session it is (`CK_STATE`).
public enum SessionState: UInt, Sendable {
    case readOnlyPublic = 0
    case readOnlyUser = 1
    case readWritePublic = 2
    case readWriteUser = 3
    case readWriteSecurityOfficer = 4

    public var isUser: Bool { self == .readOnlyUser || self == .readWriteUser }
}

/// One session with a token, closed exactly once: by `close`, or when its owner lets go. PKCS#11 allows one operation
/// in a session at a time; give each thread its own.
public final class Session: Sendable {
    public let slot: Slot
    let handle: UInt
    private let isOpen = Atomic(true)

    private var functions: CK_FUNCTION_LIST { slot.module.functions }

    init(slot: Slot, handle: UInt) {
        self.slot = slot
        self.handle = handle
    }

    deinit {
        // Nobody is left to hear the answer; a session that cannot be closed is the module's to forget.
        if isOpen.exchange(false, ordering: .relaxed) { _ = functions.C_CloseSession!(handle) }
    }

    /// Closes the session now. Later calls do nothing.
    public func close() throws(PKCS11Error) {
        guard isOpen.exchange(false, ordering: .relaxed) else { return }
        try check("C_CloseSession", functions.C_CloseSession!(handle))
    }

    /// Forgets the session without telling the module: after `C_Finalize` the number may belong to another one.
    public func abandon() {
        isOpen.store(false, ordering: .relaxed)
    }

    /// Whose session it is now (`C_GetSessionInfo`). The token knows; what the program remembers may be wrong.
    public func state() throws(PKCS11Error) -> SessionState {
        var information = CK_SESSION_INFO()
        try check("C_GetSessionInfo", functions.C_GetSessionInfo!(handle, &information))
        guard let state = SessionState(rawValue: information.state) else { throw .malformed(what: "session state") }
        return state
    }

    // MARK: Log-in

    /// Who logs in.
    public enum User: UInt, Sendable {
        case securityOfficer = 0
        case user = 1
        /// Right before one signature with a `CKA_ALWAYS_AUTHENTICATE` key.
        case contextSpecific = 2
    }

    /// Logs in (`C_Login`), for all sessions of this process with the token. Without a PIN the token asks for it on
    /// its own keypad.
    package func login(_ user: User, pin: Secret?) throws(PKCS11Error) {
        let answer =
            if let pin {
                withPIN(pin) { functions.C_Login!(handle, user.rawValue, $0, $1) }
            } else {
                functions.C_Login!(handle, user.rawValue, nil, 0)
            }
        try check("C_Login", answer)
    }

    public func logout() throws(PKCS11Error) {
        try check("C_Logout", functions.C_Logout!(handle))
    }

    /// Sets the user's first PIN; the security officer must be logged in.
    package func initializeUserPIN(_ pin: Secret) throws(PKCS11Error) {
        try check("C_InitPIN", withPIN(pin) { functions.C_InitPIN!(handle, $0, $1) })
    }

    /// Changes the PIN of whoever is logged in.
    package func changePIN(from old: Secret, to new: Secret) throws(PKCS11Error) {
        let answer = withPIN(old) { oldPIN, oldLength in
            withPIN(new) { functions.C_SetPIN!(handle, oldPIN, oldLength, $0, $1) }
        }
        try check("C_SetPIN", answer)
    }

    // MARK: Signing

    /// Begins a signature (`C_SignInit`). A key that wants a log-in before each signature wants it now.
    package func beginSigning(_ mechanism: SigningMechanism, key: ObjectHandle) throws(PKCS11Error) {
        try check("C_SignInit", mechanism.withCMechanism { functions.C_SignInit!(handle, $0, key.rawValue) })
    }

    /// Makes the signature that was begun (`C_Sign`), into memory of the caller's.
    ///
    /// - Returns: how many bytes the signature has.
    package func finishSigning(
        _ input: UnsafeRawBufferPointer,
        into signature: UnsafeMutableRawBufferPointer
    ) throws(PKCS11Error) -> Int {
        let data = UnsafeMutableRawPointer(mutating: input.baseAddress)?.assumingMemoryBound(to: CK_BYTE.self)
        let place = signature.baseAddress?.assumingMemoryBound(to: CK_BYTE.self)
        var length = CK_ULONG(signature.count)
        try check("C_Sign", functions.C_Sign!(handle, data, CK_ULONG(input.count), place, &length))
        guard length > 0, length <= CK_ULONG(signature.count) else { throw .malformed(what: "signature length") }
        return Int(length)
    }

    /// Makes one signature with a key that wants no log-in of its own.
    package func sign(
        _ mechanism: SigningMechanism,
        key: ObjectHandle,
        input: [UInt8]
    ) throws(PKCS11Error) -> [UInt8] {
        try beginSigning(mechanism, key: key)
        return try finishSigning(input)
    }

    /// Makes the signature that was begun.
    package func finishSigning(_ input: [UInt8]) throws(PKCS11Error) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Session.longestSignature)
        var length = 0
        var failure: PKCS11Error?
        input.withUnsafeBytes { bytes in
            signature.withUnsafeMutableBytes { place in
                do throws(PKCS11Error) {
                    length = try finishSigning(bytes, into: place)
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
        signature.removeLast(signature.count - length)
        return signature
    }

    /// RSA-8192 makes signatures of this many bytes; everything else is shorter.
    public static let longestSignature = 1024

    // MARK: Random bytes

    /// Bytes from the token's own random source.
    public func randomBytes(_ count: Int) throws(PKCS11Error) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try check("C_GenerateRandom", functions.C_GenerateRandom!(handle, &bytes, CK_ULONG(count)))
        return bytes
    }
}

// MARK: Objects

extension Session {
    /// Every object that fits the template, at most `limit`.
    public func findObjects(_ template: [Attribute], limit: Int = 1024) throws(PKCS11Error) -> [ObjectHandle] {
        let functions = slot.module.functions
        try check("C_FindObjectsInit", withTemplate(template) { functions.C_FindObjectsInit!(handle, $0, $1) })
        var found: [ObjectHandle] = []
        var failure: PKCS11Error?
        var page = [CK_OBJECT_HANDLE](repeating: 0, count: 64)
        while found.count < limit {
            var count: CK_ULONG = 0
            do throws(PKCS11Error) {
                try check("C_FindObjects", functions.C_FindObjects!(handle, &page, CK_ULONG(page.count), &count))
            } catch {
                failure = error
                break
            }
            if count == 0 { break }
            found += page.prefix(Int(count)).map { ObjectHandle(rawValue: $0) }
        }
        // An operation left open would spoil the session for the next search.
        let ended = functions.C_FindObjectsFinal!(handle)
        if let failure { throw failure }
        try check("C_FindObjectsFinal", ended)
        return Array(found.prefix(limit))
    }

    /// The bytes of an attribute; `nil` where the object has none or keeps it secret.
    public func bytes(of object: ObjectHandle, _ type: AttributeType) throws(PKCS11Error) -> [UInt8]? {
        let functions = slot.module.functions
        // Most attributes fit at once, which saves a round trip; the longest (RSA-8192's modulus) has 1,024 bytes.
        var buffer = [UInt8](repeating: 0, count: 1100)
        var length: CK_ULONG = 0
        let answer = buffer.withUnsafeMutableBytes { memory in
            var attribute = CK_ATTRIBUTE(
                type: type.rawValue,
                pValue: memory.baseAddress,
                ulValueLen: CK_ULONG(memory.count)
            )
            let answer = functions.C_GetAttributeValue!(handle, object.rawValue, &attribute, 1)
            length = attribute.ulValueLen
            return ReturnValue(rawValue: answer)
        }
        if answer == .attributeTypeInvalid || answer == .attributeSensitive { return nil }
        try check("C_GetAttributeValue", answer.rawValue)
        // All ones is CK_UNAVAILABLE_INFORMATION.
        if length == CK_ULONG.max { return nil }
        guard length <= CK_ULONG(buffer.count) else { throw .malformedObject(what: "length of \(type)") }
        return Array(buffer.prefix(Int(length)))
    }

    public func bool(of object: ObjectHandle, _ type: AttributeType) throws(PKCS11Error) -> Bool? {
        guard let bytes = try bytes(of: object, type), let first = bytes.first else { return nil }
        return first != 0
    }

    public func number(of object: ObjectHandle, _ type: AttributeType) throws(PKCS11Error) -> UInt? {
        guard let bytes = try bytes(of: object, type) else { return nil }
        guard bytes.count == MemoryLayout<CK_ULONG>.size else { throw .malformedObject(what: "\(type)") }
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: CK_ULONG.self) }
    }

    /// Makes an object from a template (`C_CreateObject`).
    public func createObject(_ template: [Attribute]) throws(PKCS11Error) -> ObjectHandle {
        var object: CK_OBJECT_HANDLE = 0
        let functions = slot.module.functions
        try check("C_CreateObject", withTemplate(template) { functions.C_CreateObject!(handle, $0, $1, &object) })
        return ObjectHandle(rawValue: object)
    }

    public func destroyObject(_ object: ObjectHandle) throws(PKCS11Error) {
        try check("C_DestroyObject", slot.module.functions.C_DestroyObject!(handle, object.rawValue))
    }
}
