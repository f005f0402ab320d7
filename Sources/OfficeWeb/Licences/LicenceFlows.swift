import Office
import OfficeServices
import OfficeStore

/// Cancelling a licence within its first week (section 6-3; LIC-11, LIC-12).
struct LicenceCancellationFlow: Sendable {
    let desk: OfficeDesk

    var flow: Flow {
        Flow(
            Text("ライセンスキャンセル申し込み", "Cancel a licence"),
            path: "/licences/cancel",
            steps: [account],
            confirm: { visit in try await confirm(visit) },
            complete: { visit in try await complete(visit) }
        )
    }

    private var account: Flow.Step {
        Flow.Step(Text("返金先", "Refund")) { visit, values in
            let licence = try await desk.cancellable(licence: values["id"], by: visit.caller)
            return Flow.View(
                blocks: [
                    .facts(Routes.facts(licence, desk)), .paragraph(fee),
                    .paragraph(
                        Text("口座の入力は任意です。空欄のまま進めます。", "The account is optional; all of it may stay empty.")
                    ),
                ],
                fields: [
                    Field("bank", Text("金融機関名", "Bank"), value: values["bank"]),
                    Field("branch", Text("支店名", "Branch"), value: values["branch"]),
                    Field(
                        "accountType",
                        Text("口座種別", "Kind of account"),
                        .select([
                            .init("", Text("選択してください", "Choose")), .init("普通", Text("普通", "Ordinary")),
                            .init("当座", Text("当座", "Current")),
                        ]),
                        value: values["accountType"]
                    ),
                    Field("accountNumber", Text("口座番号", "Account number"), value: values["accountNumber"]),
                    Field("holder", Text("口座名義", "Account holder"), value: values["holder"]),
                ]
            )
        } check: { visit in
            try desk.check(refund: RefundInput(visit.form))
        }
    }

    private var fee: Text {
        Text("返金時の振込手数料はお客様のご負担となります。", "The fee of a refund's bank transfer is borne by you.")
    }

    private func confirm(_ visit: Visit) async throws -> Flow.View {
        let licence = try await desk.cancellable(licence: visit.form["id"], by: visit.caller)
        let input = RefundInput(visit.form)
        return Flow.View(
            blocks: [
                .facts([
                    Fact(Text("ライセンスID", "Licence ID"), licence.id),
                    Fact(Text("サービス名", "Service"), licence.productName),
                    Fact(Text("返金額(税込)", "Refund incl. tax"), yen(licence.amount)),
                    Fact(Text("金融機関名", "Bank"), input.bank), Fact(Text("支店名", "Branch"), input.branch),
                    Fact(Text("口座種別", "Kind of account"), input.accountType),
                    Fact(Text("口座番号", "Account number"), input.accountNumber),
                    Fact(Text("口座名義", "Account holder"), input.holder),
                ]), .paragraph(fee),
                .notice(.warn, Text("キャンセルは取り消せません。", "A cancellation cannot be taken back.")),
            ]
        )
    }

    private func complete(_ visit: Visit) async throws -> Page {
        let licence = try await desk.cancel(
            licence: visit.form["id"],
            RefundInput(visit.form),
            by: visit.caller
        )
        return Page(
            Text("キャンセル完了", "Cancelled"),
            [
                .notice(.ok, Text("ライセンスをキャンセルしました。", "The licence was cancelled.")),
                .facts([
                    Fact(Text("ライセンスID", "Licence ID"), licence.id),
                    Fact(Text("返金額(税込)", "Refund incl. tax"), yen(licence.refund?.amount ?? 0)),
                ]),
                .links([Link(Text("ライセンス購入履歴へ", "To the purchase history"), "/licences", isButton: true)]),
            ]
        )
    }
}

/// Changing a licence's memo and technical contact (LIC-07).
struct LicenceEditFlow: Sendable {
    let desk: OfficeDesk

