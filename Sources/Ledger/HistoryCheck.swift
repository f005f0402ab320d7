internal import GRDB

/// Follows orders, serial numbers and keys through the entries, and compares the index tables with what they give.
struct HistoryCheck {
    /// Intents that the entries so far left without outcome.
    private(set) var open: Set<Int64> = []

    let db: Database
    let index = IntentIndex()
    let intents: IntentFinder
    var statusCount: Int64 = 0
    var crlCount: Int64 = 0
    var crlNumbers: [Int64: Int64] = [:]
    private var intentCount: Int64 = 0
    private var authorityKeys: [[UInt8]: Int64] = [:]
    private var logKeys: [Int64: String] = [:]

    init(_ db: Database) throws {
        self.db = db
        let findRow = try SQLStatement(db, "SELECT \(IntentRow.columns) FROM intents WHERE sequence = ?")
        intents = IntentFinder(index, findRow: findRow)
    }

    mutating func check(_ entry: LedgerEntry, _ fields: EntryFields, _ report: inout VerificationReport) throws {
        switch entry.kind {
        case EntryKind.intent: try checkIntent(entry.sequence, fields, &report)
        case EntryKind.certificate: try checkCertificate(entry.sequence, fields, &report)
        case EntryKind.intentClosed: try checkClosing(entry.sequence, fields, &report)
        case EntryKind.authorityKey: try checkAuthorityKey(entry.sequence, fields, &report)
        case EntryKind.logKey: logKeys[entry.sequence] = fields.text("vkey") ?? ""
        case EntryKind.crlIntended: try checkCRL(entry.sequence, fields, &report)
        default:
            if let act = StatusAct(kind: entry.kind) { try check(act, entry, fields, &report) }
        }
    }

    private mutating func checkIntent(
        _ sequence: Int64,
        _ fields: EntryFields,
        _ report: inout VerificationReport
    ) throws {
        intentCount += 1
        open.insert(sequence)
        guard let row = try intents.row(sequence) else {
            report.add(.index, sequence, "the intent is missing in the index")
            return
        }
        if fields.text("order").map(row.isOf) != true || row.serial != fields.hex("serial")
            || row.contentHash != fields.hex("content") || row.tbsHash != fields.hex("tbs")
            || row.publicKeyHash != fields.hex("publicKey") || row.subjectHash != fields.hex("subject")
            || row.notAfter != fields.number("notAfter")
            || row.issuerKey != fields.hex("issuerKey").map(IssuerKeyTag.of)
        {
            report.add(.index, sequence, "the index has other facts than the intent")
        }
        if (row.state == IntentState.open) != (row.outcome == nil) {
            report.add(.index, sequence, "the index has no outcome of an ended intent, or one of an open intent")
        }
        if try intents.intent(serial: row.serial) != nil {
            report.add(.history, sequence, "its serial number is an earlier intent's")
        }
        let sameOrder = try intents.newest(order: row.order)
        if let earlier = sameOrder,
            earlier.contentHash != row.contentHash || !IntentState.isClosed(earlier.state)
                || earlier.outcome ?? sequence >= sequence
        {
            report.add(.history, sequence, "its order was used for another request, or issued before")
        }
        let sameKey = try intents.any(key: row.publicKeyHash)
        if let earlier = sameKey, earlier.subjectHash != row.subjectHash {
            report.add(.history, sequence, "its public key belongs to another subject")
        }
        if (authorityKeys[row.publicKeyHash] != nil) != (fields.flag("authority") ?? false) {
            report.add(.history, sequence, "its public key is an authority's and it is not, or the other way round")
        }
        index.add(order: row.order, serial: row.serial, at: sequence, replacing: sameOrder?.sequence)
        let isHeld = sameKey.map { $0.state != IntentState.open } ?? false
        if !isHeld, row.state != IntentState.neverSigned { index.add(key: row.publicKeyHash, at: sequence) }
    }

    private mutating func checkAuthorityKey(
        _ sequence: Int64,
        _ fields: EntryFields,
        _ report: inout VerificationReport
    ) throws {
        guard let key = fields.hex("publicKey"), authorityKeys.updateValue(sequence, forKey: key) == nil else {
            report.add(.history, sequence, "it names no public key, or one that was named before")
            return
        }
        if try intents.any(key: key) != nil {
            report.add(.history, sequence, "the authority's public key is a certificate holder's")
        }
    }

    private mutating func checkCertificate(
        _ sequence: Int64,
        _ fields: EntryFields,
        _ report: inout VerificationReport
    ) throws {
        guard let row = try settle(sequence, as: IntentState.issued, fields, &report) else { return }
        guard let der = fields.base64("certificate"), let outline = CertificateOutline(der) else {
            report.add(.body, sequence, "it holds no certificate")
            return
        }
        let signed = der.withUnsafeBytes {
            MerkleHash.digest(UnsafeRawBufferPointer(rebasing: $0[outline.tbs]))
        }
        if signed.bytes != row.tbsHash { report.add(.history, sequence, "its certificate is not the intended one") }
        if !der[outline.serial].drop(while: { $0 == 0 }).elementsEqual(row.serial) {
            report.add(.history, sequence, "its certificate has another serial number than its intent")
        }
    }

    private mutating func checkClosing(
        _ sequence: Int64,
        _ fields: EntryFields,
        _ report: inout VerificationReport
    ) throws {
        // An entry that does not say so may be of a signed certificate.
        let state = IntentState.closed(wasSigned: fields.flag("signed") ?? true)
        guard let row = try settle(sequence, as: state, fields, &report) else { return }
        index.book.apply([.put(row.neverReleased(since: 0), issuerKey: row.issuerKey)])
    }

    /// Ends an intent. Answers its row, or reports why there is none.
    private mutating func settle(
        _ sequence: Int64,
        as state: Int64,
        _ fields: EntryFields,
        _ report: inout VerificationReport
    ) throws -> IntentRow? {
        guard let intent = fields.number("intent"), open.remove(intent) != nil else {
            report.add(.history, sequence, "it ends an intent that is not open")
            return nil
        }
        guard let row = try intents.row(intent) else {
            report.add(.index, sequence, "its intent is missing in the index")
            return nil
        }
        if row.state != state || row.outcome != sequence {
            report.add(.index, sequence, "the index has another outcome of its intent")
        }
        if fields.text("order").map(row.isOf) != true || row.serial != fields.hex("serial") {
            report.add(.history, sequence, "its order or serial number is not its intent's")
        }
        return row
    }

    /// What the index tables have beyond the entries.
    mutating func finish(_ report: inout VerificationReport) throws {
        try finishStatus(&report)
        let found = try Int64.fetchOne(db, sql: "SELECT count(*) FROM intents") ?? 0
        if found != intentCount {
            report.add(.index, nil, "intents has \(found) rows where the entries give \(intentCount)")
        }
        let indexed = Set(try Reading.openIntents(db).map(\.sequence))
        if indexed != open { report.add(.index, nil, "the index has other open intents than the entries") }
        let query = try SQLStatement(db, "SELECT sequence, public_key_hash FROM authority_keys")
        var keys: [[UInt8]: Int64] = [:]
        try query.each { row in
            keys[row.blob(1)] = row.integer(0)
            return true
        }
        if keys != authorityKeys { report.add(.index, nil, "the index has other authority keys than the entries") }
        var named: [Int64: String] = [:]
        try SQLStatement(db, "SELECT sequence, vkey FROM log_keys").each { row in
            named[row.integer(0)] = row.text(1)
            return true
        }
        if named != logKeys { report.add(.index, nil, "the index has other log keys than the entries") }
    }
}
