internal import CPKCS11

/// What a PKCS#11 function answered (`CK_RV`), with its name and what it means for the caller's next step.
public struct ReturnValue: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt

    public init(rawValue: UInt) {
        self.rawValue = rawValue
    }

    /// What a caller may do after this answer.
    public enum Consequence: Sendable {
        /// The function did its work.
        case none
        /// Session, token or device may come back: climb the recovery ladder.
        case transient
        /// This request will never work as it is; others will.
        case permanent
        /// A PIN was refused or is not usable: trying again can lock the token for ever.
        case pinDangerous
    }

    public var consequence: Consequence {
        if self == .ok { return .none }
        if ReturnValue.pinDangers.contains(rawValue) { return .pinDangerous }
        if ReturnValue.requestFaults.contains(rawValue) { return .permanent }
        return .transient
    }

    /// Whether this answer of `C_Login` means that the PIN never came to the token: there was no token, no session, or no
    /// PIN to compare it with.
    public var meansNoPINWasSeen: Bool { ReturnValue.unseenPINs.contains(rawValue) }

    /// Whether `C_GenerateKeyPair` may mean by this answer that it dislikes the template; tpm2-pkcs11 says no more than
    /// that there was an error.
    var mayMeanTemplateRefused: Bool { ReturnValue.templateRefusals.contains(rawValue) }

    /// `CKR_DEVICE_ERROR`, or the number in hexadecimal where the standard has no name.
    public var description: String {
        ReturnValue.names[rawValue] ?? "0x" + String(rawValue, radix: 16)
    }

    public static let ok = ReturnValue(CKR_OK)
    public static let generalError = ReturnValue(CKR_GENERAL_ERROR)
    public static let functionFailed = ReturnValue(CKR_FUNCTION_FAILED)
    public static let functionNotSupported = ReturnValue(CKR_FUNCTION_NOT_SUPPORTED)
    public static let attributeSensitive = ReturnValue(CKR_ATTRIBUTE_SENSITIVE)
    public static let attributeTypeInvalid = ReturnValue(CKR_ATTRIBUTE_TYPE_INVALID)
    public static let bufferTooSmall = ReturnValue(CKR_BUFFER_TOO_SMALL)
    public static let cryptokiAlreadyInitialized = ReturnValue(CKR_CRYPTOKI_ALREADY_INITIALIZED)
    public static let curveNotSupported = ReturnValue(CKR_CURVE_NOT_SUPPORTED)
    public static let keyTypeInconsistent = ReturnValue(CKR_KEY_TYPE_INCONSISTENT)
    public static let deviceError = ReturnValue(CKR_DEVICE_ERROR)
    public static let keyHandleInvalid = ReturnValue(CKR_KEY_HANDLE_INVALID)
    public static let mechanismInvalid = ReturnValue(CKR_MECHANISM_INVALID)
    public static let objectHandleInvalid = ReturnValue(CKR_OBJECT_HANDLE_INVALID)
    public static let pinIncorrect = ReturnValue(CKR_PIN_INCORRECT)
    public static let pinLocked = ReturnValue(CKR_PIN_LOCKED)
    public static let pinLengthRange = ReturnValue(CKR_PIN_LEN_RANGE)
    public static let pinInvalid = ReturnValue(CKR_PIN_INVALID)
    public static let pinTooWeak = ReturnValue(CKR_PIN_TOO_WEAK)
    public static let deviceMemory = ReturnValue(CKR_DEVICE_MEMORY)
    public static let deviceRemoved = ReturnValue(CKR_DEVICE_REMOVED)
    public static let slotIDInvalid = ReturnValue(CKR_SLOT_ID_INVALID)
    public static let tokenNotRecognized = ReturnValue(CKR_TOKEN_NOT_RECOGNIZED)
    public static let sessionHandleInvalid = ReturnValue(CKR_SESSION_HANDLE_INVALID)
    public static let tokenNotPresent = ReturnValue(CKR_TOKEN_NOT_PRESENT)
    public static let userAlreadyLoggedIn = ReturnValue(CKR_USER_ALREADY_LOGGED_IN)
    public static let userNotLoggedIn = ReturnValue(CKR_USER_NOT_LOGGED_IN)
    public static let userPINNotInitialized = ReturnValue(CKR_USER_PIN_NOT_INITIALIZED)

    init(_ constant: UInt) {
        rawValue = constant
    }
}

