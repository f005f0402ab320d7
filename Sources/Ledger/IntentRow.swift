/// A row of the table `intents`.
struct IntentRow {
    static let columns =
        "sequence, order_id, content_hash, serial, tbs_hash, public_key_hash, subject_hash, issuer_key, not_after, "
        + "state, outcome_sequence"

    let sequence: Int64
    let order: String
    let contentHash: [UInt8]
    let serial: [UInt8]
    let tbsHash: [UInt8]
    let publicKeyHash: [UInt8]
    let subjectHash: [UInt8]
    /// `IssuerKeyTag` of the key that signs.
    let issuerKey: Int64
    let notAfter: Int64
    let state: Int64
    let outcome: Int64?

    init(_ row: SQLRow) {
        sequence = row.integer(0)
        order = row.text(1)
        contentHash = row.blob(2)
        serial = row.blob(3)
        tbsHash = row.blob(4)
        publicKeyHash = row.blob(5)
        subjectHash = row.blob(6)
        issuerKey = row.integer(7)
        notAfter = row.integer(8)
        state = row.integer(9)
        outcome = row.isNull(10) ? nil : row.integer(10)
    }

    /// Octet by octet: Swift's own comparison would take different spellings of a character for one.
    func isOf(order other: String) -> Bool {
        order.utf8.elementsEqual(other.utf8)
    }

    var open: OpenIntent { OpenIntent(sequence: sequence, orderID: order, serial: serial) }
}

/// State of an intent, as the table `intents` holds it.
enum IntentState {
    static let open: Int64 = 0
    static let issued: Int64 = 1
    /// Closed, and a signature may exist.
    static let neverReleased: Int64 = 2
    /// Closed before the token made any signature: the key is not bound to the subject.
    static let neverSigned: Int64 = 3

    static func closed(wasSigned: Bool) -> Int64 { wasSigned ? neverReleased : neverSigned }

    static func isClosed(_ state: Int64) -> Bool { state == neverReleased || state == neverSigned }
}

/// Finds intents by way of the index: every hint is compared with its row.
struct IntentFinder {
    private let index: IntentIndex
    private let findRow: SQLStatement

    init(_ index: IntentIndex, findRow: SQLStatement) {
        self.index = index
        self.findRow = findRow
    }

    func row(_ sequence: Int64) throws -> IntentRow? {
        try findRow.first({ $0.integer(sequence) }) { IntentRow($0) }
    }

    /// The newest intent of an order.
    func newest(order: String) throws -> IntentRow? {
        try firstRow(index.hints(order: order).sorted(by: >)) { $0.isOf(order: order) }
    }

    func intent(serial: [UInt8]) throws -> IntentRow? {
        try firstRow(index.hints(serial: serial)) { $0.serial == serial }
    }

    /// Any intent that binds this public key to its subject, or will if it is signed; all of those are of one subject.
    func any(key: [UInt8]) throws -> IntentRow? {
        try holder(ofKey: key).row
    }

    /// The same, and an intent of the key that stands in the index and binds it no longer.
    ///
    /// One that is signed goes before one that is open, and may still end without a signature.
    func holder(ofKey key: [UInt8]) throws -> (row: IntentRow?, released: Int64?) {
        var (open, released): (IntentRow?, Int64?) = (nil, nil)
        for sequence in index.hints(key: key) {
            guard let row = try row(sequence), row.publicKeyHash == key else { continue }
            switch row.state {
            case IntentState.neverSigned: released = sequence
            case IntentState.open: open = row
            default: return (row, released)
            }
        }
        return (open, released)
    }

    private func firstRow(_ hints: [Int64], where fits: (IntentRow) -> Bool) throws -> IntentRow? {
        for sequence in hints {
            if let row = try row(sequence), fits(row) { return row }
        }
        return nil
    }
}
