internal import GRDB

/// Changes of status and CRLs, as entries.
extension EntryWriter {
    /// Revocation stays possible while the clock is behind: it gets the last entry's time.
    mutating func change(_ change: StatusChange, at time: EntryTime) throws -> StatusReceipt {
        try Limits.check(change)
        guard let row = try intents.intent(serial: change.serial) else { throw LedgerError.unknownSerial }
        if row.state == IntentState.open { throw LedgerError.serialInFlight }
        let act = StatusAct(change.action)
        let current = current(row.sequence)
        if let refusal = act.refusal(for: current) { throw refusal }
        let asked = if case .revoke(let reason) = change.action { reason } else { StatusAct.unspecified }
        let reason = act.reason(asked: asked)
        let sequence = try nextSequence()
        try sql.addStatusChange.run {
            $0.integer(sequence)
            $0.integer(time.moment.milliseconds)
            $0.integer(row.sequence)
            $0.integer(act.rawValue)
            $0.integer(Int64(reason))
            $0.integer(change.invalidityDate)
        }
        body.write(change, act, reason: reason, of: row, sequence: sequence, time: time)
        try addEntry(kind: act.kind, time: time)
        let next = row.applying(
            act,
            reason: reason,
            invalidityDate: change.invalidityDate,
            at: time.moment.seconds,
            to: current
        )
        statusChanges.append(next)
        return StatusReceipt(
            sequence: sequence,
            time: time.moment,
            orderID: row.order,
            standing: next.entry?.standing(issuerKey: row.issuerKey)
                ?? Standing(state: .good, issuerKey: row.issuerKey)
        )
    }

    /// What holds now, changes of this transaction included.
    private func current(_ intent: Int64) -> RevokedSerial? {
        if let change = statusChanges.last(where: { $0.intent == intent }) { return change.entry }
        return index.book.entry(intent: intent)
    }

    /// A CRL may be made while the clock is behind: what it says of time is its builder's business.
    mutating func intend(_ intent: CRLIntent, at time: EntryTime) throws -> EventReceipt {
        try Limits.check(intent)
        let key = IssuerKeyTag.of(intent.issuerKeyHash)
        let last = memory.crlNumbers[key] ?? 0
        guard intent.number > last else { throw LedgerError.crlNumberRepeated(last: last) }
        let sequence = try nextSequence()
        try sql.addCRLNumber.run {
            $0.integer(sequence)
            $0.integer(key)
            $0.integer(intent.partition)
            $0.integer(intent.number)
        }
        body.write(intent, sequence: sequence, time: time)
        try addEntry(kind: EntryKind.crlIntended, time: time)
        memory.crlNumbers[key] = intent.number
        return EventReceipt(sequence: sequence, time: time.moment)
    }
}

extension IntentRow {
    /// The book's entry for a number that belongs to nobody.
    func neverReleased(since: Int64) -> RevokedSerial {
        RevokedSerial(
            serial: serial,
            intent: sequence,
            reason: nil,
            since: since,
            invalidityDate: nil,
            notAfter: notAfter
        )
    }

    /// What an act changes in the book.
    ///
    /// A hold that becomes final keeps its date: since then the certificate has been out of use (X.509, 9.5.3.1).
    func applying(
        _ act: StatusAct,
        reason: UInt8,
        invalidityDate: Int64?,
        at seconds: Int64,
        to current: RevokedSerial?
    ) -> StatusBook.Change {
        if act == .released { return .remove(intent: sequence) }
        let entry = RevokedSerial(
            serial: serial,
            intent: sequence,
            reason: reason,
            since: current?.since ?? seconds,
            invalidityDate: invalidityDate,
            notAfter: notAfter
        )
        return .put(entry, issuerKey: issuerKey)
    }
}

extension EntryBody {
    mutating func write(
        _ change: StatusChange,
        _ act: StatusAct,
        reason: UInt8,
        of row: IntentRow,
        sequence: Int64,
        time: EntryTime
    ) {
        begin(sequence: sequence, time: time, kind: act.kind)
        number("intent", row.sequence)
        text("order", row.order)
        hex("serial", row.serial)
        if act != .released { number("reasonCode", Int64(reason)) }
        if let date = change.invalidityDate { number("invalidityDate", date) }
        number("caller", Int64(change.callerUID))
        finish()
    }

    mutating func write(_ intent: CRLIntent, sequence: Int64, time: EntryTime) {
        begin(sequence: sequence, time: time, kind: EntryKind.crlIntended)
        text("issuer", intent.issuer)
        hex("issuerKey", intent.issuerKeyHash)
        number("number", intent.number)
        if let partition = intent.partition { number("partition", partition) }
        hex("tbs", intent.tbsHash)
        number("revokedCertificates", intent.revokedCertificates)
        number("thisUpdate", intent.thisUpdate)
        number("nextUpdate", intent.nextUpdate)
        finish()
    }
}

extension Limits {
    static func check(_ change: StatusChange) throws(LedgerError) {
        if case .revoke(let reason) = change.action, !StatusAct.finalReasons.contains(reason) {
            throw .invalid("a revocation has a reason of RFC 5280, 5.3.1, and hold and release are none")
        }
        let fitsRelease = change.action != .release || change.invalidityDate == nil
        guard fitsRelease, (change.invalidityDate ?? 1) >= 1, (change.invalidityDate ?? 1) <= Int64(UInt32.max) else {
            throw .invalid("an invalidity date is of the years 1970 to 2106, and a release has none")
        }
    }

    static func check(_ intent: CRLIntent) throws(LedgerError) {
        try check(intent.issuer, name: "issuer", longest: longestText)
        try checkHash(intent.issuerKeyHash, name: "issuer's public key")
        try checkHash(intent.tbsHash, name: "TBSCertList")
        guard intent.number > 0, intent.revokedCertificates >= 0 else {
            throw .invalid("a CRL's number is positive, and its count of certificates is not negative")
        }
    }
}
