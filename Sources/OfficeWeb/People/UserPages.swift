import Office
import OfficeServices

/// User management (管理と経理 → ユーザ管理; SC-66).
extension Routes {
    func userPages() {
        let desk = site.desk
        get("/users", .console(.userManagement)) { visit in
            .page(Self.userList(try await desk.users(by: visit.caller)))
        }
        form("/users/new", .console(.userManagement)) { visit, values in
            Page(
                Text("ユーザ登録", "New user"),
                [
                    .form(
                        FormView(
                            action: "/users/new",
                            fields: [
                                Field(
                                    "name",
                                    Text("ユーザ名", "User name"),
                                    value: values["name"],
                                    hint: Text(
                                        "ユーザIDは「\(try visit.caller.tenant)_ユーザ名」となり、登録後は変更できません。管理者証明書のコモンネームになります。",
                                        "The user ID will be “\(try visit.caller.tenant)_user name”. It cannot be changed later, and is the common name of the administrator certificate."
                                    ),
                                    isRequired: true,
                                    maximumLength: 32
                                )
                            ] + UserForm.fields(values),
                            buttons: [.init(Text("登録", "Create"))]
                        )
                    )
                ]
            )
        } submit: { visit in
            let made = try await desk.create(user: visit.form["name"], UserInput(visit.form), by: visit.caller)
            return .page(
                Self.firstPassword(Text("ユーザを登録しました。", "The user was created."), made.user.id, made.password)
            )
        }
        form("/users/:id", .console(.userManagement)) { visit, values in
            let user = try await desk.user(visit["id"], by: visit.caller)
            return Self.userPage(user, values.has("surname") ? values : UserForm.values(of: user))
        } submit: { visit in
            try await desk.edit(user: visit["id"], UserInput(visit.form), by: visit.caller)
            return .redirect("/users")
        }
        post("/users/:id/deactivate", .console(.userManagement)) { visit in
            try await desk.deactivate(user: visit["id"], by: visit.caller)
            return .redirect("/users")
        }
        post("/users/:id/activate", .console(.userManagement)) { visit in
            try await desk.activate(user: visit["id"], by: visit.caller)
            return .redirect("/users")
        }
        post("/users/:id/password", .console(.userManagement)) { visit in
            let password = try await desk.renewPassword(of: visit["id"], by: visit.caller)
            let done = Text("パスワードを再発行しました。", "A new password was made.")
            return .page(Self.firstPassword(done, visit["id"], password))
        }
    }

    private static func userList(_ users: [User]) -> Page {
        Page(
            Text("ユーザ管理", "User management"),
            [
                .links([Link(Text("ユーザ登録", "New user"), "/users/new", isButton: true)]),
                .table(
                    TableView(
                        caption: Text("ユーザ一覧", "Users"),
                        columns: [
                            .init(Text("編集", "Edit")), .init(Text("ユーザID", "User ID")), .init(Text("氏名", "Name")),
                            .init(Text("メールアドレス", "Mail address")), .init(Text("権限", "Role")),
                            .init(Text("ライセンス購入権限", "May buy licences")), .init(Text("状態", "State")),
                        ],
                        rows: users.map { user in
                            [
                                .init(buttons: [Link(Text("編集", "Edit"), "/users/\(user.id)")]), .init(user.id),
                                .init(user.name), .init(user.mail), .init(user.role.text),
                                .init(Function.purchase.isOpen(to: user) ? Text("あり", "Yes") : Text("なし", "No")),
                                .init(state(user), user.isActive ? .ok : .plain),
                            ]
                        }
                    )
                ),
            ]
        )
    }

    private static func state(_ user: User) -> Text {
        user.isActive ? Text("有効", "Active") : Text("停止", "Deactivated")
    }

