import Clocks
import Office
import OfficeServices
import OfficeStore

/// What is asked and shown about a mail domain (section 5.2).
enum DomainFields {
    static func nameAndUse(_ values: FormValues, isRequired: Bool) -> [Field] {
        [
            Field(
                "name",
                Text("ドメイン", "Domain"),
                value: values["name"],
                hint: Text(
                    "例: example.com。大文字と小文字は区別しません。自社または関連会社のドメインに限ります。",
                    "Such as example.com, in either case; your company's own or an affiliate's."
                ),
                isRequired: isRequired
            ),
            Field(
                "domainUse",
                Text("S/MIMEでの利用", "Use with S/MIME"),
                .radio([
                    .init(
                        "smime",
                        Text(
                            "S/MIMEで利用する(有効期間は397日で、継続するには再認証が必要です)",
                            "Used with S/MIME; lasts 397 days and has to be validated again after that"
                        )
                    ),
                    .init(
                        "plain",
                        Text(
                            "S/MIMEで利用しない(管理者一括発行でメールアドレスを記載するための登録)",
                            "Not used with S/MIME; registered so that administrator bulk may contain addresses"
                        )
                    ),
                ]),
                value: values["domainUse"],
                isRequired: isRequired
            ),
        ]
    }

    static func method(domain: String, offered: [MailDomain.Method], _ values: FormValues) -> [Field] {
        let name = domain.trimmingBlanks.lowercased()
        let mailboxes = MailDomain.approverMailboxes.map { mailbox in
            Field.Option(mailbox, Text(verbatim: "\(mailbox)@\(name)"))
        }
        return [
            Field(
                "method",
                Text("認証方法", "Validation"),
                .radio(offered.map { .init($0.rawValue, $0.text) }),
                value: values["method"],
                hint: offered.contains(.page)
                    ? Text(
                        "メール認証・DNS認証ではサブドメインも利用できます。ページ認証では登録したドメインのみ利用できます。",
                        "Mail and DNS cover subdomains as well; the page covers the very domain alone."
                    )
                    : Text(
                        "前回メール認証またはDNS認証で承認されたため、ページ認証は選択できません。変更するにはサポートへご連絡ください。",
                        "After mail or DNS the page cannot be chosen. Ask our support to change the method."
                    ),
                isRequired: true
            ),
            Field(
                "approver",
                Text("承認メールの宛先(メール認証の場合)", "Who approves, if by mail"),
                .radio(
                    mailboxes + [.init("whois", Text("WHOISに登録されたアドレス", "The address in the registration (WHOIS)"))]
                ),
                value: values["approver"]
            ),
            Field(
                "whois",
                Text("WHOISに登録されたメールアドレス", "Address in the registration (WHOIS)"),
                .mail,
                value: values["whois"],
                hint: Text(
                    "WHOISの情報が誤っている場合は、ドメインの登録業者で修正してください。",
                    "If the registration is wrong, have your registrar correct it."
                )
            ),
        ]
    }

    static func use(_ isForSMIME: Bool) -> Text {
        isForSMIME ? Text("S/MIMEで利用する", "Used with S/MIME") : Text("S/MIMEで利用しない", "Not used with S/MIME")
    }

    static func facts(_ input: DomainInput) -> [Fact] {
        let name = input.name.trimmingBlanks.lowercased()
        return [
            Fact(Text("ドメイン", "Domain"), name),
            Fact(Text("S/MIMEでの利用", "Use with S/MIME"), use(input.use == "smime")),
        ] + proof(input, name)
    }

    static func proof(_ input: DomainInput, _ name: String) -> [Fact] {
        let method = MailDomain.Method(rawValue: input.method)
        var facts = [Fact(Text("認証方法", "Validation"), method?.text ?? Text("", ""))]
        if method == .mail {
            let approver = input.approver == "whois" ? input.whois.trimmingBlanks : "\(input.approver)@\(name)"
            facts.append(Fact(Text("承認メールの宛先", "Who approves"), approver))
        }
        return facts
    }

