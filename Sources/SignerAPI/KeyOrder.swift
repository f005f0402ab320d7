internal import TextForms
public import Varlink

/// An order whose key the service makes. The interface file says what each field means.
public struct KeyOrder: Sendable, Hashable {
    /// Everything but the key; its `request` stays empty.
    public var order: CertificateOrder
    public var keyAlgorithm: String
    public var variant: String
    public var password: ConfidentialText?

    public init(_ order: CertificateOrder, keyAlgorithm: String, variant: String, password: ConfidentialText? = nil) {
        self.order = order
        self.keyAlgorithm = keyAlgorithm
        self.variant = variant
        self.password = password
    }

    /// The member whose text is confidential, in orders and in answers.
    public static let passwordMember: StaticString = "password"

    /// Reads an order that the interface's types have been checked on; `nil` if they have not.
    public init?(_ object: JSONObject) {
        guard let keyAlgorithm = object["keyAlgorithm"]?.stringValue, let variant = object["variant"]?.stringValue,
            let order = CertificateOrder(object, request: "")
        else { return nil }
        self.init(
            order,
            keyAlgorithm: keyAlgorithm,
            variant: variant,
            password: object["password"]?.confidentialValue
        )
    }

    /// Writes the order as one JSON object.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        order.writeMembers(to: &writer, withRequest: false)
        writer.member("keyAlgorithm", keyAlgorithm)
        writer.member("variant", variant)
        if let password {
            writer.name("password")
            writer.confidential(password)
        }
        writer.endObject()
    }
}

/// A certificate with the private key that the service has made for it, as a caller gets it, once.
public struct IssuedKey: Sendable, Hashable {
    public var issued: IssuedCertificate
    /// PKCS#12 in DER.
    public var pkcs12: [UInt8]
    public var keyRoute: String
    /// The service's own, where the order gave none.
    public var password: ConfidentialText?

    public init(issued: IssuedCertificate, pkcs12: [UInt8], keyRoute: String, password: ConfidentialText?) {
        self.issued = issued
        self.pkcs12 = pkcs12
        self.keyRoute = keyRoute
        self.password = password
    }

    /// Reads an answer; `nil` if it is not what the interface promises.
    public init?(_ object: JSONObject) {
        guard let issued = object["issued"]?.objectValue.flatMap(IssuedCertificate.init),
            let pkcs12 = object["pkcs12"]?.stringValue.flatMap(Base64.decode),
            let route = object["keyRoute"]?.stringValue
        else { return nil }
        let password = object["password"]
        self.init(
            issued: issued,
            pkcs12: pkcs12,
            keyRoute: route,
            password: password?.confidentialValue ?? password?.stringValue.map { ConfidentialText($0) }
        )
    }

    /// Writes everything but the password as members of the object that is open.
    public func writeMembers(to writer: inout JSONWriter) {
        writer.name("issued")
        issued.write(to: &writer)
        writer.name("pkcs12")
        writer.base64(pkcs12)
        writer.member("keyRoute", keyRoute)
    }
}
