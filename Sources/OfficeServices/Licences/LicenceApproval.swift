import Office
import OfficeStore

/// What the CA's sales department does with licences (INI-07, PAY-04).
extension OfficeDesk {
    /// Approves a licence that is paid afterwards or by card, or confirms the payment of one that is paid in advance: it
    /// can be used from now on.
    package func issue(licence id: String, by caller: OperatorCaller) async throws {
        let now = now
        try await store.write { [self] records in
            guard var licence = try records.licences.get(id) else { throw Refusal.notFound }
            let isPaid = licence.status == .awaitingPayment
            try licence.issue(at: now, calendar: calendar)
            try records.licences.save(licence)
            if isPaid {
                let paid = entry(.licencePaid, of: id, in: licence.tenant, by: caller.actor, at: now)
                try records.history.insert(paid)
            }
            try records.history.insert(entry(.licenceIssued, of: id, in: licence.tenant, by: caller.actor, at: now))
            try post(.licenceIssued, about: licence, in: records, at: now)
        }
    }

    package func reject(licence id: String, reason: String, by caller: OperatorCaller) async throws {
        let now = now
        try await store.write { [self] records in
            guard var licence = try records.licences.get(id) else { throw Refusal.notFound }
            try licence.reject()
            try records.licences.save(licence)
            let rejected = entry(
                .licenceRejected,
                of: id,
                in: licence.tenant,
                by: caller.actor,
                at: now,
                detail: reason
            )
            try records.history.insert(rejected)
            let message = Text(
                "お申し込みのライセンスを発行できませんでした。理由:\(reason)",
                "The licence that you applied for was not issued. Reason: \(reason)"
            )
            try postVetting(of: licence, message, in: records, at: now)
        }
    }
}
