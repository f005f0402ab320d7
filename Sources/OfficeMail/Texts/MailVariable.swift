/// A place in a template that is filled from the mail's cause, written `$${OrderID}` or `$${CertAdminUser}{Email}`.
package enum MailVariable: String, Hashable, Sendable, Codable, CaseIterable {
    case orderID = "OrderID"
    case partnerID = "PartnerID"
    case profileID = "ProfileID"
    case licenceID = "LicenseID"
    case orderCount = "OrderCount"
    case productName = "ProductName"
    case orderKind = "OrderKind"
    case contractYears = "ContractYears"

    case managerUserID = "CertAdminUser.UserID"
    case managerFirstName = "CertAdminUser.FirstName"
    case managerLastName = "CertAdminUser.LastName"
    case managerMiddleName = "CertAdminUser.MiddleName"
    case managerGivenName = "CertAdminUser.GivenName"
    case managerSurname = "CertAdminUser.Surname"
    case managerOrganisation = "CertAdminUser.Organization"
    case managerOrganisationKana = "CertAdminUser.OrganizationKana"
    case managerDepartment = "CertAdminUser.Department"
    case managerTitle = "CertAdminUser.Title"
    case managerPhone = "CertAdminUser.Phone"
    case managerFax = "CertAdminUser.Fax"
    case managerEmail = "CertAdminUser.Email"

    case commonName = "CommonName"
    case userEmail = "UserEmail"
    case serialNumber = "SerialNumber"
    case startDate = "StartDate"
    case expiryDate = "ExpiryDate"

    case serviceName = "ServiceName"
    case supportContact = "SupportContact"
    case noReplyAddress = "NoReplyAddress"
    case consoleURL = "ConsoleURL"

    case pickupURL = "PickupURL"
    case pickupDeadline = "PickupDeadline"
    case renewalURL = "RenewalURL"
    case passwordRenewalURL = "PasswordRenewalURL"
    case expiryDays = "ExpiryDays"
    case batchID = "BatchID"
    case applicationDate = "ApplicationDate"
    case reason = "Reason"

    case recipientName = "RecipientName"
    case recipientEmail = "RecipientEmail"
    case organisation = "Organization"
    case endDate = "EndDate"
    case domain = "Domain"
    case approvalURL = "ApprovalURL"
    case approvalAddress = "ApprovalAddress"
    case vettingAddress = "VettingAddress"
    case validationMethod = "ValidationMethod"
    case validationCode = "ValidationCode"
    case validationPlace = "ValidationPlace"
    case validationDeadline = "ValidationDeadline"
    case message = "Message"

    package static let order: [MailVariable] = [
        .orderID, .partnerID, .profileID, .licenceID, .orderCount, .productName, .orderKind, .contractYears,
    ]
    package static let manager: [MailVariable] = [
        .managerUserID, .managerFirstName, .managerLastName, .managerMiddleName, .managerGivenName, .managerSurname,
        .managerOrganisation, .managerOrganisationKana, .managerDepartment, .managerTitle, .managerPhone, .managerFax,
        .managerEmail,
    ]
    package static let certificate: [MailVariable] = [.commonName, .userEmail, .serialNumber, .startDate, .expiryDate]
    package static let service: [MailVariable] = [.serviceName, .supportContact, .noReplyAddress, .consoleURL]

    /// As it stands in a template.
    package var written: String {
        let parts = rawValue.split(separator: ".")
        return "$$" + parts.map { "{\($0)}" }.joined()
    }

    /// The names of groups whose variables have two pairs of braces.
    static let groups: Set<Substring> = Set(
        allCases.compactMap { $0.rawValue.contains(".") ? $0.rawValue.split(separator: ".").first : nil }
    )
}

extension MailVariable {
    package func name(in language: String) -> String {
        language == "ja" ? description.japanese : description.english
    }

