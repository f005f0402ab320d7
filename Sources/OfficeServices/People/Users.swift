package import Office
import OfficeStore

/// User management (管理と経理 → ユーザ管理), which administrators alone have.
extension OfficeDesk {
    package func users(by caller: Caller) async throws -> [User] {
        try caller.user.require(.userManagement)
        return try await store.read { try $0.users.find(.init().equal("tenant", caller.tenant).sorted(by: "id")) }
    }

    package func user(_ id: String, by caller: Caller) async throws -> User {
        try caller.user.require(.userManagement)
        return try await store.read { records in try own(id, of: caller, in: records) }
    }

    /// Takes somebody in.
    ///
    /// - Parameter name: what stands behind the corporate ID in the user ID.
    /// - Returns: the user, and the first password, which is kept nowhere.
    package func create(
        user name: String,
        _ input: UserInput,
        by caller: Caller
    ) async throws -> (user: User, password: String) {
        try caller.user.require(.userManagement)
        let now = now
        var check = FormCheck()
        let id = check.value("name") { () throws(Refusal) in try UserName.identifier(name, in: caller.tenant) }
        var user = User(
            id: id ?? "",
            tenant: caller.tenant,
            role: .staff,
            surname: "",
            givenName: "",
            mail: "",
            passwordHash: .none,
            created: now
        )
        _ = check.value("") { () throws(Refusal) in try user.edit(input) }
        try check.finish()
        let password = Draw.password(length: 16)
        user.passwordHash = try await passwords.hash(password)
        user.hasFirstPassword = true
        let made = user
        try await store.write { [self] records in
            guard try !records.users.exists(made.id) else {
                throw Refusal.input(
                    "name",
                    Text("このユーザIDはすでに使用されています。", "This user ID is taken.")
                )
            }
            try records.users.insert(made)
            try records.history.insert(entry(.userCreated, of: made.id, in: made.tenant, by: caller.actor, at: now))
        }
        return (made, password)
    }

    /// Changes what may be changed of a user: never the user ID (ADM-09), and not the last administrator's role.
    package func edit(user id: String, _ input: UserInput, by caller: Caller) async throws {
        try await change(user: id, .userEdited, by: caller) { user, others throws(Refusal) in
            let before = user
            try user.edit(input)
            if user.role != .administrator, before.isLastAdministrator(among: others) { throw .lastAdministrator }
        }
    }

    /// Takes somebody's access away: sessions end at once, and an administrator certificate opens nothing any more.
    package func deactivate(user id: String, by caller: Caller) async throws {
        try await change(user: id, .userDeactivated, by: caller) { user, others throws(Refusal) in
            if user.isLastAdministrator(among: others) { throw .lastAdministrator }
            user.isActive = false
        }
        try await revokeWithdrawnCertificates()
    }

    package func activate(user id: String, by caller: Caller) async throws {
        try await change(user: id, .userActivated, by: caller) { user, _ throws(Refusal) in user.isActive = true }
    }

    /// A new first password for somebody who lost theirs; all sessions end.
    ///
    /// - Returns: the password, which is kept nowhere.
    package func renewPassword(of id: String, by caller: Caller) async throws -> String {
        try caller.user.require(.userManagement)
        let password = Draw.password(length: 16)
        let hash = try await passwords.hash(password)
        try await change(user: id, .passwordRenewed, by: caller) { user, _ throws(Refusal) in
            (user.passwordHash, user.hasFirstPassword) = (hash, true)
        }
        return password
    }

    private func change(
        user id: String,
        _ action: HistoryEntry.Action,
        by caller: Caller,
        _ change: @escaping @Sendable (inout User, [User]) throws(Refusal) -> Void
    ) async throws {
        try caller.user.require(.userManagement)
        let now = now
        try await store.write { [self] records in
            var user = try own(id, of: caller, in: records)
            let others = try records.users.find(.init().equal("tenant", caller.tenant))
            try change(&user, others)
            try records.users.save(user)
            if !user.isActive || action == .passwordRenewed {
                for session in try records.sessions.find(.init().equal("person", id)) where session.side == .console {
                    try records.sessions.delete(session.id)
                }
            }
            if !user.isActive { try withdrawCertificates(of: id, because: "privilegeWithdrawn", in: records) }
            try records.history.insert(entry(action, of: id, in: user.tenant, by: caller.actor, at: now))
        }
    }

    private func own(_ id: String, of caller: Caller, in records: OfficeRecords) throws -> User {
        guard let user = try records.users.get(id), user.tenant == caller.tenant else { throw Refusal.notFound }
        return user
    }
}

extension Refusal {
    static let lastAdministrator = Refusal(
        .state,
        Text(
            "有効な管理者が1人もいなくなるため、変更できません。先に別の管理者を登録してください。",
            "This is the last active administrator. Make somebody else an administrator first."
        )
    )
}
