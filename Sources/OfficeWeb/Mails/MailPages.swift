import Office
import OfficeMail
import OfficeServices
import OfficeStore

/// メール一覧, and the mails of an order or a licence (OTH-01).
extension Routes {
    func mailPages() {
        let desk = site.desk
        get("/mails", .console(.mailList)) { visit in
            var page = Page(Self.mailsTitle, [.form(MailViews.search(visit.query))])
            do {
                let found = try await desk.mails(MailSearch(visit.query), by: visit.caller)
                let pager = Pager(visit.query, path: "/mails", total: found.total)
                page.blocks.append(.table(MailViews.table(found.mails, desk.calendar, pager: pager)))
            } catch let refusal as Refusal where refusal.kind == .input {
                (page.problems, page.status) = (refusal.problems, 422)
            }
            return .page(page)
        }
        get("/mails/:id", .console(.mailList)) { visit in
            let mail = try await desk.mail(visit["id"], by: visit.caller)
            return .page(
                Page(
                    Text("メール詳細", "Mail"),
                    [
                        .facts(MailViews.facts(mail, desk.calendar)), .heading(Text("本文", "Body")),
                        .preformatted(Text(verbatim: mail.body)), .links([Link(Self.mailsTitle, "/mails")]),
                    ]
                )
            )
        }
        get("/licences/:id/mails", .console(.purchaseHistory)) { visit in
            let mails = try await desk.mails(ofLicence: visit["id"], by: visit.caller)
            return .page(Self.mails(of: visit["id"], mails, desk, back: "/licences/\(visit["id"].urlEncoded)"))
        }
    }

    /// In the certificate area, where the orders are.
    func orderMailPages() {
        let desk = site.desk
        get("/orders/:id/mails", .area(.certificateList)) { visit in
            let mails = try await desk.mails(ofOrder: visit["id"], by: visit.caller)
            return .page(Self.mails(of: visit["id"], mails, desk, back: "/orders/\(visit["id"].urlEncoded)"))
        }
    }

    private static let mailsTitle = Text("メール一覧", "Mail list")

    private static func mails(of id: String, _ mails: [OutgoingMail], _ desk: OfficeDesk, back: String) -> Page {
        Page(
            Text("メール送信一覧", "Mails"),
            [
                .facts([Fact(Text("対象", "About"), id)]),
                .table(MailViews.table(mails, desk.calendar, base: desk.settings.consoleURL)),
                .links([Link(Words.back, back)]),
            ]
        )
    }
}

/// Mails as pages show them.
enum MailViews {
    static func search(_ values: FormValues) -> FormView {
        let all = [Field.Option("", Text("すべて", "All"))]
        return FormView(
            action: "/mails",
            fields: [
                Field("target", Text("オーダーID・ライセンスIDなど", "Order, licence …"), value: values["target"]),
                Field("address", Text("メールアドレス", "Mail address"), value: values["address"]),
                Field(
                    "type",
                    Text("メール種別", "Type"),
                    .select(all + MailKind.allCases.map { Field.Option($0.rawValue, name($0)) }),
                    value: values["type"]
                ),
                Field(
                    "status",
                    Text("状態", "State"),
                    .select(all + OutgoingMail.Status.allCases.map { Field.Option($0.rawValue, words($0)) }),
                    value: values["status"]
                ),
                Field("from", Text("期間(開始)", "From"), .date, value: values["from"]),
                Field("until", Text("期間(終了)", "Until"), .date, value: values["until"]),
            ],
            buttons: [.init(Words.search)],
            isSearch: true
        )
    }

    /// - Parameter base: the console's address, where the table stands on another server.
    static func table(
        _ mails: [OutgoingMail],
        _ calendar: BusinessCalendar,
        pager: Pager? = nil,
        base: String = ""
    ) -> TableView {
        TableView(
            caption: Text("メール", "Mails"),
            columns: [
                .init(Text("件名", "Subject")), .init(Text("メール種別", "Type")), .init(Text("対象", "About")),
                .init(Text("宛先", "To")), .init(Text("日時", "Date and time")), .init(Text("状態", "State")),
            ],
            rows: mails.map { mail in
                [
                    .init(mail.subject.isEmpty ? "–" : mail.subject, link: "\(base)/mails/\(mail.id)"),
                    .init(name(of: mail)), .init(mail.target),
                    .init((mail.to + mail.cc).joined(separator: ", ")),
                    .init(calendar.display(mail.sent ?? mail.created)), .init(words(mail.status), tone(mail.status)),
                ]
            },
            pager: pager,
            empty: pager?.isSearch == true
                ? .search : .init(Text("送信されたメールはまだありません。", "No mail has been sent yet."))
        )
    }

    static func facts(_ mail: OutgoingMail, _ calendar: BusinessCalendar) -> [Fact] {
        [
            Fact(Text("メール種別", "Type"), name(of: mail)), Fact(Text("対象", "About"), mail.target),
            Fact(Text("状態", "State"), words(mail.status)), Fact(Text("結果", "Result"), mail.result),
            Fact(Text("作成日時", "Written"), calendar.display(mail.created, seconds: true)),
            Fact(Text("送信日時", "Sent"), mail.sent.map { calendar.display($0, seconds: true) } ?? "–"),
            Fact(Text("送信回数", "Tries"), "\(mail.attempts)"), Fact(Text("From", "From"), mail.from),
            Fact(Text("Reply-To", "Reply-To"), mail.replyTo),
            Fact(Text("To", "To"), mail.to.joined(separator: ", ")),
            Fact(Text("Cc", "Cc"), mail.cc.joined(separator: ", ")),
            Fact(Text("Bcc", "Bcc"), mail.bcc.joined(separator: ", ")),
            Fact(Text("文字コード", "Encoding"), mail.encoding.uppercased()),
            Fact(Text("件名", "Subject"), mail.subject),
        ]
    }

    static func name(_ kind: MailKind) -> Text {
        Text(kind.name(in: "ja"), kind.name(in: "en"))
    }

    private static func name(of mail: OutgoingMail) -> Text {
        let kind = MailKind(rawValue: mail.type) ?? MailKind(rawValue: "system." + mail.type)
        return kind.map(name) ?? Text(verbatim: mail.type)
    }

    private static func tone(_ status: OutgoingMail.Status) -> Tone {
        switch status {
        case .waiting: .warn
        case .sent: .ok
        case .failed: .error
        }
    }

    private static func words(_ status: OutgoingMail.Status) -> Text {
        switch status {
        case .waiting: Text("送信待ち", "Waiting")
        case .sent: Text("送信済み", "Sent")
        case .failed: Text("送信失敗", "Failed")
        }
    }
}

extension MailSearch {
    init(_ values: FormValues) {
        self.init()
        (target, address) = (values["target"], values["address"])
        (type, status) = (values["type"], values["status"])
        (from, until) = (values["from"], values["until"])
        let bounds = Pager.bounds(values)
        (offset, limit) = (bounds.offset, bounds.size)
    }
}
