import Office
import OfficeServices
import OfficeStore

/// Applying for a further profile (section 7-1): names, mail domain, validation method, confirmation (PRO-10).
struct ProfileAdditionFlow: Sendable {
    let desk: OfficeDesk

    var flow: Flow {
        Flow(
            Text("プロファイル追加申請", "Profile addition"),
            path: "/profiles/new",
            steps: [InformationStep.step(desk), names, domain, method],
            confirm: { visit in confirm(visit) },
            complete: { visit in try await complete(visit) }
        )
    }

    private var names: Flow.Step {
        Flow.Step(Text("DN入力", "Names")) { visit, values in
            Flow.View(fields: try await SubjectForm.fields(desk, visit, values))
        } check: { visit in
            try await desk.check(subject: SubjectForm.input(visit.form), by: visit.caller)
        }
    }

    private var domain: Flow.Step {
        Flow.Step(Text("メールドメイン", "Mail domain")) { _, values in
            Flow.View(
                blocks: [
                    .paragraph(
                        Text(
                            "S/MIMEで利用する場合は必須です。それ以外は空欄のまま進めます。ドメインの審査は、プロファイルの審査完了後に始まります。",
                            "Needed for S/MIME; else leave it empty. The domain is vetted once the profile is."
                        )
                    )
                ],
                fields: DomainFields.nameAndUse(values, isRequired: values["use"] == CertificateUse.smime.rawValue)
            )
        } check: { visit in
            let input = Self.domain(visit.form)
            try desk.requireDomain(input, for: SubjectForm.input(visit.form))
            if let input { try await desk.check(domain: input, on: nil, by: visit.caller) }
        }
    }

    private var method: Flow.Step {
        Flow.Step(
            Text("認証方法", "Validation"),
            isNeeded: { visit in Self.domain(visit.form) != nil }
        ) { _, values in
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

    private func confirm(_ visit: Visit) -> Flow.View {
        var blocks: [Block] = [
            .heading(Text("プロファイル", "Profile")), .facts(SubjectForm.facts(SubjectForm.input(visit.form))),
        ]
        if let domain = Self.domain(visit.form) {
            blocks += [.heading(Text("メールドメイン", "Mail domain")), .facts(DomainFields.facts(domain))]
        }
        return Flow.View(blocks: blocks)
    }

    private func complete(_ visit: Visit) async throws -> Page {
        let caller = try visit.caller
        let (profile, domain) = try await desk.add(
            profile: SubjectForm.input(visit.form),
            domain: Self.domain(visit.form),
            form: visit.form["form"],
            by: caller
        )
        var facts = [
            Fact(Text("ユーザID", "User ID"), caller.user.id), Fact(Text("プロファイルID", "Profile ID"), profile.id),
        ]
        if let domain { facts.append(Fact(Text("ePKI Domain ID", "ePKI Domain ID"), domain.id)) }
        return Page(
            Text("お申し込み完了", "Application completed"),
            [
                .notice(.ok, Text("プロファイルの申請を受け付けました。", "The profile was applied for.")), .facts(facts),
                .links([
                    Link(
                        Text("申請書を印刷する", "Print the application form"),
                        "/applications/\(profile.id)",
                        isButton: true
                    ), Link(Text("プロファイル一覧へ", "To the profile list"), "/profiles"),
                ]),
            ]
        )
    }

    /// nil where no domain was entered.
    private static func domain(_ values: FormValues) -> DomainInput? {
        values["name"].trimmingBlanks.isEmpty ? nil : DomainInput(values)
    }
}
