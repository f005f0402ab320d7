import Clocks
internal import Crypto
internal import GRDB

/// What the writer knows beside the file. It is put back when a transaction fails.
struct WriterMemory: Sendable {
    var tree = MerkleTree()
    var lastTime: Timestamp?
    /// Intents that have neither certificate nor closing entry.
    var open: Set<Int64> = []
    /// Hashes of the public keys that no certificate holder may use.
    var authorityKeys: Set<[UInt8]> = []
    /// The tree as the last commit left it.
    var sealed = SealedTree(MerkleTree())
    /// The last CRL's number, by the issuer's key.
    var crlNumbers: [Int64: Int64] = [:]
}

/// Turns requests into entries and index rows, inside a transaction that its caller opens and ends.
///
/// Every request is checked completely before the first row is written for it: one that is refused leaves nothing
/// behind, and the others of its transaction go on.
struct EntryWriter {
    let db: Database
    var memory: WriterMemory
    let index: IntentIndex
    let sql: WriterStatements
    let intents: IntentFinder
    var body = EntryBody()
    /// What this transaction has replaced in the index.
    private var replaced: [IntentIndex.Replacement] = []
    /// What this transaction changes in the book of serial numbers that are not good.
    var statusChanges: [StatusBook.Change] = []

    init(_ db: Database, memory: WriterMemory, index: IntentIndex) throws {
        self.db = db
        self.memory = memory
        self.index = index
        sql = try WriterStatements(db)
        intents = IntentFinder(index, findRow: sql.findIntent)
    }

    /// To be called before the first request of a transaction.
    mutating func begin() {
        replaced.removeAll(keepingCapacity: true)
        statusChanges.removeAll(keepingCapacity: true)
    }

    /// Lets everybody see what the transaction changed: it is durable.
    func publish() {
        if !statusChanges.isEmpty { index.book.apply(statusChanges) }
    }

    /// Puts memory and index back to what they were: the transaction has failed.
    mutating func restore(_ before: WriterMemory) {
        memory = before
        for replacement in replaced.reversed() { index.undo(replacement) }
        replaced = []
    }

    /// Stores what the transaction added to the tree. To be called once, before it is committed.
    mutating func finish(time: EntryTime) throws {
        for tile in memory.tree.completed {
            try sql.addTile.run {
                $0.integer(tile.address)
                $0.blob(MerkleHash.bytes(of: tile.hashes))
            }
        }
        memory.sealed = SealedTree(memory.tree)
        try sql.addHead.run {
            $0.integer(memory.sealed.size)
            $0.hash(memory.sealed.root)
            $0.integer(time.moment.milliseconds)
        }
        memory.tree.clearCompleted()
    }

    // MARK: Intents and certificates

    mutating func intend(_ intent: Intent, at time: EntryTime) throws -> IntendOutcome {
        try Limits.check(intent)
        let earlier = try intents.newest(order: intent.orderID)
        if let earlier, let certificate = try certificate(for: earlier, of: intent) {
            return .alreadyIssued(certificate)
        }
        try checkClock(time)
        guard memory.authorityKeys.contains(intent.publicKeyHash) == intent.isAuthority else {
            throw LedgerError.keyOfAuthority
        }
        let sameKey = try intents.holder(ofKey: intent.publicKeyHash)
        if let other = sameKey.row, other.subjectHash != intent.subjectHash {
            throw LedgerError.keyBelongsToOther(subjectHash: other.subjectHash)
        }
        if try intents.intent(serial: intent.serial) != nil { throw LedgerError.serialRepeated }

        let sequence = try nextSequence()
        try sql.addIntent.run {
            $0.integer(sequence)
            $0.text(intent.orderID)
            $0.blob(intent.contentHash)
            $0.blob(intent.serial)
            $0.blob(intent.tbsHash)
            $0.blob(intent.publicKeyHash)
            $0.blob(intent.subjectHash)
            $0.integer(IssuerKeyTag.of(intent.issuerKeyHash))
            $0.integer(intent.notAfter)
        }
        enter(intent, at: sequence, earlier: earlier?.sequence, sameKey)
        body.write(intent, sequence: sequence, time: time)
        try addEntry(kind: EntryKind.intent, time: time)
        memory.open.insert(sequence)
        return .intended(IntentReceipt(sequence: sequence, time: time.moment))
    }

    private mutating func enter(
        _ intent: Intent,
        at sequence: Int64,
        earlier: Int64?,
        _ sameKey: (row: IntentRow?, released: Int64?)
    ) {
        index.add(order: intent.orderID, serial: intent.serial, at: sequence, replacing: earlier)
        if let earlier { replaced.append(.order(intent.orderID, earlier: earlier, by: sequence)) }
        // An open intent may still end without a signature; this one has to hold the key then.
        guard sameKey.row?.state ?? IntentState.open == IntentState.open else { return }
        index.add(key: intent.publicKeyHash, at: sequence, replacing: sameKey.released)
        if let released = sameKey.released {
            replaced.append(.key(intent.publicKeyHash, earlier: released, by: sequence))
        }
    }

    /// The certificate of an order that is asked again; `nil` when it may be intended anew.
    private func certificate(for earlier: IntentRow, of intent: Intent) throws -> IssuedCertificate? {
        guard earlier.contentHash == intent.contentHash else { throw LedgerError.orderReused(order: intent.orderID) }
        switch (earlier.state, earlier.outcome) {
        case (IntentState.open, _): throw LedgerError.orderInFlight(order: intent.orderID)
        case (IntentState.issued, let sequence?): return try Reading.certificate(db, sequence: sequence)
        default: return nil
        }
    }

