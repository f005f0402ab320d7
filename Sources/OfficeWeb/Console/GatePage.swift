import Office

/// What stands where the certificate area would be, for who has no (valid) administrator certificate (ADM-06, ADM-07).
enum GatePage {
    static let page = Page(
        Text("管理者証明書が必要です", "An administrator certificate is needed"),
        [
            .paragraph(
                Text(
                    "証明書管理には、有効な管理者証明書でのアクセスが必要です。未取得、有効期限切れ、紛失、以前の形式の証明書、または証明書を選択しなかった場合は、「次へ」から新しく取得してください。再発行すると以前の証明書は使用できなくなります。",
                    "Certificate management opens with a valid administrator certificate. If yours was never obtained, has ended, was lost, is of a former generation, or was not chosen, obtain a new one. The former certificate stops working then."
                )
            ),
            .links([Link(Words.next, "/administrator-certificate", isButton: true)]),
        ],
        status: 403
    )
}
