/// The delivered texts in Japanese.
enum JapaneseTexts {
    static func text(of kind: MailKind) -> StandardText {
        switch kind {
        case .template(let type): type.isForManager ? forManager(type) : forUser(type)
        case .system(let mail): system(mail)
        }
    }

    private static let closing = """

        ご不明な点がございましたら、下記までお問い合わせください。

        ――――――――――――――――――――
        $${ServiceName}
        お問い合わせ先: $${SupportContact}
        ――――――――――――――――――――
        ※このメールは送信専用アドレスからお送りしています。
        """

    /// A subscriber's mail: address, what it says, the order, whom to ask.
    private static func user(_ subject: String, _ says: String, details: String = "") -> StandardText {
        StandardText(
            subject: subject,
            body: """
                $${CommonName} 様

                いつもお世話になっております。
                $${CertAdminUser}{Organization} の電子証明書について、$${ServiceName}よりご連絡いたします。

                \(says)

                ■ 対象の電子証明書
                オーダーID: $${OrderID}
                商品名: $${ProductName}
                コモンネーム: $${CommonName}
                \(details)
                ■ 組織の証明書管理者
                $${CertAdminUser}{Surname} $${CertAdminUser}{GivenName}($${CertAdminUser}{Email})
                \(closing)

                """
        )
    }

    private static func forUser(_ type: MailType) -> StandardText {
        switch type {
        case .invitation, .portalInvitation, .quickRenewal, .reissueInvitation: acquisition(type)
        case .reminderAfter15Days, .reminderAfter30Days, .cancelledByDeadline: deadline(type)
        case .issued, .issuedPKCS12, .reissued, .reissuedPKCS12: completion(type)
        default: state(type)
        }
    }

    private static let pickup = """

        ■ 取得のための情報
        取得URL: $${PickupURL}
        取得期限: $${PickupDeadline}

        """

    private static let howTo = """
        取得URLを開き、証明書管理者からお伝えする取得パスワードを入力してください。
        取得パスワードは、このメールには記載しておりません。
        """

    private static func acquisition(_ type: MailType) -> StandardText {
        switch type {
        case .portalInvitation:
            user(
                "電子証明書取得のお願い(お申し込みの承認)",
                "お申し込みいただいた電子証明書が承認されました。期限までに取得をお願いいたします。\n\n取得URLを開き、"
                    + "お申し込みの際に設定された取得パスワードを入力してください。",
                details: pickup
            )
        case .quickRenewal:
            user(
                "電子証明書更新のご案内(新しい証明書の取得)",
                "現在ご利用の電子証明書の有効期限が近づいております。後継の電子証明書をご用意いたしましたので、"
                    + "期限までに取得をお願いいたします。\n\n\(howTo)",
                details: pickup
            )
        case .reissueInvitation:
            user(
                "再発行された電子証明書取得のお願い",
                "電子証明書の再発行のお申し込みを承りました。期限までに新しい電子証明書の取得をお願いいたします。\n\n\(howTo)",
                details: pickup
            )
        default:
            user(
                "電子証明書取得のお願い",
                "あなた様の電子証明書の発行準備が整いました。期限までに取得をお願いいたします。\n\n\(howTo)",
                details: pickup
            )
        }
    }

    private static func deadline(_ type: MailType) -> StandardText {
        switch type {
        case .reminderAfter15Days:
            user(
                "電子証明書の取得がお済みでない方へ",
                "先日ご案内いたしました電子証明書が、まだ取得されておりません。期限までに取得をお願いいたします。\n\n\(howTo)",
                details: pickup
            )
        case .reminderAfter30Days:
            user(
                "【重要】電子証明書の取得期限が迫っています",
                "電子証明書の取得期限が迫っております。期限を過ぎますと、お申し込みは自動的にキャンセルされます。\n"
                    + "お早めに取得をお願いいたします。\n\n\(howTo)",
                details: pickup
            )
        default:
            user(
                "電子証明書の取得期限切れによるキャンセルのお知らせ",
                "取得期限($${PickupDeadline})までに電子証明書の取得が確認できなかったため、お申し込みを自動的に"
                    + "キャンセルいたしました。\n以前にご案内した取得URLはご利用いただけません。\n"
                    + "電子証明書が必要な場合は、証明書管理者にご連絡ください。"
            )
        }
    }

    private static let validity = """
        シリアル番号: $${SerialNumber}
        有効期間: $${StartDate} から $${ExpiryDate} まで

        """

