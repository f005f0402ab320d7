import Office
import OfficeServices

struct MenuGroup {
    let title: Text
    let items: [MenuItem]
}

struct MenuItem {
    let text: Text
    let target: String
    let function: Function?
}

/// The menus (section 8.1). An item without its permission is not there; a group without items neither.
enum Menu {
    static func console(_ user: User, _ settings: OfficeSettings) -> [MenuGroup] {
        visible(to: user, [certificates(settings.areaURL + "/")] + common(settings, ""))
    }

    static func area(_ user: User, _ settings: OfficeSettings) -> [MenuGroup] {
        visible(to: user, [inArea] + common(settings, settings.consoleURL))
    }

    static let operators = [
        MenuGroup(
            title: Text("認証局", "Certificate authority"),
            items: [
                MenuItem(text: Text("ライセンス承認", "Licence approval"), target: "/operator/licences", function: nil),
                MenuItem(text: Text("プロファイル審査", "Profile vetting"), target: "/operator/profiles", function: nil),
                MenuItem(text: Text("メールドメイン審査", "Mail domain vetting"), target: "/operator/domains", function: nil),
                MenuItem(text: Text("USBトークン発行", "USB tokens"), target: "/operator/tokens", function: nil),
                MenuItem(text: Text("すべてのプロファイル", "All profiles"), target: "/operator/all-profiles", function: nil),
                MenuItem(text: Text("すべてのメールドメイン", "All mail domains"), target: "/operator/all-domains", function: nil),
                MenuItem(text: Text("パスワード変更", "Change of password"), target: "/operator/password", function: nil),
            ]
        )
    ]

    private static func certificates(_ target: String) -> MenuGroup {
        MenuGroup(
            title: Text("証明書", "Certificates"),
            items: [MenuItem(text: Text("証明書管理", "Certificate management"), target: target, function: .ownCertificate)]
        )
    }

    private static let inArea = MenuGroup(
        title: Text("証明書", "Certificates"),
        items: [
            MenuItem(text: Text("証明書発行", "Issue"), target: "/orders/new", function: .issue),
            MenuItem(text: Text("証明書一覧", "Certificate list"), target: "/orders", function: .certificateList),
            MenuItem(
                text: Text("証明書一括キャンセル・失効", "Bulk cancel or revoke"),
                target: "/orders/bulk",
                function: .bulkRevocation
            ),
        ]
    )

    private static func common(_ settings: OfficeSettings, _ base: String) -> [MenuGroup] {
        func item(_ text: Text, _ path: String, _ function: Function?) -> MenuItem {
            MenuItem(text: text, target: base + path, function: function)
        }
        return [
            MenuGroup(
                title: Text("ライセンス", "Licences"),
                items: [
                    item(Text("ライセンス追加購入", "Additional purchase"), "/licences/purchase", .purchase),
                    item(Text("ライセンス購入履歴", "Purchase history"), "/licences", .purchaseHistory),
                ]
            ),
            MenuGroup(
                title: Text("プロファイル", "Profiles"),
                items: [
                    item(Text("プロファイル設定", "Profile settings"), "/profiles/settings", .profileSettings),
                    item(Text("プロファイル追加申請", "Profile addition"), "/profiles/new", .profileAddition),
                    item(Text("プロファイル一覧", "Profile list"), "/profiles", .profileList),
                    item(Text("メールドメイン一覧", "Mail domain list"), "/domains", .mailDomainList),
                ]
            ),
            MenuGroup(
                title: Text("メール", "Mail"),
                items: [
                    item(Text("メールテンプレート管理", "Mail templates"), "/templates", .mailTemplates),
                    item(Text("メール一覧", "Mail list"), "/mails", .mailList),
                ]
            ),
            MenuGroup(
                title: Text("その他", "Others"),
                items: [item(Text("アクションログ", "Action log"), "/log", .actionLog)]
            ),
            MenuGroup(
                title: Text("管理と経理", "Management and accounting"),
                items: [
                    item(Text("ユーザ管理", "User management"), "/users", .userManagement),
                    item(
                        Text("管理者情報", "Administrator information"),
                        "/administrator-information",
                        .userManagement
                    ),
                    item(Text("パスワード変更", "Change of password"), "/password", nil),
                ]
            ),
            MenuGroup(
                title: Text("リソース", "Resources"),
                items: [
                    MenuItem(
                        text: Text("管理者マニュアル", "Administrator guide"),
                        target: settings.links.manual,
                        function: nil
                    ),
                    MenuItem(text: Text("お問い合わせ", "Enquiries"), target: settings.links.enquiry, function: nil),
                ]
            ),
        ]
    }

    private static func visible(to user: User, _ groups: [MenuGroup]) -> [MenuGroup] {
        groups.compactMap { group in
            let items = group.items.filter { $0.function?.isOpen(to: user) ?? true }
            return items.isEmpty ? nil : MenuGroup(title: group.title, items: items)
        }
    }
}
