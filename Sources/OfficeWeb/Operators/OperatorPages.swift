import Office
import OfficeServices
import OfficeStore

/// Where the CA's operators approve licences and vet profiles (SC-O1 to SC-O6).
extension Routes {
    func operatorPages() {
        let desk = site.desk
        get("/operator", .operators) { _ in .redirect("/operator/licences") }
        get("/operator/licences", .operators) { visit in
            .page(Self.openLicences(try await desk.openLicences(by: visit.operatorCaller), desk))
        }
        form("/operator/licences/:id", .operators) { visit, _ in
            let open = try await desk.openLicences(by: visit.operatorCaller)
            guard let licence = open.first(where: { $0.id == visit["id"] }) else { throw Refusal.notFound }
            return Self.decision(licence, desk)
        } submit: { visit in
            switch visit.form["decision"] {
            case "reject":
                try await desk.reject(licence: visit["id"], reason: visit.form["reason"], by: visit.operatorCaller)
            case "approve": try await desk.issue(licence: visit["id"], by: visit.operatorCaller)
            default: throw Refusal.undecided
            }
            return .redirect("/operator/licences")
        }
        get("/operator/profiles", .operators) { visit in
            .page(Self.openProfiles(try await desk.openProfiles(by: visit.operatorCaller), desk))
        }
        form("/operator/profiles/:id", .operators) { visit, values in
            Self.vetting(try await desk.profile(visit["id"], by: visit.operatorCaller), values, desk)
        } submit: { visit in
            switch visit.form["decision"] {
            case "reject":
                try await desk.reject(profile: visit["id"], reason: visit.form["reason"], by: visit.operatorCaller)
            case "suspend":
                try await desk.suspend(profile: visit["id"], reason: visit.form["reason"], by: visit.operatorCaller)
            case "approve":
                try await desk.approve(profile: visit["id"], VettingInput(visit.form), by: visit.operatorCaller)
            default: throw Refusal.undecided
            }
            return .redirect("/operator/profiles")
        }
    }

    private static func openLicences(_ licences: [Licence], _ desk: OfficeDesk) -> Page {
        Page(
            Text("ライセンス承認", "Licence approval"),
            [
                .table(
                    TableView(
                        caption: Text("承認待ちライセンス", "Licences to decide on"),
                        columns: [
                            .init(Text("ライセンスID", "Licence ID")), .init(Text("コーポレートID", "Corporate ID")),
                            .init(Text("申請日", "Applied")), .init(Text("サービス名", "Service")),
                            .init(Text("お支払い方法", "Payment")), .init(Text("ステータス", "Status")),
                        ],
                        rows: licences.map { licence in
                            [
                                .init(licence.id, link: "/operator/licences/\(licence.id)"), .init(licence.tenant),
                                .init(desk.calendar.display(licence.applied)), .init(licence.productName),
                                .init(licence.payment.text), .init(licence.status.text, licence.status.tone),
                            ]
                        },
                        empty: .init(Text("承認待ちのライセンスはありません。", "No licence waits for a decision."))
                    )
                )
            ]
        )
    }

    private static func decision(_ licence: Licence, _ desk: OfficeDesk) -> Page {
        let approve =
            licence.status == .awaitingPayment
            ? Text("入金を確認して発行", "Confirm the payment and issue") : Text("承認", "Approve")
        return Page(
            Text("ライセンス承認", "Licence approval"),
            [
                .facts(facts(licence, desk)),
                .form(
                    FormView(
                        action: "/operator/licences/\(licence.id)",
                        fields: [Field("reason", Text("却下の理由", "Reason for a rejection"))],
                        buttons: [
                            .init(approve, name: "decision", value: "approve"),
                            .init(Text("却下", "Reject"), name: "decision", value: "reject", look: .danger),
                        ]
                    )
                ),
            ]
        )
    }

    private static func openProfiles(_ profiles: [Profile], _ desk: OfficeDesk) -> Page {
        Page(
            Text("プロファイル審査", "Profile vetting"),
            [
                .table(
                    TableView(
                        caption: Text("審査待ちプロファイル", "Profiles to vet"),
                        columns: [
                            .init(Text("プロファイルID", "Profile ID")), .init(Text("コーポレートID", "Corporate ID")),
                            .init(Text("申請日", "Applied")), .init(Text("組織名", "Organisation")),
                            .init(Text("中間CA証明書", "Intermediate CA")), .init(Text("ステータス", "Status")),
                        ],
                        rows: profiles.map { profile in
                            [
                                .init(profile.id, link: "/operator/profiles/\(profile.id)"), .init(profile.tenant),
                                .init(desk.calendar.display(profile.created)), .init(profile.subject.organisation),
                                .init(profile.subject.use.text), .init(profile.status.text, profile.tone(at: desk.now)),
                            ]
                        },
                        empty: .init(Text("審査待ちのプロファイルはありません。", "No profile waits to be vetted."))
                    )
                )
            ]
        )
    }

