internal import CPKCS11

/// What a token says of itself.
public struct TokenInfo: Sendable, Hashable {
    public let label: String
    public let manufacturer: String
    public let model: String
    /// The token's identity. A label can be given twice, a slot number changes.
    public let serial: String
    public let flags: Flags
    /// How many sessions one application may open; `nil` where the token sets no limit or does not say.
    public let maximumSessions: Int?
    /// In bytes. No PIN outside of these bounds is ever right.
    public let pinLengths: ClosedRange<Int>
    /// Bytes that are left for public and for private objects; `nil` where the token does not say.
    public let freePublicMemory: Int?
    public let freePrivateMemory: Int?
    public let hardwareVersion: String
    public let firmwareVersion: String

    public struct Flags: OptionSet, Sendable, Hashable {
        public let rawValue: UInt

        public init(rawValue: UInt) {
            self.rawValue = rawValue
        }

        public static let hasRandom = Flags(CKF_RNG)
        public static let loginRequired = Flags(CKF_LOGIN_REQUIRED)
        public static let userPINInitialized = Flags(CKF_USER_PIN_INITIALIZED)
        public static let protectedAuthenticationPath = Flags(CKF_PROTECTED_AUTHENTICATION_PATH)
        public static let tokenInitialized = Flags(CKF_TOKEN_INITIALIZED)
        public static let userPINCountLow = Flags(CKF_USER_PIN_COUNT_LOW)
        public static let userPINFinalTry = Flags(CKF_USER_PIN_FINAL_TRY)
        public static let userPINLocked = Flags(CKF_USER_PIN_LOCKED)
        public static let writeProtected = Flags(CKF_WRITE_PROTECTED)
        public static let officerPINFinalTry = Flags(CKF_SO_PIN_FINAL_TRY)
        public static let officerPINLocked = Flags(CKF_SO_PIN_LOCKED)

        init(_ constant: UInt) {
            rawValue = constant
        }
    }

    init(_ information: CK_TOKEN_INFO) {
        label = unpadded(information.label)
        manufacturer = unpadded(information.manufacturerID)
        model = unpadded(information.model)
        serial = unpadded(information.serialNumber)
        flags = Flags(rawValue: information.flags)
        let most = information.ulMaxSessionCount
        // 0 is CK_EFFECTIVELY_INFINITE, all ones is CK_UNAVAILABLE_INFORMATION.
        maximumSessions = most == 0 || most > 1_000_000 ? nil : Int(most)
        let shortest = Int(clamping: information.ulMinPinLen)
        pinLengths = shortest...max(shortest, Int(clamping: information.ulMaxPinLen))
        freePublicMemory = told(information.ulFreePublicMemory)
        freePrivateMemory = told(information.ulFreePrivateMemory)
        hardwareVersion = "\(information.hardwareVersion.major).\(information.hardwareVersion.minor)"
        firmwareVersion = "\(information.firmwareVersion.major).\(information.firmwareVersion.minor)"
    }
}

/// A number of bytes, unless it is one of those that mean "no limit" or "I do not say".
private func told(_ memory: CK_ULONG) -> Int? {
    memory > CK_ULONG(Int32.max) ? nil : Int(memory)
}

/// The text of a blank-padded field. Some modules pad with zero bytes instead.
func unpadded<Field>(_ field: Field) -> String {
    withUnsafeBytes(of: field) { bytes in
        var end = bytes.count
        while end > 0, bytes[end - 1] == UInt8(ascii: " ") || bytes[end - 1] == 0 { end -= 1 }
        return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[0..<end]), as: UTF8.self)
    }
}
