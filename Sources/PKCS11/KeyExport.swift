internal import CPKCS11

/// A key pair that lives in one session and may leave the token, wrapped.
public struct ExportableKey: Sendable {
    public let publicKey: SubjectPublicKeyInfo
    public let publicHandle: ObjectHandle
    public let privateHandle: ObjectHandle
}

/// How a key is wrapped.
public enum WrappingMechanism: Sendable {
    /// `CKM_AES_KEY_WRAP_PAD` (RFC 5649): any length.
    case aesKeyWrapPad
    /// `CKM_RSA_PKCS_OAEP` with SHA-1 and MGF1-SHA-1: the only form that every module has. OAEP does not lean on the
    /// hash's resistance against collisions.
    case rsaOAEP
}

extension Session {
    /// What a key that is to leave the token must say of itself: it dies with the session, and in clear it does not leave.
    public static let exportAttributes: [(type: AttributeType, value: Bool)] = [
        (.token, false), (.sensitive, true), (.extractable, true), (.local, true),
    ]

    /// Makes a key pair as objects of this session, and reads its attributes back. When one is not as it must be, both
    /// objects are destroyed and `attributesRefused` is thrown.
    public func generateExportableKeyPair(_ algorithm: KeyPairAlgorithm) throws(PKCS11Error) -> ExportableKey {
        let halves = try makeHalves(algorithm.mechanism, algorithm.exportedPublicHalf, algorithm.exportedPrivateHalf)
        do throws(PKCS11Error) {
            try checkExportAttributes(halves.privateHandle)
            let key = try SubjectPublicKeyInfo(keyType: algorithm.keyType) { (attribute) throws(PKCS11Error) in
                try bytes(of: halves.publicHandle, attribute)
            }
            return ExportableKey(
                publicKey: key,
                publicHandle: halves.publicHandle,
                privateHandle: halves.privateHandle
            )
        } catch {
            // A half that cannot be destroyed dies with the session. Whether to try again is told by the first error.
            _ = destroy(halves)
            throw error
        }
    }

    private func checkExportAttributes(_ key: ObjectHandle) throws(PKCS11Error) {
        var wrong: [String] = []
        for (type, value) in Session.exportAttributes {
            let answer = try bool(of: key, type)
            if answer != value { wrong.append("\(type) is \(answer.map(String.init) ?? "not told")") }
        }
        guard wrong.isEmpty else { throw .attributesRefused(names: wrong) }
    }

    /// Makes a fresh AES-256 key that wraps and can itself be wrapped, and does nothing else.
    public func generateWrappingKey() throws(PKCS11Error) -> ObjectHandle {
        let template: [Attribute] = [
            .objectClass(.secretKey), .number(.keyType, UInt(CKK_AES)), .number(.valueLength, 32), .bool(.token, false),
            .bool(.isPrivate, true), .bool(.sensitive, true), .bool(.extractable, true), .bool(.wrap, true),
            .bool(.unwrap, false), .bool(.encrypt, false), .bool(.decrypt, false),
        ]
        let mechanismType = MechanismType.aesKeyGeneration.rawValue
        var mechanism = CK_MECHANISM(mechanism: mechanismType, pParameter: nil, ulParameterLen: 0)
        var key: CK_OBJECT_HANDLE = 0
        let functions = slot.module.functions
        let answer = withTemplate(template) { functions.C_GenerateKey!(handle, &mechanism, $0, $1, &key) }
        try check("C_GenerateKey", answer)
        return ObjectHandle(rawValue: key)
    }

    /// Brings in the public half of the key pair that wrapping keys leave the token under.
    public func importTransportKey(modulus: [UInt8], exponent: [UInt8]) throws(PKCS11Error) -> ObjectHandle {
        try createObject([
            .objectClass(.publicKey), .keyType(.rsa), .bool(.token, false), .bool(.isPrivate, false),
            .bool(.wrap, true),
            .bytes(.modulus, modulus), .bytes(.publicExponent, exponent),
        ])
    }

