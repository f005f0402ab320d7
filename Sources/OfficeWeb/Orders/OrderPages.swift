import Clocks
import Office
import OfficeServices
import OfficeStore

/// The list of certificates, one order with its buttons, and many at once (sections 5.17, 5.18).
extension Routes {
    func orderPages() {
        let desk = site.desk
        flow(IssueFlow(desk: desk).flow, .area(.issue))
        get("/orders", .area(.certificateList)) { visit in .page(try await OrderListPage(desk, visit).page()) }
        get("/orders.csv", .area(.export)) { visit in
            let csv = try await desk.orderTable(OrderSearch(visit.query), by: visit.caller)
            return .file(Download(name: "orders.csv", type: "text/csv; charset=utf-8", content: csv))
        }
        bulkPages()
        get("/orders/:id", .area(.certificateList)) { visit in
            .page(try await OrderDetailPage(desk, visit).page())
        }
        get("/orders/:id/password", .area(.passwordView)) { visit in
            .page(try await OrderDetailPage(desk, visit).confirmation(.showPassword))
        }
        post("/orders/:id/password", .area(.passwordView)) { visit in
            let password = try await desk.pickUpPassword(of: visit["id"], by: visit.caller)
            return .page(
                Page(
                    Text("証明書取得用パスワード", "Pick-up password"),
                    [
                        .facts([
                            Fact(Text("オーダーID", "Order ID"), visit["id"], link: "/orders/\(visit["id"])"),
                            Fact(Text("証明書取得用パスワード", "Pick-up password"), password),
                        ]),
                        .paragraph(Text("表示したことは操作履歴に記録されました。", "The history says that it was viewed.")),
                    ]
                )
            )
        }
        post("/orders/:id/file", .area(.pkcs12Download)) { visit in
            let file = try await desk.file(of: visit["id"], by: visit.caller)
            return .file(Download(name: file.name, type: "application/x-pkcs12", content: file.content))
        }
        for action in OrderAction.changes {
            let path = "/orders/:id/\(action.rawValue)"
            get(.init(path), .area(action.function)) { visit in
                .page(try await OrderDetailPage(desk, visit).confirmation(action))
            }
            post(.init(path), .area(action.function)) { visit in
                try await desk.act(action, on: visit["id"], reason: visit.form.reason, by: visit.caller)
                return .redirect("/orders/\(visit["id"])")
            }
        }
    }
}

extension OrderAction {
    /// Those that change something.
    static let changes: [OrderAction] = [.cancel, .revoke, .hold, .release, .unlock]
}

extension FormValues {
    /// The reason of a revocation; without a choice, none is said.
    var reason: String { self["reason"].isEmpty ? "unspecified" : self["reason"] }
}

extension OrderSearch {
    /// - Throws: where a date is none.
    init(_ values: FormValues) throws(Refusal) {
        self.init()
        var check = FormCheck()
        from = check.value("from") { () throws(Refusal) in try Day.typed(values["from"]) } ?? nil
        to = check.value("to") { () throws(Refusal) in try Day.typed(values["to"]) } ?? nil
        try check.finish()
        text = values["text"]
        days = Days(rawValue: values["days"]) ?? .applied
        (service, status, certificateStatus) = (values["service"], values["status"], values["certificateStatus"])
        (profile, licence, manager) = (
            values["profile"].trimmingBlanks, values["licence"].trimmingBlanks, values["manager"].trimmingBlanks
        )
        (department, mail, template) = (values["department"], values["mail"], values["template"])
    }
}

extension OfficeDesk {
    /// The page of the list that a query asks for.
    func orders(_ search: OrderSearch, _ values: FormValues, by caller: Caller) async throws -> OrderPage {
        let (offset, size) = Pager.bounds(values)
        let place: OrderPlace =
            values.has("after")
            ? .after(values["after"]) : values.has("before") ? .before(values["before"]) : .newest
        return try await orders(search, from: place, offset: offset, limit: size, by: caller)
    }
}

extension Pager {
    init(_ values: FormValues, path: String, _ page: OrderPage) {
        self.init(
            values,
            path: path,
            rows: page.lines.map(\.id),
            offset: page.offset,
            total: page.total.number,
            isExact: page.total.isExact,
            hasMore: page.hasMore
        )
    }
}

