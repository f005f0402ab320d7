import Clocks
import Office
import OfficeMail
import OfficeStore

/// Which event has which mail (section 7).
extension OfficeDesk {
    /// The mail that tells of an action with an order, if it has one.
    func postDone(
        _ action: OrderAction,
        _ order: Order,
        reason: String,
        in records: OfficeRecords,
        at now: Timestamp
    ) throws {
        let type: MailType
        var why = Text("証明書管理者による手続き", "Done by the certificate manager")
        switch action {
        case .cancel: type = .cancelled
        case .revoke: (type, why) = (.revoked, Self.words(ofReason: reason))
        case .hold: type = .held
        case .release: type = .released
        case .unlock, .showPassword, .downloadFile, .reissue, .reissueFile: return
        }
        try post(type, about: order, reason: why, in: records, at: now)
    }

    /// The mail that tells of a certificate that was picked up (PKP-08).
    func postIssued(_ order: Order, asFile: Bool, in records: OfficeRecords, at now: Timestamp) throws {
        let type: MailType =
            switch (order.kind, asFile) {
            case (.reissue, true): .reissuedPKCS12
            case (.reissue, false): .reissued
            case (_, true): .issuedPKCS12
            case (_, false): .issued
            }
        try post(type, about: order, once: "\(type.rawValue)/\(order.id)", in: records, at: now)
    }

    private static func words(ofReason reason: String) -> Text {
        switch reason {
        case "keyCompromise": Text("秘密鍵の危殆化", "Key compromise")
        case "affiliationChanged": Text("所属の変更", "Affiliation changed")
        case "superseded": Text("証明書の差し替え", "Superseded")
        case "cessationOfOperation": Text("利用終了", "Cessation of operation")
        default: Text("指定なし", "Unspecified")
        }
    }

    /// Tells whoever has to show that a domain is theirs: the approver by mail, or the applicant what to publish where.
    func postValidation(of domain: MailDomain, in records: OfficeRecords, at now: Timestamp) throws {
        guard domain.isCodeUsable(at: now) else { return }
        guard domain.method == .mail else {
            return try post(.domainVetting, about: domain.id, to: domain.appliedBy, in: records, at: now) {
                $0.add(domain)
            }
        }
        let applicant = try records.users.get(domain.appliedBy)
        var values = MailValues(applicant?.language ?? .japanese, settings)
        values.add(
            recipient: domain.approver,
            domain.approver,
            organisation: try records.tenants.get(domain.tenant)?.organisation ?? ""
        )
        values.add(domain)
        try post(.system(.domainApproval), about: domain.id, of: domain.tenant, values, in: records, at: now)
    }

    /// What the vetting department tells the applicant of a profile.
    func postVetting(of profile: Profile, _ message: Text, in records: OfficeRecords, at now: Timestamp) throws {
        try post(.profileVetting, about: profile.id, to: profile.appliedBy, in: records, at: now) {
            $0.add(profile)
            $0[.message] = message($0.language)
        }
    }

    /// The same of a licence.
    func postVetting(of licence: Licence, _ message: Text, in records: OfficeRecords, at now: Timestamp) throws {
        try post(.profileVetting, about: licence.id, to: licence.appliedBy, in: records, at: now) {
            $0.add(licence, reason: nil)
            $0[.message] = message($0.language)
        }
    }

    /// A licence was issued, or cancelled with a reason (S9).
    func post(_ mail: SystemMail, about licence: Licence, in records: OfficeRecords, at now: Timestamp) throws {
        try post(mail, about: licence.id, to: licence.appliedBy, in: records, at: now) {
            $0.add(licence, reason: Text("お客様によるお申し込み", "Asked for by the customer"))
        }
    }
}
