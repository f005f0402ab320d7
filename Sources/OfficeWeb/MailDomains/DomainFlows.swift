import Office
import OfficeServices
import OfficeStore

/// Registering a mail domain on a profile (section 5.2; DOM-01).
struct DomainRegistrationFlow: Sendable {
    let desk: OfficeDesk

    var flow: Flow {
        Flow(
            Text("メールドメイン登録", "Register a mail domain"),
            path: "/domains/new",
            steps: [profile, domain, method],
            confirm: { visit in
                Flow.View(
                    blocks: [
                        .facts(
                            [Fact(Text("プロファイルID", "Profile ID"), visit.form["profile"])]
                                + DomainFields.facts(DomainInput(visit.form))
                        )
                    ]
                )
            },
            complete: { visit in try await complete(visit) }
        )
    }

    private var profile: Flow.Step {
        Flow.Step(Text("プロファイル選択", "Profile")) { visit, values in
            let profiles = try await desk.profiles(by: visit.caller).filter {
                $0.status == .approved || $0.status == .renewalApplied
            }
            return Flow.View(
                blocks: [
                    .paragraph(
                        Text(
                            "審査が完了したプロファイルを選択してください。ドメインはプロファイルごとに登録します。",
                            "Choose a vetted profile. Each profile has domains of its own."
                        )
                    )
                ],
                fields: [
                    Field(
                        "profile",
                        Text("プロファイル", "Profile"),
                        .radio(
                            profiles.map { profile in
                                let parts = [profile.id, profile.subject.organisation] + profile.subject.units
                                return .init(profile.id, Text(verbatim: parts.joined(separator: " ")))
                            }
                        ),
                        value: values["profile"],
                        isRequired: true
                    )
                ]
            )
        } check: { visit in
            guard !visit.form["profile"].isEmpty else {
                throw Refusal.input("profile", Text("プロファイルを選択してください。", "Choose a profile."))
            }
            _ = try await desk.settings(of: visit.form["profile"], by: visit.caller)
        }
    }

    private var domain: Flow.Step {
        Flow.Step(Text("ドメイン", "Domain")) { visit, values in
            let (profile, _, domains) = try await desk.settings(of: values["profile"], by: visit.caller)
            return Flow.View(
                blocks: [
                    .facts([Fact(Text("プロファイルID", "Profile ID"), profile.id)]),
                    .table(DomainTable.registered(domains, at: desk.now)),
                ],
                fields: DomainFields.nameAndUse(values, isRequired: true)
            )
        } check: { visit in
            try await desk.check(domain: DomainInput(visit.form), on: visit.form["profile"], by: visit.caller)
        }
    }

    private var method: Flow.Step {
        Flow.Step(Text("認証方法", "Validation")) { _, values in
            Flow.View(
                fields: DomainFields.method(domain: values["name"], offered: MailDomain.Method.allCases, values)
            )
        } check: { visit in
            let input = DomainInput(visit.form)
            _ = try input.proof(
                domain: try MailDomain.checkedName(input.name),
                offered: MailDomain.Method.allCases
            )
        }
    }

    private func complete(_ visit: Visit) async throws -> Page {
        let id = visit.form["profile"]
        let domain = try await desk.register(domain: DomainInput(visit.form), on: id, by: visit.caller)
        return DomainDone.page(domain, desk)
    }
}

/// The flows on a registered domain that choose a validation method: renewal, S/MIME use, a new code.
struct DomainMethodFlow: Sendable {
    enum Kind: Sendable {
        case renewal, smime, restart

        var title: Text {
            switch self {
            case .renewal: Text("メールドメイン更新", "Renew a mail domain")
            case .smime: Text("S/MIMEでの利用設定", "Use a mail domain with S/MIME")
            case .restart: Text("確認コードの再発行", "A new validation code")
            }
        }

        var path: String {
            switch self {
            case .renewal: "/domains/renew"
            case .smime: "/domains/smime"
            case .restart: "/domains/restart"
            }
        }
    }

    let desk: OfficeDesk
    let kind: Kind

    var flow: Flow {
        Flow(
            kind.title,
            path: kind.path,
            steps: [method],
            confirm: { visit in try await confirm(visit) },
            complete: { visit in try await complete(visit) }
        )
    }

    private var method: Flow.Step {
        Flow.Step(Text("認証方法", "Validation")) { visit, values in
            let domain = try await domain(values["id"], visit)
            var blocks: [Block] = [.facts(DomainFields.facts(domain, desk.calendar, at: desk.now))]
            if kind == .smime {
                blocks.append(
                    .notice(
                        .warn,
                        Text(
                            "S/MIMEで利用するドメインの有効期間は397日です。継続するには再認証が必要です。",
                            "A domain that is used with S/MIME lasts 397 days and has to be validated again after that."
                        )
                    )
                )
            }
            return Flow.View(
                blocks: blocks,
                fields: DomainFields.method(domain: domain.name, offered: domain.offeredMethods, values)
            )
        } check: { visit in
            let domain = try await domain(visit.form["id"], visit)
            _ = try DomainInput(visit.form).proof(domain: domain.name, offered: domain.offeredMethods)
        }
    }

