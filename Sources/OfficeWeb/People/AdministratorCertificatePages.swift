import Office
import OfficeServices

/// The administrator certificate on the console: its application (SC-19 to SC-22), and the public page of its pick-up.
extension Routes {
    func administratorCertificatePages() {
        let desk = site.desk
        form("/administrator-certificate", .console(.ownCertificate)) { visit, _ in
            Self.applicationPage(try await desk.ownCertificates(by: visit.caller), desk)
        } submit: { visit in
            let caller = try visit.caller
            try await desk.applyForCertificate(
                visit.form["password"],
                again: visit.form["passwordAgain"],
                by: caller
            )
            return .page(
                Page(
                    Text("申請完了", "Application completed"),
                    [
                        .notice(
                            .ok,
                            Text("管理者証明書のお申し込みを受け付けました。", "Your application was received.")
                        ),
                        .paragraph(
                            Text(
                                "\(caller.user.mail) に証明書取得用のURLをお送りします。メールのURLを開き、設定したパスワードで証明書を取得してください。",
                                "A mail with an address goes to \(caller.user.mail). Open it and enter the password that you chose."
                            )
                        ),
                    ]
                )
            )
        }
        form("/administrator-certificate/pick-up/:token", .everybody) { visit, _ in
            try await desk.checkPickUp(token: visit["token"])
            let password = Field(
                "pickUpPassword",
                Text("証明書取得用パスワード", "Pick-up password"),
                .password,
                hint: Text("お申し込み時に設定したパスワード", "The one that you chose when you applied"),
                isRequired: true
            )
            return KeyFilePage.page(
                Text("管理者証明書の取得", "Pick up the administrator certificate"),
                action: visit.path,
                before: [password]
            )
        } submit: { visit in
            let file = try await desk.pickUpCertificate(
                token: visit["token"],
                password: visit.form["pickUpPassword"],
                KeyFileInput(visit.form),
                address: visit.address
            )
            return .file(Download(name: file.name, type: "application/x-pkcs12", content: file.content))
        }
    }

    /// On the certificate area's server: who shows the valid certificate gets the next one (ADM-05).
    func certificateRenewalPages() {
        let desk = site.desk
        form("/administrator-certificate/renew", .everybody) { visit, _ in
            let user = try await desk.holder(of: visit.certificate)
            return KeyFilePage.page(
                Text("管理者証明書の更新", "Renew the administrator certificate"),
                facts: [Fact(Text("ユーザID", "User ID"), user.id)],
                action: visit.path,
                before: []
            )
        } submit: { visit in
            let file = try await desk.renewCertificate(
                visit.certificate,
                KeyFileInput(visit.form),
                address: visit.address
            )
            return .file(Download(name: file.name, type: "application/x-pkcs12", content: file.content))
        }
    }

    private static func applicationPage(_ certificates: [AdministratorCertificate], _ desk: OfficeDesk) -> Page {
        var blocks: [Block] = [
            .paragraph(
                Text(
                    "管理者証明書は無償で、ライセンスは消費しません。取得用のURLをメールでお送りします。新しい証明書を取得すると、以前の証明書は使用できなくなります。",
                    "The administrator certificate is free and takes no licence. The address to pick it up comes by mail. Once you have picked it up, the former certificate stops working."
                )
            )
        ]
        if let present = certificates.first(where: { $0.status == .valid }) {
            blocks.append(
                .facts([
                    Fact(Text("現在の管理者証明書", "Present certificate"), present.serial ?? ""),
                    Fact(Text("有効期限", "End"), present.notAfter.map { desk.calendar.display($0) } ?? "–"),
                ])
            )
        }
        blocks.append(
            .form(
                FormView(
                    action: "/administrator-certificate",
                    fields: [
                        Field(
                            "password",
                            Text("証明書取得用パスワード", "Pick-up password"),
                            .password,
                            hint: Text(
                                "半角英字と数字を混在させた8文字以上256文字以内",
                                "8 to 256 letters and digits, at least one of each"
                            ),
                            isRequired: true,
                            autocomplete: "new-password"
                        ),
                        Field(
                            "passwordAgain",
                            Text("証明書取得用パスワード(確認用)", "Pick-up password again"),
                            .password,
                            isRequired: true,
                            autocomplete: "new-password"
                        ),
                    ],
                    buttons: [.init(Text("申請する", "Apply"))]
                )
            )
        )
        return Page(Text("管理者証明書の申請", "Apply for the administrator certificate"), blocks)
    }
}

/// The form that a PKCS#12 file comes from.
enum KeyFilePage {
    static func page(_ title: Text, facts: [Fact] = [], action: String, before: [Field]) -> Page {
        Page(
            title,
            [
                .facts(facts),
                .form(
                    FormView(
                        action: action,
                        fields: before + [
                            Field(
                                "password",
                                Text("PKCS#12のパスワード", "Password of the PKCS#12 file"),
                                .password,
                                hint: Text(
                                    "半角英字と数字を混在させた12文字以上117文字以内。証明書のインストール時に必要です。",
                                    "12 to 117 letters and digits, at least one of each. The installation asks for it."
                                ),
                                isRequired: true,
                                autocomplete: "new-password"
                            ),
                            Field(
                                "passwordAgain",
                                Text("PKCS#12のパスワード(確認用)", "Password of the PKCS#12 file again"),
                                .password,
                                isRequired: true,
                                autocomplete: "new-password"
                            ),
                            Field(
                                "acceptsTerms",
                                Text("利用規約に同意します。", "I accept the terms of use."),
                                .checkbox,
                                isRequired: true
                            ),
                        ],
                        buttons: [.init(Text("証明書ダウンロード", "Download the certificate"))]
                    )
                ),
            ]
        )
    }
}

extension KeyFileInput {
    init(_ values: FormValues) {
        self.init()
        (password, passwordAgain) = (values["password"], values["passwordAgain"])
        acceptsTerms = values.isTicked("acceptsTerms")
    }
}
