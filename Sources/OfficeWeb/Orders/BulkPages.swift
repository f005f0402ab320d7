import Office
import OfficeServices

/// 証明書一括キャンセル・失効: candidates, a confirmation with the same rows, and the result of each (section 5.18).
extension Routes {
    func bulkPages() {
        let desk = site.desk
        get("/orders/bulk", .area(.bulkRevocation)) { visit in
            guard let action = visit.query.bulkAction else { return .page(Self.choice) }
            return .page(try await Self.candidates(action, desk, visit))
        }
        post("/orders/bulk", .area(.bulkRevocation)) { visit in
            guard let action = visit.form.bulkAction else { throw Refusal.notFound }
            let ids = visit.form.all("order")
            guard !ids.isEmpty, ids.count <= 200 else {
                throw Refusal.input("", Text("1件以上200件以内で選択してください。", "Select between 1 and 200."))
            }
            guard visit.form["go"] == "complete" else {
                return .page(try await Self.confirmation(action, ids, desk, visit))
            }
            var rows: [[TableView.Cell]] = []
            for id in ids {
                do {
                    try await desk.act(action, on: id, reason: visit.form.reason, by: visit.caller)
                    rows.append([.init(id, link: "/orders/\(id)"), .init(Text("成功", "Done"), .ok)])
                } catch let refusal as Refusal {
                    rows.append([
                        .init(id, link: "/orders/\(id)"), .init(refusal.problems.first?.text ?? Text("失敗", "Failed")),
                    ])
                }
            }
            let table = TableView(
                caption: Text("結果", "Results"),
                columns: [.init(Text("オーダーID", "Order ID")), .init(Text("結果", "Result"))],
                rows: rows
            )
            return .page(Page(Text("証明書一括キャンセル・失効 完了", "Bulk cancel or revoke: done"), [.table(table)]))
        }
    }

    private static let bulkTitle = Text("証明書一括キャンセル・失効", "Bulk cancel or revoke")

    private static let choice = Page(
        bulkTitle,
        [
            .links([
                Link(
                    Text("キャンセル可能な証明書", "Certificates that can be cancelled"),
                    "/orders/bulk?action=cancel",
                    isButton: true
                ),
                Link(
                    Text("失効可能な証明書", "Certificates that can be revoked"),
                    "/orders/bulk?action=revoke",
                    isButton: true
                ),
            ]),
            .paragraph(
                Text(
                    "キャンセルは発行から7日以内で、ライセンスが返却されます。失効ではライセンスは返却されません。",
                    "A certificate is cancelled within 7 days of its issue, and the licence's unit comes back. With a revocation it does not."
                )
            ),
        ]
    )

    private static func candidates(_ action: OrderAction, _ desk: OfficeDesk, _ visit: Visit) async throws -> Page {
        var search: OrderSearch
        do throws(Refusal) {
            search = try OrderSearch(visit.query)
        } catch {
            return OrderListPage.again(bulkTitle, visit.query, "/orders/bulk", error)
        }
        search.action = action
        let found = try await desk.orders(search, visit.query, by: visit.caller)
        let pager = Pager(visit.query, path: "/orders/bulk", found)
        let table = TableView(
            caption: action == .cancel
                ? Text("キャンセル可能な証明書", "Certificates that can be cancelled")
                : Text("失効可能な証明書", "Certificates that can be revoked"),
            columns: [.init(Text("選択", "Select"))] + OrderListPage.columns,
            rows: found.lines.map { order in
                [.init(box: "order", order.id, label: Text("選択", "Select"))] + OrderListPage.cells(order, desk)
            },
            pager: pager,
            selects: "order",
            empty: pager.isSearch
                ? .search
                : .init(
                    action == .cancel
                        ? Text(
                            "キャンセルできる証明書はありません(発行から7日以内の証明書が対象です)。",
                            "There is none to cancel: it can be done within 7 days of the issue."
                        )
                        : Text("失効できる証明書はありません。", "There is none to revoke."),
                    Link(Text("証明書一覧へ", "To the list"), "/orders")
                )
        )
        let button = action == .cancel ? Text("キャンセル申し込み", "Cancel") : Text("証明書失効申請", "Revoke")
        return Page(
            bulkTitle,
            OrderListPage.searches(visit.query, "/orders/bulk") + [
                .form(
                    FormView(
                        action: "/orders/bulk",
                        fields: [],
                        buttons: found.lines.isEmpty ? [] : [.init(button, look: .danger)],
                        hidden: [("action", action.rawValue)],
                        table: table
                    )
                )
            ]
        )
    }

    private static func confirmation(
        _ action: OrderAction,
        _ ids: [String],
        _ desk: OfficeDesk,
        _ visit: Visit
    ) async throws -> Page {
        var rows: [[TableView.Cell]] = []
        for (index, id) in ids.enumerated() {
            let (order, _) = try await desk.order(id, by: visit.caller)
            rows.append([.init("\(index + 1)")] + OrderListPage.cells(order.line, desk))
        }
        let table = TableView(
            caption: Text("対象の証明書", "The certificates"),
            columns: [.init(Text("No", "No."), isNumber: true)] + OrderListPage.columns,
            rows: rows
        )
        return Page(
            action.text,
            [
                .form(
                    FormView(
                        action: "/orders/bulk",
                        fields: action == .revoke ? [OrderDetailPage.reasons] : [],
                        buttons: [.init(Words.complete, name: "go", value: "complete", look: .danger)],
                        hidden: [("action", action.rawValue)] + ids.map { ("order", $0) },
                        table: table
                    )
                ), .links([Link(Words.back, "/orders/bulk?action=\(action.rawValue)")]),
            ]
        )
    }
}

extension FormValues {
    fileprivate var bulkAction: OrderAction? {
        let action = OrderAction(rawValue: self["action"])
        return action == .cancel || action == .revoke ? action : nil
    }
}
