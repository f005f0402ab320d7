internal import CPKCS11

/// What kind of key pair a token shall make.
public enum KeyPairAlgorithm: Hashable, Sendable {
    case rsa(bits: Int)
    case ec(SubjectPublicKeyInfo.Curve)
    case ed25519

    var keyType: KeyType {
        switch self {
        case .rsa: .rsa
        case .ec: .ec
        case .ed25519: .edwards
        }
    }

    var mechanism: MechanismType {
        switch self {
        case .rsa: .rsaKeyPairGeneration
        case .ec: .ecKeyPairGeneration
        case .ed25519: .edwardsKeyPairGeneration
        }
    }
}

/// What a private key may do. A CA's signs and nothing else; a person's key may have to open mail too.
public struct KeyUses: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    public static let signing = KeyUses([])
    /// RSA alone.
    public static let decryption = KeyUses(rawValue: 1)
    /// EC alone.
    public static let agreement = KeyUses(rawValue: 2)
}

/// A key pair that a token made, with what the token says of it afterwards.
public struct GeneratedKey: Sendable {
    public let publicKey: SubjectPublicKeyInfo
    public let publicHandle: ObjectHandle
    public let privateHandle: ObjectHandle
    /// The private key's attributes as they were read back; absent where the token does not tell.
    public let attributes: [AttributeType: Bool]
}

/// A key pair found in a token.
public struct FoundKey: Hashable, Sendable {
    public let privateHandle: ObjectHandle
    /// The public object that the key was found by; RSA keys need none.
    public let publicHandle: ObjectHandle?
    /// Whether the key wants a log-in right before each signature (`CKA_ALWAYS_AUTHENTICATE`).
    public let alwaysAuthenticate: Bool
}

// MARK: Making

extension Session {
    /// What a key made by this service must say of itself afterwards; a token that keeps silent is refused too.
    public static let requiredAttributes: [(type: AttributeType, value: Bool)] = [
        (.sensitive, true), (.extractable, false), (.alwaysSensitive, true), (.neverExtractable, true),
        (.local, true), (.token, true), (.isPrivate, true), (.sign, true),
    ]

    /// Makes a key pair that lives and dies in the token, and reads its attributes back. When one of
    /// `requiredAttributes` is not as it must be, both objects are destroyed and `attributesRefused` is thrown.
    ///
    /// - Parameters:
    ///   - identifier: `CKA_ID` of both halves; it links them and must be new in the token (`isNew`).
    ///   - alwaysAuthenticate: whether the key shall want its PIN right before each signature; a token whose key says
    ///     otherwise afterwards is refused.
    public func generateKeyPair(
        _ algorithm: KeyPairAlgorithm,
        label: String,
        identifier: [UInt8],
        uses: KeyUses = .signing,
        alwaysAuthenticate: Bool = false
    ) throws(PKCS11Error) -> GeneratedKey {
        let publicHalf = publicTemplate(algorithm, label, identifier, uses)
        var privateHalf = privateTemplate(label, identifier, uses)
        if alwaysAuthenticate { privateHalf.append(.bool(.alwaysAuthenticate, true)) }
        let halves: KeyHalves
        do throws(PKCS11Error) {
            halves = try makeHalves(algorithm.mechanism, publicHalf, privateHalf)
        } catch {
            // Some tokens make no key that lacks a use (tpm2-pkcs11: CKA_DECRYPT); what it may do is read back below.
            // Whatever the answer was, the token is asked whether a key came into being.
            guard error.answer?.mayMeanTemplateRefused == true, try isNew(identifier) else { throw error }
            let modest = privateHalf.filter { !(Session.otherUses.contains($0.type) && $0.value == .bool(false)) }
            halves = try makeHalves(algorithm.mechanism, publicHalf, modest)
        }
        do throws(PKCS11Error) {
            return try acceptedKey(
                algorithm.keyType,
                publicHandle: halves.publicHandle,
                privateHandle: halves.privateHandle,
                alwaysAuthenticate: alwaysAuthenticate
            )
        } catch {
            // The refusal is what the caller must hear; a half that cannot be destroyed is reported with it.
            throw destroy(halves) ? error : .attributesRefused(names: ["\(error)", "key not destroyed"])
        }
    }

