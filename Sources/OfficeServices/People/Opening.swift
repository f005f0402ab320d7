package import Office
import OfficeStore

/// What an operator, or the one who sets the office up, enters by hand: tenants, their first user, operators.
extension OfficeDesk {
    /// Takes a company in, with its first administrator. Nothing happens where it is already there.
    package func open(_ tenant: Tenant, administrator: User, password: String) async throws {
        var administrator = administrator
        administrator.passwordHash = try await passwords.hash(password)
        administrator.hasFirstPassword = true
        let first = administrator
        try await store.write { records in
            guard try !records.tenants.exists(tenant.id) else { return }
            try records.tenants.insert(tenant)
            try records.users.insert(first)
        }
    }

    /// Takes an operator of the CA in. Nothing happens where it is already there.
    package func open(operator id: String, name: String, password: String) async throws {
        var person = Operator(id: id, name: name, passwordHash: try await passwords.hash(password))
        person.hasFirstPassword = true
        let opened = person
        try await store.write { records in
            guard try !records.operators.exists(id) else { return }
            try records.operators.insert(opened)
        }
    }
}
