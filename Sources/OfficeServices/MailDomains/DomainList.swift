package import Office
import OfficeStore

/// What the list of mail domains is searched for (DOM-09).
package struct DomainSearch: Sendable {
    package var profile = ""
    package var name = ""
    /// A status, or `expired`.
    package var status = ""
    package var offset = 0
    package var limit = 10

    package init() {}
}

/// Looking at mail domains.
extension OfficeDesk {
    /// The tenant's domains that match, with how many there are in all.
    package func mailDomains(
        _ search: DomainSearch,
        by caller: Caller
    ) async throws -> (domains: [MailDomain], total: Int) {
        try caller.user.require(.mailDomainList)
        return try await find(search, tenant: caller.tenant)
    }

    /// The same of all tenants, for operators.
    package func allMailDomains(
        _ search: DomainSearch,
        by caller: OperatorCaller
    ) async throws -> (domains: [MailDomain], total: Int) {
        try await find(search, tenant: nil)
    }

    /// A domain of the tenant with its history, oldest first.
    package func mailDomain(
        _ id: String,
        by caller: Caller
    ) async throws -> (domain: MailDomain, history: [HistoryEntry]) {
        try caller.user.require(.mailDomainList)
        return try await store.read { [self] records in
            let domain = try own(domain: id, of: caller, in: records)
            return (domain, try records.history.find(.init().equal("target", id).sorted(by: "time")))
        }
    }

    package func mailDomain(
        _ id: String,
        by caller: OperatorCaller
    ) async throws -> (domain: MailDomain, history: [HistoryEntry]) {
        try await store.read { records in
            guard let domain = try records.mailDomains.get(id) else { throw Refusal.notFound }
            return (domain, try records.history.find(.init().equal("target", id).sorted(by: "time")))
        }
    }

    /// Domains that an operator has to decide on: what was validated first.
    package func openDomains(by caller: OperatorCaller) async throws -> [MailDomain] {
        try await store.read { records in
            try records.mailDomains.find(
                .init().among(
                    "status",
                    [MailDomain.Status.underReview.rawValue, MailDomain.Status.renewalApplied.rawValue]
                ).sorted(by: "id")
            ).sorted { ($0.validated == nil ? 1 : 0, $0.applied) < ($1.validated == nil ? 1 : 0, $1.applied) }
        }
    }

    /// A domain of the caller's tenant; another's looks as if it were not there (OTH-08).
    func own(domain id: String, of caller: Caller, in records: OfficeRecords) throws -> MailDomain {
        guard let domain = try records.mailDomains.get(id), domain.tenant == caller.tenant else {
            throw Refusal.notFound
        }
        return domain
    }

    private func find(
        _ search: DomainSearch,
        tenant: String?
    ) async throws -> (domains: [MailDomain], total: Int) {
        let now = now
        return try await store.read { records in
            var query = Query().equal("tenant", optional: tenant)
                .contains(["profile"], search.profile.trimmingBlanks)
                .contains(["name"], search.name.trimmingBlanks.lowercased())
            let inForce = [MailDomain.Status.approved.rawValue, MailDomain.Status.renewalApplied.rawValue]
            switch search.status {
            case "": break
            case "expired": query = query.among("status", inForce).atMost("ends", now.seconds - 1)
            default: query = query.equal("status", search.status)
            }
            let page = query.sorted(by: "id", descending: true).page(offset: search.offset, limit: search.limit)
            return (try records.mailDomains.find(page), try records.mailDomains.count(query))
        }
    }
}