extension ReturnValue {
    private static let pinDangers: Set<UInt> = set([
        CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_EXPIRED, CKR_PIN_LOCKED, CKR_PIN_TOO_WEAK,
    ])

    private static let unseenPINs: Set<UInt> = set([
        CKR_USER_PIN_NOT_INITIALIZED, CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_RECOGNIZED, CKR_DEVICE_REMOVED,
        CKR_SLOT_ID_INVALID, CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED, CKR_CRYPTOKI_NOT_INITIALIZED,
    ])

    private static let templateRefusals: Set<UInt> = set([
        CKR_GENERAL_ERROR, CKR_ATTRIBUTE_READ_ONLY, CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID,
        CKR_TEMPLATE_INCONSISTENT,
    ])

    private static let requestFaults: Set<UInt> = set([
        CKR_ARGUMENTS_BAD, CKR_ATTRIBUTE_READ_ONLY, CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID,
        CKR_ATTRIBUTE_VALUE_INVALID, CKR_ACTION_PROHIBITED, CKR_DATA_INVALID, CKR_DATA_LEN_RANGE,
        CKR_FUNCTION_NOT_SUPPORTED, CKR_KEY_SIZE_RANGE, CKR_KEY_TYPE_INCONSISTENT, CKR_KEY_FUNCTION_NOT_PERMITTED,
        CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID, CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT,
        CKR_TOKEN_WRITE_PROTECTED, CKR_DOMAIN_PARAMS_INVALID, CKR_CURVE_NOT_SUPPORTED, CKR_RANDOM_NO_RNG,
        CKR_FUNCTION_REJECTED,
    ])

    private static func set(_ constants: [UInt]) -> Set<UInt> {
        Set(constants)
    }

    private static let names: [UInt: String] = {
        var table: [UInt: String] = [:]
        for (value, name) in generalNames + objectNames + sessionNames { table[value] = name }
        return table
    }()