    static func facts(_ domain: MailDomain, _ calendar: BusinessCalendar, at now: Timestamp) -> [Fact] {
        var facts = [
            Fact(Text("ドメイン", "Domain"), domain.name), Fact(Text("ePKI Domain ID", "ePKI Domain ID"), domain.id),
            Fact(Text("プロファイルID", "Profile ID"), domain.profile),
            Fact(Text("ステータス", "Status"), domain.shownStatus(at: now)),
            Fact(Text("S/MIMEでの利用", "Use with S/MIME"), use(domain.isForSMIME || domain.becomesSMIME)),
            Fact(Text("認証方法", "Validation"), domain.method.text),
        ]
        if domain.method == .mail { facts.append(Fact(Text("承認メールの宛先", "Who approves"), domain.approver)) }
        return facts + [
            Fact(Text("申請日", "Applied"), calendar.display(domain.applied)),
            Fact(Text("申請者", "Applied by"), domain.appliedBy),
            Fact(Text("確認日", "Validated"), domain.validated.map { calendar.display($0) } ?? "–"),
            Fact(Text("開始日", "Start"), domain.start.map { calendar.display($0) } ?? "–"),
            Fact(Text("終了日", "End"), domain.end.map { calendar.display($0) } ?? "–"),
        ]
    }
}

extension DomainInput {
    init(_ values: FormValues) {
        self.init()
        (name, use, method) = (values["name"], values["domainUse"], values["method"])
        (approver, whois) = (values["approver"], values["whois"])
    }
}

/// Tables of mail domains.
enum DomainTable {
    /// The short one beside a form or a profile.
    static func registered(_ domains: [MailDomain], at now: Timestamp) -> TableView {
        TableView(
            caption: Text("登録済みメールドメイン", "Registered mail domains"),
            columns: [
                .init(Text("ドメイン", "Domain")), .init(Text("ステータス", "Status")),
                .init(Text("S/MIMEでの利用", "Use with S/MIME")),
            ],
            rows: domains.map { domain in
                [
                    .init(domain.name, link: "/domains/\(domain.id)"),
                    .init(domain.shownStatus(at: now), domain.tone(at: now)),
                    .init(DomainFields.use(domain.isForSMIME)),
                ]
            },
            empty: .init(
                Text(
                    "メールドメインはまだ登録されていません。S/MIMEで利用する場合は、プロファイルの審査完了後に登録してください。",
                    "No mail domain is registered yet. S/MIME needs one, once the profile has been vetted."
                )
            )
        )
    }

    /// The list with its buttons (DOM-09).
    static func list(_ domains: [MailDomain], _ user: User, _ desk: OfficeDesk, _ pager: Pager) -> TableView {
        let mayChange = Function.mailDomains.isOpen(to: user)
        return TableView(
            caption: Text("メールドメイン一覧", "Mail domains"),
            columns: [
                .init(Text("編集", "Edit")), .init(Text("更新", "Renewal")),
                .init(Text("プロファイルID", "Profile ID")), .init(Text("ドメイン", "Domain")),
                .init(Text("ePKI Domain ID", "ePKI Domain ID")), .init(Text("ステータス", "Status")),
                .init(Text("S/MIMEで利用", "Use with S/MIME")), .init(Text("開始日", "Start")),
                .init(Text("終了日", "End")),
            ],
            rows: domains.map { domain in
                let page = "/domains/\(domain.id)"
                let canRenew = mayChange && domain.canBeRenewed(at: desk.now, calendar: desk.calendar)
                return [
                    mayChange ? .init(buttons: [Link(Text("編集", "Edit"), page)]) : .init("–"),
                    canRenew
                        ? .init(buttons: [Link(Text("更新", "Renew"), "/domains/renew?id=\(domain.id)", isButton: true)])
                        : .init("–"),
                    .init(domain.profile), .init(domain.name, link: page), .init(domain.id),
                    .init(domain.shownStatus(at: desk.now), domain.tone(at: desk.now)), smime(domain, mayChange),
                    .init(domain.start.map { desk.calendar.display($0) } ?? "–"),
                    .init(domain.end.map { desk.calendar.display($0) } ?? "–"),
                ]
            },
            pager: pager,
            empty: pager.isSearch
                ? .search
                : .init(
                    Text("メールドメインはまだ登録されていません。", "No mail domain is registered yet."),
                    mayChange ? Link(Text("メールドメイン登録へ", "Register one"), "/domains/new") : nil
                )
        )
    }

    /// [設定] on approved domains without S/MIME use.
    private static func smime(_ domain: MailDomain, _ mayChange: Bool) -> TableView.Cell {
        if domain.isForSMIME { return .init(Text("利用する", "Yes")) }
        guard mayChange, domain.canStartSMIME else { return .init(Text("利用しない", "No")) }
        return .init(buttons: [Link(Text("設定", "Set"), "/domains/smime?id=\(domain.id)", isButton: true)])
    }
}
