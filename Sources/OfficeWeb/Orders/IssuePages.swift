import Office
import OfficeServices
import OfficeStore

/// Ordering one certificate: profile and licence, the form, the confirmation (section 5.5).
struct IssueFlow: Sendable {
    let desk: OfficeDesk

    var flow: Flow {
        Flow(
            Text("証明書発行", "Issue a certificate"),
            path: "/orders/new",
            steps: [choice, form],
            confirm: { visit in try await confirm(visit) },
            complete: { visit in try await complete(visit) }
        )
    }

    private var choice: Flow.Step {
        Flow.Step(Text("プロファイル・ライセンス選択", "Profile and licence")) { visit, values in
            let (profiles, licences) = try await desk.orderChoices(by: visit.caller)
            return Flow.View(
                blocks: lacking(profiles, licences),
                fields: [
                    Field(
                        "profile",
                        Text("プロファイルID", "Profile ID"),
                        .radio(
                            profiles.map { profile in
                                let units =
                                    profile.subject.units.isEmpty
                                    ? "" : " / " + profile.subject.units.joined(separator: " / ")
                                let name = profile.subject.organisation + units
                                return .init(
                                    profile.id,
                                    Text(
                                        "\(profile.id) \(name) (\(profile.settings.use.text.japanese))",
                                        "\(profile.id) \(name) (\(profile.settings.use.text.english))"
                                    )
                                )
                            }
                        ),
                        value: values["profile"],
                        isRequired: true
                    ),
                    Field(
                        "licence",
                        Text("ライセンスID", "Licence ID"),
                        .radio(
                            licences.map { licence in
                                let rest = licence.unused.map { "\($0)" }
                                return .init(
                                    licence.id,
                                    Text(
                                        "\(licence.id) \(licence.productName) \(licence.term.text.japanese) 残り\(rest ?? "無制限")",
                                        "\(licence.id) \(licence.productName), \(licence.term.text.english), \(rest ?? "unlimited") left"
                                    )
                                )
                            }
                        ),
                        value: values["licence"],
                        isRequired: true
                    ),
                ]
            )
        } check: { visit in
            _ = try await desk.orderChoice(OrderInput(visit.form), by: visit.caller)
        }
    }

    /// What has to be there before anything can be ordered, where it is not.
    private func lacking(_ profiles: [Profile], _ licences: [Licence]) -> [Block] {
        let console = desk.settings.consoleURL
        var blocks: [Block] = []
        var links: [Link] = []
        if profiles.isEmpty {
            blocks.append(
                .notice(
                    .warn,
                    Text(
                        "使用できるプロファイルがありません。審査の状況をプロファイル一覧でご確認ください。",
                        "There is no profile to use. The profile list says how far the vetting is."
                    )
                )
            )
            links.append(Link(Text("プロファイル一覧へ", "To the profile list"), console + "/profiles"))
        }
        if licences.isEmpty {
            blocks.append(
                .notice(
                    .warn,
                    Text(
                        "使用できるライセンスがありません。承認の状況をライセンス購入履歴でご確認ください。",
                        "There is no licence to use. The purchase history says how far the approval is."
                    )
                )
            )
            links.append(Link(Text("ライセンス購入履歴へ", "To the purchase history"), console + "/licences"))
        }
        return blocks + (links.isEmpty ? [] : [.links(links)])
    }

    private var form: Flow.Step {
        Flow.Step(Text("申請内容", "Application")) { visit, values in
            let chosen = try await desk.orderChoice(OrderInput(visit.form), by: visit.caller)
            return OrderForm(chosen: chosen, values: values).view
        } check: { visit in
            _ = try await desk.check(OrderInput(visit.form), by: visit.caller)
        }
    }