    var flow: Flow {
        Flow(
            Text("ライセンス編集", "Edit a licence"),
            path: "/licences/edit",
            steps: [details],
            confirm: { visit in
                let input = PurchaseInput(visit.form)
                return Flow.View(
                    blocks: [
                        .facts(
                            [
                                Fact(Text("ライセンスID", "Licence ID"), visit.form["id"]),
                                Fact(Text("メモ欄", "Memo"), input.memo),
                            ] + TechnicalContactForm.facts(input.technicalContact)
                        )
                    ]
                )
            },
            complete: { visit in
                let input = PurchaseInput(visit.form)
                try await desk.edit(
                    licence: visit.form["id"],
                    memo: input.memo,
                    technicalContact: input.technicalContact,
                    by: visit.caller
                )
                return Page(
                    Text("編集完了", "Changed"),
                    [
                        .notice(.ok, Text("ライセンスを編集しました。", "The licence was changed.")),
                        .links([
                            Link(
                                Text("ライセンスへ", "To the licence"),
                                "/licences/\(visit.form["id"].urlEncoded)",
                                isButton: true
                            )
                        ]),
                    ]
                )
            }
        )
    }

    private var details: Flow.Step {
        Flow.Step(Text("編集", "Edit")) { visit, values in
            let (licence, _) = try await desk.licence(values["id"], by: visit.caller)
            var shown = values
            if !values.has("memo") {
                shown["memo"] = licence.memo
                TechnicalContactForm.fill(&shown, licence.technicalContact)
            }
            return Flow.View(
                blocks: [.facts([Fact(Text("ライセンスID", "Licence ID"), licence.id)])],
                fields: [Field("memo", Text("メモ欄", "Memo"), .area, value: shown["memo"])]
                    + TechnicalContactForm.fields(shown)
            )
        } check: { visit in
            _ = try await desk.licence(visit.form["id"], by: visit.caller)
            let input = PurchaseInput(visit.form)
            try desk.check(memo: input.memo, input.technicalContact)
        }
    }
}

/// The technical contact (技術担当者), who may belong to another organisation.
enum TechnicalContactForm {
    static func fields(_ values: FormValues) -> [Field] {
        [
            Field(
                "contactName",
                Text("技術担当者 氏名", "Technical contact: name"),
                value: values["contactName"],
                hint: Text(
                    "お申し込み手続きをされる方がご契約者と異なる場合に入力してください。",
                    "If somebody else than the contract holder does the paperwork."
                )
            ),
            Field(
                "contactOrganisation",
                Text("技術担当者 組織名", "Technical contact: organisation"),
                value: values["contactOrganisation"]
            ),
            Field(
                "contactMail",
                Text("技術担当者 メールアドレス", "Technical contact: mail address"),
                .mail,
                value: values["contactMail"]
            ),
            Field(
                "contactTelephone",
                Text("技術担当者 電話番号", "Technical contact: telephone"),
                value: values["contactTelephone"]
            ),
        ]
    }

    static func fill(_ values: inout FormValues, _ contact: Licence.TechnicalContact?) {
        guard let contact else { return }
        values["contactName"] = contact.name
        values["contactOrganisation"] = contact.organisation
        values["contactMail"] = contact.mail
        values["contactTelephone"] = contact.telephone
    }

    static func facts(_ contact: Licence.TechnicalContact?) -> [Fact] {
        guard let contact else { return [] }
        return [
            Fact(Text("技術担当者 氏名", "Technical contact: name"), contact.name),
            Fact(Text("技術担当者 組織名", "Technical contact: organisation"), contact.organisation),
            Fact(Text("技術担当者 メールアドレス", "Technical contact: mail address"), contact.mail),
            Fact(Text("技術担当者 電話番号", "Technical contact: telephone"), contact.telephone),
        ]
    }
}

extension RefundInput {
    init(_ values: FormValues) {
        self.init()
        (bank, branch, accountType) = (values["bank"], values["branch"], values["accountType"])
        (accountNumber, holder) = (values["accountNumber"], values["holder"])
    }
}
