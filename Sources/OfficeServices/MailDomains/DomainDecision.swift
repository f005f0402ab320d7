import Office
import OfficeStore

/// What the vetting department decides about mail domains (DOM-15, SC-O4).
extension OfficeDesk {
    /// Approves a validated domain, or its renewal, with the evidence (DOM-03).
    ///
    /// - Parameters:
    ///   - evidence: what the operator found besides the automatic check.
    ///   - confirmsRegistration: the typed approver was compared with the domain's registration.
    package func approve(
        domain id: String,
        evidence: String,
        confirmsRegistration: Bool,
        by caller: OperatorCaller
    ) async throws {
        let now = now
        try await store.write { [self] records in
            guard var domain = try records.mailDomains.get(id) else { throw Refusal.notFound }
            guard !domain.isApproverTyped || confirmsRegistration else {
                throw Refusal.input(
                    "confirmsRegistration",
                    Text(
                        "承認者のアドレスが\(domain.name)のWHOIS情報に登録されていることを確認してください。",
                        "Compare the approver's address with the registration (WHOIS) of \(domain.name), and tick it."
                    )
                )
            }
            guard let validated = domain.validated else {
                throw Refusal(
                    .state,
                    Text("ドメインの確認が済んでいません。", "The domain has not been validated yet.")
                )
            }
            let found = evidence.trimmingBlanks
            let vetting = DomainVetting(
                operatorID: caller.person.id,
                domain: domain.name,
                method: domain.method,
                evidence: domain.evidence + (domain.isApproverTyped ? "; the address is in the registration" : "")
                    + (found.isEmpty ? "" : "; \(found)"),
                validated: validated,
                completed: now
            )
            try domain.approve(vetting, calendar: calendar)
            try records.mailDomains.save(domain)
            let done = entry(.domainApproved, of: id, in: domain.tenant, by: caller.actor, at: now, detail: found)
            try records.history.insert(done)
        }
    }

    package func reject(domain id: String, reason: String, by caller: OperatorCaller) async throws {
        try await decide(id, .domainRejected, detail: reason, by: caller) { domain throws(Refusal) in
            try domain.reject()
        }
    }

    /// Allows the page once more at the next renewal, as the tenant asked support for (DOM-13).
    package func releasePage(domain id: String, reason: String, by caller: OperatorCaller) async throws {
        try await decide(id, .domainMethodReset, detail: reason, by: caller) { domain throws(Refusal) in
            try domain.releasePage()
        }
    }

    private func decide(
        _ id: String,
        _ action: HistoryEntry.Action,
        detail: String,
        by caller: OperatorCaller,
        _ change: @escaping @Sendable (inout MailDomain) throws(Refusal) -> Void
    ) async throws {
        let now = now
        try await store.write { [self] records in
            guard var domain = try records.mailDomains.get(id) else { throw Refusal.notFound }
            try change(&domain)
            try records.mailDomains.save(domain)
            let done = entry(action, of: id, in: domain.tenant, by: caller.actor, at: now, detail: detail)
            try records.history.insert(done)
        }
    }
}
