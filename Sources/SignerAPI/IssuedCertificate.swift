import Varlink

/// An issued certificate as a caller gets it. The interface file says what each field means.
public struct IssuedCertificate: Sendable, Hashable {
    /// Where the time went, in microseconds.
    public struct Timers: Sendable, Hashable {
        public var wait: Int64
        public var token: Int64
        public var total: Int64

        public init(wait: Int64, token: Int64, total: Int64) {
            self.wait = wait
            self.token = token
            self.total = total
        }
    }

    public var order: String
    public var serial: String
    public var certificate: String
    public var chain: [String]
    public var profileSetVersion: String
    public var ledgerEntry: Int64
    public var repeated: Bool
    public var timers: Timers

    public init(
        order: String,
        serial: String,
        certificate: String,
        chain: [String],
        profileSetVersion: String,
        ledgerEntry: Int64,
        repeated: Bool,
        timers: Timers
    ) {
        self.order = order
        self.serial = serial
        self.certificate = certificate
        self.chain = chain
        self.profileSetVersion = profileSetVersion
        self.ledgerEntry = ledgerEntry
        self.repeated = repeated
        self.timers = timers
    }

    /// Reads an answer; `nil` if it is not what the interface promises.
    public init?(_ object: JSONObject) {
        guard let order = object["order"]?.stringValue, let serial = object["serial"]?.stringValue,
            let certificate = object["certificate"]?.stringValue, let chain = object["chain"]?.arrayValue,
            let version = object["profileSetVersion"]?.stringValue,
            let ledgerEntry = object["ledgerEntry"]?.integerValue, let repeated = object["repeated"]?.boolValue,
            let timers = object["timers"]?.objectValue,
            let wait = timers["waitMicroseconds"]?.integerValue, let token = timers["tokenMicroseconds"]?.integerValue,
            let total = timers["totalMicroseconds"]?.integerValue
        else { return nil }
        self.init(
            order: order,
            serial: serial,
            certificate: certificate,
            chain: chain.compactMap(\.stringValue),
            profileSetVersion: version,
            ledgerEntry: ledgerEntry,
            repeated: repeated,
            timers: Timers(wait: wait, token: token, total: total)
        )
    }

    /// Writes the answer as one JSON object.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("order", order)
        writer.member("serial", serial)
        writer.member("certificate", certificate)
        writer.member("chain", chain)
        writer.member("profileSetVersion", profileSetVersion)
        writer.member("ledgerEntry", ledgerEntry)
        writer.member("repeated", repeated)
        writer.object("timers") { writer in
            writer.member("waitMicroseconds", timers.wait)
            writer.member("tokenMicroseconds", timers.token)
            writer.member("totalMicroseconds", timers.total)
        }
        writer.endObject()
    }
}
