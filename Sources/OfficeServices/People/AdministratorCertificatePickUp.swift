import Clocks
package import Office
import OfficeStore

/// What somebody enters to get an administrator certificate.
package struct KeyFileInput: Sendable {
    package var password = ""
    package var passwordAgain = ""
    package var acceptsTerms = false

    package init() {}

    /// The appliance takes at most 117 characters for a PKCS#12 file.
    static let longestPassword = 117

    func check() throws(Refusal) {
        var check = FormCheck()
        _ = check.value("password") { () throws(Refusal) in
            try PickUpPassword.checkMixed(password, again: passwordAgain, shortest: 12)
        }
        check.require(
            password.count <= Self.longestPassword,
            "password",
            Text(
                "PKCS#12のパスワードは\(Self.longestPassword)文字以内で入力してください。",
                "The password of a PKCS#12 file has at most \(Self.longestPassword) characters."
            )
        )
        check.require(
            acceptsTerms,
            "acceptsTerms",
            Text("利用規約への同意が必要です。", "The terms of use have to be accepted.")
        )
        try check.finish()
    }
}

/// A PKCS#12 file for its owner, who has its password.
package struct IssuedKeyFile: Sendable {
    package let name: String
    package let content: [UInt8]
}

/// Picking the administrator certificate up (ADM-02, ADM-03), and renewing it (ADM-05).
extension OfficeDesk {
    /// Whether a mailed link still leads to a certificate. Asking changes nothing.
    package func checkPickUp(token: String) async throws {
        let now = now
        try await store.read { [self] records in _ = try openApplication(token, at: now, in: records) }
    }

    /// Hands the certificate out: once, to who has the link and the password.
    package func pickUpCertificate(
        token: String,
        password: String,
        _ input: KeyFileInput,
        address: String
    ) async throws -> IssuedKeyFile {
        let now = now
        let certificate = try await store.write { [self] records in
            var certificate = try openApplication(token, at: now, in: records)
            try certificate.countTry(at: now)
            try records.administratorCertificates.save(certificate)
            return certificate
        }
        let actor = Actor(name: certificate.user, address: address)
        guard try await passwords.matches(password, certificate.pickUpPassword) else {
            let isLocked = certificate.isLocked(at: now)
            try await store.write { [self] records in
                let wrong = entry(
                    isLocked ? .passwordLock : .passwordWrong,
                    of: certificate.user,
                    in: certificate.tenant,
                    by: actor,
                    at: now,
                    succeeded: false
                )
                try records.history.insert(wrong)
            }
            if isLocked { throw Refusal.administratorPickUpLocked }
            throw Refusal.input(
                "pickUpPassword",
                Text("証明書取得用パスワードが正しくありません。", "The pick-up password is not right.")
            )
        }
        try await store.write { [self] records in
            var certificate = try openApplication(token, at: now, in: records)
            certificate.clearTries()
            try records.administratorCertificates.save(certificate)
        }
        try input.check()
        return try await issueKey(for: certificate.id, password: input.password, by: actor)
    }

    /// A new certificate for who shows the present one; that opens nothing any more then.
    package func renewCertificate(
        _ shown: ShownCertificate?,
        _ input: KeyFileInput,
        address: String
    ) async throws -> IssuedKeyFile {
        let now = now
        let holder = try await holder(of: shown)
        try input.check()
        let renewal = try await store.write { [self] records in
            let former = try records.administratorCertificates.find(.init().equal("person", holder.id))
            let renewal = AdministratorCertificate(
                id: Self.recordName(),
                tenant: holder.tenant,
                user: holder.id,
                mail: Self.certifiedMail(of: holder, former),
                applied: now,
                // No link leads to it, and no password.
                linkHash: Draw.bytes(32),
                pickUpPassword: .none
            )
            try records.administratorCertificates.insert(renewal)
            let applied = entry(
                .administratorCertificateApplied,
                of: holder.id,
                in: holder.tenant,
                by: Actor(name: holder.id, address: address),
                at: now
            )
            try records.history.insert(applied)
            return renewal
        }
        return try await issueKey(
            for: renewal.id,
            password: input.password,
            by: Actor(name: holder.id, address: address)
        )
    }

    /// The active user whose valid certificate is shown.
    ///
    /// - Throws: `.permission`; renewal is for holders alone.
    package func holder(of shown: ShownCertificate?) async throws -> User {
        let now = now
        guard let shown, let certificate = try await record(of: shown),
            certificate.access(of: certificate.user, fingerprint: shown.fingerprint, at: now) == .open,
            let user = try await user(certificate.user), user.isActive
        else { throw Refusal.certificateNeeded }
        return user
    }

    private func openApplication(
        _ token: String,
        at now: Timestamp,
        in records: OfficeRecords
    ) throws -> AdministratorCertificate {
        let link = Draw.key(token)
        guard let certificate = try records.administratorCertificates.first(.init().equal("link", link)),
            let user = try records.users.get(certificate.user), user.isActive
        else { throw Refusal.notFound }
        guard certificate.status == .applied,
            calendar.days(from: certificate.applied, to: now) <= Self.lastPickUpDay
        else { throw Refusal.administratorPickUpOver }
        if certificate.isLocked(at: now) { throw Refusal.administratorPickUpLocked }
        return certificate
    }
}

extension Refusal {
    static let administratorPickUpOver = Refusal(
        .state,
        Text(
            "この管理者証明書はすでに取得されたか、取得期限が過ぎたか、新しいお申し込みに置き換えられました。必要な場合は、もう一度お申し込みください。",
            "This administrator certificate was picked up already, its time is over, or another application took its place. Apply again if you need one."
        )
    )

    static let certificateNeeded = Refusal(
        .permission,
        Text(
            "更新には、有効な管理者証明書でのアクセスが必要です。証明書がない場合は、コンソールの「証明書管理」から再発行してください。",
            "Renewal needs the valid administrator certificate. Without it, have another issued from “Certificate management” on the console."
        )
    )
}
