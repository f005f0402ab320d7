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

    /// Proof that the ledger's log holds the certificate's entry.
    public struct Inclusion: Sendable, Hashable {
        public var leafHash: String
        public var treeSize: Int64
        public var rootHash: String
        public var hashes: [String]

        public init(leafHash: String, treeSize: Int64, rootHash: String, hashes: [String]) {
            self.leafHash = leafHash
            self.treeSize = treeSize
            self.rootHash = rootHash
            self.hashes = hashes
        }

        init?(_ object: JSONObject?) {
            guard let object, let leafHash = object["leafHash"]?.stringValue,
                let treeSize = object["treeSize"]?.integerValue, let rootHash = object["rootHash"]?.stringValue,
                let hashes = object["hashes"]?.arrayValue
            else { return nil }
            self.init(
                leafHash: leafHash,
                treeSize: treeSize,
                rootHash: rootHash,
                hashes: hashes.texts
            )
        }

        func write(to writer: inout JSONWriter) {
            writer.member("leafHash", leafHash)
            writer.member("treeSize", treeSize)
            writer.member("rootHash", rootHash)
            writer.member("hashes", hashes)
        }
    }

    public var order: String
    public var serial: String
    public var certificate: String
    public var chain: [String]
    public var profileSetVersion: String
    public var ledgerEntry: Int64
    public var inclusion: Inclusion
    public var repeated: Bool
    public var timers: Timers

    public init(
        order: String,
        serial: String,
        certificate: String,
        chain: [String],
        profileSetVersion: String,
        ledgerEntry: Int64,
        inclusion: Inclusion,
        repeated: Bool,
        timers: Timers
    ) {
        self.order = order
        self.serial = serial
        self.certificate = certificate
        self.chain = chain
        self.profileSetVersion = profileSetVersion
        self.ledgerEntry = ledgerEntry
        self.inclusion = inclusion
        self.repeated = repeated
        self.timers = timers
    }

    /// Reads an answer; `nil` if it is not what the interface promises.
    public init?(_ object: JSONObject) {
        guard let order = object["order"]?.stringValue, let serial = object["serial"]?.stringValue,
            let certificate = object["certificate"]?.stringValue, let chain = object["chain"]?.arrayValue,
            let version = object["profileSetVersion"]?.stringValue,
            let ledgerEntry = object["ledgerEntry"]?.integerValue,
            let inclusion = Inclusion(object["inclusion"]?.objectValue), let repeated = object["repeated"]?.boolValue,
            let timers = object["timers"]?.objectValue,
            let wait = timers["waitMicroseconds"]?.integerValue, let token = timers["tokenMicroseconds"]?.integerValue,
            let total = timers["totalMicroseconds"]?.integerValue
        else { return nil }
        self.init(
            order: order,
            serial: serial,
            certificate: certificate,
            chain: chain.texts,
            profileSetVersion: version,
            ledgerEntry: ledgerEntry,
            inclusion: inclusion,
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
        writer.object("inclusion") { inclusion.write(to: &$0) }
        writer.member("repeated", repeated)
        writer.object("timers") { writer in
            writer.member("waitMicroseconds", timers.wait)
            writer.member("tokenMicroseconds", timers.token)
            writer.member("totalMicroseconds", timers.total)
        }
        writer.endObject()
    }
}

extension [JSONValue] {
    /// The texts among the elements.
    var texts: [String] {
        var texts: [String] = []
        texts.reserveCapacity(count)
        for element in self { if let text = element.stringValue { texts.append(text) } }
        return texts
    }
}
