package import Office
import OfficeStore

/// What a tenant sets for a profile's later orders (section 7-3), and the set-up wizard over the same settings.
extension OfficeDesk {
    /// Title and terms of a profile's portal, as they were typed.
    package struct PortalInput: Sendable {
        package var title: String
        package var terms: String
        package var showsBothTerms: Bool

        package init(title: String, terms: String, showsBothTerms: Bool) {
            (self.title, self.terms, self.showsBothTerms) = (title, terms, showsBothTerms)
        }
    }

    /// A profile with what its settings depend on.
    package func settings(
        of id: String,
        by caller: Caller
    ) async throws -> (profile: Profile, conditions: SMIMEConditions, domains: [MailDomain]) {
        try caller.user.require(.profileSettings)
        let now = now
        return try await store.read { [self] records in
            let profile = try own(profile: id, of: caller, in: records)
            let domains = try domains(of: profile, in: records)
            return (profile, SMIMEConditions(profile, domains: domains, at: now), domains)
        }
    }

    /// The settings as they will be, without writing anything (PRO-23).
    package func checked(
        settings input: ProfileSettings.Input,
        portal: PortalInput?,
        of id: String,
        by caller: Caller
    ) async throws -> ProfileSettings {
        let (profile, conditions, _) = try await settings(of: id, by: caller)
        return try changed(profile, input, portal, conditions)
    }

    /// Sets them, for orders from now on.
    package func change(
        settings input: ProfileSettings.Input,
        portal: PortalInput?,
        of id: String,
        by caller: Caller
    ) async throws {
        try caller.user.require(.profileSettings)
        let now = now
        try await store.write { [self] records in
            var profile = try own(profile: id, of: caller, in: records)
            let domains = try domains(of: profile, in: records)
            let conditions = SMIMEConditions(profile, domains: domains, at: now)
            profile.settings = try changed(profile, input, portal, conditions)
            try records.profiles.save(profile)
            let done = entry(.profileSettingsChanged, of: id, in: profile.tenant, by: caller.actor, at: now)
            try records.history.insert(done)
        }
    }

    private func changed(
        _ profile: Profile,
        _ input: ProfileSettings.Input,
        _ portal: PortalInput?,
        _ conditions: SMIMEConditions
    ) throws(Refusal) -> ProfileSettings {
        guard profile.canBeSet else {
            throw Refusal(
                .state,
                Text(
                    "このプロファイルは却下または使用停止のため、設定を変更できません。",
                    "This profile was rejected or suspended; its settings cannot be changed."
                )
            )
        }
        var settings = try profile.settings.changed(by: input, conditions: conditions)
        if let portal {
            settings.portal = try settings.portal.changed(
                title: portal.title,
                terms: portal.terms,
                showsBoth: portal.showsBothTerms
            )
        }
        return settings
    }
}