    private static func userPage(_ user: User, _ values: FormValues) -> Page {
        var blocks: [Block] = [
            .facts([
                Fact(Text("ユーザID", "User ID"), user.id), Fact(Text("状態", "State"), state(user)),
            ]),
            .form(
                FormView(
                    action: "/users/\(user.id)",
                    fields: UserForm.fields(values),
                    buttons: [.init(Text("更新", "Save"))]
                )
            ),
            .heading(Text("パスワードとアクセス", "Password and access")),
            .form(
                FormView(
                    action: "/users/\(user.id)/password",
                    fields: [],
                    buttons: [.init(Text("パスワード再発行", "New password"), look: .quiet)]
                )
            ),
        ]
        let (path, button): (String, FormView.Button) =
            user.isActive
            ? ("deactivate", .init(Text("ユーザ停止", "Deactivate"), look: .danger))
            : ("activate", .init(Text("ユーザ再開", "Activate again"), look: .quiet))
        blocks.append(.form(FormView(action: "/users/\(user.id)/\(path)", fields: [], buttons: [button])))
        return Page(Text("ユーザ編集", "User"), blocks)
    }

    private static func firstPassword(_ done: Text, _ id: String, _ password: String) -> Page {
        Page(
            Text("ユーザのパスワード", "The user's password"),
            [
                .notice(.ok, done),
                .facts([Fact(Text("ユーザID", "User ID"), id), Fact(Text("初期パスワード", "First password"), password)]),
                .notice(
                    .warn,
                    Text(
                        "このパスワードは一度だけ表示されます。本人に安全な方法で伝え、ログイン後に変更するよう依頼してください。",
                        "This password is shown only now. Hand it over safely, and ask the person to change it after log-in."
                    )
                ),
                .links([Link(Text("ユーザ管理", "User management"), "/users")]),
            ]
        )
    }
}

/// The fields of a user's data.
enum UserForm {
    static func fields(_ values: FormValues) -> [Field] {
        [
            Field("surname", Text("姓", "Surname"), value: values["surname"], isRequired: true, maximumLength: 64),
            Field(
                "givenName",
                Text("名", "Given name"),
                value: values["givenName"],
                isRequired: true,
                maximumLength: 64
            ),
            Field(
                "surnameEnglish",
                Text("姓(英語)", "Surname (English)"),
                value: values["surnameEnglish"],
                maximumLength: 64
            ),
            Field(
                "givenNameEnglish",
                Text("名(英語)", "Given name (English)"),
                value: values["givenNameEnglish"],
                maximumLength: 64
            ),
            Field("department", Text("部署", "Department"), value: values["department"], maximumLength: 64),
            Field("telephone", Text("電話番号", "Telephone"), value: values["telephone"], maximumLength: 32),
            Field(
                "mail",
                Text("メールアドレス", "Mail address"),
                .mail,
                value: values["mail"],
                hint: Text(
                    "管理者証明書のご案内はこのアドレスに送信されます。発行済みの管理者証明書に記載されたアドレスは変わりません。",
                    "Mails about administrator certificates go here. The address inside an issued certificate does not change."
                ),
                isRequired: true
            ),
            Field(
                "role",
                Text("権限", "Role"),
                .radio(Field.options(Role.self)),
                value: values["role"],
                isRequired: true
            ),
            Field(
                "mayPurchase",
                Text(
                    "まとめ買い購入・マネージドPKI ライセンス購入権限(マネージャー・担当者)",
                    "May buy licences (managers and staff)"
                ),
                .checkbox,
                value: values["mayPurchase"]
            ),
            Field(
                "language",
                Text("表示言語", "Language"),
                .select([.init("ja", Text(verbatim: "日本語")), .init("en", Text(verbatim: "English"))]),
                value: values["language"]
            ),
        ]
    }

    static func values(of user: User) -> FormValues {
        FormValues([
            ("surname", user.surname), ("givenName", user.givenName), ("surnameEnglish", user.surnameEnglish),
            ("givenNameEnglish", user.givenNameEnglish), ("department", user.department),
            ("telephone", user.telephone), ("mail", user.mail), ("role", user.role.rawValue),
            ("mayPurchase", user.mayPurchase ? "yes" : ""), ("language", user.language.rawValue),
        ])
    }
}

extension UserInput {
    init(_ values: FormValues) {
        self.init()
        (surname, givenName) = (values["surname"], values["givenName"])
        (surnameEnglish, givenNameEnglish) = (values["surnameEnglish"], values["givenNameEnglish"])
        (department, telephone, mail) = (values["department"], values["telephone"], values["mail"])
        (role, mayPurchase) = (values["role"], values.isTicked("mayPurchase"))
        language = values["language"].isEmpty ? Language.japanese.rawValue : values["language"]
    }
}
