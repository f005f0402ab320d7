public import Varlink

/// How a certificate stands, as a caller gets it. The interface file says what each field means.
public struct CertificateStatus: Sendable, Hashable {
    public var serial: String
    public var order: String?
    public var issuer: String?
    public var state: String
    public var since: String?
    public var reason: String?
    public var invalidityDate: String?
    public var ledgerEntry: Int64?

    public init(serial: String, state: String) {
        self.serial = serial
        self.state = state
    }

    /// Reads an answer; `nil` if it is not what the interface promises.
    public init?(_ object: JSONObject) {
        guard let serial = object["serial"]?.stringValue, let state = object["state"]?.stringValue else { return nil }
        self.init(serial: serial, state: state)
        order = object["order"]?.stringValue
        issuer = object["issuer"]?.stringValue
        since = object["since"]?.stringValue
        reason = object["reason"]?.stringValue
        invalidityDate = object["invalidityDate"]?.stringValue
        ledgerEntry = object["ledgerEntry"]?.integerValue
    }

    /// Writes the answer as one JSON object.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("serial", serial)
        writer.member("order", order)
        writer.member("issuer", issuer)
        writer.member("state", state)
        writer.member("since", since)
        writer.member("reason", reason)
        writer.member("invalidityDate", invalidityDate)
        if let ledgerEntry { writer.member("ledgerEntry", ledgerEntry) }
        writer.endObject()
    }
}
