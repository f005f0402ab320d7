import Office
import OfficeServices
import OfficeStore

/// Applying for another vetting of a profile that ends soon (section 7-2, PRO-17).
struct ProfileRenewalFlow: Sendable {
    let desk: OfficeDesk

    var flow: Flow {
        Flow(
            Text("プロファイル更新", "Profile renewal"),
            path: "/profiles/renew",
            steps: [InformationStep.step(desk)],
            confirm: { visit in try await confirm(visit) },
            complete: { visit in try await complete(visit) }
        )
    }

    private func confirm(_ visit: Visit) async throws -> Flow.View {
        let profile = try await desk.renewable(profile: visit.form["profile"], by: visit.caller)
        return Flow.View(
            blocks: [
                .facts(ProfileFacts.facts(profile, desk.calendar)),
                .paragraph(
                    Text(
                        "登録情報に変更がある場合は更新できません。新しいプロファイルを申請してください。",
                        "If this data has changed, do not renew: apply for a new profile."
                    )
                ),
            ],
            fields: [
                Field(
                    "acceptsTerms",
                    Text("利用規約に同意します。", "I accept the terms of use."),
                    .checkbox,
                    value: visit.form["acceptsTerms"],
                    isRequired: true
                )
            ]
        )
    }

    private func complete(_ visit: Visit) async throws -> Page {
        let profile = try await desk.renew(
            profile: visit.form["profile"],
            confirmsInformation: visit.form.isTicked("confirmsInformation"),
            acceptsTerms: visit.form.isTicked("acceptsTerms"),
            by: visit.caller
        )
        return Page(
            Text("更新申込完了", "Renewal applied for"),
            [
                .notice(.ok, Text("プロファイルの更新を受け付けました。", "The profile's renewal was applied for.")),
                .facts([
                    Fact(Text("プロファイルID", "Profile ID"), profile.id),
                    Fact(Text("ステータス", "Status"), profile.status.text),
                ]),
                .links([Link(Text("一覧へ", "To the list"), "/profiles", isButton: true)]),
            ]
        )
    }
}