    private static func completion(_ type: MailType) -> StandardText {
        let again = type == .reissued || type == .reissuedPKCS12
        let word = again ? "再発行" : "発行"
        if type == .issuedPKCS12 || type == .reissuedPKCS12 {
            return user(
                "PKCS12 電子証明書\(word)完了のお知らせ",
                "電子証明書と秘密鍵を収めたPKCS#12ファイルの\(word)が完了いたしました。\n"
                    + "ファイルとパスワードは、他の方の目に触れないよう大切に保管してください。\n"
                    + "お心当たりがない場合は、ただちに証明書管理者へご連絡ください。",
                details: validity
            )
        }
        return user(
            "電子証明書\(word)完了のお知らせ",
            "電子証明書の\(word)が完了いたしました。\nお心当たりがない場合は、ただちに証明書管理者へご連絡ください。",
            details: validity
        )
    }

    private static let cause = """
        理由: $${Reason}

        """

    private static func state(_ type: MailType) -> StandardText {
        switch type {
        case .cancelled:
            user(
                "電子証明書のお申し込みキャンセルのお知らせ",
                "下記の電子証明書のお申し込みは、証明書管理者によりキャンセルされました。\n"
                    + "以前にご案内した取得URLはご利用いただけません。",
                details: cause
            )
        case .notApproved:
            user(
                "電子証明書のお申し込みについて",
                "お申し込みいただいた電子証明書は、証明書管理者の確認の結果、承認されませんでした。\n"
                    + "詳しくは証明書管理者へお問い合わせください。",
                details: cause
            )
        case .expired:
            user(
                "電子証明書の有効期限満了のお知らせ",
                "下記の電子証明書は、有効期限を迎えました。今後はご利用いただけません。\n"
                    + "引き続き電子証明書が必要な場合は、証明書管理者にご連絡ください。",
                details: validity
            )
        case .expiryNotice:
            user(
                "電子証明書の更新のご案内",
                "下記の電子証明書の有効期限は $${ExpiryDate} です。\n引き続きご利用になる場合は、更新のお手続きをお願いいたします。",
                details: validity + """

                    ■ 更新の方法(いずれか一方をお選びください)
                    現在の電子証明書がお使いの機器にある場合: $${RenewalURL}
                    取得パスワードで更新する場合: $${PasswordRenewalURL}

                    """
            )
        case .held:
            user(
                "電子証明書の一時停止(保留)のお知らせ",
                "下記の電子証明書は、証明書管理者により保留されました。保留が解除されるまでご利用いただけません。",
                details: validity + cause
            )
        case .released:
            user(
                "電子証明書の保留解除のお知らせ",
                "下記の電子証明書の保留が解除されました。再びご利用いただけます。",
                details: validity
            )
        default:
            user(
                "電子証明書の失効完了のお知らせ",
                "下記の電子証明書の失効が完了いたしました。今後はご利用いただけません。\n"
                    + "お使いの機器に残っている電子証明書は、お手数ですが削除をお願いいたします。",
                details: validity + cause
            )
        }
    }

    private static func forManager(_ type: MailType) -> StandardText {
        let greeting = """
            $${CertAdminUser}{Organization}
            $${CertAdminUser}{Department}
            $${CertAdminUser}{Surname} $${CertAdminUser}{GivenName} 様

            いつも$${ServiceName}をご利用いただき、ありがとうございます。

            """
        if type == .batchExpiring {
            return StandardText(
                subject: "電子証明書(管理者一括)の有効期限のお知らせ [$${BatchID}]",
                body: greeting + """

                    管理者一括で発行した電子証明書の有効期限が、$${ExpiryDays}日後に迫っております。

                    一括オーダーID: $${BatchID}
                    プロファイルID: $${ProfileID}
                    枚数: $${OrderCount}
                    有効期限: $${ExpiryDate}

                    対象の一覧は、管理画面の管理者一括発行履歴でご確認ください。
                    $${ConsoleURL}
                    \(closing)

                    """
            )
        }
        return StandardText(
            subject: "電子証明書のお申し込みがありました [$${OrderID}]",
            body: greeting + """

                利用者ポータルから、電子証明書のお申し込みがありました。
                内容をご確認のうえ、承認または非承認のお手続きをお願いいたします。

                オーダーID: $${OrderID}
                プロファイルID: $${ProfileID}
                申請者: $${CommonName}($${UserEmail})
                申請日時: $${ApplicationDate}

                管理画面: $${ConsoleURL}
                \(closing)

                """
        )
    }

    /// A mail of the service to somebody by name.
    private static func notice(_ subject: String, _ says: String) -> StandardText {
        StandardText(
            subject: subject,
            body: """
                $${Organization}
                $${RecipientName} 様

                いつも$${ServiceName}をご利用いただき、ありがとうございます。

                \(says)
                \(closing)

                """
        )
    }

