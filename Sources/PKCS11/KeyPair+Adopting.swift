extension Session {
    /// The key pair whose halves carry this `CKA_ID`, read back as after its generation: of an order that was
    /// interrupted. `nil` unless there are exactly one private and one public half, of this kind, as they must be.
    public func keyPair(
        identifier: [UInt8],
        algorithm: KeyPairAlgorithm
    ) throws(PKCS11Error) -> GeneratedKey? {
        let privateHalves = try findObjects([.objectClass(.privateKey), .bytes(.identifier, identifier)], limit: 2)
        let publicHalves = try findObjects([.objectClass(.publicKey), .bytes(.identifier, identifier)], limit: 2)
        guard privateHalves.count == 1, publicHalves.count == 1,
            try number(of: privateHalves[0], .keyType) == algorithm.keyType.rawValue,
            try number(of: publicHalves[0], .keyType) == algorithm.keyType.rawValue
        else { return nil }
        let key: GeneratedKey
        do throws(PKCS11Error) {
            key = try acceptedKey(
                algorithm.keyType,
                publicHandle: publicHalves[0],
                privateHandle: privateHalves[0]
            )
        } catch .attributesRefused, .malformedObject, .unsupported {
            // Half made, or not made by us.
            return nil
        }
        return algorithm.makes(key.publicKey) ? key : nil
    }

    /// Destroys every object that carries this `CKA_ID`.
    public func destroyObjects(identifier: [UInt8]) throws(PKCS11Error) {
        for object in try findObjects([.bytes(.identifier, identifier)]) { try destroyObject(object) }
    }
}

extension KeyPairAlgorithm {
    /// Whether a public key is of this kind and size.
    func makes(_ key: SubjectPublicKeyInfo) -> Bool {
        switch (self, key) {
        case (.rsa(let bits), .rsa(let modulus, _)): modulus.count * 8 == bits && (modulus.first ?? 0) >= 0x80
        case (.ec(let curve), .ec(let other, _)): curve == other
        case (.ed25519, .ed25519): true
        default: false
        }
    }
}
