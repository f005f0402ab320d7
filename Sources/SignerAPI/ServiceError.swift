import Varlink

/// An error of the appliance as it stands on the wire: which rule, what was wrong, what mends it.
public struct ServiceError: Error, Sendable, Hashable {
    /// The full name, for instance `io.inkan.Signer.PolicyViolation`.
    public var name: String
    public var rule: String
    public var message: String
    public var mend: String
    public var detail: String?
    /// For `Busy` alone: when to ask again.
    public var retryAfterMilliseconds: Int?
    /// For `KeyGone` alone: the certificate's, hexadecimal.
    public var serial: String?

    public init(
        name: String,
        rule: String,
        message: String,
        mend: String,
        detail: String? = nil,
        retryAfterMilliseconds: Int? = nil,
        serial: String? = nil
    ) {
        self.name = name
        self.rule = rule
        self.message = message
        self.mend = mend
        self.detail = detail
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.serial = serial
    }

    /// Reads an error's parameters; one that is not of the appliance (of the transport, say) keeps them as its message.
    public init(name: String, parameters: JSONObject) {
        self.init(
            name: name,
            rule: parameters["rule"]?.stringValue ?? name,
            message: parameters["message"]?.stringValue
                ?? String(decoding: JSONValue.object(parameters).encoded, as: UTF8.self),
            mend: parameters["mend"]?.stringValue ?? "",
            detail: parameters["detail"]?.stringValue,
            retryAfterMilliseconds: parameters["retryAfterMilliseconds"]?.integerValue.map(Int.init),
            serial: parameters["serial"]?.stringValue
        )
    }

    /// Writes the error's parameters as members of the object that is open.
    public func writeParameters(to writer: inout JSONWriter) {
        writer.member("rule", rule)
        writer.member("message", message)
        writer.member("mend", mend)
        writer.member("detail", detail)
        writer.member("serial", serial)
        if let retryAfterMilliseconds { writer.member("retryAfterMilliseconds", retryAfterMilliseconds) }
    }
}
