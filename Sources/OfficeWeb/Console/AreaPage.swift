import Office

/// The certificate area's first page: what its menu opens for this user, in words (section 8.1, menu B).
enum AreaPage {
    static func page(_ user: User) -> Page {
        var blocks: [Block] = [
            .notice(.ok, Text("管理者証明書を確認しました。", "Your administrator certificate was recognised."))
        ]
        for (function, text, links) in parts where function.isOpen(to: user) {
            blocks += [.paragraph(text), .links(links)]
        }
        return Page(Text("証明書管理", "Certificate management"), blocks)
    }

    private static let parts: [(Function, Text, [Link])] = [
        (
            .issue,
            Text(
                "証明書を申請すると、利用者に取得のご案内メールが送信されます。",
                "Order a certificate, and the person it is for gets a mail about the pick-up."
            ),
            [Link(Text("証明書発行", "Issue"), "/orders/new", isButton: true)]
        ),
        (
            .certificateList,
            Text(
                "申請した証明書の状況を確認し、キャンセル・失効・保留を行います。",
                "See how far each certificate is; cancel it, revoke it, put it on hold."
            ),
            [Link(Text("証明書一覧", "Certificate list"), "/orders", isButton: true)]
        ),
    ]
}
