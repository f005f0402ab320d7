import Testing

extension InTheArea {
    /// The menus, item by item (section 8.1).
    struct MenuTests {
        /// An item, with what is missing while its function is still to come.
        private struct Item {
            let name: String
            var isToCome = false
        }

        /// Menus A and B as the specification has them; B's are those of the certificates, the others stand in both.
        private static let certificates = [
            Item(name: "証明書発行"), Item(name: "証明書発行(一括)", isToCome: true),
            Item(name: "証明書再発行(一括)", isToCome: true), Item(name: "証明書一覧"),
            Item(name: "証明書発行(管理者一括)", isToCome: true), Item(name: "管理者一括発行履歴", isToCome: true),
            Item(name: "承認待ち証明書一覧", isToCome: true), Item(name: "証明書一括キャンセル・失効"),
        ]
        private static let common = [
            Item(name: "ライセンス追加購入"), Item(name: "ライセンス購入履歴"), Item(name: "プロファイル設定"),
            Item(name: "プロファイル追加申請"), Item(name: "プロファイル一覧"), Item(name: "メールドメイン一覧"),
            Item(name: "ポータル管理", isToCome: true), Item(name: "構成プロファイル設定", isToCome: true),
            Item(name: "メールテンプレート管理"), Item(name: "メール一覧"), Item(name: "ポータルメール一覧", isToCome: true),
            Item(name: "アクションログ"), Item(name: "LDIF管理", isToCome: true),
        ]
        /// 管理と経理, and リソース.
        private static let others = ["ユーザ管理", "管理者情報", "パスワード変更", "管理者マニュアル", "お問い合わせ"]

        private static func names(_ items: [Item]) -> [String] { items.filter { !$0.isToCome }.map(\.name) }

        @Test("ACT-09 Menus A and B list the items of 8.1; リソース leads to the manual and to enquiries")
        func menus() async throws {
            let scene = try LicenceScene.own()
            let console = try await scene.browser.get("/")
            #expect(console.menu == ["証明書管理"] + Self.names(Self.common) + Self.others)
            let area = try await scene.browser.get(scene.company.office.areaURL + "/")
            #expect(area.status == 200)
            #expect(area.menu == Self.names(Self.certificates) + Self.names(Self.common) + Self.others)
            for page in [console, area] {
                #expect(page.body.contains("<a href=\"https://docs.inkan.example.com/\">管理者マニュアル</a>"))
                #expect(page.body.contains("<a href=\"https://inkan.example.com/contact\">お問い合わせ</a>"))
            }
        }

        @Test("ACT-09 The console's first page leads to the wizard, and begins a purchase with its packs")
        func top() async throws {
            let scene = try LicenceScene.own()
            let top = try await scene.browser.get("/")
            #expect(top.body.contains("<a class=\"button\" href=\"/wizard\">セットアップウィザード</a>"))
            #expect(top.body.contains("name=\"product\" value=\"corporate-100\""))
            let purchase = try await scene.browser.get("/licences/purchase?product=corporate-100")
            #expect(purchase.shown["product"] == "corporate-100")
            let staff = try await scene.company.user("menu", role: "staff")
            let page = try await staff.browser.get("/")
            #expect(!page.body.contains("/wizard") && !page.body.contains("name=\"product\""))
            #expect(page.menu == ["証明書管理", "ライセンス購入履歴", "プロファイル一覧", "メールドメイン一覧"] + Self.others.suffix(3))
        }
    }
}

extension OfficeBrowser.Answer {
    /// The items of the menu, in their order.
    var menu: [String] {
        let menu = firstGroup("<nav class=\"menu\"[^>]*>(.*?)</nav>") ?? ""
        return menu.components(separatedBy: "</a>").dropLast().compactMap { $0.components(separatedBy: ">").last }
    }
}
