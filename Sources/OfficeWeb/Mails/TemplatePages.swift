import Office
import OfficeMail
import OfficeServices

/// メールテンプレート管理 (section 5.23, TPL-02 to TPL-09).
extension Routes {
    func templatePages() {
        let desk = site.desk
        get("/templates", .console(.mailTemplates)) { visit in
            let language = Language(rawValue: visit.query["language"]) ?? .japanese
            return .page(TemplateViews.list(try await desk.templates(language, by: visit.caller), language))
        }
        get("/templates/:type/:language", .console(.mailTemplates)) { visit in
            let editor = try TemplateEditor(desk, visit)
            let template = try await desk.template(editor.type, editor.language, by: visit.caller)
            return .page(editor.page(TemplateViews.values(of: template)))
        }
        post("/templates/:type/:language", .console(.mailTemplates)) { visit in
            let editor = try TemplateEditor(desk, visit)
            do {
                return .page(try await editor.turn())
            } catch let refusal as Refusal where refusal.kind == .input {
                var page = editor.page(visit.form)
                (page.problems, page.status) = (refusal.problems, 422)
                return .page(page)
            }
        }
    }
}

/// One template being edited: 編集 → 確認 → 完了する. What was typed travels with the pages; nothing is kept before the end.
private struct TemplateEditor {
    let desk: OfficeDesk
    let visit: Visit
    let type: MailType
    let language: Language

    init(_ desk: OfficeDesk, _ visit: Visit) throws(Refusal) {
        guard let type = MailType(rawValue: visit["type"]), let language = Language(rawValue: visit["language"]) else {
            throw .notFound
        }
        (self.desk, self.visit, self.type, self.language) = (desk, visit, type, language)
    }

    private var path: String { "/templates/\(type.rawValue)/\(language.rawValue)" }

    /// The page that follows what was sent.
    func turn() async throws -> Page {
        let typed = TemplateViews.template(visit.form, type, language)
        switch visit.form["go"] {
        case "restore":
            return page(
                TemplateViews.values(of: typed.restored),
                .notice(
                    .ok,
                    Text(
                        "初期のメッセージに戻しました。「次へ」「完了する」で反映されます。",
                        "The delivered text is back. It is kept when you go on and complete."
                    )
                )
            )
        case "test":
            let address = visit.form["testAddress"]
            try await desk.sendTest(of: typed, to: address, by: visit.caller)
            return page(
                visit.form,
                .notice(.ok, Text("テストメールを\(address)に送信します。", "A test mail goes to \(address)."))
            )
        case "next":
            try desk.check(typed)
            return confirmation(typed)
        case "complete":
            try await desk.save(typed, by: visit.caller)
            return Page(
                Text("メールテンプレート編集完了", "Mail template changed"),
                [
                    .notice(
                        .ok,
                        Text("今後送信されるメールに反映されます。", "Mails that are sent from now on have this wording.")
                    ),
                    .links([
                        Link(
                            Text("メールテンプレート管理", "Mail templates"),
                            "/templates?language=\(language.rawValue)",
                            isButton: true
                        )
                    ]),
                ]
            )
        default: return page(visit.form)
        }
    }

    /// The editor with values in its fields.
    func page(_ values: FormValues, _ notice: Block? = nil) -> Page {
        let form = FormView(
            action: path,
            fields: TemplateViews.fields(values, type),
            buttons: [
                .init(Words.next, name: "go", value: "next"),
                .init(Text("テストメール送信", "Send a test mail"), name: "go", value: "test", look: .quiet),
                .init(Text("メッセージを元に戻す", "Restore the message"), name: "go", value: "restore", look: .quiet),
            ]
        )
        return Page(
            Text("メールテンプレート編集", "Mail template"),
            [notice].compactMap { $0 } + [
                .facts([
                    Fact(Text("メール種別", "Type"), MailViews.name(.template(type))),
                    Fact(Text("言語", "Language"), TemplateViews.name(language)),
                ]),
                .notice(
                    .warn,
                    Text(
                        "Fromを実際の送信元と異なるドメインにすると、迷惑メールと判定されることがあります。初期値のままにし、返信先はReply-Toで指定してください。宛先を誤ると、第三者に証明書を取得されるおそれがあります。",
                        "A From whose domain is not the real sender's may be taken for spam: leave it, and use Reply-To. With a wrong address a stranger could obtain the certificate."
                    )
                ),
                .form(form), .heading(Text("変数一覧", "Variables")), .table(TemplateViews.palette(type)),
                .links([Link(Words.back, "/templates?language=\(language.rawValue)")]),
            ]
        )
    }

    private func confirmation(_ template: MailTemplate) -> Page {
        let values = TemplateViews.values(of: template)
        return Page(
            Text("メールテンプレート確認", "Confirm the mail template"),
            [
                .facts(
                    [
                        Fact(Text("メール種別", "Type"), MailViews.name(.template(type))),
                        Fact(Text("言語", "Language"), TemplateViews.name(language)),
                        Fact(Text("送信", "Sending"), TemplateViews.words(template.enabled)),
                        Fact(Text("文字コード", "Encoding"), template.encoding.rawValue),
                    ]
                        + TemplateViews.headers.map { Fact($0.label, values[$0.name]) }
                ), .heading(Text("本文", "Body")), .preformatted(Text(verbatim: template.body)),
                .form(
                    FormView(
                        action: path,
                        fields: [],
                        buttons: [
                            .init(Words.complete, name: "go", value: "complete"),
                            .init(Words.back, name: "go", value: "back", look: .quiet),
                        ],
                        hidden: values.pairs
                    )
                ),
            ]
        )
    }
}

