import Office
import OfficeServices

/// The console's first page: who is logged in, and where setting up begins (section 8.1).
enum TopPage {
    static func page(_ user: User, organisation: String, _ desk: OfficeDesk) -> Page {
        var blocks: [Block] = [
            .facts([
                Fact(Text("ユーザID", "User ID"), user.id), Fact(Text("権限", "Role"), user.role.text),
                Fact(Text("組織名", "Organisation"), organisation),
            ])
        ]
        if Function.purchase.isOpen(to: user) { blocks += [.heading(purchase), .form(packs(desk))] }
        if Function.wizard.isOpen(to: user) {
            blocks += [
                .heading(wizard),
                .paragraph(
                    Text(
                        "審査が完了したプロファイルの初期設定を、順に行います。",
                        "Sets a vetted profile up, step by step."
                    )
                ),
                .links([Link(wizard, "/wizard", isButton: true)]),
            ]
        }
        return Page(Text("マネージドPKI", "Managed PKI"), blocks)
    }

    private static let purchase = Text("ライセンス追加購入", "Additional purchase")
    private static let wizard = Text("セットアップウィザード", "Set-up wizard")

    /// The packs, with which the purchase begins.
    private static func packs(_ desk: OfficeDesk) -> FormView {
        FormView(
            action: "/licences/purchase",
            fields: [
                Field(
                    "product",
                    Text("ライセンス", "Licence"),
                    .radio(desk.settings.catalogue.products.map { .init($0.id, Text(verbatim: $0.name)) })
                )
            ],
            buttons: [.init(Words.next)],
            isSearch: true
        )
    }
}
