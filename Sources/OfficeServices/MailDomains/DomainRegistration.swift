import Clocks
package import Office
import OfficeStore

/// What somebody enters about a mail domain.
package struct DomainInput: Sendable {
    package var name = ""
    /// `smime` or `plain`.
    package var use = ""
    package var method = ""
    /// A mailbox, or `whois`.
    package var approver = ""
    package var whois = ""

    package init() {}

    func checkedName() throws(Refusal) -> String { try MailDomain.checkedName(name) }

    func isForSMIME() throws(Refusal) -> Bool {
        switch use {
        case "smime": true
        case "plain": false
        default:
            throw .input(
                "domainUse",
                Text("S/MIMEでの利用について選択してください。", "Choose whether the domain is used with S/MIME.")
            )
        }
    }

    /// What `method`, `approver` and `whois` make together.
    package func proof(domain: String, offered: [MailDomain.Method]) throws(Refusal) -> MailDomain.Proof {
        try MailDomain.Proof(method: method, approver: approver, whois: whois, domain: domain, offered: offered)
    }
}

/// Mail domains: registration, renewal, and the switch to S/MIME use (sections 1-②, 9-3, 9-4).
extension OfficeDesk {
    /// Checks name and use, as the first page of the registration asks for them; on a profile if there is one already.
    package func check(domain input: DomainInput, on profile: String?, by caller: Caller) async throws {
        try caller.user.require(profile == nil ? .profileAddition : .mailDomains)
        var check = FormCheck()
        let name = check.value("name") { () throws(Refusal) in try input.checkedName() }
        _ = check.value("domainUse") { () throws(Refusal) in try input.isForSMIME() }
        try check.finish()
        guard let profile, let name else { return }
        try await store.read { [self] records in
            try requireVetted(try own(profile: profile, of: caller, in: records))
            try refuseRegistered(name, on: profile, in: records)
        }
    }

    /// Registers a domain on a vetted profile (DOM-01, DOM-17).
    package func register(domain input: DomainInput, on id: String, by caller: Caller) async throws -> MailDomain {
        try caller.user.require(.mailDomains)
        let now = now
        return try await store.write { [self] records in
            let profile = try own(profile: id, of: caller, in: records)
            try requireVetted(profile)
            return try register(input, on: profile, by: caller, at: now, in: records)
        }
    }

    /// Writes a domain: under review at once, or queued until the profile is vetted.
    func register(
        _ input: DomainInput,
        on profile: Profile,
        by caller: Caller,
        at now: Timestamp,
        in records: OfficeRecords
    ) throws -> MailDomain {
        let name = try input.checkedName()
        try refuseRegistered(name, on: profile.id, in: records)
        let proof = try input.proof(domain: name, offered: MailDomain.Method.allCases)
        let domain = MailDomain(
            id: try newIdentifier(.mailDomain, in: records.mailDomains, at: now),
            tenant: profile.tenant,
            profile: profile.id,
            name: name,
            isForSMIME: try input.isForSMIME(),
            method: proof.method,
            approver: proof.approver,
            code: Draw.token(),
            codeUntil: Timestamp(seconds: now.seconds + Int64(MailDomain.codeDays) * 86_400),
            status: profile.status == .vetting ? .queued : .underReview,
            applied: now,
            appliedBy: caller.user.id
        )
        try records.mailDomains.insert(domain)
        let applied = entry(.domainApplied, of: domain.id, in: domain.tenant, by: caller.actor, at: now, detail: name)
        try records.history.insert(applied)
        try postValidation(of: domain, in: records, at: now)
        return domain
    }

    /// A profile was vetted: what was registered with it is next.
    func releaseDomains(of profile: Profile, at now: Timestamp, in records: OfficeRecords) throws {
        for var domain in try domains(of: profile, in: records) where domain.status == .queued {
            try domain.release(code: Draw.token(), at: now)
            try records.mailDomains.save(domain)
            try postValidation(of: domain, in: records, at: now)
        }
    }

    /// A profile was rejected: what was registered with it is, too.
    func rejectDomains(
        of profile: Profile,
        by actor: Actor,
        at now: Timestamp,
        in records: OfficeRecords
    ) throws {
        for var domain in try domains(of: profile, in: records) where domain.status == .queued {
            try domain.reject()
            try records.mailDomains.save(domain)
            let done = entry(.domainRejected, of: domain.id, in: domain.tenant, by: actor, at: now, detail: profile.id)
            try records.history.insert(done)
        }
    }

    /// Applies for another 397 days (DOM-12).
    package func renew(domain id: String, _ input: DomainInput, by caller: Caller) async throws -> MailDomain {
        try await apply(for: id, input, .domainRenewalApplied, by: caller) { domain, proof, now throws(Refusal) in
            try domain.applyForRenewal(proof, code: Draw.token(), at: now, calendar: calendar)
        }
    }

    /// Applies for S/MIME use of a domain that was approved without it (DOM-16).
    package func startSMIME(domain id: String, _ input: DomainInput, by caller: Caller) async throws -> MailDomain {
        try await apply(for: id, input, .domainApplied, by: caller) { domain, proof, now throws(Refusal) in
            try domain.applyForSMIME(proof, code: Draw.token(), at: now)
        }
    }

    /// A new code for a validation that is open, with another method if wished.
    package func restart(domain id: String, _ input: DomainInput, by caller: Caller) async throws -> MailDomain {
        try await apply(for: id, input, .domainApplied, by: caller) { domain, proof, now throws(Refusal) in
            try domain.restart(proof, code: Draw.token(), at: now)
        }
    }

    private func apply(
        for id: String,
        _ input: DomainInput,
        _ action: HistoryEntry.Action,
        by caller: Caller,
        _ change: @escaping @Sendable (inout MailDomain, MailDomain.Proof, Timestamp) throws(Refusal) -> Void
    ) async throws -> MailDomain {
        try caller.user.require(.mailDomains)
        let now = now
        return try await store.write { [self] records in
            var domain = try own(domain: id, of: caller, in: records)
            try requireVetted(try own(profile: domain.profile, of: caller, in: records))
            try change(&domain, try input.proof(domain: domain.name, offered: domain.offeredMethods), now)
            try records.mailDomains.save(domain)
            let applied = entry(action, of: id, in: domain.tenant, by: caller.actor, at: now, detail: domain.name)
            try records.history.insert(applied)
            try postValidation(of: domain, in: records, at: now)
            return domain
        }
    }

    private func requireVetted(_ profile: Profile) throws(Refusal) {
        guard profile.status == .approved || profile.status == .renewalApplied else {
            throw Refusal(
                .state,
                Text(
                    "メールドメインはプロファイルの審査完了後に登録できます(現在: \(profile.status.text.japanese))。",
                    "A mail domain can be registered once its profile is vetted (now: \(profile.status.text.english))."
                )
            )
        }
    }

    private func refuseRegistered(_ name: String, on profile: String, in records: OfficeRecords) throws {
        let same = try records.mailDomains.find(.init().equal("profile", profile).equal("name", name))
        guard same.allSatisfy({ $0.status == .rejected }) else {
            throw Refusal.input(
                "name",
                Text(
                    "\(name)はこのプロファイルに登録済みです(大文字と小文字は区別しません)。",
                    "\(name) is registered on this profile already; upper and lower case are the same."
                )
            )
        }
    }
}
