import Clocks
import Office
import OfficeServices
import OfficeStore

/// The list of profiles, a profile's data, and who of the staff may do what with it (SC-56, PRO-11, ACT-05 to ACT-07).
extension Routes {
    func profilePages() {
        let desk = site.desk
        flow(ProfileAdditionFlow(desk: desk).flow, .console(.profileAddition))
        flow(ProfileRenewalFlow(desk: desk).flow, .console(.profileRenewal))
        flow(ProfileSettingsFlow(desk: desk).flow, .console(.profileSettings))
        get("/profiles/settings", .console(.profileSettings)) { visit in
            let profiles = try await desk.profiles(by: visit.caller).filter(\.canBeSet)
            return .page(ProfileSettingsFlow.chooser(profiles, desk))
        }
        get("/profiles", .console(.profileList)) { visit in
            let caller = try visit.caller
            return .page(Self.list(try await desk.profiles(by: caller), caller.user, desk))
        }
        get("/profiles/:id", .console(.profileList)) { visit in
            let caller = try visit.caller
            let (profile, domains, history) = try await desk.profile(visit["id"], by: caller)
            return .page(Self.detail(profile, domains, history, caller.user, desk))
        }
        form("/profiles/:id/permissions", .console(.userPermissions)) { visit, values in
            let (profile, staff) = try await desk.permissions(on: visit["id"], by: visit.caller)
            return PermissionPage.page(profile, staff, values)
        } submit: { visit in
            try await desk.grant(PermissionPage.grants(visit.form), on: visit["id"], by: visit.caller)
            return .redirect("/profiles/\(visit["id"].urlEncoded)/permissions?done=yes")
        }
        get("/applications/:id", .console(nil)) { visit in
            let application = try await desk.application(
                visit["id"],
                with: visit.query["profile"],
                by: visit.caller
            )
            return .page(ApplicationPage.page(application, desk))
        }
    }

    private static func list(_ profiles: [Profile], _ user: User, _ desk: OfficeDesk) -> Page {
        let now = desk.now
        return Page(
            Text("プロファイル一覧", "Profile list"),
            [
                .table(
                    TableView(
                        caption: Text("プロファイル一覧", "Profiles"),
                        columns: [
                            .init(Text("更新", "Renewal")), .init(Text("プロファイルID", "Profile ID")),
                            .init(Text("組織名(O)", "Organisation (O)")), .init(Text("部署名(OU)", "Department (OU)")),
                            .init(Text("中間CA証明書", "Intermediate CA")), .init(Text("ステータス", "Status")),
                            .init(Text("審査完了日", "Vetted")), .init(Text("有効期限", "End")),
                        ],
                        rows: profiles.map { profile in
                            [
                                renewal(profile, user, desk), .init(profile.id, link: "/profiles/\(profile.id)"),
                                .init(profile.subject.organisation),
                                .init(profile.subject.units.joined(separator: ", ")),
                                .init(profile.settings.use.text),
                                .init(profile.shownStatus(at: now), profile.tone(at: now)),
                                .init(profile.vetted.map { desk.calendar.display($0) } ?? "–"),
                                .init(profile.end.map { desk.calendar.display($0) } ?? "–"),
                            ]
                        },
                        empty: .init(
                            Text(
                                "プロファイルはまだありません。最初のプロファイルは、ライセンスの購入とあわせて申請します。",
                                "There is no profile yet. The first is applied for together with a licence."
                            ),
                            Function.purchase.isOpen(to: user)
                                ? Link(Text("ライセンス追加購入へ", "Buy a licence"), "/licences/purchase") : nil
                        )
                    )
                )
            ]
        )
    }

