import Varlink

/// What a caller asks for. The interface file says what each field means.
public struct CertificateOrder: Sendable, Hashable {
    /// A kind or type with its value: an attribute of the subject, or an alternative name.
    public struct Item: Sendable, Hashable {
        public var kind: String
        public var value: String

        public init(_ kind: String, _ value: String) {
            self.kind = kind
            self.value = value
        }
    }

    public var order: String
    public var profile: String
    public var issuer: String?
    public var request: String
    public var subject: [Item]
    public var alternativeNames: [Item]
    public var securityIdentifier: String?
    public var extendedKeyUsages: [String]
    public var signatureAlgorithm: String?
    public var notBefore: String?
    public var notAfter: String?
    public var validityDays: Int?

    public init(order: String, profile: String, request: String, subject: [Item] = []) {
        self.order = order
        self.profile = profile
        self.request = request
        self.subject = subject
        issuer = nil
        alternativeNames = []
        securityIdentifier = nil
        extendedKeyUsages = []
        signatureAlgorithm = nil
        notBefore = nil
        notAfter = nil
        validityDays = nil
    }
}

extension CertificateOrder {
    /// Reads an order that the interface's types have been checked on; `nil` if they have not.
    public init?(_ object: JSONObject) {
        guard let request = object["request"]?.stringValue else { return nil }
        self.init(object, request: request)
    }

    /// The same for an object that has no request.
    init?(_ object: JSONObject, request: String) {
        guard let order = object["order"]?.stringValue, let profile = object["profile"]?.stringValue,
            let subject = Self.items(object["subject"], kind: "type")
        else { return nil }
        self.init(order: order, profile: profile, request: request, subject: subject)
        issuer = object["issuer"]?.stringValue
        guard let alternativeNames = Self.items(object["alternativeNames"], kind: "kind") else { return nil }
        self.alternativeNames = alternativeNames
        securityIdentifier = object["securityIdentifier"]?.stringValue
        extendedKeyUsages = object["extendedKeyUsages"]?.arrayValue?.texts ?? []
        signatureAlgorithm = object["signatureAlgorithm"]?.stringValue
        notBefore = object["notBefore"]?.stringValue
        notAfter = object["notAfter"]?.stringValue
        validityDays = object["validityDays"]?.integerValue.map(Int.init)
    }

    private static func items(_ value: JSONValue?, kind: String) -> [Item]? {
        guard let elements = value?.arrayValue else { return [] }
        var items: [Item] = []
        items.reserveCapacity(elements.count)
        for element in elements {
            guard let object = element.objectValue, let kind = object[kind]?.stringValue,
                let value = object["value"]?.stringValue
            else { return nil }
            items.append(Item(kind, value))
        }
        return items
    }

    /// Writes the order as one JSON object.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(to: &writer, withRequest: true)
        writer.endObject()
    }

    /// Writes the order's fields into the object that is open.
    func writeMembers(to writer: inout JSONWriter, withRequest: Bool) {
        writer.member("order", order)
        writer.member("profile", profile)
        writer.member("issuer", issuer)
        if withRequest { writer.member("request", request) }
        write(subject, as: "subject", kind: "type", to: &writer)
        if !alternativeNames.isEmpty { write(alternativeNames, as: "alternativeNames", kind: "kind", to: &writer) }
        writer.member("securityIdentifier", securityIdentifier)
        if !extendedKeyUsages.isEmpty { writer.member("extendedKeyUsages", extendedKeyUsages) }
        writer.member("signatureAlgorithm", signatureAlgorithm)
        writer.member("notBefore", notBefore)
        writer.member("notAfter", notAfter)
        if let validityDays { writer.member("validityDays", validityDays) }
    }

    private func write(_ items: [Item], as name: String, kind: String, to writer: inout JSONWriter) {
        writer.name(name)
        writer.beginArray()
        for item in items {
            writer.beginObject()
            writer.member(kind, item.kind)
            writer.member("value", item.value)
            writer.endObject()
        }
        writer.endArray()
    }
}