    /// What else a private key may be good for; it stands among the attributes where the token says so.
    private static let otherUses: [AttributeType] = [.decrypt, .unwrap, .derive]

    typealias KeyHalves = (publicHandle: ObjectHandle, privateHandle: ObjectHandle)

    func makeHalves(
        _ type: MechanismType,
        _ publicHalf: [Attribute],
        _ privateHalf: [Attribute]
    ) throws(PKCS11Error) -> KeyHalves {
        let functions = slot.module.functions
        var publicHandle: CK_OBJECT_HANDLE = 0
        var privateHandle: CK_OBJECT_HANDLE = 0
        var mechanism = CK_MECHANISM(mechanism: type.rawValue, pParameter: nil, ulParameterLen: 0)
        let answer = withTemplate(publicHalf) { publicHalf, publicCount in
            withTemplate(privateHalf) { privateHalf, privateCount in
                functions.C_GenerateKeyPair!(
                    handle,
                    &mechanism,
                    publicHalf,
                    publicCount,
                    privateHalf,
                    privateCount,
                    &publicHandle,
                    &privateHandle
                )
            }
        }
        try check("C_GenerateKeyPair", answer)
        return (ObjectHandle(rawValue: publicHandle), ObjectHandle(rawValue: privateHandle))
    }

    /// Whether no object in the token has this `CKA_ID`.
    public func isNew(_ identifier: [UInt8]) throws(PKCS11Error) -> Bool {
        try findObjects([.bytes(.identifier, identifier)], limit: 1).isEmpty
    }

    /// Reads back what a key pair says of itself. Throws `attributesRefused` unless it is as it must be.
    func acceptedKey(
        _ type: KeyType,
        publicHandle: ObjectHandle,
        privateHandle: ObjectHandle,
        alwaysAuthenticate: Bool = false
    ) throws(PKCS11Error) -> GeneratedKey {
        var attributes: [AttributeType: Bool] = [:]
        var wrong: [String] = []
        for type in Session.otherUses + [.alwaysAuthenticate] where try bool(of: privateHandle, type) == true {
            attributes[type] = true
        }
        let asked: [(type: AttributeType, value: Bool)] = alwaysAuthenticate ? [(.alwaysAuthenticate, true)] : []
        for (type, value) in Session.requiredAttributes + asked {
            let answer = try bool(of: privateHandle, type)
            attributes[type] = answer
            if answer != value { wrong.append("\(type) is \(answer.map(String.init) ?? "not told")") }
        }
        guard wrong.isEmpty else { throw .attributesRefused(names: wrong) }
        let key = try SubjectPublicKeyInfo(keyType: type) { (attribute) throws(PKCS11Error) in
            try bytes(of: publicHandle, attribute)
        }
        return GeneratedKey(
            publicKey: key,
            publicHandle: publicHandle,
            privateHandle: privateHandle,
            attributes: attributes
        )
    }

    /// Destroys both halves of a key that is not taken, and answers whether both are gone.
    func destroy(_ halves: KeyHalves) -> Bool {
        var isGone = true
        for half in [halves.publicHandle, halves.privateHandle] {
            do throws(PKCS11Error) { try destroyObject(half) } catch { isGone = false }
        }
        return isGone
    }

    private func publicTemplate(
        _ algorithm: KeyPairAlgorithm,
        _ label: String,
        _ identifier: [UInt8],
        _ uses: KeyUses
    ) -> [Attribute] {
        let common: [Attribute] = [
            .bool(.token, true), .bool(.isPrivate, false), .bool(.verify, true), .text(.label, label),
            .bytes(.identifier, identifier),
        ]
        return switch algorithm {
        case .rsa(let bits):
            common + [.number(.modulusBits, UInt(bits)), .bytes(.publicExponent, [1, 0, 1])]
                + (uses.contains(.decryption) ? [.bool(.encrypt, true)] : [])
        case .ec(let curve): common + [.bytes(.ecParameters, curve.parameters)]
        case .ed25519: common + [.bytes(.ecParameters, SubjectPublicKeyInfo.ed25519Parameters)]
        }
    }