/// The list with its two searches.
struct OrderListPage {
    let desk: OfficeDesk
    let visit: Visit

    init(_ desk: OfficeDesk, _ visit: Visit) {
        (self.desk, self.visit) = (desk, visit)
    }

    func page() async throws -> Page {
        let caller = try visit.caller
        let search: OrderSearch
        do throws(Refusal) {
            search = try OrderSearch(visit.query)
        } catch {
            return Self.again(Self.title, visit.query, "/orders", error)
        }
        let found = try await desk.orders(search, visit.query, by: caller)
        let pager = Pager(visit.query, path: "/orders", found)
        let mayIssue = Function.issue.isOpen(to: caller.user)
        var blocks =
            Self.searches(visit.query, "/orders") + [.table(Self.table(found.lines, desk, pager, mayIssue: mayIssue))]
        if Function.export.isOpen(to: caller.user) {
            let query = pager.base.dropFirst("/orders?".count)
            blocks.append(.links([Link(Text("CSV出力", "CSV export"), "/orders.csv?\(query)", isButton: true)]))
        }
        return Page(Self.title, blocks)
    }

    private static let title = Text("証明書一覧", "Certificate list")

    static func searches(_ values: FormValues, _ path: String) -> [Block] {
        [.form(simple(values, path)), .form(detailed(values, path))]
    }

    /// The searches with what was wrong with them.
    static func again(_ title: Text, _ values: FormValues, _ path: String, _ refusal: Refusal) -> Page {
        var page = Page(title, searches(values, path), status: 422)
        page.problems = refusal.problems
        return page
    }

    private static func simple(_ values: FormValues, _ path: String) -> FormView {
        FormView(
            action: path,
            fields: [Field("text", Text("オーダーIDまたはCN", "Order ID or CN"), value: values["text"])],
            buttons: [.init(Text("簡易検索", "Simple search"))],
            hidden: values["action"].isEmpty ? [] : [("action", values["action"])],
            isSearch: true
        )
    }

    private static func detailed(_ values: FormValues, _ path: String) -> FormView {
        func choice<Choice: CaseIterable & RawRepresentable & Worded>(_ type: Choice.Type) -> Field.Kind
        where Choice.RawValue == String {
            .select([.init("", Text("すべて", "All"))] + Field.options(type))
        }
        func text(_ name: String, _ label: Text) -> Field { Field(name, label, value: values[name]) }
        var days = Field(
            "days",
            Text("日付の種類", "Kind of date"),
            .select(Field.options(OrderSearch.Days.self)),
            value: values["days"]
        )
        days.beginning = OrderSearch.Days.applied.rawValue
        var size = Field(
            "size",
            Text("表示件数", "Rows"),
            .select(Pager.sizes.map { .init("\($0)", Text(verbatim: "\($0)")) }),
            value: values.has("size") ? values["size"] : "10"
        )
        size.beginning = "10"
        var form = FormView(
            action: path,
            fields: [
                days,
                Field("from", Text("期間(開始)", "From"), .date, value: values["from"]),
                Field("to", Text("期間(終了)", "To"), .date, value: values["to"]),
                text("service", Text("サービス名", "Service")),
                Field(
                    "status",
                    Text("証明書オーダーステータス", "Order status"),
                    choice(Order.Status.self),
                    value: values["status"]
                ),
                Field(
                    "certificateStatus",
                    Text("証明書ステータス", "Certificate status"),
                    choice(CertificateState.self),
                    value: values["certificateStatus"]
                ),
                text("profile", Text("プロファイルID", "Profile ID")), text("licence", Text("ライセンスID", "Licence ID")),
                text("manager", Text("証明書管理者", "Certificate manager")), text("department", Text("所属", "Department")),
                text("mail", Text("メールアドレス", "Mail address")),
                Field(
                    "template",
                    Text("メールテンプレート", "Mail template"),
                    .select([
                        .init("", Text("すべて", "All")), .init("ja", Text(verbatim: "日本語")),
                        .init("en", Text(verbatim: "English")),
                    ]),
                    value: values["template"]
                ),
                size,
            ],
            buttons: [.init(Text("詳細検索", "Detailed search"))],
            hidden: values["action"].isEmpty ? [] : [("action", values["action"])],
            isSearch: true
        )
        form.folded = Text("詳細検索の条件", "Conditions of a detailed search")
        return form
    }