    private func confirm(_ visit: Visit) async throws -> Flow.View {
        let input = OrderInput(visit.form)
        let (chosen, subject) = try await desk.check(input, by: visit.caller)
        var facts = [
            Fact(Text("プロファイルID", "Profile ID"), chosen.profile.id),
            Fact(Text("ライセンスID", "Licence ID"), chosen.licence.id),
        ]
        facts += OrderFacts.subject(subject, of: chosen.profile)
        if let option = Order.KeyOption(rawValue: input.keyOption) {
            facts.append(Fact(Text("鍵の生成方法", "How the key is made"), option.text))
        }
        facts.append(
            Fact(Text("メールテンプレート", "Mail template"), input.templateLanguage == "ja" ? "日本語" : "English")
        )
        facts.append(Fact(Text("メモ", "Memo"), input.memo))
        return Flow.View(blocks: [.facts(facts)])
    }

    private func complete(_ visit: Visit) async throws -> Page {
        let order = try await desk.order(OrderInput(visit.form), by: visit.caller)
        return Page(
            Text("証明書発行 申請完了", "Certificate ordered"),
            [
                .notice(
                    .ok,
                    Text(
                        "申請を受け付けました。\(order.subject.mail)に証明書取得のご案内メールを送信します。証明書取得用パスワードは別途お知らせください。",
                        "Ordered. A mail about the pick-up goes to \(order.subject.mail). Tell the pick-up password by another way."
                    )
                ),
                .facts([Fact(Text("オーダーID", "Order ID"), order.id, link: "/orders/\(order.id)")]),
                .links([
                    Link(Text("続けて証明書を発行する", "Issue another certificate"), "/orders/new", isButton: true),
                    Link(Text("証明書一覧へ", "To the list"), "/orders"),
                ]),
            ]
        )
    }
}

/// The fields of an order, as its profile and licence ask for them (section 5.9).
struct OrderForm {
    let chosen: OrderChoice
    let values: FormValues

    var view: Flow.View {
        let use = chosen.profile.settings.use
        var fields = fixed
        fields += use == .access ? accessFields : mailFields
        fields.append(
            Field(
                "usesMail",
                Text("アクセス認証にEメールアドレスを利用する", "Use the mail address for access authentication"),
                .radio([.init("yes", Text("はい", "Yes")), .init("no", Text("いいえ", "No"))]),
                value: values.has("usesMail") ? values["usesMail"] : "no",
                isRequired: true
            )
        )
        if use == .access { fields += directoryFields }
        fields += pickUpFields
        return Flow.View(blocks: use == .smime && chosen.licence.kind == .personal ? [notices] : [], fields: fields)
    }

    private var fixed: [Field] {
        let subject = chosen.profile.subject
        let shown =
            chosen.profile.settings.use == .access
            ? [("C", subject.country), ("S", subject.state), ("L", subject.locality), ("O", subject.organisation)]
            : [("C", subject.country), ("O", subject.organisation)]
        return shown.filter { !$0.1.isEmpty }.map { name, value in
            Field("fixed\(name)", Text(verbatim: name), .fixed, value: value)
        }
    }

    private var accessFields: [Field] {
        let subject = chosen.profile.subject
        let own = subject.units.enumerated().map { index, unit in
            Field("fixedOU\(index)", Text(verbatim: "OU"), .fixed, value: unit)
        }
        let more = (subject.units.count..<3).prefix(2).enumerated().map { index, _ in
            Field(
                "unit\(index + 2)",
                Text("所属\(index + 2)(OU)", "Department \(index + 2) (OU)"),
                value: values["unit\(index + 2)"]
            )
        }
        return own + more + [
            Field(
                "commonName",
                Text("コモンネーム(CN)", "Common name (CN)"),
                value: values["commonName"],
                hint: Text("64文字以内", "At most 64 characters"),
                isRequired: true
            ),
            Field(
                "mail",
                Text("利用者メールアドレス", "Subscriber's mail address"),
                .mail,
                value: values["mail"],
                isRequired: true
            ),
        ]
    }

