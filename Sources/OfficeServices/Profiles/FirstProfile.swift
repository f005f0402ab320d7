package import Office
import OfficeStore

extension OfficeDesk {
    /// Whether the contract has no profile yet: the first purchase is then an application for one as well (INI-01).
    package func needsFirstProfile(_ caller: Caller) async throws -> Bool {
        try await store.read { try $0.profiles.count(.init().equal("tenant", caller.tenant)) } == 0
    }

    package func organisation(_ caller: Caller) async throws -> String {
        try await tenant(caller).organisation
    }

    package func tenant(_ caller: Caller) async throws -> Tenant {
        try await store.read { records in
            guard let tenant = try records.tenants.get(caller.tenant) else { throw Refusal.notFound }
            return tenant
        }
    }

    package func payments(_ caller: Caller) async throws -> [Licence.Payment] {
        payments(of: try await tenant(caller))
    }

    /// Checks a profile's name as its application will, without writing anything.
    package func check(subject input: ProfileSubject.Input, by caller: Caller) async throws {
        try caller.user.require(.profileAddition)
        let tenant = try await tenant(caller)
        let subject = try ProfileSubject.checked(input, organisation: tenant.organisation)
        try await store.read { [self] records in try refuseTakenName(subject, tenant: tenant.id, in: records) }
    }
}
