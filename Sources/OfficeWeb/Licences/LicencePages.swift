import Office
import OfficeServices
import OfficeStore

/// The history of purchases, and a licence's detail (LIC-06, LIC-07).
extension Routes {
    func licencePages() {
        let desk = site.desk
        flow(PurchaseFlow(desk: desk).flow, .console(.purchase))
        flow(LicenceEditFlow(desk: desk).flow, .console(.purchase))
        flow(LicenceCancellationFlow(desk: desk).flow, .console(.licenceCancellation))
        get("/licences", .console(.purchaseHistory)) { visit in
            let bounds = Pager.bounds(visit.query)
            let found = try await desk.licences(
                matching: visit.query["id"],
                offset: bounds.offset,
                limit: bounds.size,
                by: visit.caller
            )
            return .page(
                Page(
                    Text("ライセンス購入履歴", "Purchase history"),
                    [
                        .form(
                            FormView(
                                action: "/licences",
                                fields: [Field("id", Text("ライセンスID", "Licence ID"), value: visit.query["id"])],
                                buttons: [.init(Words.search)],
                                isSearch: true
                            )
                        ),
                        .table(
                            Self.table(found.licences, desk, Pager(visit.query, path: "/licences", total: found.total))
                        ),
                    ]
                )
            )
        }
        get("/licences/:id", .console(.purchaseHistory)) { visit in
            let caller = try visit.caller
            let (licence, history) = try await desk.licence(visit["id"], by: caller)
            return .page(
                Page(
                    Text("ライセンス編集", "Licence"),
                    [
                        .facts(Self.facts(licence, desk)), .heading(Text("操作履歴", "Operation history")),
                        .table(HistoryTable.table(history, desk.calendar)),
                        .links(Self.actions(licence, caller.user, desk)),
                    ]
                )
            )
        }
    }

    /// [編集], and [キャンセル申し込み] while the first week lasts (LIC-11).
    private static func actions(_ licence: Licence, _ user: User, _ desk: OfficeDesk) -> [Link] {
        let mails = Link(Text("メール送信一覧", "Mails of this licence"), "/licences/\(licence.id)/mails", isButton: true)
        var links = [mails]
        if licence.canBeEdited, Function.purchase.isOpen(to: user) {
            links.append(Link(Text("編集", "Edit"), "/licences/edit?id=\(licence.id)", isButton: true))
        }
        if licence.canBeCancelled(at: desk.now, calendar: desk.calendar), Function.licenceCancellation.isOpen(to: user)
        {
            links.append(Link(Text("キャンセル申し込み", "Cancel"), "/licences/cancel?id=\(licence.id)", isButton: true))
        }
        return links
    }

    private static func table(_ licences: [Licence], _ desk: OfficeDesk, _ pager: Pager) -> TableView {
        TableView(
            caption: Text("ライセンス購入履歴", "Purchase history"),
            columns: [
                .init(Text("編集", "Edit")), .init(Text("ライセンスID", "Licence ID")),
                .init(Text("コーポレートID", "Corporate ID")), .init(Text("申請日", "Applied")),
                .init(Text("サービス名", "Service")), .init(Text("証明書年数", "Years")),
                .init(Text("ステータス", "Status")), .init(Text("開始日", "Start")), .init(Text("終了日", "End")),
                .init(Text("ライセンス数合計", "Total"), isNumber: true),
                .init(Text("ライセンス未使用数", "Unused"), isNumber: true),
            ],
            rows: licences.map { licence in
                [
                    .init(buttons: [Link(Text("編集", "Edit"), "/licences/\(licence.id)")]),
                    .init(licence.id, link: "/licences/\(licence.id)"), .init(licence.tenant),
                    .init(desk.calendar.display(licence.applied)), .init(licence.productName),
                    .init(licence.term.text), .init(licence.status.text, licence.status.tone),
                    .init(licence.start.map { desk.calendar.display($0) } ?? "–"),
                    .init(licence.end.map { desk.calendar.display($0) } ?? "–"), .init(count(licence.total)),
                    .init(count(licence.unused)),
                ]
            },
            pager: pager,
            empty: pager.isSearch
                ? .search
                : .init(
                    Text("ライセンスはまだありません。", "There is no licence yet."),
                    Link(Text("ライセンス追加購入へ", "Buy one"), "/licences/purchase")
                )
        )
    }

    private static func count(_ units: Int?) -> Text {
        units.map { Text(verbatim: "\($0)") } ?? Text("無制限", "Unlimited")
    }

    static func facts(_ licence: Licence, _ desk: OfficeDesk) -> [Fact] {
        var facts = [
            Fact(Text("ライセンスID", "Licence ID"), licence.id),
            Fact(Text("コーポレートID", "Corporate ID"), licence.tenant),
            Fact(Text("サービス名", "Service"), licence.productName), Fact(Text("種別", "Kind"), licence.kind.text),
            Fact(Text("証明書年数", "Years"), licence.term.text), Fact(Text("ステータス", "Status"), licence.status.text),
            Fact(Text("申請日", "Applied"), desk.calendar.display(licence.applied, seconds: true)),
            Fact(Text("申請者", "Applied by"), licence.appliedBy),
            Fact(Text("開始日", "Start"), licence.start.map { desk.calendar.display($0) } ?? "–"),
            Fact(Text("終了日", "End"), licence.end.map { desk.calendar.display($0) } ?? "–"),
            Fact(Text("ライセンス数合計", "Total"), count(licence.total)),
            Fact(Text("ライセンス未使用数", "Unused"), count(licence.unused)),
            Fact(Text("金額(税込)", "Amount incl. tax"), yen(licence.amount)),
            Fact(Text("お支払い方法", "Payment"), licence.payment.text), Fact(Text("メモ欄", "Memo"), licence.memo),
        ]
        facts += TechnicalContactForm.facts(licence.technicalContact)
        if let refund = licence.refund {
            facts.append(Fact(Text("返金額(税込)", "Refund incl. tax"), yen(refund.amount)))
        }
        return facts
    }
}

/// The lines of what was done with something (LST-07, OTH-07).
enum HistoryTable {
    static func table(_ entries: [HistoryEntry], _ calendar: BusinessCalendar) -> TableView {
        TableView(
            caption: Text("操作履歴", "Operation history"),
            columns: [
                .init(Text("操作", "Action")), .init(Text("日時", "Date and time")), .init(Text("結果", "Result")),
                .init(Text("ユーザID", "User ID")),
            ],
            rows: entries.map { entry in
                [
                    .init(entry.action.text), .init(calendar.display(entry.time, seconds: true)),
                    entry.outcome, .init(entry.actor),
                ]
            }
        )
    }
}
