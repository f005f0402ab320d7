package import Clocks

/// One line of what was done: the operation history of an order or a licence, and the tenant's action log (OTH-03).
package struct HistoryEntry: Hashable, Sendable, Codable {
    /// Drawn at random.
    package var id: String
    package var tenant: String
    /// The order, licence, profile … that it is about.
    package var target: String
    package var time: Timestamp
    /// Who did it: a user, an operator, or `system`; empty for a subscriber.
    package var actor: String
    package var address: String
    package var action: Action
    package var succeeded: Bool
    /// What else is worth knowing, without secrets.
    package var detail: String

    package init(
        id: String,
        tenant: String,
        target: String,
        time: Timestamp,
        actor: Actor,
        action: Action,
        succeeded: Bool = true,
        detail: String = ""
    ) {
        (self.id, self.tenant, self.target, self.time) = (id, tenant, target, time)
        (self.actor, address) = (actor.name, actor.address)
        (self.action, self.succeeded, self.detail) = (action, succeeded, detail)
    }

    package enum Action: String, Codable, CaseIterable, Sendable, Worded {
        case logIn, logOut, userEdited, userCreated, grantsChanged, tenantEdited
        case userDeactivated, userActivated, passwordChanged, passwordRenewed
        case licenceApplied, licenceIssued, licencePaid, licenceRejected, licenceCancelled, licenceEdited
        case profileApplied, profileApproved, profileRejected, profileSuspended, profileRenewalApplied
        case profileSettingsChanged
        case domainApplied, domainValidated, domainApproved, domainRejected, domainRenewalApplied, domainMethodReset
        case administratorCertificateApplied, administratorCertificateIssued, administratorCertificateRevoked
        case orderApplied, orderCancelled, orderAutoCancelled, passwordWrong, passwordLock, lockReleased, passwordViewed
        case certificateIssued, certificateRevoked, certificateHeld, certificateReleased, certificateCancelled
        case pkcs12Downloaded, templateEdited, exported
        case termsAccepted, stationOrdered

        package var text: Text {
            switch self {
            case .logIn: Text("ログイン", "Log-in")
            case .logOut: Text("ログアウト", "Log-out")
            case .userEdited: Text("ユーザ編集", "User edited")
            case .userCreated: Text("ユーザ登録", "User created")
            case .userDeactivated: Text("ユーザ停止", "User deactivated")
            case .userActivated: Text("ユーザ再開", "User activated again")
            case .passwordChanged: Text("パスワード変更", "Password changed")
            case .passwordRenewed: Text("パスワード再発行", "Password issued anew")
            case .grantsChanged: Text("権限設定", "Permissions changed")
            case .tenantEdited: Text("管理者情報編集", "Administrator information edited")
            case .licenceApplied: Text("ライセンス申請", "Licence application")
            case .licenceIssued: Text("ライセンス発行", "Licence issued")
            case .licencePaid: Text("入金確認", "Payment confirmed")
            case .licenceRejected: Text("ライセンス申請却下", "Licence application rejected")
            case .licenceCancelled: Text("ライセンスキャンセル", "Licence cancelled")
            case .licenceEdited: Text("ライセンス編集", "Licence edited")
            case .profileApplied: Text("プロファイル申請", "Profile application")
            case .profileApproved: Text("プロファイル認証", "Profile approved")
            case .profileRejected: Text("プロファイル申請却下", "Profile application rejected")
            case .profileSuspended: Text("プロファイル使用停止", "Profile suspended")
            case .profileRenewalApplied: Text("プロファイル更新申請", "Profile renewal application")
            case .profileSettingsChanged: Text("プロファイル設定変更", "Profile settings changed")
            case .domainApplied: Text("メールドメイン申請", "Mail domain application")
            case .domainValidated: Text("メールドメイン確認", "Mail domain validated")
            case .domainApproved: Text("メールドメイン承認", "Mail domain approved")
            case .domainRejected: Text("メールドメイン却下", "Mail domain rejected")
            case .domainRenewalApplied: Text("メールドメイン更新申請", "Mail domain renewal application")
            case .domainMethodReset: Text("認証方法の制限解除", "Validation method released")
            case .administratorCertificateApplied: Text("管理者証明書申請", "Administrator certificate application")
            case .administratorCertificateIssued: Text("管理者証明書発行", "Administrator certificate issued")
            case .administratorCertificateRevoked: Text("管理者証明書失効", "Administrator certificate revoked")
            case .orderApplied: Text("証明書申請", "Certificate application")
            case .orderCancelled: Text("オーダーキャンセル", "Order cancelled")
            case .orderAutoCancelled: Text("自動キャンセル", "Cancelled at the pick-up deadline")
            case .passwordWrong: Text("パスワード誤り", "Wrong password")
            case .passwordLock: Text("パスワードロック", "Password lock")
            case .lockReleased: Text("ロック解除", "Lock released")
            case .passwordViewed: Text("証明書取得用パスワード表示", "Pick-up password viewed")
            case .certificateIssued: Text("証明書発行", "Certificate issued")
            case .certificateRevoked: Text("証明書失効", "Certificate revoked")
            case .certificateHeld: Text("証明書保留", "Certificate put on hold")
            case .certificateReleased: Text("証明書保留解除", "Certificate released from hold")
            case .certificateCancelled: Text("証明書キャンセル", "Certificate cancelled")
            case .pkcs12Downloaded: Text("PKCS#12ダウンロード", "PKCS#12 downloaded")
            case .templateEdited: Text("メールテンプレート編集", "Mail template edited")
            case .exported: Text("CSV出力", "CSV export")
            case .termsAccepted: Text("利用約款への同意", "Terms accepted")
            case .stationOrdered: Text("USBトークンへの発行指示", "Sent to the token station")
            }
        }
    }
}

/// Who acts, and from where.
package struct Actor: Hashable, Sendable {
    /// A user's or operator's identifier; `system` for the office itself; empty for a subscriber.
    package var name: String
    /// The network address that the request came from.
    package var address: String

    package init(name: String, address: String) {
        (self.name, self.address) = (name, address)
    }

    package static let system = Actor(name: "system", address: "")
}