    mutating func record(_ record: CertificateRecord, at time: EntryTime) throws -> CertificateReceipt {
        try Limits.check(record)
        guard let outline = CertificateOutline(record.certificateDER) else {
            throw LedgerError.certificateDiffers("it is not a certificate")
        }
        guard record.certificateDER[outline.serial].drop(while: { $0 == 0 }).elementsEqual(record.serial) else {
            throw LedgerError.certificateDiffers("another serial number stands in it")
        }
        // Against the intent alone: a small step back must not cost a certificate that is signed already.
        if time.clock < record.intent.time {
            throw LedgerError.clockMovedBack(last: record.intent.time, now: time.clock)
        }
        let tbsHash = record.certificateDER.withUnsafeBytes {
            MerkleHash.digest(UnsafeRawBufferPointer(rebasing: $0[outline.tbs]))
        }
        let sequence = try nextSequence()
        try sql.settleIntent.run {
            $0.integer(sequence)
            $0.integer(record.intent.sequence)
            $0.text(record.orderID)
            $0.blob(record.serial)
            $0.hash(tbsHash)
        }
        if changes(db) != 1 { throw try reasonNotToRecord(record, tbsHash: tbsHash) }
        body.write(record, sequence: sequence, time: time)
        let leaf = try addEntry(kind: EntryKind.certificate, time: time)
        memory.open.remove(record.intent.sequence)
        return CertificateReceipt(
            sequence: sequence,
            leafHash: leaf,
            time: time.moment,
            tree: memory.sealed
        )
    }

    private func reasonNotToRecord(_ record: CertificateRecord, tbsHash: MerkleHash) throws -> LedgerError {
        let sequence = record.intent.sequence
        guard let row = try intents.row(sequence) else { return .unknownIntent(sequence: sequence) }
        if row.state != IntentState.open { return .intentSettled(sequence: sequence) }
        if !row.isOf(order: record.orderID) { return .certificateDiffers("the intent is another order's") }
        if row.serial != record.serial { return .certificateDiffers("the intent has another serial number") }
        return .certificateDiffers("the signed part is not the one that was intended")
    }

    mutating func close(
        _ intent: IntentReceipt,
        reason: String,
        wasSigned: Bool,
        at time: EntryTime
    ) throws -> EventReceipt {
        try Limits.check(reason, name: "reason", longest: Limits.longestText)
        guard let row = try intents.row(intent.sequence) else {
            throw LedgerError.unknownIntent(sequence: intent.sequence)
        }
        guard row.state == IntentState.open else { throw LedgerError.intentSettled(sequence: intent.sequence) }
        let sequence = try nextSequence()
        try sql.closeIntent.run {
            $0.integer(IntentState.closed(wasSigned: wasSigned))
            $0.integer(sequence)
            $0.integer(intent.sequence)
        }
        body.writeClosing(of: row.open, reason: reason, wasSigned: wasSigned, sequence: sequence, time: time)
        try addEntry(kind: EntryKind.intentClosed, time: time)
        memory.open.remove(intent.sequence)
        let entry = row.neverReleased(since: time.moment.seconds)
        statusChanges.append(.put(entry, issuerKey: row.issuerKey))
        return EventReceipt(sequence: sequence, time: time.moment)
    }

    // MARK: Other entries

    mutating func append(_ event: LedgerEvent, at time: EntryTime) throws -> EventReceipt {
        try Limits.check(event)
        let sequence = try nextSequence()
        body.write(event, sequence: sequence, time: time)
        guard body.prefixed.count <= Limits.largestBody else {
            throw LedgerError.invalid("an entry holds at most \(Limits.largestBody) octets")
        }
        try addEntry(kind: event.kind, time: time)
        return EventReceipt(sequence: sequence, time: time.moment)
    }

    /// Answers `nil` when the key is known as an authority's already.
    mutating func addAuthorityKey(_ hash: [UInt8], issuer: String, at time: EntryTime) throws -> EventReceipt? {
        try Limits.checkHash(hash, name: "public key")
        try Limits.check(issuer, name: "issuer", longest: Limits.longestText)
        if memory.authorityKeys.contains(hash) { return nil }
        if try intents.any(key: hash) != nil { throw LedgerError.keyOfAuthority }
        let sequence = try nextSequence()
        try sql.addAuthorityKey.run {
            $0.integer(sequence)
            $0.blob(hash)
        }
        memory.authorityKeys.insert(hash)
        body.writeAuthorityKey(hash, issuer: issuer, sequence: sequence, time: time)
        try addEntry(kind: EntryKind.authorityKey, time: time)
        return EventReceipt(sequence: sequence, time: time.moment)
    }

    /// Nothing is begun while the clock is behind the ledger (SGN-09). Other entries get the last entry's time.
    private func checkClock(_ time: EntryTime) throws {
        if time.clockIsBehind { throw LedgerError.clockMovedBack(last: time.moment, now: time.clock) }
    }

    func nextSequence() throws -> Int64 {
        guard memory.tree.size <= HintTable.highest else { throw LedgerError.full }
        return memory.tree.size
    }

    @discardableResult
    mutating func addEntry(kind: String, time: EntryTime) throws -> MerkleHash {
        let leaf = body.prefixed.withUnsafeBytes { MerkleHash.leaf(prefixed: $0) }
        try sql.addEntry.run {
            $0.integer(memory.tree.size)
            $0.integer(time.moment.milliseconds)
            $0.text(kind)
            $0.hash(leaf)
            $0.blob(body.prefixed, dropping: 1)
        }
        memory.tree.append(leaf: leaf)
        memory.lastTime = time.moment
        return leaf
    }
}
