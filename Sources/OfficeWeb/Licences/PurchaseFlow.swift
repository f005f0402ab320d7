import Office
import OfficeServices
import OfficeStore

/// Buying a licence; the first time together with the application for a profile (INI-01 to INI-05, LIC-10).
struct PurchaseFlow: Sendable {
    let desk: OfficeDesk

    var flow: Flow {
        Flow(
            Text("ライセンス追加購入", "Purchase a licence"),
            path: "/licences/purchase",
            steps: [pack, details, information, profile, payment],
            confirm: { visit in try await confirm(visit) },
            complete: { visit in try await complete(visit) }
        )
    }

    private var pack: Flow.Step {
        Flow.Step(Text("サービス選択", "Service")) { _, values in
            let options = desk.settings.catalogue.products.map { Field.Option($0.id, Text(verbatim: $0.name)) }
            return Flow.View(
                blocks: [
                    .notice(
                        .warn,
                        Text(
                            "S/MIME用の個人名用ライセンスでは、法人名や部署のメールアドレスをコモンネームにできません。部門/法人名用ライセンスをご購入ください。",
                            "With S/MIME, personal-name licences take no corporate names or department addresses. Buy a department or corporate licence for those."
                        )
                    )
                ],
                fields: [
                    Field(
                        "product",
                        Text("ライセンス", "Licence"),
                        .radio(options),
                        value: values["product"],
                        isRequired: true
                    )
                ]
            )
        } check: { visit in
            guard desk.settings.catalogue.product(visit.form["product"]) != nil else {
                throw Refusal.input("product", Text("ライセンスを選択してください。", "Choose a licence."))
            }
        }
    }

    private var details: Flow.Step {
        Flow.Step(Text("サービス詳細", "Details")) { _, values in
            let product = desk.settings.catalogue.product(values["product"])
            let terms = CertificateTerm.allCases.compactMap { term in
                product?.prices[term].map { price in
                    Field.Option(
                        term.rawValue,
                        Text("\(term.text.japanese) \(yen(price))(税込)", "\(term.text.english), \(yen(price)) incl. tax")
                    )
                }
            }
            // Until everything is right there is no amount; what is wrong stands beside its field when the step is sent.
            let quote = Result { try desk.quote(PurchaseInput(values)) }
            let blocks: [Block] =
                switch quote {
                case .success(let quote): [.facts([Fact(Text("金額(税込)", "Amount incl. tax"), yen(quote.amount))])]
                case .failure: []
                }
            return Flow.View(
                blocks: blocks,
                fields: [
                    Field(
                        "term",
                        Text("証明書年数", "Years of the certificates"),
                        .radio(terms),
                        value: values["term"],
                        isRequired: true
                    ),
                    Field("campaign", Text("キャンペーンコード", "Campaign code"), value: values["campaign"]),
                    Field("coupon", Text("クーポンコード", "Coupon code"), value: values["coupon"]),
                ] + TechnicalContactForm.fields(values),
                buttons: [.init(Text("適用", "Apply the codes"), name: "go", value: "apply", look: .quiet)]
            )
        } check: { visit in
            let input = PurchaseInput(visit.form)
            _ = try desk.quote(input)
            try desk.check(memo: "", input.technicalContact)
        }
    }

    private var information: Flow.Step {
        InformationStep.step(desk) { visit in try await desk.needsFirstProfile(visit.caller) }
    }

    private var profile: Flow.Step {
        Flow.Step(
            Text("DN入力", "Names"),
            isNeeded: { visit in try await desk.needsFirstProfile(visit.caller) }
        ) { visit, values in
            Flow.View(fields: try await SubjectForm.fields(desk, visit, values))
        } check: { visit in
            try await desk.check(subject: SubjectForm.input(visit.form), by: visit.caller)
        }
    }

    private var payment: Flow.Step {
        Flow.Step(Text("お支払い", "Payment")) { visit, values in
            let payments = try await desk.payments(visit.caller)
            return Flow.View(
                blocks: [
                    .paragraph(
                        Text(
                            "銀行振込(後払い)のお支払い期限は、ご請求月の翌月末です。",
                            "A bank transfer after use is due at the end of the month after the invoice."
                        )
                    )
                ],
                fields: [
                    Field(
                        "payment",
                        Text("お支払い方法", "Payment"),
                        .radio(payments.map { .init($0.rawValue, $0.text) }),
                        value: values["payment"],
                        isRequired: true
                    ),
                    Field("memo", Text("メモ欄", "Memo"), .area, value: values["memo"]),
                ]
            )
        } check: { visit in
            let payments = try await desk.payments(visit.caller)
            try desk.check(memo: visit.form["memo"], nil)
            guard payments.contains(where: { $0.rawValue == visit.form["payment"] }) else {
                throw Refusal.input("payment", Text("お支払い方法を選択してください。", "Choose how to pay."))
            }
        }
    }

