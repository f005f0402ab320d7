package import Office
import OfficeStore

/// The mails that tell of an administrator certificate's end (ADM-04, ADM-08, Q-22).
extension OfficeDesk {
    /// Valid certificates that end within 90 days, with their active users.
    package func certificatesToRenew() async throws -> [(certificate: AdministratorCertificate, user: User)] {
        let now = now
        let last = calendar.day(of: now) + AdministratorCertificate.renewalDays
        let until = calendar.end(of: last).seconds
        return try await store.read { records in
            let ending = Query()
                .equal("status", AdministratorCertificate.Status.valid.rawValue)
                .atLeast("ends", now.seconds)
                .atMost("ends", until)
            return try records.administratorCertificates.find(ending).compactMap { certificate in
                guard let user = try records.users.get(certificate.user), user.isActive else { return nil }
                return (certificate, user)
            }
        }
    }

    /// Puts a mail into the outbox for each certificate that ends within 90 days: once, to the user's present address.
    ///
    /// - Returns: how many were put there now.
    @discardableResult
    package func remindOfCertificateRenewals() async throws -> Int {
        var count = 0
        for (certificate, user) in try await certificatesToRenew() {
            let mail = renewalMail(to: user, of: certificate)
            let isNew = try await store.write { records in
                guard try records.mails.count(.init().equal("onceKey", mail.onceKey)) == 0 else { return false }
                try records.mails.insert(mail)
                return true
            }
            if isNew { count += 1 }
        }
        return count
    }

    private func renewalMail(to user: User, of certificate: AdministratorCertificate) -> OutgoingMail {
        let link = settings.areaURL + "/administrator-certificate/renew"
        let end = certificate.notAfter.map { calendar.display($0) } ?? ""
        var mail = OutgoingMail(
            id: Draw.token(),
            tenant: user.tenant,
            target: user.id,
            type: "administrator-renewal",
            created: now
        )
        mail.onceKey = "administrator-renewal/\(certificate.id)"
        (mail.from, mail.to) = (settings.mail.noReply, [user.mail])
        mail.subject = Text("管理者証明書更新のご案内", "Renew your administrator certificate")(user.language)
        mail.body = Text(
            """
            \(user.name) 様

            管理者証明書の有効期限が近づいています(\(end))。
            証明書が入っている端末とブラウザで次のURLを開き、証明書を選択して更新してください。

            \(link)

            ユーザID: \(user.id)

            """,
            """
            Dear \(user.name),

            Your administrator certificate ends at \(end).
            Open this address on the device and in the browser that hold it, choose it, and renew it:

            \(link)

            User ID: \(user.id)

            """
        )(user.language)
        return mail
    }
}
