import Office

/// What stands where the certificate area would be, for who has no (valid) administrator certificate (ADM-06, ADM-07).
enum GatePage {
    /// - Parameter console: the console's address, where the way to a certificate begins.
    static func page(_ access: AreaAccess, console: String) -> Page {
        Page(
            Text("管理者証明書が必要です", "An administrator certificate is needed"),
            [
                .notice(.warn, reason(access)),
                .paragraph(
                    Text(
                        "証明書管理には、有効な管理者証明書でのアクセスが必要です。未取得、有効期限切れ、紛失、以前の形式の証明書、または証明書を選択しなかった場合は、「次へ」から新しく取得してください。再発行すると以前の証明書は使用できなくなります。",
                        "Certificate management opens with a valid administrator certificate. If yours was never obtained, has ended, was lost, is of a former generation, or was not chosen, obtain a new one. The former certificate stops working then."
                    )
                ),
                .links([Link(Words.next, console + "/administrator-certificate", isButton: true)]),
            ],
            status: 403
        )
    }

    private static func reason(_ access: AreaAccess) -> Text {
        switch access {
        case .open, .noCertificate: Text("管理者証明書が提示されていません。", "No administrator certificate was shown.")
        case .unknown:
            Text(
                "提示された証明書は、ログイン中のユーザの管理者証明書ではありません。",
                "The certificate that was shown is not an administrator certificate of the user who is logged in."
            )
        case .superseded:
            Text(
                "提示された管理者証明書は、再発行または停止により使用できなくなりました。",
                "The certificate that was shown stopped working: another took its place, or it was withdrawn."
            )
        case .ended:
            Text("提示された管理者証明書は有効期限が切れています。", "The certificate that was shown has ended.")
        case .formerGeneration:
            Text(
                "提示された管理者証明書は以前の形式のため使用できません。新しい管理者証明書を取得してください。",
                "The certificate that was shown is of a former generation and opens nothing any more. Obtain a new one."
            )
        }
    }
}
