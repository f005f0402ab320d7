package import Office
package import OfficeStore

/// Log-in to the console and to the operators' side.
extension OfficeDesk {
    /// A session that began, and the secret that its cookie carries.
    package struct Opened: Sendable {
        package let session: Session
        package let secret: String
    }

    /// Checks the password and begins a session.
    ///
    /// - Throws: `Refusal`; the same for an unknown person and a wrong password, after the same time.
    package func logIn(
        _ name: String,
        password: String,
        side: Session.Side,
        address: String
    ) async throws -> Opened {
        let now = now
        let (hash, isActive, tenant): (PasswordHash?, Bool, String) = try await store.read { records in
            switch side {
            case .console:
                let user = try records.users.get(name)
                return (user?.passwordHash, user?.isActive ?? false, user?.tenant ?? "")
            case .operators:
                let person = try records.operators.get(name)
                return (person?.passwordHash, person?.isActive ?? false, "")
            }
        }
        let isRight = try await passwords.matches(password, hash ?? passwords.nobody)
        let actor = Actor(name: name, address: address)
        guard isRight, hash != nil, isActive else {
            if hash != nil {
                try await store.write { [self] records in
                    let failed = entry(.logIn, of: name, in: tenant, by: actor, at: now, succeeded: false)
                    try records.history.insert(failed)
                }
            }
            throw Refusal(
                .input,
                Text("ユーザIDまたはパスワードが正しくありません。", "The user ID or the password is not right.")
            )
        }
        let secret = Draw.token()
        let session = Session(
            id: Draw.key(secret),
            side: side,
            person: name,
            formSecret: Draw.token(),
            began: now
        )
        try await store.write { [self] records in
            try records.sessions.insert(session)
            try records.history.insert(entry(.logIn, of: name, in: tenant, by: actor, at: now))
        }
        return Opened(session: session, secret: secret)
    }

    /// The session of a cookie, if it is still good; its end moves on.
    package func session(_ secret: String, side: Session.Side) async throws -> Session? {
        let now = now
        let key = Draw.key(secret)
        guard var session = try await store.read({ try $0.sessions.get(key) }), session.side == side,
            !session.isOver(at: now)
        else { return nil }
        if now.seconds - session.seen.seconds >= 60 {
            session.seen = now
            let seen = session
            try await store.write { try $0.sessions.save(seen) }
        }
        return session
    }

    package func logOut(_ session: Session) async throws {
        try await store.write { records in _ = try records.sessions.delete(session.id) }
    }

    package func user(_ id: String) async throws -> User? {
        try await store.read { try $0.users.get(id) }
    }

    package func person(operator id: String) async throws -> Operator? {
        try await store.read { try $0.operators.get(id) }
    }
}