    /// Takes a key out, wrapped (`C_WrapKey`).
    public func wrap(
        _ key: ObjectHandle,
        with wrappingKey: ObjectHandle,
        _ mechanism: WrappingMechanism
    ) throws(PKCS11Error) -> [UInt8] {
        var wrapped = [UInt8](repeating: 0, count: Session.longestWrappedKey)
        var length = CK_ULONG(wrapped.count)
        let functions = slot.module.functions
        let answer = mechanism.withCMechanism {
            functions.C_WrapKey!(handle, $0, wrappingKey.rawValue, key.rawValue, &wrapped, &length)
        }
        try check("C_WrapKey", answer)
        guard length > 0, length <= CK_ULONG(wrapped.count) else { throw .malformed(what: "wrapped key's length") }
        return Array(wrapped.prefix(Int(length)))
    }

    /// RSA-4096's PKCS#8 has about 2,400 bytes.
    private static let longestWrappedKey = 8192
}

extension WrappingMechanism {
    fileprivate func withCMechanism<Answer>(_ body: (UnsafeMutablePointer<CK_MECHANISM>) -> Answer) -> Answer {
        guard case .rsaOAEP = self else {
            // No parameters: modules refuse an empty pointer.
            let type = MechanismType.aesKeyWrapPad.rawValue
            var mechanism = CK_MECHANISM(mechanism: type, pParameter: nil, ulParameterLen: 0)
            return body(&mechanism)
        }
        var parameters = CK_RSA_PKCS_OAEP_PARAMS()
        parameters.hashAlg = CK_MECHANISM_TYPE(CKM_SHA_1)
        parameters.mgf = UInt(CKG_MGF1_SHA1)
        parameters.source = UInt(CKZ_DATA_SPECIFIED)
        return withUnsafeMutableBytes(of: &parameters) { bytes in
            var mechanism = CK_MECHANISM(
                mechanism: MechanismType.rsaOAEP.rawValue,
                pParameter: bytes.baseAddress,
                ulParameterLen: CK_ULONG(bytes.count)
            )
            return body(&mechanism)
        }
    }
}

extension KeyPairAlgorithm {
    fileprivate var exportedPublicHalf: [Attribute] {
        let common: [Attribute] = [.bool(.token, false), .bool(.isPrivate, false), .bool(.verify, true)]
        return switch self {
        case .rsa(let bits): common + [.number(.modulusBits, UInt(bits)), .bytes(.publicExponent, [1, 0, 1])]
        case .ec(let curve): common + [.bytes(.ecParameters, curve.parameters)]
        case .ed25519: common + [.bytes(.ecParameters, SubjectPublicKeyInfo.ed25519Parameters)]
        }
    }

    /// A key has to be good for something; this one signs, and nobody asks it to.
    fileprivate var exportedPrivateHalf: [Attribute] {
        [
            .bool(.token, false), .bool(.isPrivate, true), .bool(.sensitive, true), .bool(.extractable, true),
            .bool(.sign, true),
        ]
    }
}

extension ReturnValue {
    /// Whether this answer means that the module has no such way of taking a key out, whichever key it is.
    public var meansNotWrappable: Bool { ReturnValue.wrappingRefusals.contains(rawValue) }

    private static let wrappingRefusals: Set<UInt> = Set(
        [
            CKR_ARGUMENTS_BAD, CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID, CKR_ATTRIBUTE_READ_ONLY,
            CKR_ACTION_PROHIBITED, CKR_FUNCTION_NOT_SUPPORTED, CKR_FUNCTION_REJECTED, CKR_KEY_FUNCTION_NOT_PERMITTED,
            CKR_KEY_NOT_WRAPPABLE, CKR_KEY_UNEXTRACTABLE, CKR_KEY_SIZE_RANGE, CKR_KEY_TYPE_INCONSISTENT,
            CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID, CKR_TEMPLATE_INCONSISTENT, CKR_TEMPLATE_INCOMPLETE,
            CKR_WRAPPING_KEY_SIZE_RANGE, CKR_WRAPPING_KEY_TYPE_INCONSISTENT, CKR_CURVE_NOT_SUPPORTED,
            CKR_DOMAIN_PARAMS_INVALID,
        ].map(UInt.init)
    )
}
