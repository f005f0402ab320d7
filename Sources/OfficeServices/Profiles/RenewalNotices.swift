package import Office
package import OfficeStore

/// What ends within 90 days: the schedule sends a notice for each, once (PRO-18, DOM-11).
extension OfficeDesk {
    /// Profiles whose renewal is open, which want the notice.
    package func profilesToRemind(in records: OfficeRecords) throws -> [Profile] {
        let now = now
        let last = calendar.end(of: calendar.day(of: now) + Profile.renewalWindow)
        return try records.profiles.find(
            .init().equal("status", Profile.Status.approved.rawValue).atLeast("ends", now.seconds)
                .atMost("ends", last.seconds)
        ).filter { $0.settings.sendsRenewalMail && $0.canBeRenewed(at: now, calendar: calendar) }
    }

    /// Mail domains whose renewal is open.
    package func domainsToRemind(in records: OfficeRecords) throws -> [MailDomain] {
        let now = now
        let last = calendar.end(of: calendar.day(of: now) + MailDomain.renewalWindow)
        return try records.mailDomains.find(
            .init().equal("status", MailDomain.Status.approved.rawValue).atLeast("ends", now.seconds)
                .atMost("ends", last.seconds)
        ).filter { $0.canBeRenewed(at: now, calendar: calendar) }
    }
}