/// Templates as pages show them.
enum TemplateViews {
    static func name(_ language: Language) -> Text {
        switch language {
        case .japanese: Text("日本語(JA)", "Japanese (JA)")
        case .english: Text("英語(EN)", "English (EN)")
        }
    }

    static func words(_ isEnabled: Bool) -> Text {
        isEnabled ? Text("有効", "Enabled") : Text("無効", "Disabled")
    }

    static func list(_ templates: [MailTemplate], _ language: Language) -> Page {
        let types = zip(MailType.allCases, templates)
        return Page(
            Text("メールテンプレート管理", "Mail templates"),
            [
                .links(
                    Language.allCases.map {
                        Link(
                            name($0),
                            "/templates?language=\($0.rawValue)",
                            isButton: true,
                            isCurrent: $0 == language
                        )
                    }
                ),
                .table(
                    TableView(
                        caption: name(language),
                        columns: [
                            .init(Text("No.", "No."), isNumber: true), .init(Text("メール種別", "Type")),
                            .init(Text("送信", "Sending")), .init(Text("編集", "Edit")),
                        ],
                        rows: types.map { type, template in
                            let path = "/templates/\(type.rawValue)/\(language.rawValue)"
                            return [
                                .init("\(type.number)"), .init(MailViews.name(.template(type))),
                                .init(words(template.enabled), template.enabled ? .ok : .plain),
                                .init(buttons: [Link(Text("編集", "Edit"), path, isButton: true)]),
                            ]
                        }
                    )
                ),
            ]
        )
    }

    static let headers: [(name: String, label: Text)] = [
        ("from", Text("From", "From")), ("replyTo", Text("Reply-To", "Reply-To")), ("to", Text("To", "To")),
        ("cc", Text("Cc", "Cc")), ("bcc", Text("Bcc", "Bcc")), ("subject", Text("件名", "Subject")),
    ]

    static func fields(_ values: FormValues, _ type: MailType) -> [Field] {
        let inserts = type.variables.map { (text: name($0), value: $0.written) }
        let several = Text("カンマ区切りで複数指定できます。変数も使用できます。", "Several are separated by commas; variables may be used.")
        var fields = [
            Field(
                "enabled",
                Text("送信", "Sending"),
                .radio([.init("yes", words(true)), .init("no", words(false))]),
                value: values["enabled"]
            ),
            Field(
                "encoding",
                Text("文字コード", "Encoding"),
                .radio(MailEncoding.allCases.map { .init($0.rawValue, Text(verbatim: $0.rawValue)) }),
                value: values["encoding"],
                hint: Text(
                    "UTF-8は多くの文字を使用できますが、古いメール環境では表示できないことがあります。ISO-2022-JPは日本語の多くのメール環境に対応しますが、使用できない文字があります。",
                    "UTF-8 has every character, but some old mail programs do not read it. ISO-2022-JP is read by Japanese mail programs, but lacks many characters."
                )
            ),
        ]
        fields += headers.map { header in
            var field = Field(
                header.name,
                header.label,
                value: values[header.name],
                hint: ["to", "cc", "bcc", "replyTo"].contains(header.name) ? several : nil,
                isRequired: ["from", "to", "subject"].contains(header.name)
            )
            if header.name == "subject" { field.inserts = inserts }
            return field
        }
        var body = Field("body", Text("本文", "Body"), .area, value: values["body"], isRequired: true)
        body.lines = 16
        body.inserts = inserts
        let test = Field(
            "testAddress",
            Text("テストメールの送信先", "Address of the test mail"),
            .mail,
            value: values["testAddress"],
            hint: Text(
                "このアドレスにのみ送信されます。To、Cc、Bccには送信されません。",
                "It goes to this address alone; To, Cc and Bcc do not count."
            )
        )
        return fields + [body, test]
    }

    /// Every variable of the type, for those who type them.
    static func palette(_ type: MailType) -> TableView {
        TableView(
            caption: Text("変数一覧", "Variables"),
            columns: [.init(Text("変数", "Variable")), .init(Text("内容", "What stands for it"))],
            rows: type.variables.map { [.init($0.written), .init(name($0))] }
        )
    }

    private static func name(_ variable: MailVariable) -> Text {
        Text(variable.name(in: "ja"), variable.name(in: "en"))
    }

    static func values(of template: MailTemplate) -> FormValues {
        FormValues([
            ("enabled", template.enabled ? "yes" : "no"), ("encoding", template.encoding.rawValue),
            ("from", template.from), ("replyTo", template.replyTo), ("to", template.to), ("cc", template.cc),
            ("bcc", template.bcc), ("subject", template.subject), ("body", template.body),
        ])
    }

    static func template(_ values: FormValues, _ type: MailType, _ language: Language) -> MailTemplate {
        MailTemplate(
            kind: .template(type),
            language: language.rawValue,
            enabled: values["enabled"] == "yes",
            encoding: MailEncoding(rawValue: values["encoding"]) ?? .utf8,
            from: values["from"],
            replyTo: values["replyTo"],
            to: values["to"],
            cc: values["cc"],
            bcc: values["bcc"],
            subject: values["subject"],
            body: values["body"]
        )
    }
}
