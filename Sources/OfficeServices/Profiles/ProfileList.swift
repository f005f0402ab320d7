package import Office
import OfficeStore

/// Looking at profiles.
extension OfficeDesk {
    /// The tenant's profiles, newest first.
    package func profiles(by caller: Caller) async throws -> [Profile] {
        try caller.user.require(.profileList)
        return try await store.read { records in
            try records.profiles.find(
                .init().equal("tenant", caller.tenant).sorted(by: "created", descending: true)
            )
        }
    }

    /// A profile of the tenant with its mail domains and its history, oldest first.
    package func profile(
        _ id: String,
        by caller: Caller
    ) async throws -> (profile: Profile, domains: [MailDomain], history: [HistoryEntry]) {
        try caller.user.require(.profileList)
        return try await store.read { [self] records in
            let profile = try own(profile: id, of: caller, in: records)
            let history = try records.history.find(.init().equal("target", id).sorted(by: "time"))
            return (profile, try domains(of: profile, in: records), history)
        }
    }

    /// Profiles of all tenants whose identifier or tenant contains the text, newest first.
    package func allProfiles(
        matching text: String,
        offset: Int,
        limit: Int,
        by caller: OperatorCaller
    ) async throws -> (profiles: [Profile], total: Int) {
        try await store.read { records in
            let query = Query().contains(["id", "tenant"], text.trimmingBlanks)
            let page = query.sorted(by: "created", descending: true).page(offset: offset, limit: limit)
            return (try records.profiles.find(page), try records.profiles.count(query))
        }
    }

    /// A profile of the caller's tenant; another's looks as if it were not there (OTH-08).
    func own(profile id: String, of caller: Caller, in records: OfficeRecords) throws -> Profile {
        guard let profile = try records.profiles.get(id), profile.tenant == caller.tenant else {
            throw Refusal.notFound
        }
        return profile
    }

    func domains(of profile: Profile, in records: OfficeRecords) throws -> [MailDomain] {
        try records.mailDomains.find(.init().equal("profile", profile.id).sorted(by: "name"))
    }
}