    private func confirm(_ visit: Visit) async throws -> Flow.View {
        let domain = try await domain(visit.form["id"], visit)
        return Flow.View(
            blocks: [
                .facts(
                    [
                        Fact(Text("プロファイルID", "Profile ID"), domain.profile),
                        Fact(Text("ePKI Domain ID", "ePKI Domain ID"), domain.id),
                        Fact(Text("ドメイン", "Domain"), domain.name),
                    ] + DomainFields.proof(DomainInput(visit.form), domain.name)
                )
            ]
        )
    }

    private func complete(_ visit: Visit) async throws -> Page {
        let (id, input) = (visit.form["id"], DomainInput(visit.form))
        let domain =
            switch kind {
            case .renewal: try await desk.renew(domain: id, input, by: visit.caller)
            case .smime: try await desk.startSMIME(domain: id, input, by: visit.caller)
            case .restart: try await desk.restart(domain: id, input, by: visit.caller)
            }
        return DomainDone.page(domain, desk)
    }

    /// The domain, while its state allows this flow.
    private func domain(_ id: String, _ visit: Visit) async throws -> MailDomain {
        let domain = try await desk.mailDomain(id, by: visit.caller).domain
        let isAllowed =
            switch kind {
            case .renewal: domain.canBeRenewed(at: desk.now, calendar: desk.calendar)
            case .smime: domain.canStartSMIME
            case .restart: domain.isOpen
            }
        guard isAllowed else {
            throw Refusal(
                .state,
                Text(
                    "このメールドメインは現在の状態ではお申し込みいただけません。更新は有効期限の90日前から可能です。",
                    "The mail domain's state does not allow this. A renewal opens 90 days before the end."
                )
            )
        }
        return domain
    }
}

/// What follows every application for a validation.
enum DomainDone {
    static func page(_ domain: MailDomain, _ desk: OfficeDesk) -> Page {
        Page(
            Text("申請完了", "Application completed"),
            [
                .notice(.ok, Text("お申し込みを受け付けました。", "The application was received.")),
                .facts([
                    Fact(Text("ePKI Domain ID", "ePKI Domain ID"), domain.id),
                    Fact(Text("ドメイン", "Domain"), domain.name),
                    Fact(Text("ステータス", "Status"), domain.shownStatus(at: desk.now)),
                ]),
            ] + DomainInstructions.blocks(domain, desk) + [
                .links([
                    Link(Text("プロファイル設定へ", "To the profile's settings"), "/profiles/settings", isButton: true),
                    Link(Text("メールドメイン一覧へ", "To the mail domains"), "/domains"),
                ])
            ]
        )
    }
}

/// How the domain's owner shows that it is theirs. The code of a mail is for the approver alone.
enum DomainInstructions {
    static func blocks(_ domain: MailDomain, _ desk: OfficeDesk) -> [Block] {
        guard domain.isOpen else { return [] }
        guard domain.validated == nil else {
            return [
                .notice(
                    .ok,
                    Text(
                        "ドメインの確認が済みました。審査担当者の承認をお待ちください。",
                        "The domain is validated; the vetting department decides next."
                    )
                )
            ]
        }
        guard domain.isCodeUsable(at: desk.now) else {
            return [
                .notice(.warn, Text("確認コードの有効期限が切れています。再発行してください。", "The code has ended. Have a new one made."))
            ]
        }
        let until = Fact(Text("確認コードの有効期限", "The code lasts until"), desk.calendar.display(domain.codeUntil))
        switch domain.method {
        case .mail:
            return [
                .paragraph(
                    Text(
                        "\(domain.approver) に承認メールをお送りしました。メールのリンクを開いて承認してください。",
                        "A mail went to \(domain.approver). Open its link and approve."
                    )
                ), .facts([until]),
            ]
        case .dns:
            return [
                .paragraph(
                    Text(
                        "次のTXTレコードを \(domain.name) に登録し、「今すぐ確認」を押してください。",
                        "Put this TXT record at \(domain.name), then press “Check now”."
                    )
                ), .facts([Fact(Text("TXTレコード", "TXT record"), domain.record), until]),
            ]
        case .page:
            return [
                .paragraph(
                    Text(
                        "次の場所に、確認コードのみを記載したテキストファイルを置き、「今すぐ確認」を押してください。",
                        "Put a text file with the code alone at this place, then press “Check now”."
                    )
                ),
                .facts([
                    Fact(Text("場所", "Place"), domain.page), Fact(Text("確認コード", "Code"), domain.code), until,
                ]),
            ]
        }
    }
}