    /// [更新] from 90 days before the end; afterwards, that it was applied for (PRO-16, PRO-17).
    private static func renewal(_ profile: Profile, _ user: User, _ desk: OfficeDesk) -> TableView.Cell {
        if profile.status == .renewalApplied { return .init(Profile.Status.renewalApplied.text) }
        guard profile.canBeRenewed(at: desk.now, calendar: desk.calendar), Function.profileRenewal.isOpen(to: user)
        else { return .init("–") }
        return .init(buttons: [Link(Text("更新", "Renew"), "/profiles/renew?profile=\(profile.id)", isButton: true)])
    }

    private static func detail(
        _ profile: Profile,
        _ domains: [MailDomain],
        _ history: [HistoryEntry],
        _ user: User,
        _ desk: OfficeDesk
    ) -> Page {
        var links: [Link] = []
        if Function.profileSettings.isOpen(to: user), profile.canBeSet {
            links.append(
                Link(
                    Text("プロファイル設定", "Profile settings"),
                    "/profiles/settings/edit?profile=\(profile.id)",
                    isButton: true
                )
            )
        }
        if Function.profileAddition.isOpen(to: user) {
            links.append(Link(Text("プロファイル追加申請", "Apply for another profile"), "/profiles/new"))
        }
        var blocks: [Block] = [
            .facts(ProfileFacts.facts(profile, desk.calendar)),
            .paragraph(
                Text(
                    "登録された情報は変更できません。変更が必要な場合は、新しいプロファイルを申請してください。",
                    "Registered data cannot be changed. If it has to, apply for a new profile."
                )
            ),
            .links(links), .heading(Text("メールドメイン", "Mail domains")),
            .table(DomainTable.registered(domains, at: desk.now)),
        ]
        if Function.actionLog.isOpen(to: user) {
            blocks += [.heading(Text("操作履歴", "Operation history")), .table(HistoryTable.table(history, desk.calendar))]
        }
        return Page(Text("プロファイル", "Profile"), blocks)
    }
}

/// The boxes of ※1 to ※3 for each member of the staff.
enum PermissionPage {
    private static let prefix = "grants-"

    static func page(_ profile: Profile, _ staff: [User], _ values: FormValues) -> Page {
        var blocks: [Block] = []
        if values["done"] == "yes" {
            blocks.append(.notice(.ok, Text("権限を設定しました。", "The permissions were set.")))
        }
        blocks.append(
            .facts([
                Fact(Text("プロファイルID", "Profile ID"), profile.id, link: "/profiles/\(profile.id)"),
                Fact(Text("O", "O"), profile.subject.organisation),
            ])
        )
        if staff.isEmpty {
            blocks.append(
                .paragraph(
                    Text(
                        "担当者のユーザがいません。管理者とマネージャーには設定は不要です。",
                        "There are no users with the role of staff. Administrators and managers need no permission."
                    )
                )
            )
        } else {
            let fields = staff.map { user in
                Field(
                    prefix + user.id,
                    Text(verbatim: "\(user.id) \(user.name)"),
                    .boxes(Field.options(Grant.self)),
                    values: values.has("step")
                        ? values.all(prefix + user.id) : (user.grants[profile.id] ?? []).map(\.rawValue)
                )
            }
            blocks.append(
                .form(
                    FormView(
                        action: "/profiles/\(profile.id)/permissions",
                        fields: fields,
                        buttons: [.init(Text("設定", "Set"))],
                        hidden: [("step", "0")]
                    )
                )
            )
        }
        blocks.append(
            .links([
                Link(
                    Text("プロファイル設定へ戻る", "Back to the profile's settings"),
                    "/profiles/settings/edit?profile=\(profile.id)"
                )
            ])
        )
        return Page(Text("ユーザー権限", "User permissions"), blocks)
    }

    static func grants(_ form: FormValues) throws(Refusal) -> [String: Set<Grant>] {
        var grants: [String: Set<Grant>] = [:]
        for (name, value) in form.pairs where name.hasPrefix(prefix) {
            grants[String(name.dropFirst(prefix.count)), default: []].insert(try choice(value) as Grant)
        }
        return grants
    }
}
