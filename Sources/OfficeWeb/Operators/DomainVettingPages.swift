import Office
import OfficeServices
import OfficeStore

/// Where operators vet mail domains and look for any profile or domain (SC-O4, SC-O5).
extension Routes {
    func domainVettingPages() {
        let desk = site.desk
        get("/operator/domains", .operators) { visit in
            let open = try await desk.openDomains(by: visit.operatorCaller)
            return .page(
                Page(
                    Text("メールドメイン審査", "Mail domain vetting"),
                    [
                        .links([Link(Text("すべてのメールドメイン", "All mail domains"), "/operator/all-domains")]),
                        .table(Self.table(open, Text("審査待ちメールドメイン", "Mail domains to vet"), desk, nil)),
                    ]
                )
            )
        }
        get("/operator/all-domains", .operators) { visit in
            let found = try await desk.allMailDomains(DomainSearch(visit.query), by: visit.operatorCaller)
            let pager = Pager(visit.query, path: "/operator/all-domains", total: found.total)
            let caption = Text("すべてのメールドメイン", "All mail domains")
            return .page(
                Page(
                    caption,
                    [
                        .form(DomainSearchForm.form(visit.query, action: "/operator/all-domains", pager)),
                        .table(Self.table(found.domains, caption, desk, pager)),
                    ]
                )
            )
        }
        form("/operator/domains/:id", .operators) { visit, values in
            let (domain, history) = try await desk.mailDomain(visit["id"], by: visit.operatorCaller)
            return DomainDecisionPage.page(domain, history, values, desk)
        } submit: { visit in
            let (id, caller, reason) = (visit["id"], try visit.operatorCaller, visit.form["reason"])
            switch visit.form["decision"] {
            case "reject": try await desk.reject(domain: id, reason: reason, by: caller)
            case "check": try await desk.check(domain: id, by: caller)
            case "release": try await desk.releasePage(domain: id, reason: reason, by: caller)
            case "approve":
                try await desk.approve(
                    domain: id,
                    evidence: visit.form["evidence"],
                    confirmsRegistration: visit.form.isTicked("confirmsRegistration"),
                    by: caller
                )
            default: throw Refusal.undecided
            }
            return .redirect("/operator/domains/\(id.urlEncoded)")
        }
        allProfiles()
    }

    private func allProfiles() {
        let desk = site.desk
        get("/operator/all-profiles", .operators) { visit in
            let bounds = Pager.bounds(visit.query)
            let found = try await desk.allProfiles(
                matching: visit.query["q"],
                offset: bounds.offset,
                limit: bounds.size,
                by: visit.operatorCaller
            )
            return .page(
                Page(
                    Text("すべてのプロファイル", "All profiles"),
                    [
                        .form(
                            FormView(
                                action: "/operator/all-profiles",
                                fields: [
                                    Field(
                                        "q",
                                        Text("プロファイルIDまたはコーポレートID", "Profile ID or corporate ID"),
                                        value: visit.query["q"]
                                    )
                                ],
                                buttons: [.init(Words.search)],
                                isSearch: true
                            )
                        ),
                        .table(
                            TableView(
                                caption: Text("すべてのプロファイル", "All profiles"),
                                columns: [
                                    .init(Text("プロファイルID", "Profile ID")),
                                    .init(Text("コーポレートID", "Corporate ID")),
                                    .init(Text("組織名", "Organisation")), .init(Text("ステータス", "Status")),
                                    .init(Text("有効期限", "End")),
                                ],
                                rows: found.profiles.map { profile in
                                    [
                                        .init(profile.id, link: "/operator/profiles/\(profile.id)"),
                                        .init(profile.tenant), .init(profile.subject.organisation),
                                        .init(profile.shownStatus(at: desk.now), profile.tone(at: desk.now)),
                                        .init(profile.end.map { desk.calendar.display($0) } ?? "–"),
                                    ]
                                },
                                pager: Pager(visit.query, path: "/operator/all-profiles", total: found.total),
                                empty: .search
                            )
                        ),
                    ]
                )
            )
        }
    }