    private static let generalNames: [(UInt, String)] = [
        (CKR_OK, "CKR_OK"), (CKR_CANCEL, "CKR_CANCEL"), (CKR_HOST_MEMORY, "CKR_HOST_MEMORY"),
        (CKR_SLOT_ID_INVALID, "CKR_SLOT_ID_INVALID"), (CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR"),
        (CKR_FUNCTION_FAILED, "CKR_FUNCTION_FAILED"), (CKR_ARGUMENTS_BAD, "CKR_ARGUMENTS_BAD"),
        (CKR_NEED_TO_CREATE_THREADS, "CKR_NEED_TO_CREATE_THREADS"), (CKR_CANT_LOCK, "CKR_CANT_LOCK"),
        (CKR_ACTION_PROHIBITED, "CKR_ACTION_PROHIBITED"), (CKR_DATA_INVALID, "CKR_DATA_INVALID"),
        (CKR_DATA_LEN_RANGE, "CKR_DATA_LEN_RANGE"), (CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR"),
        (CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY"), (CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED"),
        (CKR_FUNCTION_CANCELED, "CKR_FUNCTION_CANCELED"), (CKR_FUNCTION_NOT_PARALLEL, "CKR_FUNCTION_NOT_PARALLEL"),
        (CKR_FUNCTION_NOT_SUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED"), (CKR_BUFFER_TOO_SMALL, "CKR_BUFFER_TOO_SMALL"),
        (CKR_RANDOM_SEED_NOT_SUPPORTED, "CKR_RANDOM_SEED_NOT_SUPPORTED"), (CKR_RANDOM_NO_RNG, "CKR_RANDOM_NO_RNG"),
        (CKR_CRYPTOKI_NOT_INITIALIZED, "CKR_CRYPTOKI_NOT_INITIALIZED"),
        (CKR_CRYPTOKI_ALREADY_INITIALIZED, "CKR_CRYPTOKI_ALREADY_INITIALIZED"), (CKR_MUTEX_BAD, "CKR_MUTEX_BAD"),
        (CKR_MUTEX_NOT_LOCKED, "CKR_MUTEX_NOT_LOCKED"), (CKR_FIPS_SELF_TEST_FAILED, "CKR_FIPS_SELF_TEST_FAILED"),
        (CKR_LIBRARY_LOAD_FAILED, "CKR_LIBRARY_LOAD_FAILED"), (CKR_FUNCTION_REJECTED, "CKR_FUNCTION_REJECTED"),
    ]

    private static let objectNames: [(UInt, String)] = [
        (CKR_ATTRIBUTE_READ_ONLY, "CKR_ATTRIBUTE_READ_ONLY"), (CKR_ATTRIBUTE_SENSITIVE, "CKR_ATTRIBUTE_SENSITIVE"),
        (CKR_ATTRIBUTE_TYPE_INVALID, "CKR_ATTRIBUTE_TYPE_INVALID"),
        (CKR_ATTRIBUTE_VALUE_INVALID, "CKR_ATTRIBUTE_VALUE_INVALID"),
        (CKR_KEY_HANDLE_INVALID, "CKR_KEY_HANDLE_INVALID"), (CKR_KEY_SIZE_RANGE, "CKR_KEY_SIZE_RANGE"),
        (CKR_KEY_TYPE_INCONSISTENT, "CKR_KEY_TYPE_INCONSISTENT"), (CKR_KEY_CHANGED, "CKR_KEY_CHANGED"),
        (CKR_KEY_FUNCTION_NOT_PERMITTED, "CKR_KEY_FUNCTION_NOT_PERMITTED"),
        (CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID"),
        (CKR_MECHANISM_PARAM_INVALID, "CKR_MECHANISM_PARAM_INVALID"),
        (CKR_OBJECT_HANDLE_INVALID, "CKR_OBJECT_HANDLE_INVALID"), (CKR_OPERATION_ACTIVE, "CKR_OPERATION_ACTIVE"),
        (CKR_OPERATION_NOT_INITIALIZED, "CKR_OPERATION_NOT_INITIALIZED"),
        (CKR_SIGNATURE_INVALID, "CKR_SIGNATURE_INVALID"), (CKR_SIGNATURE_LEN_RANGE, "CKR_SIGNATURE_LEN_RANGE"),
        (CKR_TEMPLATE_INCOMPLETE, "CKR_TEMPLATE_INCOMPLETE"),
        (CKR_TEMPLATE_INCONSISTENT, "CKR_TEMPLATE_INCONSISTENT"),
        (CKR_DOMAIN_PARAMS_INVALID, "CKR_DOMAIN_PARAMS_INVALID"),
        (CKR_CURVE_NOT_SUPPORTED, "CKR_CURVE_NOT_SUPPORTED"),
    ]

    private static let sessionNames: [(UInt, String)] = [
        (CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT"), (CKR_PIN_INVALID, "CKR_PIN_INVALID"),
        (CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE"), (CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED"),
        (CKR_PIN_LOCKED, "CKR_PIN_LOCKED"), (CKR_PIN_TOO_WEAK, "CKR_PIN_TOO_WEAK"),
        (CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED"), (CKR_SESSION_COUNT, "CKR_SESSION_COUNT"),
        (CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID"),
        (CKR_SESSION_PARALLEL_NOT_SUPPORTED, "CKR_SESSION_PARALLEL_NOT_SUPPORTED"),
        (CKR_SESSION_READ_ONLY, "CKR_SESSION_READ_ONLY"), (CKR_SESSION_EXISTS, "CKR_SESSION_EXISTS"),
        (CKR_SESSION_READ_ONLY_EXISTS, "CKR_SESSION_READ_ONLY_EXISTS"),
        (CKR_SESSION_READ_WRITE_SO_EXISTS, "CKR_SESSION_READ_WRITE_SO_EXISTS"),
        (CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT"), (CKR_TOKEN_NOT_RECOGNIZED, "CKR_TOKEN_NOT_RECOGNIZED"),
        (CKR_TOKEN_WRITE_PROTECTED, "CKR_TOKEN_WRITE_PROTECTED"),
        (CKR_USER_ALREADY_LOGGED_IN, "CKR_USER_ALREADY_LOGGED_IN"),
        (CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN"),
        (CKR_USER_PIN_NOT_INITIALIZED, "CKR_USER_PIN_NOT_INITIALIZED"),
        (CKR_USER_TYPE_INVALID, "CKR_USER_TYPE_INVALID"),
        (CKR_USER_ANOTHER_ALREADY_LOGGED_IN, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN"),
        (CKR_USER_TOO_MANY_TYPES, "CKR_USER_TOO_MANY_TYPES"),
    ]
}
