import Office
import OfficeServices
import OfficeStore

/// The administrator information, and one's own password.
extension Routes {
    func accountPages() {
        let site = site
        let desk = site.desk
        form("/administrator-information", .console(.userManagement)) { visit, values in
            let tenant = try await desk.tenant(visit.caller)
            return Self.informationPage(tenant, values.has("address") ? values : InformationForm.values(of: tenant))
        } submit: { visit in
            try await desk.edit(tenant: TenantInput(visit.form), by: visit.caller)
            return .page(
                Page(
                    Text("管理者情報", "Administrator information"),
                    [
                        .notice(.ok, Text("管理者情報を更新しました。", "The administrator information was saved.")),
                        .facts(InformationForm.facts(try await desk.tenant(visit.caller))),
                        .links([
                            Link(Text("プロファイル追加申請へ", "To profile addition"), "/profiles/new"),
                            Link(Text("ライセンス追加購入へ", "To purchase"), "/licences/purchase"),
                        ]),
                    ]
                )
            )
        }
        passwordPages(.console)
    }

    /// The change of one's own password, on either side. Somebody else's first choice of it opens no other page.
    func passwordPages(_ side: Session.Side) {
        let site = site
        let desk = site.desk
        let path = side.base + "/password"
        form(.init(path), side == .console ? .console(nil) : .operators) { visit, _ in
            Self.passwordPage(path, isFirst: visit.hasFirstPassword)
        } submit: { visit in
            guard let session = visit.session else { throw Refusal.notPermitted }
            let place = "password \(session.side) \(session.person)"
            try site.limits.count(place, at: desk.now)
            try await desk.changePassword(
                from: visit.form["former"],
                to: visit.form["password"],
                again: visit.form["passwordAgain"],
                session: session,
                address: visit.address
            )
            site.limits.forget(place)
            return .page(
                Page(
                    Text("パスワード変更", "Change of password"),
                    [
                        .notice(
                            .ok,
                            Text(
                                "パスワードを変更しました。ほかの端末からはログアウトされました。",
                                "The password was changed. Sessions elsewhere have ended."
                            )
                        ),
                        .links([Link(Text("トップページへ", "To the first page"), side.base + "/", isButton: true)]),
                    ]
                )
            )
        }
    }

    private static func informationPage(_ tenant: Tenant, _ values: FormValues) -> Page {
        Page(
            Text("管理者情報", "Administrator information"),
            [
                .paragraph(
                    Text(
                        "プロファイルの申請・更新の審査に使用します。常に最新の情報を登録してください。組織名の変更はサポートへお問い合わせください。",
                        "Profiles are vetted against this. Keep it up to date. Only the support changes the organisation's name."
                    )
                ),
                .facts([
                    Fact(Text("コーポレートID", "Corporate ID"), tenant.id),
                    Fact(Text("組織名", "Organisation"), tenant.organisation),
                ]),
                .form(
                    FormView(
                        action: "/administrator-information",
                        fields: InformationForm.fields(values),
                        buttons: [.init(Text("更新", "Save"))]
                    )
                ),
            ]
        )
    }

    private static func passwordPage(_ path: String, isFirst: Bool) -> Page {
        let first: [Block] = [
            .notice(
                .warn,
                Text(
                    "現在のパスワードは初期パスワードです。ご自身だけが知るパスワードに変更すると、ほかのページを使用できます。",
                    "Somebody else chose your present password. Change it to one that you alone know; the other pages open then."
                )
            )
        ]
        return Page(
            Text("パスワード変更", "Change of password"),
            (isFirst ? first : []) + [
                .form(
                    FormView(
                        action: path,
                        fields: [
                            Field(
                                "former",
                                Text("現在のパスワード", "Present password"),
                                .password,
                                isRequired: true,
                                autocomplete: "current-password"
                            ),
                            Field(
                                "password",
                                Text("新しいパスワード", "New password"),
                                .password,
                                hint: Text(
                                    "半角英字と数字を含む12文字以上256文字以内",
                                    "12 to 256 characters, letters and digits among them"
                                ),
                                isRequired: true,
                                autocomplete: "new-password"
                            ),
                            Field(
                                "passwordAgain",
                                Text("新しいパスワード(確認用)", "New password again"),
                                .password,
                                isRequired: true,
                                autocomplete: "new-password"
                            ),
                        ],
                        buttons: [.init(Text("変更", "Change"))]
                    )
                )
            ]
        )
    }
}