    private static func table(
        _ domains: [MailDomain],
        _ caption: Text,
        _ desk: OfficeDesk,
        _ pager: Pager?
    ) -> TableView {
        TableView(
            caption: caption,
            columns: [
                .init(Text("ePKI Domain ID", "ePKI Domain ID")), .init(Text("コーポレートID", "Corporate ID")),
                .init(Text("プロファイルID", "Profile ID")), .init(Text("ドメイン", "Domain")),
                .init(Text("認証方法", "Validation")), .init(Text("確認日", "Validated")),
                .init(Text("ステータス", "Status")),
            ],
            rows: domains.map { domain in
                [
                    .init(domain.id, link: "/operator/domains/\(domain.id)"), .init(domain.tenant),
                    .init(domain.profile), .init(domain.name), .init(domain.method.text),
                    .init(domain.validated.map { desk.calendar.display($0) } ?? "–"),
                    .init(domain.shownStatus(at: desk.now), domain.tone(at: desk.now)),
                ]
            },
            pager: pager,
            empty: pager == nil
                ? .init(Text("審査待ちのメールドメインはありません。", "No mail domain waits to be vetted.")) : .search
        )
    }
}

/// A domain before an operator: what was seen, and the decision.
enum DomainDecisionPage {
    static func page(
        _ domain: MailDomain,
        _ history: [HistoryEntry],
        _ values: FormValues,
        _ desk: OfficeDesk
    ) -> Page {
        var blocks: [Block] = [
            .facts(
                [Fact(Text("コーポレートID", "Corporate ID"), domain.tenant)]
                    + DomainFields.facts(domain, desk.calendar, at: desk.now)
                    + [Fact(Text("確認内容", "What was seen"), domain.evidence)]
            )
        ]
        let form = decision(domain, values, canCheck: domain.method != .mail && domain.isCodeUsable(at: desk.now))
        if !form.buttons.isEmpty { blocks.append(.form(form)) }
        blocks += [
            .table(vettings(domain, desk)), .heading(Text("操作履歴", "Operation history")),
            .table(HistoryTable.table(history, desk.calendar)),
        ]
        return Page(Text("メールドメイン審査", "Mail domain vetting"), blocks)
    }

    private static func decision(_ domain: MailDomain, _ values: FormValues, canCheck: Bool) -> FormView {
        var fields: [Field] = []
        var buttons: [FormView.Button] = []
        if canCheck { buttons.append(.init(Text("今すぐ確認", "Check now"), name: "decision", value: "check")) }
        if domain.isOpen, domain.validated != nil {
            if domain.isApproverTyped {
                fields.append(
                    Field(
                        "confirmsRegistration",
                        Text(
                            "承認者 \(domain.approver) がWHOISに登録されていることを確認した",
                            "The approver \(domain.approver) stands in the domain's registration (WHOIS)"
                        ),
                        .checkbox,
                        value: values["confirmsRegistration"]
                    )
                )
            }
            fields.append(
                Field(
                    "evidence",
                    Text("確認資料", "Evidence"),
                    value: values["evidence"],
                    hint: Text(
                        "自社または関連会社のドメインであることの確認など",
                        "What else was found, such as that it is the company's or an affiliate's"
                    )
                )
            )
            buttons.append(.init(Text("承認", "Approve"), name: "decision", value: "approve"))
        }
        if domain.isOpen || domain.status == .queued {
            buttons.append(.init(Text("却下", "Reject"), name: "decision", value: "reject", look: .danger))
        }
        if domain.status == .approved, !domain.offeredMethods.contains(.page) {
            buttons.append(
                .init(Text("ページ認証の制限を解除", "Allow the page again"), name: "decision", value: "release", look: .quiet)
            )
        }
        if !buttons.isEmpty {
            fields.append(Field("reason", Text("却下・解除の理由", "Reason"), value: values["reason"]))
        }
        return FormView(action: "/operator/domains/\(domain.id)", fields: fields, buttons: buttons)
    }

    private static func vettings(_ domain: MailDomain, _ desk: OfficeDesk) -> TableView {
        TableView(
            caption: Text("審査記録", "Vettings"),
            columns: [
                .init(Text("審査完了日", "Completed")), .init(Text("認証方法", "Validation")),
                .init(Text("確認資料", "Evidence")), .init(Text("担当者", "Operator")),
            ],
            rows: domain.vettings.map { vetting in
                [
                    .init(desk.calendar.display(vetting.completed, seconds: true)), .init(vetting.method.text),
                    .init(vetting.evidence), .init(vetting.operatorID),
                ]
            }
        )
    }
}
