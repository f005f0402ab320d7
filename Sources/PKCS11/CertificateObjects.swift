internal import CPKCS11

/// A certificate as a token keeps it.
public struct CertificateObject: Hashable, Sendable {
    public let handle: ObjectHandle
    /// `CKA_ID`; a certificate and its key pair have the same.
    public let identifier: [UInt8]
    /// DER.
    public let value: [UInt8]
}

extension Session {
    /// The longest certificate that is read out of a token, in bytes.
    static let longestCertificate = 32 * 1024

    /// X.509 certificates that the session can see, at most `limit`.
    public func certificates(limit: Int = 64) throws(PKCS11Error) -> [CertificateObject] {
        var found: [CertificateObject] = []
        for handle in try findObjects([.objectClass(.certificate)], limit: limit) {
            // Objects of another certificate type have no X.509 value, or none at all.
            guard let value = try longBytes(of: handle, .value), !value.isEmpty else { continue }
            found.append(
                CertificateObject(handle: handle, identifier: try bytes(of: handle, .identifier) ?? [], value: value)
            )
        }
        return found
    }

    /// Writes an X.509 certificate into the token, where everybody can read it.
    public func createCertificate(
        _ value: [UInt8],
        identifier: [UInt8],
        label: String,
        subject: [UInt8],
        issuer: [UInt8],
        serialNumber: [UInt8]
    ) throws(PKCS11Error) -> ObjectHandle {
        try createObject([
            .objectClass(.certificate), .number(.certificateType, UInt(CKC_X_509)), .bool(.token, true),
            .bool(.isPrivate, false), .text(.label, label), .bytes(.identifier, identifier), .bytes(.subject, subject),
            .bytes(.issuer, issuer), .bytes(.serialNumber, serialNumber), .bytes(.value, value),
        ])
    }

    /// The bytes of an attribute that may be long; `nil` where the object has none.
    private func longBytes(of object: ObjectHandle, _ type: AttributeType) throws(PKCS11Error) -> [UInt8]? {
        let functions = slot.module.functions
        var attribute = CK_ATTRIBUTE(type: type.rawValue, pValue: nil, ulValueLen: 0)
        let asked = ReturnValue(rawValue: functions.C_GetAttributeValue!(handle, object.rawValue, &attribute, 1))
        if asked == .attributeTypeInvalid || asked == .attributeSensitive { return nil }
        try check("C_GetAttributeValue", asked.rawValue)
        guard attribute.ulValueLen <= CK_ULONG(Session.longestCertificate) else {
            throw .malformedObject(what: "length of \(type)")
        }
        var buffer = [UInt8](repeating: 0, count: Int(attribute.ulValueLen))
        var length: CK_ULONG = 0
        let answer = buffer.withUnsafeMutableBytes { memory in
            attribute.pValue = memory.baseAddress
            attribute.ulValueLen = CK_ULONG(memory.count)
            let answer = functions.C_GetAttributeValue!(handle, object.rawValue, &attribute, 1)
            length = attribute.ulValueLen
            return answer
        }
        try check("C_GetAttributeValue", answer)
        return Array(buffer.prefix(Int(clamping: length)))
    }
}
