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
        let now = now
        var count = 0
        for (certificate, user) in try await certificatesToRenew() {
            let once = "administrator-renewal/\(certificate.id)"
            let isNew = try await store.write { [self] records in
                guard try !isPosted(once, in: records) else { return false }
                try post(.administratorRenewal, about: user.id, to: user.id, once: once, in: records, at: now) {
                    values in
                    values.add(certificate, link: nil)
                }
                return true
            }
            if isNew { count += 1 }
        }
        return count
    }
}