    private static func system(_ mail: SystemMail) -> StandardText {
        switch mail {
        case .administratorCertificate:
            notice(
                "管理者証明書取得のお願い",
                """
                管理画面へのログインに使用する管理者証明書の発行準備が整いました。
                下記のURLを開き、お申し込みの際に設定された取得パスワードを入力して、取得をお願いいたします。

                コモンネーム: $${CommonName}
                取得URL: $${PickupURL}
                取得期限: $${PickupDeadline}
                """
            )
        case .administratorRenewal:
            notice(
                "管理者証明書の更新のお願い",
                """
                管理者証明書の有効期限が近づいております。期限を過ぎますと、管理画面の証明書が必要な機能を
                ご利用いただけなくなります。下記より更新をお願いいたします。

                コモンネーム: $${CommonName}
                有効期限: $${ExpiryDate}
                更新URL: $${RenewalURL}
                """
            )
        case .profileRenewal:
            notice(
                "プロファイル更新のお知らせ [$${ProfileID}]",
                """
                下記のプロファイルの有効期間が近く終了いたします。
                終了後は新しい電子証明書を発行できません。更新のお手続きをお願いいたします。

                プロファイルID: $${ProfileID}
                終了日: $${EndDate}
                更新のお手続き: $${RenewalURL}
                """
            )
        case .domainRenewal:
            notice(
                "メールドメイン更新のお知らせ [$${Domain}]",
                """
                下記のメールドメインの有効期間が近く終了いたします。
                終了後は、このドメインのメールアドレスを含む電子証明書を発行できません。更新のお手続きをお願いいたします。

                プロファイルID: $${ProfileID}
                ドメイン名: $${Domain}
                終了日: $${EndDate}
                更新のお手続き: $${RenewalURL}
                """
            )
        case .domainApproval, .domainVetting, .profileVetting: vetting(mail)
        case .test:
            StandardText(
                subject: "テストメール",
                body: "これは$${ServiceName}のメールテンプレートの確認のためのテストメールです。\n\(closing)\n"
            )
        case .licenceIssued, .licenceCancelled: licence(mail)
        }
    }

    private static func vetting(_ mail: SystemMail) -> StandardText {
        switch mail {
        case .domainApproval:
            StandardText(
                subject: "ドメイン使用の承認のお願い [$${Domain}]",
                body: """
                    $${Domain} のご担当者様

                    $${ServiceName}です。
                    $${Organization} より、下記のドメインのメールアドレスを含む電子証明書の発行について
                    お申し込みをいただきました。

                    ドメイン名: $${Domain}

                    このドメインの使用を承認される場合は、期限までに下記のURLを開き、内容をご確認のうえ承認してください。
                    URLを開くだけでは承認になりません。

                    承認URL: $${ApprovalURL}
                    期限: $${ValidationDeadline}

                    お心当たりがない場合は承認せず、下記までお知らせください。
                    \(closing)

                    """
            )
        case .domainVetting:
            notice(
                "ドメイン審査のご連絡 [$${Domain}]",
                """
                お申し込みいただいたドメインの審査を行っております。
                期限までに、下記の認証コードの設置をお願いいたします。

                ドメイン名: $${Domain}
                認証方法: $${ValidationMethod}
                認証コード: $${ValidationCode}
                設置場所: $${ValidationPlace}
                期限: $${ValidationDeadline}

                設置が確認できましたら、審査の結果をお知らせいたします。
                """
            )
        default:
            notice(
                "審査についてのご連絡 [$${OrderID}]",
                """
                お申し込みの審査について、担当よりご連絡いたします。

                オーダーID: $${OrderID}
                商品名: $${ProductName}

                $${Message}
                """
            )
        }
    }

    private static func licence(_ mail: SystemMail) -> StandardText {
        if mail == .licenceIssued {
            return notice(
                "ライセンス発行のお知らせ [$${LicenseID}]",
                """
                お申し込みいただいたライセンスを発行いたしました。

                ライセンスID: $${LicenseID}
                オーダーID: $${OrderID}
                商品名: $${ProductName}
                数量: $${OrderCount}
                契約年数: $${ContractYears}年
                終了日: $${EndDate}

                管理画面: $${ConsoleURL}
                """
            )
        }
        return notice(
            "ライセンスキャンセルのお知らせ [$${LicenseID}]",
            """
            下記のライセンスのキャンセルが完了いたしました。

            ライセンスID: $${LicenseID}
            オーダーID: $${OrderID}
            商品名: $${ProductName}
            理由: $${Reason}
            """
        )
    }
}
