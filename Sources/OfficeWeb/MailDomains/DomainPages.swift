import Office
import OfficeServices
import OfficeStore

/// The list of mail domains, a domain's page, and the public page where a domain's owner approves (DOM-05, DOM-09).
extension Routes {
    func domainPages() {
        let desk = site.desk
        flow(DomainRegistrationFlow(desk: desk).flow, .console(.mailDomains))
        for kind in [DomainMethodFlow.Kind.renewal, .smime, .restart] {
            flow(DomainMethodFlow(desk: desk, kind: kind).flow, .console(.mailDomains))
        }
        get("/domains", .console(.mailDomainList)) { visit in
            let caller = try visit.caller
            let search = DomainSearch(visit.query)
            let found = try await desk.mailDomains(search, by: caller)
            let pager = Pager(visit.query, path: "/domains", total: found.total)
            var blocks: [Block] = []
            if Function.mailDomains.isOpen(to: caller.user) {
                blocks.append(
                    .links([Link(Text("メールドメイン登録", "Register a mail domain"), "/domains/new", isButton: true)])
                )
            }
            blocks += [
                .form(DomainSearchForm.form(visit.query, action: "/domains", pager)),
                .table(DomainTable.list(found.domains, caller.user, desk, pager)),
            ]
            return .page(Page(Text("メールドメイン一覧", "Mail domain list"), blocks))
        }
        let limits = site.limits
        form("/domains/:id", .console(.mailDomainList), submitting: .console(.mailDomains)) { visit, _ in
            let caller = try visit.caller
            let (domain, history) = try await desk.mailDomain(visit["id"], by: caller)
            return Self.detail(domain, history, caller.user, desk)
        } submit: { visit in
            try limits.count("domain check \(visit["id"])", at: desk.now)
            try await desk.check(domain: visit["id"], by: visit.caller)
            return .redirect("/domains/\(visit["id"].urlEncoded)")
        }
        approvalPages()
    }

    private func approvalPages() {
        let desk = site.desk
        // Looking at it spends nothing: mail programs and scanners open links, too.
        form("/approve/:code", .everybody) { visit, _ in
            let (domain, organisation) = try await desk.domain(toApprove: visit["code"])
            return Page(
                Text("ドメイン使用の承認", "Approve the use of a domain"),
                [
                    .paragraph(
                        Text(
                            "次の組織が、このドメインのメールアドレスを電子証明書に使用することを申請しています。心当たりがない場合は、何もせずにこのページを閉じてください。",
                            "This organisation wants to use mail addresses of this domain in certificates. If you know nothing of it, close this page and do nothing."
                        )
                    ),
                    .facts([
                        Fact(Text("組織名", "Organisation"), organisation), Fact(Text("ドメイン", "Domain"), domain.name),
                        Fact(
                            Text("S/MIMEでの利用", "Use with S/MIME"),
                            DomainFields.use(domain.isForSMIME || domain.becomesSMIME)
                        ), Fact(Text("プロファイルID", "Profile ID"), domain.profile),
                    ]),
                    .form(
                        FormView(
                            action: "/approve/\(visit["code"].urlEncoded)",
                            fields: [],
                            buttons: [.init(Text("承認する", "Approve"))]
                        )
                    ),
                ]
            )
        } submit: { visit in
            let domain = try await desk.approve(domainBy: visit["code"], from: visit.address)
            return .page(
                Page(
                    Text("承認完了", "Approved"),
                    [
                        .notice(
                            .ok,
                            Text("\(domain.name) の使用を承認しました。", "You approved the use of \(domain.name).")
                        )
                    ]
                )
            )
        }
    }

    private static func detail(
        _ domain: MailDomain,
        _ history: [HistoryEntry],
        _ user: User,
        _ desk: OfficeDesk
    ) -> Page {
        var blocks: [Block] = [.facts(DomainFields.facts(domain, desk.calendar, at: desk.now))]
        if Function.mailDomains.isOpen(to: user) {
            blocks += DomainInstructions.blocks(domain, desk)
            if domain.method != .mail, domain.isCodeUsable(at: desk.now) {
                blocks.append(
                    .form(
                        FormView(
                            action: "/domains/\(domain.id)",
                            fields: [],
                            buttons: [.init(Text("今すぐ確認", "Check now"))]
                        )
                    )
                )
            }
            var links: [Link] = []
            if domain.isOpen {
                links.append(
                    Link(
                        Text("認証方法の変更・コードの再発行", "Another method, or a new code"),
                        "/domains/restart?id=\(domain.id)",
                        isButton: true
                    )
                )
            }
            if domain.canBeRenewed(at: desk.now, calendar: desk.calendar) {
                links.append(Link(Text("更新", "Renew"), "/domains/renew?id=\(domain.id)", isButton: true))
            }
            if domain.canStartSMIME {
                let text = Text("S/MIMEで利用する [設定]", "Use with S/MIME")
                links.append(Link(text, "/domains/smime?id=\(domain.id)", isButton: true))
            }
            blocks.append(.links(links))
        }
        if Function.actionLog.isOpen(to: user) {
            blocks += [.heading(Text("操作履歴", "Operation history")), .table(HistoryTable.table(history, desk.calendar))]
        }
        return Page(Text("メールドメイン", "Mail domain"), blocks)
    }
}

/// The filters of the lists of domains (DOM-09).
enum DomainSearchForm {
    static func form(_ values: FormValues, action: String, _ pager: Pager) -> FormView {
        let every = Field.Option("", Text("すべて", "All"))
        let ended = Field.Option("expired", Text("有効期限切れ", "Ended"))
        return FormView(
            action: action,
            fields: [
                Field("profile", Text("プロファイルID", "Profile ID"), value: values["profile"]),
                Field("name", Text("ドメイン", "Domain"), value: values["name"]),
                Field(
                    "status",
                    Text("ステータス", "Status"),
                    .select([every] + Field.options(MailDomain.Status.self) + [ended]),
                    value: values["status"]
                ),
                Field(
                    "size",
                    Text("表示件数", "Rows"),
                    .select(Pager.sizes.map { .init("\($0)", Text(verbatim: "\($0)")) }),
                    value: "\(pager.size)"
                ),
            ],
            buttons: [.init(Words.search)],
            isSearch: true
        )
    }
}

extension DomainSearch {
    init(_ query: FormValues) {
        self.init()
        (profile, name, status) = (query["profile"], query["name"], query["status"])
        (offset, limit) = Pager.bounds(query)
    }
}
