package import Office
import OfficeStore

/// What was applied for together, as the printable form shows it (INI-05).
package struct Application: Sendable {
    package let tenant: Tenant
    package let applicant: User?
    package let licence: Licence?
    package let profile: Profile?
    package let domains: [MailDomain]
}

extension OfficeDesk {
    /// - Parameters:
    ///   - id: a licence or a profile.
    ///   - profile: the profile that was applied for with the licence; empty for none.
    package func application(_ id: String, with profile: String, by caller: Caller) async throws -> Application {
        let isLicence = IdentifierFamily.licence.matches(id)
        try caller.user.require(isLicence ? .purchaseHistory : .profileList)
        return try await store.read { [self] records in
            guard let tenant = try records.tenants.get(caller.tenant) else { throw Refusal.notFound }
            let licence = isLicence ? try records.licences.get(id) : nil
            if isLicence, licence?.tenant != caller.tenant { throw Refusal.notFound }
            let asked = isLicence ? profile : id
            let found = asked.isEmpty ? nil : try own(profile: asked, of: caller, in: records)
            let applicant = licence?.appliedBy ?? found?.appliedBy
            return Application(
                tenant: tenant,
                applicant: try applicant.flatMap { try records.users.get($0) },
                licence: licence,
                profile: found,
                domains: try found.map { try domains(of: $0, in: records) } ?? []
            )
        }
    }
}
