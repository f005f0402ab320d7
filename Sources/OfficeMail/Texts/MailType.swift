/// The mails about orders and certificates that have a template for each language. Their order is the editor's.
package enum MailType: String, Hashable, Sendable, Codable, CaseIterable {
    case batchExpiring = "batch-expiring"
    case cancelled
    case invitation
    case portalInvitation = "portal-invitation"
    case quickRenewal = "quick-renewal"
    case reissueInvitation = "reissue-invitation"
    case reminderAfter15Days = "reminder-15"
    case reminderAfter30Days = "reminder-30"
    case cancelledByDeadline = "cancelled-by-deadline"
    case issued
    case issuedPKCS12 = "issued-pkcs12"
    case notApproved = "not-approved"
    case portalApplication = "portal-application"
    case reissued
    case reissuedPKCS12 = "reissued-pkcs12"
    case expired
    case expiryNotice = "expiry-notice"
    case revoked
    case held
    case released

    /// 1 to 20, as the list of types numbers them.
    package var number: Int { (Self.allCases.firstIndex(of: self) ?? 0) + 1 }

    package var japaneseName: String {
        switch self {
        case .batchExpiring: "証明書(管理者一括) 有効期限30日前"
        case .cancelled: "キャンセル完了"
        case .invitation: "証明書取得(インバイト)"
        case .portalInvitation: "証明書取得(ポータル)"
        case .quickRenewal: "証明書取得(クイック更新)"
        case .reissueInvitation: "証明書取得(再発行)"
        case .reminderAfter15Days: "証明書取得期限通知(15日後)"
        case .reminderAfter30Days: "証明書取得期限通知(30日後)"
        case .cancelledByDeadline: "証明書取得期限切れ自動キャンセル"
        case .issued: "証明書発行完了"
        case .issuedPKCS12: "PKCS12 証明書発行完了"
        case .notApproved: "非承認キャンセル"
        case .portalApplication: "ポータル申請受付"
        case .reissued: "証明書再発行完了"
        case .reissuedPKCS12: "PKCS12 証明書再発行完了"
        case .expired: "証明書 有効期限切れ"
        case .expiryNotice: "証明書 有効期限○日後、○日前"
        case .revoked: "失効完了"
        case .held: "保留完了"
        case .released: "保留解除完了"
        }
    }

    package var englishName: String {
        switch self {
        case .batchExpiring: "Certificates of an administrator bulk, 30 days before expiry"
        case .cancelled: "Order cancelled"
        case .invitation: "Certificate acquisition (invitation)"
        case .portalInvitation: "Certificate acquisition (portal)"
        case .quickRenewal: "Certificate acquisition (quick renewal)"
        case .reissueInvitation: "Certificate acquisition (reissue)"
        case .reminderAfter15Days: "Acquisition deadline reminder (after 15 days)"
        case .reminderAfter30Days: "Acquisition deadline reminder (after 30 days)"
        case .cancelledByDeadline: "Cancelled because the acquisition deadline passed"
        case .issued: "Certificate issued"
        case .issuedPKCS12: "PKCS#12 certificate issued"
        case .notApproved: "Application not approved"
        case .portalApplication: "Portal application received"
        case .reissued: "Certificate reissued"
        case .reissuedPKCS12: "PKCS#12 certificate reissued"
        case .expired: "Certificate expired"
        case .expiryNotice: "Days before or after expiry"
        case .revoked: "Revocation done"
        case .held: "Put on hold"
        case .released: "Hold released"
        }
    }

    package func name(in language: String) -> String {
        language == "ja" ? japaneseName : englishName
    }

    /// Whether the certificate manager gets the mail, not the subscriber.
    package var isForManager: Bool { self == .batchExpiring || self == .portalApplication }

    /// Whether the certificate manager gets a copy of the subscriber's mail.
    package var hasManagerInCopy: Bool {
        switch self {
        case .cancelled, .cancelledByDeadline, .issued, .issuedPKCS12, .notApproved, .reissued, .reissuedPKCS12,
            .expired, .revoked, .held, .released:
            true
        default: false
        }
    }

    /// The variables that the mail's cause has values for: the editor's palette.
    package var variables: [MailVariable] {
        MailVariable.order + MailVariable.manager + MailVariable.certificate + MailVariable.service
            + ownVariables
    }

    private var ownVariables: [MailVariable] {
        switch self {
        case .batchExpiring: [.batchID, .expiryDays]
        case .invitation, .portalInvitation, .quickRenewal, .reissueInvitation, .reminderAfter15Days,
            .reminderAfter30Days:
            [.pickupURL, .pickupDeadline]
        case .cancelledByDeadline: [.pickupDeadline]
        case .cancelled, .notApproved, .revoked, .held: [.reason]
        case .expiryNotice: [.expiryDays, .renewalURL, .passwordRenewalURL]
        case .portalApplication: [.applicationDate]
        case .expired, .issued, .issuedPKCS12, .reissued, .reissuedPKCS12, .released: []
        }
    }
}

