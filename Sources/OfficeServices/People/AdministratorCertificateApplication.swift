import Clocks
package import Office
import OfficeStore

/// Applying for the administrator certificate (ADM-01, ADM-06, ADM-08, ADM-09).
extension OfficeDesk {
    /// The days after the application in which a certificate can be picked up, as for other certificates.
    static let lastPickUpDay = Order.lastPickUpDay

    /// The caller's certificates, newest first.
    package func ownCertificates(by caller: Caller) async throws -> [AdministratorCertificate] {
        try caller.user.require(.ownCertificate)
        return try await store.read { records in
            try records.administratorCertificates.find(.init().equal("person", caller.user.id))
                .sorted { $0.applied > $1.applied }
        }
    }

    /// Applies for a certificate: the link to it is mailed to the user's present address. One that is in use stays so
    /// until the new one is picked up; an earlier application that was not picked up is void.
    package func applyForCertificate(_ password: String, again: String, by caller: Caller) async throws {
        try caller.user.require(.ownCertificate)
        try PickUpPassword.checkMixed(password, again: again, shortest: 8)
        let hash = try await passwords.hash(password)
        let (now, token) = (now, Draw.token())
        try await store.write { [self] records in
            guard let user = try records.users.get(caller.user.id), user.isActive else { throw Refusal.notPermitted }
            let former = try records.administratorCertificates.find(.init().equal("person", user.id))
            for var application in former where application.status == .applied {
                application.withdraw(because: "cessationOfOperation")
                try records.administratorCertificates.save(application)
            }
            let certificate = AdministratorCertificate(
                id: Self.recordName(),
                tenant: user.tenant,
                user: user.id,
                mail: Self.certifiedMail(of: user, former),
                applied: now,
                linkHash: Draw.hash(token),
                pickUpPassword: hash
            )
            try records.administratorCertificates.insert(certificate)
            try post(.administratorCertificate, about: user.id, to: user.id, in: records, at: now) { values in
                values.add(certificate, link: "/administrator-certificate/pick-up/" + token)
            }
            let applied = entry(
                .administratorCertificateApplied,
                of: user.id,
                in: user.tenant,
                by: caller.actor,
                at: now
            )
            try records.history.insert(applied)
        }
    }

    static func recordName() -> String { "adm-" + Draw.token() }

    /// The address inside a certificate: that of the user's first one. Another address needs another user, as another
    /// common name does (ADM-08).
    static func certifiedMail(of user: User, _ former: [AdministratorCertificate]) -> String {
        former.filter { $0.serial != nil }.min { $0.applied < $1.applied }?.mail ?? user.mail
    }
}
