package import Office
import OfficeStore

/// Further profiles, and the renewal of those that there are (sections 7-1, 7-2).
extension OfficeDesk {
    /// Applies for another profile, with a mail domain of its own if wished; S/MIME needs one.
    ///
    /// - Parameter form: the form's own token: sent twice, it applies once.
    package func add(
        profile input: ProfileSubject.Input,
        domain: DomainInput?,
        form: String,
        by caller: Caller
    ) async throws -> (profile: Profile, domain: MailDomain?) {
        try caller.user.require(.profileAddition)
        try requireDomain(domain, for: input)
        let now = now
        return try await store.write { [self] records in
            if let made = try Self.made(by: form, of: caller, in: records), let id = made.first {
                let profile = try own(profile: id, of: caller, in: records)
                return (profile, try made.dropFirst().first.flatMap(records.mailDomains.get))
            }
            guard let tenant = try records.tenants.get(caller.tenant) else { throw Refusal.notFound }
            let profile = try apply(for: input, tenant: tenant, by: caller, at: now, in: records)
            let registered = try domain.map { try register($0, on: profile, by: caller, at: now, in: records) }
            let made = [profile.id] + (registered.map { [$0.id] } ?? [])
            try Self.note(form: form, of: caller, made: made, in: records, at: now)
            return (profile, registered)
        }
    }

    /// S/MIME is of no use without a domain (section 5.21).
    package func requireDomain(_ domain: DomainInput?, for subject: ProfileSubject.Input) throws(Refusal) {
        guard subject.use == CertificateUse.smime.rawValue, domain == nil else { return }
        throw .input(
            "name",
            Text("S/MIME用CAではメールドメインの登録が必須です。", "The S/MIME CA needs a mail domain.")
        )
    }

    /// Applies for another vetting of a profile that ends soon (PRO-16, PRO-17).
    package func renew(
        profile id: String,
        confirmsInformation: Bool,
        acceptsTerms: Bool,
        by caller: Caller
    ) async throws -> Profile {
        try caller.user.require(.profileRenewal)
        let now = now
        return try await store.write { [self] records in
            var profile = try own(profile: id, of: caller, in: records)
            guard var tenant = try records.tenants.get(caller.tenant) else { throw Refusal.notFound }
            try require(confirmation: confirmsInformation, of: tenant)
            guard acceptsTerms else {
                throw Refusal.input(
                    "acceptsTerms",
                    Text("利用規約への同意が必要です。", "The terms of use have to be accepted.")
                )
            }
            try profile.applyForRenewal(at: now, calendar: calendar)
            tenant.confirmedAt = now
            try records.tenants.save(tenant)
            try records.profiles.save(profile)
            let applied = entry(.profileRenewalApplied, of: id, in: profile.tenant, by: caller.actor, at: now)
            try records.history.insert(applied)
            return profile
        }
    }

    /// A profile that can be renewed now.
    package func renewable(profile id: String, by caller: Caller) async throws -> Profile {
        try caller.user.require(.profileRenewal)
        let now = now
        return try await store.read { [self] records in
            var profile = try own(profile: id, of: caller, in: records)
            let found = profile
            try profile.applyForRenewal(at: now, calendar: calendar)
            return found
        }
    }
}