    private func confirm(_ visit: Visit) async throws -> Flow.View {
        let input = PurchaseInput(visit.form)
        let quote = try desk.quote(input)
        var facts = [
            Fact(Text("サービス名", "Service"), quote.product.name),
            Fact(Text("証明書年数", "Years"), quote.term.text),
            Fact(Text("キャンペーンコード", "Campaign code"), input.campaign),
            Fact(Text("クーポンコード", "Coupon code"), input.coupon),
            Fact(Text("金額(税込)", "Amount incl. tax"), yen(quote.amount)),
        ]
        if let payment = Licence.Payment(rawValue: input.payment) {
            facts.append(Fact(Text("お支払い方法", "Payment"), payment.text))
        }
        facts += TechnicalContactForm.facts(input.technicalContact)
        facts.append(Fact(Text("メモ欄", "Memo"), input.memo))
        var blocks: [Block] = [.heading(Text("ライセンス", "Licence")), .facts(facts)]
        if try await desk.needsFirstProfile(visit.caller) {
            blocks += [.heading(Text("プロファイル", "Profile")), .facts(SubjectForm.facts(SubjectForm.input(visit.form)))]
        }
        return Flow.View(
            blocks: blocks,
            fields: [
                Field(
                    "acknowledgesYear",
                    Text(
                        "ライセンスの使用期間が購入後1年間であることを確認しました。",
                        "I know that the licence can be used for one year after purchase."
                    ),
                    .checkbox,
                    value: visit.form["acknowledgesYear"],
                    isRequired: true
                ),
                Field(
                    "acceptsTerms",
                    Text("利用規約に同意します。", "I accept the terms of use."),
                    .checkbox,
                    value: visit.form["acceptsTerms"],
                    isRequired: true
                ),
            ]
        )
    }

    private func complete(_ visit: Visit) async throws -> Page {
        let caller = try visit.caller
        let subject = try await desk.needsFirstProfile(caller) ? SubjectForm.input(visit.form) : nil
        let (licence, profile) = try await desk.purchase(PurchaseInput(visit.form), subject: subject, by: caller)
        var facts = [
            Fact(Text("ユーザID", "User ID"), caller.user.id),
            Fact(Text("ライセンスID", "Licence ID"), licence.id),
        ]
        if let profile { facts.append(Fact(Text("プロファイルID", "Profile ID"), profile.id)) }
        let print = "/applications/\(licence.id)" + (profile.map { "?profile=\($0.id)" } ?? "")
        return Page(
            Text("お申し込み完了", "Application completed"),
            [
                .notice(.ok, Text("お申し込みを受け付けました。", "The application was received.")),
                .facts(facts),
                .paragraph(
                    profile == nil
                        ? Text(
                            "認証局が承認すると、ライセンスを使用できます。状況はライセンス購入履歴で確認できます。",
                            "The licence can be used once the CA has approved it; the purchase history says when."
                        )
                        : Text(
                            "2〜3営業日で、認証局がライセンスの承認とプロファイルの審査を行います。審査では、申請者にお電話で申請内容を確認します。状況はライセンス購入履歴とプロファイル一覧で確認できます。その間に、管理者証明書を取得できます。",
                            "Within 2 or 3 business days the CA approves the licence and vets the profile; it telephones the applicant about what was applied for. The purchase history and the profile list say how far it is. Meanwhile you can obtain the administrator certificate."
                        )
                ),
                .links([
                    Link(Text("申請書を印刷する", "Print the application form"), print, isButton: true),
                    Link(Text("ライセンス購入履歴へ", "To the purchase history"), "/licences"),
                ]),
            ]
        )
    }
}

extension PurchaseInput {
    init(_ values: FormValues) {
        self.init()
        (product, term, campaign, coupon) = (values["product"], values["term"], values["campaign"], values["coupon"])
        (payment, memo, form) = (values["payment"], values["memo"], values["form"])
        acknowledgesYear = values.isTicked("acknowledgesYear")
        acceptsTerms = values.isTicked("acceptsTerms")
        let contact = Licence.TechnicalContact(
            organisation: values["contactOrganisation"].trimmingBlanks,
            name: values["contactName"].trimmingBlanks,
            mail: values["contactMail"].trimmingBlanks,
            telephone: values["contactTelephone"].trimmingBlanks
        )
        if [contact.organisation, contact.name, contact.mail, contact.telephone].contains(where: { !$0.isEmpty }) {
            technicalContact = contact
        }
    }
}

/// `¥12,000`.
func yen(_ amount: Int) -> String {
    var digits = String(amount)
    var groups: [String] = []
    while digits.count > 3 {
        groups.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
    }
    return "¥" + ([digits] + groups).joined(separator: ",")
}