/// Mails of the service itself, which no tenant edits.
package enum SystemMail: String, Hashable, Sendable, Codable, CaseIterable {
    case administratorCertificate = "administrator-certificate"
    case administratorRenewal = "administrator-renewal"
    case profileRenewal = "profile-renewal"
    case domainRenewal = "domain-renewal"
    case domainApproval = "domain-approval"
    case domainVetting = "domain-vetting"
    case profileVetting = "profile-vetting"
    case test
    case licenceIssued = "licence-issued"
    case licenceCancelled = "licence-cancelled"

    /// `S1` to `S9`; a licence's two mails share theirs.
    package var code: String {
        switch self {
        case .administratorCertificate: "S1"
        case .administratorRenewal: "S2"
        case .profileRenewal: "S3"
        case .domainRenewal: "S4"
        case .domainApproval: "S5"
        case .domainVetting: "S6"
        case .profileVetting: "S7"
        case .test: "S8"
        case .licenceIssued, .licenceCancelled: "S9"
        }
    }

    package var japaneseName: String {
        switch self {
        case .administratorCertificate: "管理者証明書の取得"
        case .administratorRenewal: "管理者証明書の更新"
        case .profileRenewal: "プロファイル更新のお知らせ"
        case .domainRenewal: "メールドメイン更新のお知らせ"
        case .domainApproval: "ドメイン使用の承認"
        case .domainVetting: "ドメイン審査のご連絡"
        case .profileVetting: "プロファイル・ライセンス審査のご連絡"
        case .test: "テストメール"
        case .licenceIssued: "ライセンス発行"
        case .licenceCancelled: "ライセンスのキャンセル"
        }
    }

    package var englishName: String {
        switch self {
        case .administratorCertificate: "Administrator certificate acquisition"
        case .administratorRenewal: "Administrator certificate renewal"
        case .profileRenewal: "Profile renewal notice"
        case .domainRenewal: "Mail domain renewal notice"
        case .domainApproval: "Domain approval"
        case .domainVetting: "Domain vetting contact"
        case .profileVetting: "Profile and licence vetting contact"
        case .test: "Test mail"
        case .licenceIssued: "Licence issued"
        case .licenceCancelled: "Licence cancelled"
        }
    }

    package func name(in language: String) -> String {
        language == "ja" ? japaneseName : englishName
    }

    /// The variables that its text needs values for.
    package var variables: [MailVariable] {
        let always: [MailVariable] = [
            .recipientName, .recipientEmail, .organisation, .serviceName, .supportContact, .consoleURL,
        ]
        switch self {
        case .administratorCertificate: return always + [.noReplyAddress, .commonName, .pickupURL, .pickupDeadline]
        case .administratorRenewal: return always + [.noReplyAddress, .commonName, .expiryDate, .renewalURL]
        case .profileRenewal: return always + [.noReplyAddress, .profileID, .endDate, .renewalURL]
        case .domainRenewal: return always + [.noReplyAddress, .profileID, .domain, .endDate, .renewalURL]
        case .domainApproval: return always + [.approvalAddress, .domain, .approvalURL, .validationDeadline]
        case .domainVetting:
            return always + [.vettingAddress, .domain, .validationMethod, .validationCode, .validationPlace]
                + [.validationDeadline]
        case .profileVetting: return always + [.vettingAddress, .orderID, .productName, .message]
        case .test: return MailVariable.allCases
        case .licenceIssued:
            return always + [
                .noReplyAddress, .licenceID, .orderID, .productName, .orderCount, .contractYears, .endDate,
            ]
        case .licenceCancelled: return always + [.noReplyAddress, .licenceID, .orderID, .productName, .reason]
        }
    }
}

/// What a mail is, as it is stored with it: `invitation` or `system.domain-approval`.
package enum MailKind: Hashable, Sendable, Codable, RawRepresentable {
    case template(MailType)
    case system(SystemMail)

    package init?(rawValue: String) {
        if rawValue.hasPrefix("system.") {
            guard let mail = SystemMail(rawValue: String(rawValue.dropFirst("system.".count))) else { return nil }
            self = .system(mail)
        } else {
            guard let type = MailType(rawValue: rawValue) else { return nil }
            self = .template(type)
        }
    }

    package var rawValue: String {
        switch self {
        case .template(let type): type.rawValue
        case .system(let mail): "system.\(mail.rawValue)"
        }
    }

    package static var allCases: [MailKind] {
        MailType.allCases.map { .template($0) } + SystemMail.allCases.map { .system($0) }
    }

    package func name(in language: String) -> String {
        switch self {
        case .template(let type): type.name(in: language)
        case .system(let mail): mail.name(in: language)
        }
    }

    package var variables: [MailVariable] {
        switch self {
        case .template(let type): type.variables
        case .system(let mail): mail.variables
        }
    }
}