    /// A key that signs, and does nothing else but what it was asked for. A use that is not denied here is granted by
    /// some tokens.
    private func privateTemplate(_ label: String, _ identifier: [UInt8], _ uses: KeyUses) -> [Attribute] {
        [
            .bool(.token, true), .bool(.isPrivate, true), .bool(.sensitive, true), .bool(.extractable, false),
            .bool(.sign, true), .text(.label, label), .bytes(.identifier, identifier),
            .bool(.decrypt, uses.contains(.decryption)), .bool(.unwrap, false),
            .bool(.derive, uses.contains(.agreement)),
        ]
    }
}

// MARK: Finding

extension Session {
    /// Finds the private key that belongs to a public key. RSA keys carry their modulus themselves; for the others the
    /// public object is found by its point and the private one by the same `CKA_ID`.
    ///
    /// What is found is read back and compared (`isKey`). Throws `keyMissing`, or `keyAmbiguous` when two keys fit.
    public func findKey(_ key: SubjectPublicKeyInfo) throws(PKCS11Error) -> FoundKey {
        let candidates: [FoundKey]
        switch key {
        case .rsa(let modulus, _):
            let template: [Attribute] = [.objectClass(.privateKey), .keyType(.rsa), .bytes(.modulus, modulus)]
            candidates = try found(template, publicHandle: nil)
        case .ec, .ed25519:
            candidates = try findByPoint(key)
        }
        guard candidates.count <= 1 else { throw .keyAmbiguous(matches: candidates.count) }
        guard let candidate = candidates.first, try isKey(candidate, key) else { throw .keyMissing }
        return candidate
    }

    /// Whether handles still name the halves of this key: asked again after every change of session, since a handle
    /// may have come to name another object.
    public func isKey(_ candidate: FoundKey, _ key: SubjectPublicKeyInfo) throws(PKCS11Error) -> Bool {
        let object = candidate.privateHandle
        guard try number(of: object, .objectClass) == ObjectClass.privateKey.rawValue,
            try number(of: object, .keyType) == key.keyType.rawValue
        else { return false }
        if case .rsa(let modulus, let exponent) = key { return try isRSA(object, modulus: modulus, exponent: exponent) }
        let told = candidate.publicHandle ?? object
        let read = try SubjectPublicKeyInfo(keyType: key.keyType) { (attribute) throws(PKCS11Error) in
            try bytes(of: told, attribute)
        }
        guard read == key else { return false }
        guard let publicHandle = candidate.publicHandle else { return true }
        return try bytes(of: object, .identifier) == bytes(of: publicHandle, .identifier)
    }

    /// Not every token gives its private RSA keys `CKA_PUBLIC_EXPONENT`; the modulus says which key it is.
    private func isRSA(_ object: ObjectHandle, modulus: [UInt8], exponent: [UInt8]) throws(PKCS11Error) -> Bool {
        guard try bytes(of: object, .modulus).map(unsigned) == modulus else { return false }
        guard let told = try bytes(of: object, .publicExponent), !told.isEmpty else { return true }
        return unsigned(told) == exponent
    }

    private func findByPoint(_ key: SubjectPublicKeyInfo) throws(PKCS11Error) -> [FoundKey] {
        for point in key.pointForms {
            let template: [Attribute] = [
                .objectClass(.publicKey), .keyType(key.keyType), .bytes(.ecPoint, point),
            ]
            let publicHalves = try findObjects(template, limit: 8)
            guard let publicHalf = publicHalves.first else { continue }
            guard publicHalves.count == 1 else { throw .keyAmbiguous(matches: publicHalves.count) }
            guard let identifier = try bytes(of: publicHalf, .identifier), !identifier.isEmpty else {
                throw .keyMissing
            }
            return try found(
                [.objectClass(.privateKey), .keyType(key.keyType), .bytes(.identifier, identifier)],
                publicHandle: publicHalf
            )
        }
        return []
    }

    private func found(_ template: [Attribute], publicHandle: ObjectHandle?) throws(PKCS11Error) -> [FoundKey] {
        var keys: [FoundKey] = []
        for handle in try findObjects(template, limit: 8) {
            keys.append(
                FoundKey(
                    privateHandle: handle,
                    publicHandle: publicHandle,
                    alwaysAuthenticate: try bool(of: handle, .alwaysAuthenticate) ?? false
                )
            )
        }
        return keys
    }
}