    static let columns: [TableView.Column] = [
        .init(Text("オーダーID", "Order ID")), .init(Text("組織名", "Organisation")), .init(Text("CN", "CN")),
        .init(Text("サービス名", "Service")), .init(Text("有効期間", "Validity")), .init(Text("メールアドレス", "Mail address")),
        .init(Text("証明書管理者", "Manager")), .init(Text("ライセンスID", "Licence ID")),
        .init(Text("プロファイルID", "Profile ID")),
    ]

    static func cells(_ order: OrderLine, _ desk: OfficeDesk) -> [TableView.Cell] {
        let validity = order.certificate.map { certificate in
            "\(desk.calendar.day(of: certificate.issued).slashed)–\(desk.calendar.day(of: certificate.notAfter).slashed)"
        }
        return [
            .init(order.id, link: "/orders/\(order.id)"), .init(order.organisation), .init(order.commonName),
            .init(order.service), .init(validity ?? "–"), .init(order.mail), .init(order.manager),
            .init(order.licence), .init(order.profile),
        ]
    }

    private static func table(
        _ orders: [OrderLine],
        _ desk: OfficeDesk,
        _ pager: Pager,
        mayIssue: Bool
    ) -> TableView {
        let now = desk.now
        return TableView(
            caption: Text("証明書一覧", "Certificate list"),
            columns: [.init(Text("申請", "Application"))] + columns.prefix(3) + [
                .init(Text("オーダーステータス", "Order status")), .init(Text("証明書ステータス", "Certificate status")),
            ] + columns.dropFirst(3),
            rows: orders.map { order in
                // What has become of it stands where it is seen without scrolling.
                let cells = cells(order, desk)
                return [.init(buttons: [Link(Text("申請", "Open"), "/orders/\(order.id)")])] + cells.prefix(3)
                    + [.init(order.status.text, order.status.tone), certificateState(order, at: now)]
                    + cells.dropFirst(3)
            },
            pager: pager,
            empty: pager.isSearch
                ? .search
                : .init(
                    Text("証明書はまだ申請されていません。", "No certificate has been ordered yet."),
                    mayIssue ? Link(Text("証明書発行へ", "Issue one"), "/orders/new") : nil
                )
        )
    }

    private static func certificateState(_ order: OrderLine, at now: Timestamp) -> TableView.Cell {
        order.certificateStatus(at: now).map { .init($0.text, $0.tone) } ?? .init("–")
    }
}

/// One order: its data, the buttons that its state allows, its history (table 5.17).
struct OrderDetailPage {
    let desk: OfficeDesk
    let visit: Visit

    init(_ desk: OfficeDesk, _ visit: Visit) {
        (self.desk, self.visit) = (desk, visit)
    }

    func page() async throws -> Page {
        let caller = try visit.caller
        let (order, history) = try await desk.order(visit["id"], by: caller)
        let actions = desk.actions(on: order, by: caller)
        let links = (OrderAction.changes + [.showPassword]).filter(actions.contains).map { action -> Link in
            let path = action == .showPassword ? "password" : action.rawValue
            return Link(action.text, "/orders/\(order.id)/\(path)", isButton: true)
        }
        var blocks: [Block] = [.links(links)]
        if actions.contains(.downloadFile) {
            blocks.append(
                .form(
                    FormView(
                        action: "/orders/\(order.id)/file",
                        fields: [],
                        buttons: [.init(OrderAction.downloadFile.text, look: .plain)]
                    )
                )
            )
        }
        blocks += [
            .facts(try await facts(order)),
            .links([Link(Text("メール送信一覧", "Mails of this order"), "/orders/\(order.id)/mails", isButton: true)]),
            .heading(Text("操作履歴", "Operation history")), .table(HistoryTable.table(history, desk.calendar)),
        ]
        return Page(Text("申込証明書編集", "Order"), blocks)
    }

