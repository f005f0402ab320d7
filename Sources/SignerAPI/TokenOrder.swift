public import Varlink

/// What an officer wants in a user's token. The interface file says what each field means.
public struct TokenOrder: Sendable, Hashable {
    /// What the certificate shall say; its request is empty, since the token makes that.
    public var certificate: CertificateOrder
    public var keyAlgorithm: String?

    public init(_ certificate: CertificateOrder, keyAlgorithm: String? = nil) {
        self.certificate = certificate
        self.keyAlgorithm = keyAlgorithm
        self.certificate.request = ""
    }

    /// Reads an order that the interface's types have been checked on; `nil` if they have not.
    public init?(_ object: JSONObject) {
        var object = object
        keyAlgorithm = object["keyAlgorithm"]?.stringValue
        object["request"] = ""
        guard let certificate = CertificateOrder(object) else { return nil }
        self.certificate = certificate
    }

    /// Writes the order as one JSON object.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        certificate.writeMembers(to: &writer, withRequest: false)
        writer.member("keyAlgorithm", keyAlgorithm)
        writer.endObject()
    }
}
