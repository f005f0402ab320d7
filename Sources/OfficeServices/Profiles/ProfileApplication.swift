import Clocks
import Office
import OfficeStore

extension OfficeDesk {
    /// Writes a profile that was applied for: the administrator's right, O, and the exclusive (O, OU) are checked here.
    func apply(
        for input: ProfileSubject.Input,
        tenant: Tenant,
        by caller: Caller,
        at now: Timestamp,
        in records: OfficeRecords
    ) throws -> Profile {
        try caller.user.require(.profileAddition)
        try require(confirmation: input.confirmsInformation, of: tenant)
        var confirmed = tenant
        confirmed.confirmedAt = now
        try records.tenants.save(confirmed)
        let subject = try ProfileSubject.checked(input, organisation: tenant.organisation)
        try refuseTakenName(subject, tenant: tenant.id, in: records)
        let profile = Profile(
            id: try newIdentifier(.profile, in: records.profiles, at: now),
            tenant: tenant.id,
            subject: subject,
            created: now,
            appliedBy: caller.user.id
        )
        try records.profiles.insert(profile)
        try records.history.insert(entry(.profileApplied, of: profile.id, in: tenant.id, by: caller.actor, at: now))
        return profile
    }

    /// Another tenant's exclusive (O, OU) may be neither registered nor made exclusive (PRO-05).
    func refuseTakenName(_ subject: ProfileSubject, tenant: String, in records: OfficeRecords) throws {
        var asExclusive = subject
        asExclusive.isExclusive = true
        guard let key = asExclusive.exclusiveKey else { return }
        let owners = try records.profiles.find(.init().equal("exclusiveKey", key))
        guard owners.allSatisfy({ $0.tenant == tenant }) else {
            throw Refusal.input(
                "unit",
                Text(
                    "この組織名と部署名の組み合わせは、すでに他のご契約者がBaseDNとして登録しています。",
                    "Another contract holder has this organisation and department as an exclusive BaseDN."
                )
            )
        }
    }
}
