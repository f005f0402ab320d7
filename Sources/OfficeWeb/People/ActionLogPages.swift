import Office
import OfficeServices

/// アクションログ (OTH-03, SC-63).
extension Routes {
    func actionLogPages() {
        let desk = site.desk
        get("/log", .console(.actionLog)) { visit in
            let bounds = Pager.bounds(visit.query)
            do {
                let found = try await desk.actionLog(
                    ActionSearch(visit.query),
                    offset: bounds.offset,
                    limit: bounds.size,
                    by: visit.caller
                )
                let pager = Pager(visit.query, path: "/log", total: found.total)
                let table = Self.actionTable(found.entries, desk.calendar, pager)
                return .page(Page(Self.actionLogTitle, [.form(Self.actionSearch(visit.query)), .table(table)]))
            } catch let refusal as Refusal where refusal.kind == .input {
                var page = Page(Self.actionLogTitle, [.form(Self.actionSearch(visit.query))], status: 422)
                page.problems = refusal.problems
                return .page(page)
            }
        }
    }

    private static let actionLogTitle = Text("アクションログ", "Action log")

    private static func actionSearch(_ values: FormValues) -> FormView {
        let all = [Field.Option("", Text("すべて", "All"))]
        return FormView(
            action: "/log",
            fields: [
                Field("from", Text("期間(開始)", "From"), .date, value: values["from"]),
                Field("until", Text("期間(終了)", "Until"), .date, value: values["until"]),
                Field("user", Text("ユーザID", "User ID"), value: values["user"]),
                Field(
                    "action",
                    Text("操作", "Action"),
                    .select(all + Field.options(HistoryEntry.Action.self)),
                    value: values["action"]
                ),
            ],
            buttons: [.init(Words.search)],
            isSearch: true
        )
    }

    private static func actionTable(
        _ entries: [HistoryEntry],
        _ calendar: BusinessCalendar,
        _ pager: Pager
    ) -> TableView {
        TableView(
            caption: actionLogTitle,
            columns: [
                .init(Text("日時", "Date and time")), .init(Text("ユーザID", "User ID")), .init(Text("操作", "Action")),
                .init(Text("対象", "Target")), .init(Text("結果", "Result")),
            ],
            rows: entries.map { entry in
                [
                    .init(calendar.display(entry.time, seconds: true)), .init(entry.actor), .init(entry.action.text),
                    .init(entry.target),
                    entry.outcome,
                ]
            },
            pager: pager,
            empty: .search
        )
    }
}

extension ActionSearch {
    init(_ values: FormValues) {
        self.init()
        (from, until) = (values["from"], values["until"])
        (user, action) = (values["user"], values["action"])
    }
}