    private func facts(_ order: Order) async throws -> [Fact] {
        let profile = try await desk.profile(of: order)
        var facts = [
            Fact(Text("オーダーID", "Order ID"), order.id), Fact(Text("登録タイプ", "Registration"), order.registration.text),
            Fact(Text("種別", "Kind"), order.kind.text),
            Fact(Text("証明書オーダーステータス", "Order status"), order.status.text),
            Fact(
                Text("証明書ステータス", "Certificate status"),
                order.certificateStatus(at: desk.now)?.text ?? Text("–", "–")
            ),
            Fact(Text("サービス名", "Service"), order.serviceName),
            Fact(Text("申請日", "Applied"), desk.calendar.display(order.applied, seconds: true)),
            Fact(Text("証明書管理者", "Manager"), order.manager), Fact(Text("ライセンスID", "Licence ID"), order.licence),
            Fact(Text("プロファイルID", "Profile ID"), order.profile),
            Fact(Text("鍵の生成方法", "How the key is made"), order.keyOption.text),
        ]
        facts += OrderFacts.subject(order.subject, of: profile)
        if let certificate = order.certificate {
            facts += [
                Fact(Text("シリアル番号", "Serial number"), certificate.serial),
                Fact(Text("発行日", "Issued"), desk.calendar.display(certificate.issued, seconds: true)),
                Fact(Text("有効期限", "End of validity"), desk.calendar.display(certificate.notAfter, seconds: true)),
                Fact(Text("発行した中間CA", "Issued by the CA"), certificate.issuer),
            ]
        }
        facts += FollowUp.allCases.compactMap { followUp in
            guard order.certificate != nil else { return nil }
            let obstacle = desk.obstacle(to: followUp, of: order, profile)
            return Fact(followUp.text, obstacle?.text ?? Text("可能", "Possible"))
        }
        if order.pickUp.isLocked(at: desk.now) {
            facts.append(Fact(Text("ロック", "Lock"), Text("パスワードロック中", "Locked after wrong passwords")))
        }
        facts.append(Fact(Text("メモ", "Memo"), order.memo))
        return facts
    }

    /// Asks whether the action is meant.
    func confirmation(_ action: OrderAction) async throws -> Page {
        let caller = try visit.caller
        let (order, _) = try await desk.order(visit["id"], by: caller)
        try caller.user.require(action.function, on: order.profile)
        try order.require(action, at: desk.now, calendar: desk.calendar)
        let path = action == .showPassword ? "password" : action.rawValue
        return Page(
            action.text,
            [
                .facts([
                    Fact(Text("オーダーID", "Order ID"), order.id), Fact(Text("CN", "CN"), order.subject.commonName),
                    Fact(Text("メールアドレス", "Mail address"), order.subject.mail),
                ]), .paragraph(Self.consequence(action)),
                .form(
                    FormView(
                        action: "/orders/\(order.id)/\(path)",
                        fields: action == .revoke ? [Self.reasons] : [],
                        buttons: [
                            .init(Words.complete, look: action == .revoke || action == .cancel ? .danger : .primary)
                        ]
                    )
                ), .links([Link(Words.back, "/orders/\(order.id)")]),
            ]
        )
    }

    static let reasons = Field(
        "reason",
        Text("失効理由", "Reason"),
        .select([
            .init("unspecified", Text("指定なし", "Unspecified")),
            .init("keyCompromise", Text("秘密鍵の危殆化", "Key compromise")),
            .init("affiliationChanged", Text("所属の変更", "Affiliation changed")),
            .init("superseded", Text("証明書の差し替え", "Superseded")),
            .init("cessationOfOperation", Text("利用終了", "Cessation of operation")),
        ]),
        value: "unspecified"
    )

    private static func consequence(_ action: OrderAction) -> Text {
        switch action {
        case .cancel:
            Text(
                "証明書は使用できなくなり、ライセンスは返却されます。元に戻せません。",
                "The certificate stops working, the licence's unit comes back. This cannot be undone."
            )
        case .revoke:
            Text(
                "証明書は失効し、次回のCRLに掲載されます。ライセンスは返却されません。元に戻せません。",
                "The certificate is revoked and stands in the next CRL. The licence's unit does not come back. This cannot be undone."
            )
        case .hold: Text("証明書は一時的に使用できなくなります。保留解除で元に戻せます。", "The certificate stops working until it is released.")
        case .release: Text("証明書は再び使用できるようになります。", "The certificate works again.")
        case .unlock: Text("パスワードの試行回数を0に戻し、ロックを解除します。", "The count of wrong passwords begins anew.")
        case .showPassword, .downloadFile, .reissue, .reissueFile:
            Text("表示したことは操作履歴に記録されます。", "The history will say that it was viewed.")
        }
    }
}