    private var description: (japanese: String, english: String) {
        switch self {
        case .orderID: ("オーダーID", "order ID")
        case .partnerID: ("パートナーID", "partner ID")
        case .profileID: ("プロファイルID", "profile ID")
        case .licenceID: ("ライセンスID", "licence ID")
        case .orderCount: ("申込数", "order count")
        case .productName: ("商品名", "product name")
        case .orderKind: ("種別", "kind")
        case .contractYears: ("契約年数", "contract years")
        case .managerUserID: ("証明書管理者 ユーザーID", "certificate manager: user ID")
        case .managerFirstName: ("証明書管理者 名(英語)", "certificate manager: given name (English)")
        case .managerLastName: ("証明書管理者 姓(英語)", "certificate manager: surname (English)")
        case .managerMiddleName: ("証明書管理者 ミドルネーム", "certificate manager: middle name")
        case .managerGivenName: ("証明書管理者 名", "certificate manager: given name")
        case .managerSurname: ("証明書管理者 姓", "certificate manager: surname")
        case .managerOrganisation: ("証明書管理者 組織名", "certificate manager: organisation")
        case .managerOrganisationKana: ("証明書管理者 組織名(カナ)", "certificate manager: organisation (kana)")
        case .managerDepartment: ("証明書管理者 部署名", "certificate manager: department")
        case .managerTitle: ("証明書管理者 役職", "certificate manager: title")
        case .managerPhone: ("証明書管理者 電話番号", "certificate manager: phone")
        case .managerFax: ("証明書管理者 FAX番号", "certificate manager: fax")
        case .managerEmail: ("証明書管理者 メールアドレス", "certificate manager: mail address")
        case .commonName: ("コモンネーム", "common name")
        case .userEmail: ("利用者 メールアドレス", "user: mail address")
        case .serialNumber: ("シリアル番号", "serial number")
        case .startDate: ("有効期間の開始日", "start of validity")
        case .expiryDate: ("有効期限", "expiry date")
        case .serviceName: ("サービス名", "service name")
        case .supportContact: ("お問い合わせ先", "support contact")
        case .noReplyAddress: ("送信専用アドレス", "address that takes no replies")
        case .consoleURL: ("管理画面のURL", "URL of the console")
        case .pickupURL: ("証明書取得URL", "pick-up URL")
        case .pickupDeadline: ("証明書取得期限", "pick-up deadline")
        case .renewalURL: ("更新URL(証明書認証)", "renewal URL (with the certificate)")
        case .passwordRenewalURL: ("更新URL(パスワード認証)", "renewal URL (with the pick-up password)")
        case .expiryDays: ("有効期限までの日数", "days to expiry")
        case .batchID: ("一括オーダーID", "batch order ID")
        case .applicationDate: ("申請日時", "time of application")
        case .reason: ("理由", "reason")
        case .recipientName: ("受信者名", "recipient's name")
        case .recipientEmail: ("受信者 メールアドレス", "recipient's mail address")
        case .organisation: ("組織名", "organisation")
        case .endDate: ("終了日", "end date")
        case .domain: ("ドメイン名", "domain")
        case .approvalURL: ("承認URL", "approval URL")
        case .approvalAddress: ("承認メールの送信元アドレス", "sender of approval mails")
        case .vettingAddress: ("審査担当アドレス", "vetting desk's address")
        case .validationMethod: ("認証方法", "validation method")
        case .validationCode: ("認証コード", "validation code")
        case .validationPlace: ("認証コードの設置場所", "where the validation code belongs")
        case .validationDeadline: ("認証期限", "validation deadline")
        case .message: ("連絡事項", "message")
        }
    }

    /// A value as it may be, for previews, test mails and the editor's check of addresses.
    package func sample(in language: String) -> String {
        let isJapanese = language == "ja"
        switch self {
        case .orderID, .batchID: return "INK202611270001"
        case .partnerID: return "PAR00001"
        case .profileID: return "MP202611270001"
        case .licenceID: return "LIC202611270001"
        case .orderCount: return "10"
        case .contractYears: return "1"
        case .expiryDays: return "30"
        case .productName: return isJapanese ? "クライアント証明書" : "Client certificate"
        case .orderKind: return isJapanese ? "新規" : "New"
        case .managerUserID: return "hanako"
        case .managerFirstName: return "Hanako"
        case .managerLastName: return "Suzuki"
        case .managerMiddleName: return "M."
        case .managerGivenName: return isJapanese ? "花子" : "Hanako"
        case .managerSurname: return isJapanese ? "鈴木" : "Suzuki"
        case .managerOrganisation, .organisation: return isJapanese ? "株式会社サンプル" : "Sample Ltd."
        case .managerOrganisationKana: return "サンプル"
        case .managerDepartment: return isJapanese ? "情報システム部" : "Information Systems"
        case .managerTitle: return isJapanese ? "課長" : "Head of section"
        case .managerPhone: return "03-0000-0000"
        case .managerFax: return "03-0000-0001"
        case .managerEmail: return "hanako.suzuki@example.jp"
        case .userEmail, .recipientEmail: return "taro.yamada@example.jp"
        case .noReplyAddress: return "no_reply@ca.example.jp"
        case .approvalAddress: return "approval@ca.example.jp"
        case .vettingAddress: return "vetting@ca.example.jp"
        case .commonName, .recipientName: return isJapanese ? "山田 太郎" : "Taro Yamada"
        case .serialNumber: return "6927F3A0C4D1"
        case .startDate, .applicationDate: return isJapanese ? "2026年11月27日" : "27 November 2026"
        case .expiryDate, .endDate: return isJapanese ? "2027年11月27日" : "27 November 2027"
        case .pickupDeadline, .validationDeadline: return isJapanese ? "2026年12月27日" : "27 December 2026"
        case .serviceName: return isJapanese ? "Inkan 証明書サービス" : "Inkan Certificate Service"
        case .supportContact: return "support@ca.example.jp"
        case .consoleURL: return "https://ca.example.jp/"
        case .pickupURL: return "https://ca.example.jp/pickup/sample"
        case .renewalURL: return "https://ca.example.jp/renew/sample"
        case .passwordRenewalURL: return "https://ca.example.jp/renew-password/sample"
        case .approvalURL: return "https://ca.example.jp/approve/sample"
        case .reason: return isJapanese ? "利用者の申し出" : "Asked for by the user"
        case .domain: return "example.jp"
        case .validationMethod: return isJapanese ? "DNS認証" : "DNS"
        case .validationCode: return "inkan-validation=SAMPLE"
        case .validationPlace: return isJapanese ? "example.jp のTXTレコード" : "a TXT record of example.jp"
        case .message: return isJapanese ? "審査に必要な書類をお送りください。" : "Please send the documents for vetting."
        }
    }

    /// Sample values of every variable.
    package static func samples(in language: String) -> [MailVariable: String] {
        Dictionary(uniqueKeysWithValues: allCases.map { ($0, $0.sample(in: language)) })
    }
}
