internal import CPKCS11

/// The number of a mechanism (`CK_MECHANISM_TYPE`).
public struct MechanismType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt

    public init(rawValue: UInt) {
        self.rawValue = rawValue
    }

    init(_ constant: UInt) {
        rawValue = constant
    }

    public static let rsaKeyPairGeneration = MechanismType(CKM_RSA_PKCS_KEY_PAIR_GEN)
    public static let ecKeyPairGeneration = MechanismType(CKM_EC_KEY_PAIR_GEN)
    public static let edwardsKeyPairGeneration = MechanismType(CKM_EC_EDWARDS_KEY_PAIR_GEN)
    public static let rsaPKCS = MechanismType(CKM_RSA_PKCS)
    public static let rsaPSS = MechanismType(CKM_RSA_PKCS_PSS)
    public static let ecdsa = MechanismType(CKM_ECDSA)
    public static let eddsa = MechanismType(CKM_EDDSA)
    public static let aesKeyGeneration = MechanismType(CKM_AES_KEY_GEN)
    public static let aesKeyWrapPad = MechanismType(CKM_AES_KEY_WRAP_PAD)
    public static let rsaOAEP = MechanismType(CKM_RSA_PKCS_OAEP)
    /// PKCS#11 3.2; named here so that it can be reported.
    public static let mlDSA = MechanismType(rawValue: 0x1d)
    public static let mlDSAKeyPairGeneration = MechanismType(rawValue: 0x1c)

    /// `CKM_ECDSA`, or the number in hexadecimal for mechanisms that this service has no use for.
    public var description: String {
        MechanismType.names[rawValue] ?? "0x" + String(rawValue, radix: 16)
    }

    private static let names: [UInt: String] = {
        let known: [(UInt, String)] = [
            (CKM_RSA_PKCS_KEY_PAIR_GEN, "CKM_RSA_PKCS_KEY_PAIR_GEN"), (CKM_RSA_PKCS, "CKM_RSA_PKCS"),
            (CKM_RSA_PKCS_PSS, "CKM_RSA_PKCS_PSS"), (CKM_RSA_PKCS_OAEP, "CKM_RSA_PKCS_OAEP"),
            (CKM_SHA256_RSA_PKCS, "CKM_SHA256_RSA_PKCS"), (CKM_SHA384_RSA_PKCS, "CKM_SHA384_RSA_PKCS"),
            (CKM_SHA512_RSA_PKCS, "CKM_SHA512_RSA_PKCS"), (CKM_SHA256_RSA_PKCS_PSS, "CKM_SHA256_RSA_PKCS_PSS"),
            (CKM_SHA384_RSA_PKCS_PSS, "CKM_SHA384_RSA_PKCS_PSS"),
            (CKM_SHA512_RSA_PKCS_PSS, "CKM_SHA512_RSA_PKCS_PSS"), (CKM_EC_KEY_PAIR_GEN, "CKM_EC_KEY_PAIR_GEN"),
            (CKM_ECDSA, "CKM_ECDSA"), (CKM_ECDSA_SHA256, "CKM_ECDSA_SHA256"),
            (CKM_ECDSA_SHA384, "CKM_ECDSA_SHA384"), (CKM_ECDH1_DERIVE, "CKM_ECDH1_DERIVE"),
            (CKM_EC_EDWARDS_KEY_PAIR_GEN, "CKM_EC_EDWARDS_KEY_PAIR_GEN"), (CKM_EDDSA, "CKM_EDDSA"),
            (CKM_AES_KEY_GEN, "CKM_AES_KEY_GEN"), (CKM_AES_KEY_WRAP, "CKM_AES_KEY_WRAP"),
            (CKM_AES_KEY_WRAP_PAD, "CKM_AES_KEY_WRAP_PAD"), (0x1c, "CKM_ML_DSA_KEY_PAIR_GEN"), (0x1d, "CKM_ML_DSA"),
        ]
        return Dictionary(uniqueKeysWithValues: known)
    }()
}

/// What a token says of one mechanism (`CK_MECHANISM_INFO`).
public struct MechanismInfo: Hashable, Sendable {
    /// In bits for RSA and EC keys.
    public let minimumKeySize: UInt
    public let maximumKeySize: UInt
    public let flags: UInt

    public var canSign: Bool { flags & UInt(CKF_SIGN) != 0 }
    public var canGenerateKeyPair: Bool { flags & UInt(CKF_GENERATE_KEY_PAIR) != 0 }
    public var isInHardware: Bool { flags & UInt(CKF_HW) != 0 }
}

/// A signing mechanism with its parameters. Digests are made outside the token: every module takes these raw forms.
public enum SigningMechanism: Hashable, Sendable {
    /// `CKM_RSA_PKCS` over a DigestInfo.
    case rsaPKCS
    /// `CKM_RSA_PKCS_PSS` over a digest; MGF1 with the same hash, a salt as long as the digest.
    case rsaPSS(PSSDigest)
    /// `CKM_ECDSA` over a digest; the answer is r ‖ s.
    case ecdsa
    /// `CKM_EDDSA` over the message itself.
    case eddsa

    public enum PSSDigest: Hashable, Sendable {
        case sha256, sha384, sha512
    }

    public var type: MechanismType {
        switch self {
        case .rsaPKCS: .rsaPKCS
        case .rsaPSS: .rsaPSS
        case .ecdsa: .ecdsa
        case .eddsa: .eddsa
        }
    }

    /// Lends the C structure. `pParameter` is nil where there are no parameters: modules refuse an empty pointer.
    @inline(__always)
    func withCMechanism<Answer>(_ body: (UnsafeMutablePointer<CK_MECHANISM>) -> Answer) -> Answer {
        guard case .rsaPSS(let digest) = self else {
            var mechanism = CK_MECHANISM(mechanism: type.rawValue, pParameter: nil, ulParameterLen: 0)
            return body(&mechanism)
        }
        var parameters = digest.parameters
        return withUnsafeMutableBytes(of: &parameters) { bytes in
            var mechanism = CK_MECHANISM(
                mechanism: type.rawValue,
                pParameter: bytes.baseAddress,
                ulParameterLen: CK_ULONG(bytes.count)
            )
            return body(&mechanism)
        }
    }
}

extension SigningMechanism.PSSDigest {
    fileprivate var parameters: CK_RSA_PKCS_PSS_PARAMS {
        var parameters = CK_RSA_PKCS_PSS_PARAMS()
        switch self {
        case .sha256:
            parameters.hashAlg = CK_MECHANISM_TYPE(CKM_SHA256)
            parameters.mgf = UInt(CKG_MGF1_SHA256)
            parameters.sLen = 32
        case .sha384:
            parameters.hashAlg = CK_MECHANISM_TYPE(CKM_SHA384)
            parameters.mgf = UInt(CKG_MGF1_SHA384)
            parameters.sLen = 48
        case .sha512:
            parameters.hashAlg = CK_MECHANISM_TYPE(CKM_SHA512)
            parameters.mgf = UInt(CKG_MGF1_SHA512)
            parameters.sLen = 64
        }
        return parameters
    }
}
