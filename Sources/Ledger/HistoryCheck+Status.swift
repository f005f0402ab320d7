internal import GRDB

/// Follows changes of status and CRL numbers through the entries.
extension HistoryCheck {
    mutating func check(
        _ act: StatusAct,
        _ entry: LedgerEntry,
        _ fields: EntryFields,
        _ report: inout VerificationReport
    ) throws {
        statusCount += 1
        let sequence = entry.sequence
        let find = try SQLStatement(
            db,
            "SELECT \(Reading.StatusRow.columns) FROM status_changes WHERE sequence = ?"
        )
        guard let change = try find.first({ $0.integer(sequence) }, read: { try Reading.StatusRow($0) }) else {
            report.add(.index, sequence, "the change of status is missing in the index")
            return
        }
        let reason = act == .released ? Int64(StatusAct.unspecified) : fields.number("reasonCode")
        if change.act != act || change.intent != fields.number("intent") || Int64(change.reason) != reason
            || change.invalidityDate != fields.number("invalidityDate")
            || change.time != entry.time.milliseconds
        {
            report.add(.index, sequence, "the index has other facts than the change of status")
        }
        guard let row = try intents.row(change.intent), row.state == IntentState.issued,
            (row.outcome ?? sequence) < sequence, fields.text("order").map(row.isOf) == true,
            row.serial == fields.hex("serial")
        else {
            report.add(.history, sequence, "it changes the status of a certificate that was not issued before")
            return
        }
        let current = index.book.entry(intent: row.sequence)
        if act.refusal(for: current) != nil {
            report.add(.history, sequence, "the certificate's status could not change like this")
        }
        index.book.apply([row.applying(change, to: current)])
    }

    mutating func checkCRL(
        _ sequence: Int64,
        _ fields: EntryFields,
        _ report: inout VerificationReport
    ) throws {
        crlCount += 1
        guard let key = fields.hex("issuerKey").map(IssuerKeyTag.of), let number = fields.number("number") else {
            report.add(.body, sequence, "it names no key or no number")
            return
        }
        let find = try SQLStatement(db, "SELECT issuer_key, number, partition FROM crl_numbers WHERE sequence = ?")
        let row = try find.first({ $0.integer(sequence) }) {
            ($0.integer(0), $0.integer(1), $0.isNull(2) ? nil : $0.integer(2))
        }
        if row.map({ ($0.0, $0.1) == (key, number) && $0.2 == fields.number("partition") }) != true {
            report.add(.index, sequence, "the index has another CRL, or none")
        }
        if number <= crlNumbers[key] ?? 0 {
            report.add(.history, sequence, "its number is not above that of the CRL before")
        }
        crlNumbers[key] = number
    }

    func finishStatus(_ report: inout VerificationReport) throws {
        for (table, expected) in [("status_changes", statusCount), ("crl_numbers", crlCount)] {
            let found = try Int64.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
            if found != expected {
                report.add(.index, nil, "\(table) has \(found) rows where the entries give \(expected)")
            }
        }
    }
}
