import PKCS11
import Tokens

/// What a token says of itself and of its private keys, for whoever examines it.
enum Inspection {
    private static let told: [AttributeType] =
        Session.requiredAttributes.map(\.type) + [.decrypt, .unwrap, .derive, .alwaysAuthenticate]

    static func inspect(_ link: TokenLink, _ session: Session) throws(OperationFailure) -> TokenInspection {
        let info = try link.tokenInfo()
        let mechanisms = try Self.mechanisms(of: session.slot)
        let handles = try calling { () throws(PKCS11Error) in
            try session.findObjects([.objectClass(.privateKey)], limit: 4096)
        }
        var keys: [InspectedKey] = []
        for handle in handles.prefix(TokenInspection.mostKeys) {
            keys.append(try calling { () throws(PKCS11Error) in try key(handle, session) })
        }
        return TokenInspection(
            token: TokenDescription(
                info,
                modulePath: link.uri.modulePath,
                interfaceVersion: link.interfaceVersion
            ),
            mechanisms: mechanisms,
            hasRandom: info.flags.contains(.hasRandom),
            isWriteProtected: info.flags.contains(.writeProtected),
            maximumSessions: info.maximumSessions,
            keys: keys,
            furtherKeys: max(0, handles.count - TokenInspection.mostKeys)
        )
    }

    /// The mechanisms of the token in a slot, with what the module says of each.
    static func mechanisms(of slot: Slot) throws(OperationFailure) -> [MechanismDescription] {
        try calling { () throws(PKCS11Error) in
            var mechanisms: [MechanismDescription] = []
            for type in try slot.mechanisms() {
                let info = try slot.mechanismInfo(type)
                mechanisms.append(
                    MechanismDescription(
                        name: type.description,
                        number: type.rawValue,
                        minimumKeySize: info.minimumKeySize,
                        maximumKeySize: info.maximumKeySize,
                        canSign: info.canSign,
                        canGenerateKeyPair: info.canGenerateKeyPair,
                        isInHardware: info.isInHardware
                    )
                )
            }
            return mechanisms
        }
    }

    private static func key(_ handle: ObjectHandle, _ session: Session) throws(PKCS11Error) -> InspectedKey {
        var attributes: [String: Bool] = [:]
        for type in told { attributes[type.description] = try session.bool(of: handle, type) }
        let label = try session.bytes(of: handle, .label) ?? []
        var key = InspectedKey(
            label: String(decoding: label.prefix(200), as: UTF8.self),
            identifier: Array((try session.bytes(of: handle, .identifier) ?? []).prefix(64)),
            spki: [],
            attributes: attributes
        )
        do throws(PKCS11Error) {
            key.spki = try publicHalf(of: handle, session)
        } catch {
            switch error {
            // What one object says of itself is no fault of the token's.
            case .malformedObject, .unsupported, .keyMissing, .keyAmbiguous: key.problem = error.description
            default: throw error
            }
        }
        return key
    }

    /// An RSA private key mostly shows its public numbers; for the others the public object of the same `CKA_ID` does.
    private static func publicHalf(of handle: ObjectHandle, _ session: Session) throws(PKCS11Error) -> [UInt8] {
        guard let type = try session.number(of: handle, .keyType).flatMap(KeyType.init(rawValue:)) else {
            throw .unsupported(what: "this kind of key")
        }
        var source = handle
        let exponent = type == .rsa ? try session.bytes(of: handle, .publicExponent) ?? [] : []
        if exponent.isEmpty {
            guard let identifier = try session.bytes(of: handle, .identifier), !identifier.isEmpty else {
                throw .keyMissing
            }
            let halves = try session.findObjects([.objectClass(.publicKey), .bytes(.identifier, identifier)], limit: 2)
            guard halves.count <= 1 else { throw .keyAmbiguous(matches: halves.count) }
            guard let half = halves.first else { throw .keyMissing }
            source = half
        }
        return try SubjectPublicKeyInfo(keyType: type) { (attribute) throws(PKCS11Error) in
            try session.bytes(of: source, attribute)
        }.derEncoded
    }
}