    /// What the profile's status allows: a renewal is never rejected, but a profile is suspended at once (PRO-12).
    private static func decisions(_ profile: Profile) -> [FormView.Button] {
        let approve = FormView.Button(Text("認証", "Approve"), name: "decision", value: "approve")
        let reject = FormView.Button(Text("却下", "Reject"), name: "decision", value: "reject", look: .danger)
        let suspend = FormView.Button(Text("使用停止", "Suspend"), name: "decision", value: "suspend", look: .danger)
        return switch profile.status {
        case .vetting: [approve, reject]
        case .renewalApplied: [approve, suspend]
        case .approved: [suspend]
        case .suspended, .rejected: []
        }
    }

    private static func vetting(_ profile: Profile, _ values: FormValues, _ desk: OfficeDesk) -> Page {
        Page(
            Text("プロファイル審査", "Profile vetting"),
            [
                .facts(ProfileFacts.facts(profile, desk.calendar)),
                .form(
                    FormView(
                        action: "/operator/profiles/\(profile.id)",
                        fields: [
                            Field(
                                "numberSource",
                                Text("電話番号の確認元", "Where the number was found"),
                                .radio(Field.options(ProfileVetting.NumberSource.self)),
                                value: values["numberSource"]
                            ),
                            Field(
                                "numberEvidence",
                                Text("確認資料(名称と日付)", "Evidence (name and date)"),
                                value: values["numberEvidence"]
                            ),
                            Field("telephone", Text("電話番号", "Telephone number"), value: values["telephone"]),
                            Field(
                                "employmentConfirmedBy",
                                Text("在籍確認の相手", "Who confirmed the employment"),
                                value: values["employmentConfirmedBy"]
                            ),
                            Field(
                                "applicantConfirmed",
                                Text(
                                    "申請者にプロファイルIDと申請内容を確認した",
                                    "The applicant confirmed the profile ID and its contents"
                                ),
                                .checkbox,
                                value: values["applicantConfirmed"]
                            ),
                            Field(
                                "reason",
                                Text("却下・使用停止の理由", "Reason for rejection or suspension"),
                                value: values["reason"]
                            ),
                        ],
                        buttons: decisions(profile)
                    )
                ),
            ]
        )
    }
}

extension VettingInput {
    init(_ values: FormValues) {
        self.init()
        (numberSource, numberEvidence) = (values["numberSource"], values["numberEvidence"])
        (telephone, employmentConfirmedBy) = (values["telephone"], values["employmentConfirmedBy"])
        applicantConfirmed = values.isTicked("applicantConfirmed")
    }
}

/// A profile's data as pages show it.
enum ProfileFacts {
    static func facts(_ profile: Profile, _ calendar: BusinessCalendar) -> [Fact] {
        let subject = profile.subject
        return [
            Fact(Text("プロファイルID", "Profile ID"), profile.id),
            Fact(Text("ステータス", "Status"), profile.status.text),
            Fact(Text("中間CA証明書", "Intermediate CA"), subject.use.text),
            Fact(Text("BaseDN", "BaseDN"), subject.isExclusive ? Text("使用する", "Yes") : Text("使用しない", "No")),
            Fact(Text("O", "O"), subject.organisation), Fact(Text("OU", "OU"), subject.units.joined(separator: ", ")),
            Fact(Text("L", "L"), subject.locality), Fact(Text("S", "S"), subject.state),
            Fact(Text("C", "C"), subject.country),
            Fact(Text("organizationIdentifier", "organizationIdentifier"), subject.identifier?.encoded ?? ""),
            Fact(Text("署名アルゴリズム", "Signature algorithm"), profile.settings.signature.text),
            Fact(Text("審査完了日", "Vetted"), profile.vetted.map { calendar.display($0) } ?? "–"),
            Fact(Text("有効期限", "End"), profile.end.map { calendar.display($0) } ?? "–"),
        ]
    }
}
