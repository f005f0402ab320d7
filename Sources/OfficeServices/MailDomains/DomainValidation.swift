import Clocks
package import Office
import OfficeStore

/// How a domain's owner shows that it is theirs: by the mailed link, a record, or a page.
extension OfficeDesk {
    /// The domain that a mailed link approves, while it can (DOM-05). Looking spends nothing.
    package func domain(toApprove code: String) async throws -> (domain: MailDomain, organisation: String) {
        let now = now
        return try await store.read { [self] records in
            let domain = try domain(code, at: now, in: records)
            guard let tenant = try records.tenants.get(domain.tenant) else { throw Refusal.notFound }
            return (domain, tenant.organisation)
        }
    }

    /// The domain's owner approves.
    package func approve(domainBy code: String, from address: String) async throws -> MailDomain {
        let now = now
        return try await store.write { [self] records in
            var domain = try domain(code, at: now, in: records)
            let evidence = "approved through the link mailed to \(domain.approver), from the address \(address)"
            try domain.validate(evidence, at: now)
            try records.mailDomains.save(domain)
            let actor = Actor(name: "", address: address)
            let done = entry(.domainValidated, of: domain.id, in: domain.tenant, by: actor, at: now, detail: evidence)
            try records.history.insert(done)
            return domain
        }
    }

    private func domain(_ code: String, at now: Timestamp, in records: OfficeRecords) throws -> MailDomain {
        guard let domain = try records.mailDomains.first(.init().equal("code", code)), domain.method == .mail,
            domain.isCodeUsable(at: now)
        else {
            throw Refusal(
                .notFound,
                Text(
                    "このリンクは使用できません。承認済みか、有効期限(30日)が切れています。",
                    "This link cannot be used: it was approved already, or its 30 days are over."
                )
            )
        }
        return domain
    }
}
