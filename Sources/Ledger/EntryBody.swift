import Clocks
internal import TextForms

/// Writes the body of an entry: one JSON object in one canonical form, so that the same facts give the same octets.
///
/// No spaces, names in the order of writing, whole numbers only, and no escape but those that RFC 8259 demands.
struct EntryBody {
    /// The octet 0x00 that sets Merkle leaves apart, and the object after it.
    private(set) var prefixed: [UInt8] = [0]

    /// Starts anew, in the same memory.
    mutating func begin(sequence: Int64, time: EntryTime, kind: String) {
        prefixed.removeAll(keepingCapacity: true)
        prefixed.append(0)
        append("{\"sequence\":")
        append(number: sequence)
        append(",\"time\":\"")
        prefixed.append(contentsOf: time.text)
        append("\",\"kind\":")
        append(quoted: kind)
        if time.clockIsBehind { append(",\"clock\":\"behind\"") }
    }

    mutating func text(_ name: StaticString, _ value: String) {
        begin(name)
        append(quoted: value)
    }

    mutating func number(_ name: StaticString, _ value: Int64) {
        begin(name)
        append(number: value)
    }

    mutating func hex(_ name: StaticString, _ bytes: [UInt8]) {
        begin(name)
        prefixed.append(UInt8(ascii: "\""))
        HexText.append(bytes, to: &prefixed)
        prefixed.append(UInt8(ascii: "\""))
    }

    mutating func base64(_ name: StaticString, _ bytes: [UInt8]) {
        begin(name)
        prefixed.append(UInt8(ascii: "\""))
        Base64.append(bytes, to: &prefixed)
        prefixed.append(UInt8(ascii: "\""))
    }

    mutating func field(_ name: String, _ value: EventValue) {
        prefixed.append(UInt8(ascii: ","))
        append(quoted: name)
        prefixed.append(UInt8(ascii: ":"))
        append(value)
    }

    mutating func finish() {
        prefixed.append(UInt8(ascii: "}"))
    }

    /// The object alone.
    var bytes: [UInt8] { Array(prefixed.dropFirst()) }

    // MARK: Pieces

    private mutating func begin(_ name: StaticString) {
        append(",\"")
        append(name)
        append("\":")
    }

    private mutating func append(_ text: StaticString) {
        prefixed.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(number: Int64) {
        if number < 0 { prefixed.append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        let start = prefixed.count
        repeat {
            prefixed.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        prefixed[start...].reverse()
    }

    private mutating func append(quoted text: String) {
        prefixed.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { characters in
            if characters.contains(where: EntryBody.mustBeEscaped) {
                for character in characters { append(escaped: character) }
            } else {
                prefixed.append(contentsOf: characters)
            }
        }
        prefixed.append(UInt8(ascii: "\""))
    }

    private static func mustBeEscaped(_ character: UInt8) -> Bool {
        character < 0x20 || character == UInt8(ascii: "\"") || character == UInt8(ascii: "\\")
    }

    private mutating func append(escaped character: UInt8) {
        if character < 0x20 {
            append("\\u00")
            HexText.append([character], to: &prefixed)
        } else {
            if EntryBody.mustBeEscaped(character) { prefixed.append(UInt8(ascii: "\\")) }
            prefixed.append(character)
        }
    }

    private mutating func append(_ value: EventValue) {
        switch value {
        case .text(let text): append(quoted: text)
        case .number(let number): append(number: number)
        case .flag(true): append("true")
        case .flag(false): append("false")
        case .bytes(let bytes):
            prefixed.append(UInt8(ascii: "\""))
            HexText.append(bytes, to: &prefixed)
            prefixed.append(UInt8(ascii: "\""))
        case .list(let values):
            prefixed.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { prefixed.append(UInt8(ascii: ",")) }
                append(value)
            }
            prefixed.append(UInt8(ascii: "]"))
        }
    }
}

/// The time that an entry gets: never before the last entry's.
struct EntryTime {
    let moment: Timestamp
    /// What the clock really showed.
    let clock: Timestamp
    /// RFC 3339, in UTF-8.
    let text: [UInt8]

    init(clock: Timestamp, last: Timestamp?) {
        self.clock = clock
        moment = last.map { max($0, clock) } ?? clock
        text = Array(moment.rfc3339.utf8)
    }

    var clockIsBehind: Bool { clock < moment }
}

extension EntryBody {
    mutating func write(_ intent: Intent, sequence: Int64, time: EntryTime) {
        begin(sequence: sequence, time: time, kind: EntryKind.intent)
        text("order", intent.orderID)
        hex("content", intent.contentHash)
        text("profile", intent.profile)
        text("profileSetVersion", intent.profileSetVersion)
        hex("profileSetHash", intent.profileSetHash)
        text("issuer", intent.issuer)
        hex("issuerKey", intent.issuerKeyHash)
        hex("serial", intent.serial)
        hex("tbs", intent.tbsHash)
        hex("publicKey", intent.publicKeyHash)
        hex("subject", intent.subjectHash)
        text("keyOrigin", intent.keyOrigin)
        if let route = intent.keyRoute { text("keyRoute", route) }
        number("caller", Int64(intent.callerUID))
        number("notAfter", intent.notAfter)
        field("authority", .flag(intent.isAuthority))
        finish()
    }

    mutating func write(_ record: CertificateRecord, sequence: Int64, time: EntryTime) {
        begin(sequence: sequence, time: time, kind: EntryKind.certificate)
        number("intent", record.intent.sequence)
        text("order", record.orderID)
        hex("serial", record.serial)
        base64("certificate", record.certificateDER)
        finish()
    }

    mutating func writeClosing(
        of intent: OpenIntent,
        reason: String,
        wasSigned: Bool,
        sequence: Int64,
        time: EntryTime
    ) {
        begin(sequence: sequence, time: time, kind: EntryKind.intentClosed)
        number("intent", intent.sequence)
        text("order", intent.orderID)
        hex("serial", intent.serial)
        text("reason", reason)
        field("signed", .flag(wasSigned))
        finish()
    }

    mutating func writeAuthorityKey(_ hash: [UInt8], issuer: String, sequence: Int64, time: EntryTime) {
        begin(sequence: sequence, time: time, kind: EntryKind.authorityKey)
        text("issuer", issuer)
        hex("publicKey", hash)
        finish()
    }

    mutating func write(_ event: LedgerEvent, sequence: Int64, time: EntryTime) {
        begin(sequence: sequence, time: time, kind: event.kind)
        for (name, value) in event.fields { field(name, value) }
        finish()
    }
}