/// The fields of the administrator information.
enum InformationForm {
    static func fields(_ values: FormValues) -> [Field] {
        [
            Field(
                "organisationEnglish",
                Text("組織名(英語)", "Organisation (English)"),
                value: values["organisationEnglish"],
                isRequired: true,
                maximumLength: 64
            ),
            Field(
                "organisationKana",
                Text("組織名(カナ)", "Organisation (kana)"),
                value: values["organisationKana"],
                maximumLength: 64
            ),
            Field("address", Text("住所", "Address"), value: values["address"], isRequired: true, maximumLength: 256),
            Field(
                "telephone",
                Text("代表電話番号", "Main telephone"),
                value: values["telephone"],
                isRequired: true,
                maximumLength: 32
            ),
        ]
    }

    static func values(of tenant: Tenant) -> FormValues {
        FormValues([
            ("organisationEnglish", tenant.organisationEnglish), ("organisationKana", tenant.organisationKana),
            ("address", tenant.address), ("telephone", tenant.telephone),
        ])
    }

    static func facts(_ tenant: Tenant) -> [Fact] {
        [
            Fact(Text("コーポレートID", "Corporate ID"), tenant.id), Fact(Text("組織名", "Organisation"), tenant.organisation),
            Fact(Text("組織名(英語)", "Organisation (English)"), tenant.organisationEnglish),
            Fact(Text("組織名(カナ)", "Organisation (kana)"), tenant.organisationKana),
            Fact(Text("住所", "Address"), tenant.address), Fact(Text("代表電話番号", "Main telephone"), tenant.telephone),
        ]
    }

    static func facts(_ user: User) -> [Fact] {
        [
            Fact(Text("申請者", "Applicant"), user.id), Fact(Text("氏名", "Name"), user.name),
            Fact(Text("部署", "Department"), user.department), Fact(Text("電話番号", "Telephone"), user.telephone),
            Fact(Text("メールアドレス", "Mail address"), user.mail),
        ]
    }
}

extension TenantInput {
    init(_ values: FormValues) {
        self.init()
        (organisationEnglish, organisationKana) = (values["organisationEnglish"], values["organisationKana"])
        (address, telephone) = (values["address"], values["telephone"])
    }
}

/// The step of every application for a profile that shows the administrator information, to be confirmed (PRO-19, Q-69).
enum InformationStep {
    static func step(
        _ desk: OfficeDesk,
        isNeeded: @escaping @Sendable (Visit) async throws -> Bool = { _ in true }
    ) -> Flow.Step {
        Flow.Step(Text("管理者情報", "Administrator information"), isNeeded: isNeeded) { visit, values in
            let caller = try visit.caller
            let tenant = try await desk.tenant(caller)
            var blocks: [Block] = [.facts(InformationForm.facts(tenant) + InformationForm.facts(caller.user))]
            if !tenant.isComplete { blocks.append(.notice(.error, Refusal.informationIncomplete.problems[0].text)) }
            blocks.append(
                .links([
                    Link(Text("管理者情報を編集する", "Edit the administrator information"), "/administrator-information"),
                    Link(Text("申請者の情報を編集する", "Edit the applicant's data"), "/users/\(caller.user.id)"),
                ])
            )
            return Flow.View(
                blocks: blocks,
                fields: [
                    Field(
                        "confirmsInformation",
                        Text(
                            "上記の管理者情報が最新であることを確認しました。",
                            "I have checked that the information above is up to date."
                        ),
                        .checkbox,
                        value: values["confirmsInformation"],
                        isRequired: true
                    )
                ]
            )
        } check: { visit in
            try await desk.check(confirmation: visit.form.isTicked("confirmsInformation"), by: visit.caller)
        }
    }
}
