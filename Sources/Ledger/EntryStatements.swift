internal import TextForms

/// Follows what entries say, one after the other, from their texts alone: what the ledger's own tables help with
/// elsewhere (`HistoryCheck`) is kept in memory here.
struct EntryStatements {
    private struct IntentFacts {
        var order: String
        var serial: String
        var isSettled = false
    }

    private var next: Int64 = 0
    private var lastTime = ""
    private var intents: [Int64: IntentFacts] = [:]
    private var serials: Set<String> = []
    private var issuedOrders: Set<String> = []

    /// Intents without outcome.
    var openIntents: [Int64] {
        intents.filter { !$0.value.isSettled }.keys.sorted()
    }

    mutating func check(_ body: [UInt8], _ report: inout VerificationReport) {
        let sequence = next
        next += 1
        let fields: EntryFields
        do {
            fields = try EntryFields(body: body)
        } catch {
            return report.add(.body, sequence, error.message)
        }
        guard fields.members.prefix(3).map(\.0) == ["sequence", "time", "kind"],
            fields.number("sequence") == sequence, let time = fields.text("time"), let kind = fields.text("kind")
        else {
            return report.add(.sequence, sequence, "it does not begin with its number, time and kind")
        }
        // RFC 3339 as the ledger writes it, always in UTC and of one length, is in the order of time.
        if time < lastTime { report.add(.time, sequence, "it is older than the entry before it") }
        lastTime = time
        switch kind {
        case EntryKind.intent: checkIntent(sequence, fields, &report)
        case EntryKind.certificate: checkCertificate(sequence, fields, &report)
        case EntryKind.intentClosed: settle(sequence, fields, asIssued: false, &report)
        default: break
        }
    }

    private mutating func checkIntent(_ sequence: Int64, _ fields: EntryFields, _ report: inout VerificationReport) {
        guard let order = fields.text("order"), let serial = fields.text("serial") else {
            return report.add(.body, sequence, "the intent names no order, or no serial number")
        }
        if !serials.insert(serial).inserted {
            report.add(.history, sequence, "its serial number is an earlier intent's")
        }
        if issuedOrders.contains(order) { report.add(.history, sequence, "its order was issued before") }
        intents[sequence] = IntentFacts(order: order, serial: serial)
    }

    private mutating func checkCertificate(
        _ sequence: Int64,
        _ fields: EntryFields,
        _ report: inout VerificationReport
    ) {
        report.certificates += 1
        guard let der = fields.base64("certificate"), let outline = CertificateOutline(der) else {
            return report.add(.body, sequence, "it holds no certificate")
        }
        if HexText.encode(Array(der[outline.serial].drop(while: { $0 == 0 }))) != fields.text("serial") {
            report.add(.history, sequence, "its certificate has another serial number")
        }
        settle(sequence, fields, asIssued: true, &report)
    }

    private mutating func settle(
        _ sequence: Int64,
        _ fields: EntryFields,
        asIssued: Bool,
        _ report: inout VerificationReport
    ) {
        guard let number = fields.number("intent"), var intent = intents[number], !intent.isSettled else {
            return report.add(.history, sequence, "it ends an intent that is not open")
        }
        if fields.text("order") != intent.order || fields.text("serial") != intent.serial {
            report.add(.history, sequence, "its order or serial number is not its intent's")
        }
        intent.isSettled = true
        if asIssued, !issuedOrders.insert(intent.order).inserted {
            report.add(.history, sequence, "its order has another certificate already")
        }
        intents[number] = intent
    }
}