    private var mailFields: [Field] {
        let domains = chosen.domains.filter(\.isForSMIME)
        var fields: [Field] = []
        if chosen.licence.kind == .personal {
            fields = [
                Field(
                    "commonNameChoice",
                    Text("コモンネーム(CN)", "Common name (CN)"),
                    .radio(Field.options(OrderSubject.Input.CommonName.self)),
                    value: values["commonNameChoice"],
                    isRequired: true
                ),
                Field(
                    "nameKind",
                    Text("名前の種類", "Kind of name"),
                    .radio(Field.options(OrderSubject.Input.NameKind.self)),
                    value: values.has("nameKind")
                        ? values["nameKind"] : OrderSubject.Input.NameKind.personalName.rawValue,
                    hint: Text(
                        "コモンネームがメールアドレスの場合も、いずれかが必要です。",
                        "One of them is needed with a mail address as common name, too."
                    ),
                    isRequired: true
                ),
                Field(
                    "surname",
                    Text("名字(SurName)", "Surname"),
                    value: values["surname"],
                    hint: Text("31文字以内", "At most 31 characters")
                ),
                Field(
                    "givenName",
                    Text("名前(GivenName)", "Given name"),
                    value: values["givenName"],
                    hint: Text("31文字以内", "At most 31 characters")
                ),
                Field(
                    "pseudonym",
                    Text("仮名(Pseudonym)", "Pseudonym"),
                    value: values["pseudonym"],
                    hint: Text(
                        "64文字以内。個人名と仮名はどちらか一方を入力してください。",
                        "At most 64 characters. Give a personal name or a pseudonym."
                    )
                ),
            ]
        } else {
            fields = [
                Field(
                    "commonName",
                    Text("コモンネーム(CN)", "Common name (CN)"),
                    value: values.has("commonName") ? values["commonName"] : chosen.profile.subject.organisation,
                    hint: Text(
                        "組織名、または下に入力する部署のメールアドレス",
                        "The organisation's name, or the department's mail address that is entered below"
                    ),
                    isRequired: true
                )
            ]
        }
        return fields + [
            Field(
                "localPart",
                Text("メールアドレス(@を含む左側)", "Mail address (left part, with @)"),
                value: values["localPart"],
                hint: Text("例: taro@ または taro@mail.", "For example taro@ or taro@mail."),
                isRequired: true
            ),
            Field(
                "mailDomain",
                Text("メールドメイン", "Mail domain"),
                .select(domains.map { .init($0.name, Text(verbatim: $0.name)) }),
                value: values["mailDomain"],
                isRequired: true
            ),
            Field(
                "mail",
                Text("入力されたメールアドレス", "The address"),
                .fixed,
                value: values["localPart"] + values["mailDomain"],
                data: [("address-preview", "{localPart}{mailDomain}")]
            ),
        ]
    }

    private var directoryFields: [Field] {
        [
            Field(
                "userPrincipalName",
                Text("UPN", "UPN"),
                value: values["userPrincipalName"],
                hint: Text(
                    "Active Directoryに登録された名前(スマートカードログオン用)。半角128文字以内",
                    "The name in Active Directory, for smart-card log-on. At most 128 half-width characters"
                )
            ),
            Field(
                "securityIdentifier",
                Text("SID", "SID"),
                value: values["securityIdentifier"],
                hint: Text(
                    "2025年2月11日以降、AD証明書サービスでの利用に必要です。whoami /user で確認できます。",
                    "Needed with AD Certificate Services since 2025-02-11; “whoami /user” shows it."
                )
            ),
        ]
    }

