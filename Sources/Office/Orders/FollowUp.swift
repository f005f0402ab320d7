package import Clocks

/// Another certificate for the same name: a renewal, with a new validity, or a reissue, with the same (sections 5.10, 5.11).
package enum FollowUp: String, CaseIterable, Sendable, Worded {
    case renewal, reissue

    package var text: Text {
        switch self {
        case .renewal: Text("更新", "Renewal")
        case .reissue: Text("再発行", "Reissue")
        }
    }
}

/// Why a certificate cannot be followed by another one, with what to do instead.
package enum FollowUpObstacle: Hashable, Sendable, Worded {
    /// There is no certificate in use: it was not issued, or is revoked, on hold, cancelled, expired or followed already.
    case notInUse
    /// Issued by administrator bulk: never renewed, and reissued from the batch alone (REN-08, Q-19).
    case administratorBulk
    /// The profile's CA is another one by now (CA-02).
    case otherIssuer(was: String, now: String)
    /// A personal S/MIME certificate without name attributes (CA-12).
    case withoutName
    /// The profile is suspended, or ended.
    case profileClosed

    package var text: Text {
        switch self {
        case .notInUse:
            Text("有効な証明書がありません。新規に申請してください。", "There is no certificate in use. Order a new one.")
        case .administratorBulk:
            Text(
                "管理者一括で発行された証明書は対象外です。新規に申請してください。",
                "Certificates of administrator bulk are not followed up. Order a new one."
            )
        case .otherIssuer(let was, let now):
            Text(
                "この証明書を発行した中間CA「\(was)」は、プロファイルの現在の中間CA「\(now)」と異なります。中間CAをまたぐ更新はできません。新規に申請してください。",
                "The certificate is of the CA “\(was)”; the profile's CA is “\(now)” now. No renewal leads from one CA to another: order a new one."
            )
        case .withoutName:
            Text(
                "2025年5月26日以降、個人名・仮名のいずれも含まないS/MIME個人証明書は更新・再発行できません。個人名または仮名を指定して新規に申請してください。",
                "Since 2025-05-26 a personal S/MIME certificate with neither a name nor a pseudonym is neither renewed nor reissued. Order a new one, with a personal name or a pseudonym."
            )
        case .profileClosed:
            Text("プロファイルが有効でないため、できません。", "The profile is not valid.")
        }
    }
}

extension Order {
    /// From this day on personal S/MIME certificates need a name or a pseudonym to go on (section 4.3).
    package static let firstDayOfNames = Day(year: 2025, month: 5, day: 26)

    /// What keeps the certificate from being renewed or reissued at a moment; nil where nothing does.
    ///
    /// - Parameters:
    ///   - profile: the order's, as it stands now.
    ///   - issuers: the CAs of the profile's use.
    package func obstacle(
        to followUp: FollowUp,
        profile: Profile,
        issuers: IssuerSuccession,
        at now: Timestamp,
        calendar: BusinessCalendar
    ) -> FollowUpObstacle? {
        guard status == .issued, let certificate, certificateStatus(at: now) == .issued else { return .notInUse }
        if registration == .administratorBulk { return .administratorBulk }
        if lacksName(profile), calendar.day(of: now) >= Self.firstDayOfNames { return .withoutName }
        guard profile.isUsable(at: now) else { return .profileClosed }
        let next = issuers.issuer(at: now, calendar: calendar)
        if followUp == .renewal, !issuers.allowsRenewal(of: certificate.issuer, by: next) {
            return .otherIssuer(was: certificate.issuer, now: next)
        }
        return nil
    }

    /// Whether it is a personal S/MIME certificate without any of the name attributes, as there were before 2024-12-09.
    private func lacksName(_ profile: Profile) -> Bool {
        (certificate?.use ?? profile.settings.use) == .smime && kindOfLicence == .personal
            && [subject.surname, subject.givenName, subject.pseudonym].allSatisfy(\.isEmpty)
    }
}
