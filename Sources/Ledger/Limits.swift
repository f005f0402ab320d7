/// How large the parts of an entry may be, so that none can make the ledger unreadable or slow.
enum Limits {
    static let longestOrderID = 256
    static let longestText = 1_024
    static let longestKind = 40
    static let mostFields = 64
    /// With all that stands beside it in its entry, it fits into `largestBody` as base64.
    static let largestCertificate = 46_080
    /// What a bundle of entries can hold: the length of each has 16 bits (C2SP tlog-tiles).
    static let largestBody = 65_535
    /// Milliseconds of the years 1970 to 9999: what RFC 3339 can say.
    static let times: ClosedRange<Int64> = 0...253_402_300_799_999

    static func check(_ intent: Intent) throws(LedgerError) {
        try check(intent.orderID, name: "order id", longest: longestOrderID)
        try check(intent.profile, name: "profile", longest: longestText)
        try check(intent.profileSetVersion, name: "profile set version", longest: longestText)
        try check(intent.issuer, name: "issuer", longest: longestText)
        try check(intent.keyOrigin, name: "key origin", longest: longestText)
        if let route = intent.keyRoute { try check(route, name: "key route", longest: longestText) }
        try checkHash(intent.contentHash, name: "content")
        try checkHash(intent.profileSetHash, name: "profile set")
        try checkHash(intent.tbsHash, name: "TBSCertificate")
        try checkHash(intent.publicKeyHash, name: "public key")
        try checkHash(intent.issuerKeyHash, name: "issuer's public key")
        try checkHash(intent.subjectHash, name: "subject")
        try checkSerial(intent.serial)
    }

    static func check(_ record: CertificateRecord) throws(LedgerError) {
        guard record.certificateDER.count <= largestCertificate else {
            throw .invalid("a certificate holds at most \(largestCertificate) octets")
        }
    }

    static func check(_ event: LedgerEvent) throws(LedgerError) {
        let letters = event.kind.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        guard letters, (1...longestKind).contains(event.kind.utf8.count) else {
            throw .invalid("a kind has 1 to \(longestKind) lower-case letters, digits and hyphens")
        }
        guard !EntryKind.reserved.contains(event.kind) else {
            throw .invalid("entries of the kind \(event.kind) come from issuing alone")
        }
        guard event.fields.count <= mostFields else { throw .invalid("an event has at most \(mostFields) fields") }
        var names: Set<String> = ["sequence", "time", "kind", "clock"]
        for (name, value) in event.fields {
            guard names.insert(name).inserted else { throw .invalid("the field name \(name) is taken") }
            try checkDepth(value, left: 4)
        }
    }

    static func check(_ text: String, name: String, longest: Int) throws(LedgerError) {
        guard (1...longest).contains(text.utf8.count) else {
            throw .invalid("the \(name) has 1 to \(longest) octets of UTF-8")
        }
    }

    static func checkHash(_ hash: [UInt8], name: String) throws(LedgerError) {
        guard hash.count == MerkleHash.size else { throw .invalid("the hash of the \(name) is SHA-256's, 32 octets") }
    }

    /// RFC 5280, 4.1.2.2: positive and at most 20 octets, which the sign bit must not make 21.
    private static func checkSerial(_ serial: [UInt8]) throws(LedgerError) {
        guard (1...20).contains(serial.count), let first = serial.first, first > 0, first < 0x80 else {
            throw .invalid("a serial number is positive, without leading zeros, and has at most 20 octets")
        }
    }

    private static func checkDepth(_ value: EventValue, left: Int) throws(LedgerError) {
        guard case .list(let values) = value else { return }
        guard left > 0 else { throw .invalid("lists are at most 4 deep") }
        for value in values { try checkDepth(value, left: left - 1) }
    }
}
