import Office
import OfficeServices
import OfficeStore

/// The settings of a profile: the form, the confirmation, and only then the change (section 7-3, PRO-23).
struct ProfileSettingsFlow: Sendable {
    let desk: OfficeDesk

    static let path = "/profiles/settings/edit"

    var flow: Flow {
        Flow(
            Text("プロファイル設定", "Profile settings"),
            path: Self.path,
            steps: [form],
            confirm: { visit in try await confirm(visit) },
            complete: { visit in try await complete(visit) }
        )
    }

    /// Which profile is to be set.
    static func chooser(_ profiles: [Profile], _ desk: OfficeDesk) -> Page {
        Page(
            Text("プロファイル設定", "Profile settings"),
            [
                .table(
                    TableView(
                        caption: Text("プロファイルを選択してください", "Choose a profile"),
                        columns: [
                            .init(Text("設定", "Settings")), .init(Text("プロファイルID", "Profile ID")),
                            .init(Text("O", "O")), .init(Text("OU", "OU")), .init(Text("ステータス", "Status")),
                        ],
                        rows: profiles.map { profile in
                            [
                                .init(buttons: [
                                    Link(Text("設定", "Set"), "\(path)?profile=\(profile.id)", isButton: true)
                                ]),
                                .init(profile.id, link: "/profiles/\(profile.id)"),
                                .init(profile.subject.organisation),
                                .init(profile.subject.units.joined(separator: ", ")),
                                .init(profile.shownStatus(at: desk.now), profile.tone(at: desk.now)),
                            ]
                        },
                        empty: .init(
                            Text(
                                "設定できるプロファイルはありません。審査が完了すると、ここに表示されます。",
                                "There is no profile to set. It stands here once it has been vetted."
                            ),
                            Link(Text("プロファイル一覧へ", "To the profile list"), "/profiles")
                        )
                    )
                )
            ]
        )
    }

    private var form: Flow.Step {
        Flow.Step(Text("設定", "Settings"), take: SettingsFields.takeTerms) { visit, values in
            let (profile, conditions, domains) = try await desk.settings(of: values["profile"], by: visit.caller)
            return Flow.View(
                blocks: [
                    .facts([
                        Fact(Text("プロファイルID", "Profile ID"), profile.id, link: "/profiles/\(profile.id)"),
                        Fact(Text("O", "O"), profile.subject.organisation),
                        Fact(Text("OU", "OU"), profile.subject.units.joined(separator: ", ")),
                    ]),
                    .links([
                        Link(
                            Text("ユーザー権限 [設定]", "User permissions"),
                            "/profiles/\(profile.id)/permissions",
                            isButton: true
                        ),
                        Link(
                            Text("メールドメイン [設定]", "Mail domains"),
                            "/domains/new?profile=\(profile.id)",
                            isButton: true
                        ),
                    ]),
                    .table(DomainTable.registered(domains, at: desk.now)),
                ],
                fields: SettingsFields.all(profile.settings, conditions, values)
            )
        } check: { visit in
            _ = try await checked(visit)
        }
    }

    private func confirm(_ visit: Visit) async throws -> Flow.View {
        let settings = try await checked(visit)
        return Flow.View(
            blocks: [
                .facts(
                    [Fact(Text("プロファイルID", "Profile ID"), visit.form["profile"])] + SettingsFields.facts(settings)
                ),
                .paragraph(
                    Text("変更は、以後に申請される証明書に適用されます。", "The change holds for certificates applied for from then on.")
                ),
            ]
        )
    }

    private func complete(_ visit: Visit) async throws -> Page {
        let id = visit.form["profile"]
        try await desk.change(
            settings: SettingsFields.input(visit.form),
            portal: SettingsFields.portal(visit.form),
            of: id,
            by: visit.caller
        )
        return Page(
            Text("設定完了", "Settings changed"),
            [
                .notice(.ok, Text("プロファイル設定を変更しました。", "The profile's settings were changed.")),
                .links([Link(Text("プロファイル一覧へ", "To the profile list"), "/profiles", isButton: true)]),
            ]
        )
    }

    private func checked(_ visit: Visit) async throws -> ProfileSettings {
        try await desk.checked(
            settings: SettingsFields.input(visit.form),
            portal: SettingsFields.portal(visit.form),
            of: visit.form["profile"],
            by: visit.caller
        )
    }
}
