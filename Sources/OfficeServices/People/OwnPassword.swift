import Office
package import OfficeStore

extension OfficeDesk {
    /// Changes the caller's own log-in password. Sessions elsewhere end; the present one goes on.
    package func changePassword(
        from former: String,
        to password: String,
        again: String,
        session: Session,
        by caller: Caller
    ) async throws {
        guard try await passwords.matches(former, caller.user.passwordHash) else {
            throw Refusal.input(
                "former",
                Text("現在のパスワードが正しくありません。", "The present password is not right.")
            )
        }
        try LogInPassword.check(password, again: again)
        let hash = try await passwords.hash(password)
        let now = now
        try await store.write { [self] records in
            guard var user = try records.users.get(caller.user.id), user.isActive else { throw Refusal.notPermitted }
            user.passwordHash = hash
            try records.users.save(user)
            for other in try records.sessions.find(.init().equal("person", user.id))
            where other.side == .console && other.id != session.id {
                try records.sessions.delete(other.id)
            }
            try records.history.insert(entry(.passwordChanged, of: user.id, in: user.tenant, by: caller.actor, at: now))
        }
    }
}
