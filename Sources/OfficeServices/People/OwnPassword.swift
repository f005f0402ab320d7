import Office
package import OfficeStore

/// Changing one's own log-in password, of users and operators alike.
extension OfficeDesk {
    /// Changes the password of whose session it is. Sessions elsewhere end; the present one goes on.
    package func changePassword(
        from former: String,
        to password: String,
        again: String,
        session: Session,
        address: String
    ) async throws {
        let present = try await store.read { records in try Self.password(of: session, in: records) }
        guard try await passwords.matches(former, present) else {
            throw Refusal.input(
                "former",
                Text("現在のパスワードが正しくありません。", "The present password is not right.")
            )
        }
        try LogInPassword.check(password, again: again, former: former)
        let hash = try await passwords.hash(password)
        let now = now
        try await store.write { [self] records in
            guard try Self.password(of: session, in: records) == present else { throw Refusal.notPermitted }
            var tenant = ""
            switch session.side {
            case .console:
                guard var user = try records.users.get(session.person) else { throw Refusal.notPermitted }
                (user.passwordHash, user.hasFirstPassword, tenant) = (hash, false, user.tenant)
                try records.users.save(user)
            case .operators:
                guard var person = try records.operators.get(session.person) else { throw Refusal.notPermitted }
                (person.passwordHash, person.hasFirstPassword) = (hash, false)
                try records.operators.save(person)
            }
            for other in try records.sessions.find(.init().equal("person", session.person))
            where other.side == session.side && other.id != session.id {
                try records.sessions.delete(other.id)
            }
            let actor = Actor(name: session.person, address: address)
            try records.history.insert(entry(.passwordChanged, of: session.person, in: tenant, by: actor, at: now))
        }
    }

    private static func password(of session: Session, in records: OfficeRecords) throws -> PasswordHash {
        switch session.side {
        case .console:
            guard let user = try records.users.get(session.person), user.isActive else { throw Refusal.notPermitted }
            return user.passwordHash
        case .operators:
            guard let person = try records.operators.get(session.person), person.isActive else {
                throw Refusal.notPermitted
            }
            return person.passwordHash
        }
    }
}
