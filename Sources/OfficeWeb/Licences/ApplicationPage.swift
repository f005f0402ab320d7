import Office
import OfficeServices

/// What was applied for, on a page to be printed (申請書を印刷する; INI-05).
enum ApplicationPage {
    static func page(_ application: Application, _ desk: OfficeDesk) -> Page {
        var blocks: [Block] = [
            .heading(Text("ご契約者", "Contract holder")), .facts(InformationForm.facts(application.tenant)),
        ]
        if let user = application.applicant {
            blocks += [
                .heading(Text("申請者", "Applicant")),
                .facts(InformationForm.facts(user)),
            ]
        }
        if let licence = application.licence {
            blocks += [.heading(Text("ライセンス", "Licence")), .facts(Routes.facts(licence, desk))]
        }
        if let profile = application.profile {
            blocks += [
                .heading(Text("プロファイル", "Profile")), .facts(ProfileFacts.facts(profile, desk.calendar)),
            ]
        }
        for domain in application.domains {
            blocks += [
                .heading(Text("メールドメイン", "Mail domain")),
                .facts([
                    Fact(Text("ePKI Domain ID", "ePKI Domain ID"), domain.id),
                    Fact(Text("ドメイン", "Domain"), domain.name),
                    Fact(Text("S/MIMEでの利用", "Use with S/MIME"), DomainFields.use(domain.isForSMIME)),
                    Fact(Text("認証方法", "Validation"), domain.method.text),
                ]),
            ]
        }
        return Page(Text("申請書", "Application form"), [.print(Text("印刷する", "Print"))] + blocks)
    }
}
