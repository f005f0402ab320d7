import Office
import OfficeServices

/// The set-up wizard (section 5.4): seven steps over a profile's settings, each of which can be changed later in its own
/// menu (WIZ-01, WIZ-02).
struct WizardFlow: Sendable {
    let desk: OfficeDesk

    static let path = "/wizard/steps"

    var flow: Flow {
        Flow(
            Text("セットアップウィザード", "Set-up wizard"),
            path: Self.path,
            steps: [
                profile,
                step(Text("更新設定", "Renewal")) { [SettingsFields.renewal($0, $1)] },
                step(Text("EFS", "EFS")) { [SettingsFields.encrypting($0, $1)] },
                step(
                    Text("秘密鍵エクスポート不可", "Export"),
                    blocks: [.notice(.warn, SettingsFields.exportWarning)]
                ) { [SettingsFields.export($0, $1)] },
                step(Text("API", "API")) { [SettingsFields.addresses($0, $1)] },
                mails,
                step(Text("ポータル画面", "Portal")) { [SettingsFields.title($0, $1)] },
                step(Text("利用規約", "Terms"), take: SettingsFields.takeTerms) { SettingsFields.terms($0, $1) },
            ],
            confirm: { visit in try await confirm(visit) },
            complete: { visit in try await complete(visit) }
        )
    }

    private var profile: Flow.Step {
        Flow.Step(Text("プロファイル", "Profile")) { visit, values in
            let profile = try await approved(values["profile"], visit)
            return Flow.View(blocks: [.facts(ProfileFacts.facts(profile, desk.calendar))])
        } check: { visit in
            _ = try await approved(visit.form["profile"], visit)
        }
    }

    private var mails: Flow.Step {
        Flow.Step(Text("メールテンプレート", "Mail templates")) { _, _ in
            Flow.View(
                blocks: [
                    .paragraph(
                        Text(
                            "メールは標準の文面のままでも使用できます。文面の編集や送信の有効・無効は、メールテンプレート管理で行います。変数は変更しないでください。",
                            "The standard texts can be used as they are. Texts, and which mails are sent, are set under mail templates; leave the variables in them unchanged."
                        )
                    ),
                    .links([Link(Text("メールテンプレート管理", "Mail templates"), "/templates")]),
                ]
            )
        } check: { _ in
        }
    }

    /// A step that shows some of the settings' fields. What it asks is checked with everything else.
    private func step(
        _ name: Text,
        blocks: [Block] = [],
        take: @escaping @Sendable (FormValues) throws(Refusal) -> FormValues = { $0 },
        _ fields: @escaping @Sendable (ProfileSettings, FormValues) -> [Field]
    ) -> Flow.Step {
        Flow.Step(name, take: take) { visit, values in
            let profile = try await approved(values["profile"], visit)
            return Flow.View(blocks: blocks, fields: fields(profile.settings, values))
        } check: { visit in
            _ = try await checked(visit)
        }
    }

    private func approved(_ id: String, _ visit: Visit) async throws -> Profile {
        let profile = try await desk.settings(of: id, by: visit.caller).profile
        guard profile.status == .approved || profile.status == .renewalApplied else {
            throw Refusal(
                .state,
                Text(
                    "セットアップウィザードは、審査が完了したプロファイルで使用できます。",
                    "The wizard is for profiles whose vetting is completed."
                )
            )
        }
        return profile
    }

    /// What was typed so far; for the steps to come, what is set.
    private func values(_ visit: Visit) async throws -> FormValues {
        let settings = try await approved(visit.form["profile"], visit).settings
        var values = visit.form
        let fields =
            [SettingsFields.renewal(settings, values), SettingsFields.encrypting(settings, values)]
            + [SettingsFields.export(settings, values), SettingsFields.addresses(settings, values)]
            + [SettingsFields.title(settings, values)] + SettingsFields.terms(settings, values)
        for field in fields { values[field.name] = field.value }
        // The wizard does not ask for these.
        values["use"] = ""
        values["signature"] = settings.signature.rawValue
        values["smartCardLogon"] = settings.smartCardLogon ? "yes" : "no"
        values["sendsRenewalMail"] = settings.sendsRenewalMail ? "yes" : "no"
        return values
    }

    private func checked(_ visit: Visit) async throws -> ProfileSettings {
        let values = try await values(visit)
        return try await desk.checked(
            settings: SettingsFields.input(values),
            portal: SettingsFields.portal(values),
            of: values["profile"],
            by: visit.caller
        )
    }

    private func confirm(_ visit: Visit) async throws -> Flow.View {
        let settings = try await checked(visit)
        return Flow.View(
            blocks: [
                .facts(
                    [Fact(Text("プロファイルID", "Profile ID"), visit.form["profile"])] + SettingsFields.facts(settings)
                )
            ]
        )
    }

    private func complete(_ visit: Visit) async throws -> Page {
        let values = try await values(visit)
        try await desk.change(
            settings: SettingsFields.input(values),
            portal: SettingsFields.portal(values),
            of: values["profile"],
            by: visit.caller
        )
        return Page(
            Text("セットアップ完了", "Set-up completed"),
            [
                .notice(
                    .ok,
                    Text(
                        "設定が完了しました。各項目は、それぞれのメニューでいつでも変更できます。",
                        "The set-up is completed. Everything can be changed later in its own menu."
                    )
                ),
                .links([Link(Text("プロファイル設定へ", "To the profile's settings"), "/profiles/settings", isButton: true)]),
            ]
        )
    }
}

extension Routes {
    func wizardPages() {
        let desk = site.desk
        flow(WizardFlow(desk: desk).flow, .console(.wizard))
        get("/wizard", .console(.wizard)) { visit in
            let profiles = try await desk.profiles(by: visit.caller).filter {
                $0.status == .approved || $0.status == .renewalApplied
            }
            return .page(
                Page(
                    Text("セットアップウィザード", "Set-up wizard"),
                    [
                        .table(
                            TableView(
                                caption: Text("審査が完了したプロファイル", "Vetted profiles"),
                                columns: [
                                    .init(Text("プロファイルID", "Profile ID")), .init(Text("O", "O")),
                                    .init(Text("ステータス", "Status")), .init(Text("設定", "Set up")),
                                ],
                                rows: profiles.map { profile in
                                    let target = "\(WizardFlow.path)?profile=\(profile.id)"
                                    return [
                                        .init(profile.id, link: "/profiles/\(profile.id)"),
                                        .init(profile.subject.organisation),
                                        .init(profile.shownStatus(at: desk.now), profile.tone(at: desk.now)),
                                        .init(buttons: [Link(Text("次へ", "Next"), target, isButton: true)]),
                                    ]
                                },
                                empty: .init(
                                    Text(
                                        "審査が完了したプロファイルはまだありません。",
                                        "No profile has been vetted yet."
                                    ),
                                    Link(Text("プロファイル一覧へ", "To the profile list"), "/profiles")
                                )
                            )
                        )
                    ]
                )
            )
        }
    }
}
