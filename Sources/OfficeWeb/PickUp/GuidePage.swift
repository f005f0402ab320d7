import Office

/// Where certificates are kept on each system, and how they get there (PKP-12, section 5.19).
enum GuidePage {
    static let page = Page(
        Text("証明書のインストール方法", "How to install a certificate"),
        [
            .paragraph(
                Text(
                    "ダウンロードした.pfxファイルを開き、鍵保護パスワードを入力すると、次の場所に取り込まれます。",
                    "Open the .pfx file and enter the key-protection password; the certificate goes to the place below."
                )
            ),
            .paragraph(export),
            .table(
                TableView(
                    caption: Text("OS・ブラウザごとの証明書の保存場所", "Where certificates are kept, by system and browser"),
                    columns: [
                        .init(Text("OS", "System")), .init(Text("ブラウザ", "Browser")), .init(Text("証明書ストア", "Store")),
                        .init(Text("取り込み方", "How")),
                    ],
                    rows: rows.map { row in row.map { .init($0) } }
                )
            ),
        ]
    )

    /// What becomes of "exportable" where the key comes as a file (PKP-03).
    static let export = Text(
        "秘密鍵は.pfxファイルの中にあります。Windowsでは、取り込みの際に「このキーをエクスポート可能にする」を選択しなければ、証明書ストアの秘密鍵はエクスポートできません。取り込み後は.pfxファイルを削除してください。秘密鍵を一切取り出せないようにするには、USBトークンでの発行を証明書管理者に依頼してください。",
        "The private key is in the .pfx file. On Windows the key in the store cannot be exported unless “Mark this key as exportable” is ticked at the import. Delete the .pfx file afterwards. A key that nobody can ever take out is made in a USB token: ask your certificate manager."
    )

    private static let rows: [[Text]] = [
        [
            Text(verbatim: "Windows"), Text(verbatim: "Edge, Chrome"),
            Text("Windows証明書ストア", "Windows certificate store"),
            Text(".pfxをダブルクリックし、「現在のユーザー」に取り込みます。", "Double-click the .pfx and import it for the current user."),
        ],
        [
            Text(verbatim: "Windows"), Text(verbatim: "Firefox"), Text("Firefoxの証明書ストア", "Firefox's store"),
            Text(
                "設定 → プライバシーとセキュリティ → 証明書を表示 → あなたの証明書 → インポート",
                "Settings → Privacy & Security → View Certificates → Your Certificates → Import"
            ),
        ],
        [
            Text(verbatim: "Mac"), Text(verbatim: "Chrome, Safari"), Text("キーチェーン", "Keychain"),
            Text(".pfxをダブルクリックし、「ログイン」キーチェーンに追加します。", "Double-click the .pfx and add it to the login keychain."),
        ],
        [
            Text(verbatim: "Mac"), Text(verbatim: "Firefox"), Text("Firefoxの証明書ストア", "Firefox's store"),
            Text("Windows版Firefoxと同じです。", "As with Firefox on Windows."),
        ],
        [
            Text(verbatim: "iOS"), Text(verbatim: "Safari"), Text("iOSの証明書信頼ストア", "iOS trust store"),
            Text(
                "ファイルを開き、設定 → 一般 → VPNとデバイス管理 からプロファイルをインストールします。",
                "Open the file, then install the profile under Settings → General → VPN & Device Management."
            ),
        ],
        [
            Text(verbatim: "Android"), Text(verbatim: "Chrome"), Text("認証情報ストレージ", "Credential store"),
            Text(
                "設定 → セキュリティ → 証明書のインストール → VPNとアプリのユーザー証明書",
                "Settings → Security → Install a certificate → VPN & app user certificate"
            ),
        ],
    ]
}
