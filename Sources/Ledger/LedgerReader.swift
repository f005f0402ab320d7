internal import GRDB

/// Reads a ledger: one that is in use, or a file that nobody writes to. Any thread may call; calls block.
package struct LedgerReader: Sendable {
    let connections: any DatabaseReader
    private let index: IntentIndex?
    /// The tree as the last commit left it, where a writer knows.
    private let sealed: (@Sendable () -> SealedTree)?

    init(_ pool: DatabasePool, _ index: IntentIndex, sealed: @escaping @Sendable () -> SealedTree) {
        connections = pool
        self.index = index
        self.sealed = sealed
    }

    /// Opens a file for reading alone. It may be in use by the service. Serial numbers and orders are found by reading
    /// all intents: for people, that is fast enough.
    ///
    /// Throws `unreadable`, `foreignFormat` or `damaged`.
    package init(path: String) throws(LedgerError) {
        do {
            let configuration = Connections.configuration(label: "ledger.reader", readonly: true)
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            guard try queue.read(Schema.identify) == true else {
                throw LedgerError.foreignFormat("\(path) was written by another application or version, or is empty")
            }
            connections = queue
            index = nil
            sealed = nil
        } catch {
            throw LedgerError(error)
        }
    }

    package func certificate(serial: [UInt8]) throws(LedgerError) -> IssuedCertificate? {
        try read { try Reading.certificate($0, .serial(serial), index) }
    }

    package func certificate(order: String) throws(LedgerError) -> IssuedCertificate? {
        try read { try Reading.certificate($0, .order(order), index) }
    }

    /// Those that are not good; empty for a reader without index.
    var book: StatusBook { index?.book ?? StatusBook() }

    /// How a serial number stands. Of a ledger that the service has open this takes no longer for a long ledger than for
    /// a short one.
    package func standing(serial: [UInt8]) throws(LedgerError) -> Standing {
        if let known = revokedStanding(serial: serial) { return known }
        return try read { try Reading.standing($0, serial: serial, index) }
    }

    /// The same for a serial number that is not good; nil for all others.
    func revokedStanding(serial: [UInt8]) -> Standing? { index?.revokedStanding(serial: serial) }

    /// The number of a key's last CRL, 0 before the first.
    package func lastCRLNumber(issuerKeyHash: [UInt8]) throws(LedgerError) -> Int64 {
        try read { try Reading.crlNumbers($0)[IssuerKeyTag.of(issuerKeyHash)] ?? 0 }
    }

    /// The number of the last CRL of one of a key's parts, or of all its certificates; 0 before the first.
    package func lastCRLNumber(issuerKeyHash: [UInt8], partition: Int64?) throws(LedgerError) -> Int64 {
        let key = IssuerKeyTag.of(issuerKeyHash)
        return try read { try Reading.lastCRLNumber($0, issuerKey: key, partition: partition) ?? 0 }
    }

    /// Whether any certificate's status may have changed since a key's last CRL was begun.
    ///
    /// - Parameters:
    ///   - partition: whose CRL; nil for that of all its certificates.
    ///   - madeAt: that CRL's beginning, in seconds since 1970.
    package func hasStatusChanged(
        afterCRLOf issuerKeyHash: [UInt8],
        partition: Int64?,
        madeAt: Int64
    ) throws(LedgerError) -> Bool {
        let key = IssuerKeyTag.of(issuerKeyHash)
        var isNew = false
        book.snapshot().forEach(ofIssuerKey: key) { isNew = isNew || $0.since >= madeAt }
        if isNew { return true }
        return try read { try Reading.hasStatusChanged($0, afterCRLOf: key, partition: partition) }
    }

    package func status(serial: [UInt8]) throws(LedgerError) -> SerialStatus {
        try read { try Reading.status($0, serial: serial, index) }
    }

    package func entry(sequence: Int64) throws(LedgerError) -> LedgerEntry? {
        try entries(from: sequence, limit: 1).first { $0.sequence == sequence }
    }

    /// At most `limit` entries from a number on, in order; of some kinds alone, if any are named.
    package func entries(
        from sequence: Int64,
        limit: Int,
        kinds: Set<String> = []
    ) throws(LedgerError) -> [LedgerEntry] {
        try read { try Reading.entries($0, from: sequence, limit: limit, kinds: kinds) }
    }

    /// Every entry that tells of users' tokens, in order: those whose kind begins with `token-`.
    package func tokenEntries() throws(LedgerError) -> [LedgerEntry] {
        try read { try Reading.tokenEntries($0) }
    }

    /// The kind of entry that tells how an issuer's certificates are spread over CRLs from some moment on.
    package static let crlPartitionsKind = "crl-partitions"

    /// Every entry of that kind, in order.
    package func crlPartitionsEntries() throws(LedgerError) -> [LedgerEntry] {
        try read { try Reading.crlPartitionsEntries($0) }
    }

    /// The last stored tree head; `nil` while the ledger is empty.
    package func head() throws(LedgerError) -> TreeHead? {
        try read { try Reading.head($0) }
    }

    /// Reads and checks what the service reads and checks when it opens the ledger; throws what that would.
    package func checkOpening() throws(LedgerError) {
        try read { _ = try Opening.restore($0, index: IntentIndex()) }
    }

    /// Intents that wait for their certificate.
    package func openIntents() throws(LedgerError) -> [OpenIntent] {
        try read { try Reading.openIntents($0) }
    }

    /// Reads and checks everything, in one snapshot; a service that uses the ledger goes on meanwhile.
    ///
    /// `progress` hears from time to time how many entries were checked. Throws only when the file can't be read at
    /// all; what is wrong in it stands in the report.
    ///
    /// - Parameters:
    ///   - key: the log's public key, from outside. Without it the ledger's own keys are believed.
    ///   - seen: checkpoints of this log that were kept elsewhere.
    package func verify(
        key: NoteKey? = nil,
        seen: [Checkpoint] = [],
        progress: @escaping (Int64) -> Void = { _ in }
    ) throws(LedgerError) -> VerificationReport {
        try read { db in
            var verification = Verification(db, progress: progress)
            return try verification.run(CheckpointCheck(db: db, key: key, seen: seen))
        }
    }

    /// Reads with the tree of the newest commit, or one that was the newest a moment ago.
    func readTree<Value>(_ query: (Database, MerkleTree) throws -> Value) throws(LedgerError) -> Value {
        let known = sealed?().tree
        return try read { db in
            try query(db, try known ?? Opening.tree(db, size: try Opening.entryCount(db)))
        }
    }

    /// Lets the closure's own errors through.
    func readLettingThrough(_ query: (Database) throws -> Void) throws {
        try connections.read(query)
    }

    func read<Value>(_ query: (Database) throws -> Value) throws(LedgerError) -> Value {
        do {
            return try connections.read(query)
        } catch {
            throw LedgerError(error)
        }
    }
}
