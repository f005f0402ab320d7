package import Office
import OfficeStore

/// What staff may do with one profile (ユーザー権限; ※1 to ※3).
extension OfficeDesk {
    /// The profile and the tenant's staff, by user ID.
    package func permissions(
        on profile: String,
        by caller: Caller
    ) async throws -> (profile: Profile, staff: [User]) {
        try caller.user.require(.userPermissions)
        return try await store.read { [self] records in
            (try own(profile: profile, of: caller, in: records), try staff(of: caller, in: records))
        }
    }

    /// Sets the grants of every staff member on the profile; who is not named gets none.
    package func grant(
        _ grants: [String: Set<Grant>],
        on id: String,
        by caller: Caller
    ) async throws {
        try caller.user.require(.userPermissions)
        let now = now
        try await store.write { [self] records in
            let profile = try own(profile: id, of: caller, in: records)
            let staff = try staff(of: caller, in: records)
            guard Set(grants.keys).isSubset(of: Set(staff.map(\.id))) else { throw Refusal.notFound }
            for var user in staff {
                let wanted = grants[user.id] ?? []
                guard user.grants[profile.id] ?? [] != wanted else { continue }
                user.grants[profile.id] = wanted.isEmpty ? nil : wanted
                try records.users.save(user)
                let done = entry(
                    .grantsChanged,
                    of: user.id,
                    in: user.tenant,
                    by: caller.actor,
                    at: now,
                    detail: profile.id + ": " + wanted.map(\.rawValue).sorted().joined(separator: ", ")
                )
                try records.history.insert(done)
            }
        }
    }

    private func staff(of caller: Caller, in records: OfficeRecords) throws -> [User] {
        try records.users.find(.init().equal("tenant", caller.tenant).sorted(by: "id"))
            .filter { $0.role == .staff && $0.isActive }
    }
}