    private var pickUpFields: [Field] {
        let options = Order.KeyOption.allCases.map { option in
            Field.Option(
                option.rawValue,
                option.text,
                isDisabled: !chosen.profile.settings.allows(option)
            )
        }
        let usual = options.first { !$0.isDisabled }?.value ?? ""
        return [
            Field(
                "keyOption",
                Text("鍵の生成方法", "How the key is made"),
                .radio(options),
                value: values.has("keyOption") ? values["keyOption"] : usual,
                hint: chosen.profile.settings.forbidsExport
                    ? Text(
                        "秘密鍵エクスポート不可のプロファイルのため、秘密鍵を取り出せないUSBトークンのみ選択できます。",
                        "The profile forbids export of private keys: only USB tokens can be chosen, which let no key out."
                    ) : nil,
                isRequired: true
            ),
            Field(
                "templateLanguage",
                Text("メールテンプレート", "Mail template"),
                .select([.init("ja", Text(verbatim: "日本語")), .init("en", Text(verbatim: "English"))]),
                value: values.has("templateLanguage") ? values["templateLanguage"] : "ja",
                isRequired: true
            ),
            Field(
                "password",
                Text("証明書取得用パスワード", "Pick-up password"),
                .password,
                value: values["password"],
                hint: Text(
                    "半角英数字8文字以上。利用者へは別の方法でお知らせください。",
                    "8 or more letters and digits. Tell the subscriber by another way."
                ),
                isRequired: true,
                autocomplete: "new-password",
                generatesInto: "passwordAgain"
            ),
            Field(
                "passwordAgain",
                Text("証明書取得用パスワード(確認)", "Pick-up password again"),
                .password,
                value: values["passwordAgain"],
                isRequired: true,
                autocomplete: "new-password"
            ),
            Field("memo", Text("メモ", "Memo"), .area, value: values["memo"]),
        ]
    }

    private var notices: Block {
        .notice(
            .warn,
            Text(
                "仮名には、第三者が本人を特定できる愛称や、管理者が利用者を特定できない識別子を使用できません。個人名・仮名の本人確認の証跡は、ご契約者が収集し保管してください。",
                "A pseudonym may be neither a nickname by which third parties know the person, nor one from which the administrator cannot tell who it is. The contract holder collects and keeps the evidence for names and pseudonyms."
            )
        )
    }
}

extension OrderInput {
    init(_ values: FormValues) {
        self.init()
        (profile, licence) = (values["profile"], values["licence"])
        subject.commonName = values["commonName"]
        (subject.commonNameChoice, subject.nameKind) = (values["commonNameChoice"], values["nameKind"])
        (subject.surname, subject.givenName, subject.pseudonym) = (
            values["surname"], values["givenName"], values["pseudonym"]
        )
        subject.units = ["unit2", "unit3"].map { values[$0] } + values.all("unit4")
        subject.mail =
            values.has("localPart") ? values["localPart"].trimmingBlanks + values["mailDomain"] : values["mail"]
        subject.usesMail = values["usesMail"] == "yes"
        (subject.userPrincipalName, subject.securityIdentifier) = (
            values["userPrincipalName"], values["securityIdentifier"]
        )
        (keyOption, templateLanguage, memo) = (values["keyOption"], values["templateLanguage"], values["memo"])
        (password, passwordAgain) = (values["password"], values["passwordAgain"])
        form = values["form"]
    }
}

/// An order's data as pages show it.
enum OrderFacts {
    static func subject(_ subject: OrderSubject, of profile: Profile) -> [Fact] {
        var facts = [Fact(Text("CN", "CN"), subject.commonName)]
        for (name, value) in [
            ("SurName", subject.surname), ("GivenName", subject.givenName), ("Pseudonym", subject.pseudonym),
        ] where !value.isEmpty {
            facts.append(Fact(Text(verbatim: name), value))
        }
        let organisation = profile.subject
        for unit in organisation.units + subject.units { facts.append(Fact(Text(verbatim: "OU"), unit)) }
        for (name, value) in [
            ("O", organisation.organisation), ("L", organisation.locality), ("S", organisation.state),
            ("C", organisation.country),
        ] where !value.isEmpty {
            facts.append(Fact(Text(verbatim: name), value))
        }
        facts.append(Fact(Text("メールアドレス", "Mail address"), subject.mail))
        facts.append(
            Fact(
                Text("アクセス認証にEメールアドレスを利用する", "Mail address used for access authentication"),
                subject.usesMail ? Text("はい", "Yes") : Text("いいえ", "No")
            )
        )
        if !subject.userPrincipalName.isEmpty { facts.append(Fact(Text(verbatim: "UPN"), subject.userPrincipalName)) }
        if !subject.securityIdentifier.isEmpty { facts.append(Fact(Text(verbatim: "SID"), subject.securityIdentifier)) }
        return facts
    }
}
