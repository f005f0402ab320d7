import Hummingbird
import HummingbirdTLS
import Mustache
import Office
import OfficeServices
import OfficeStore

extension Routes {
    /// Every page of the console, of the operators' side and of the public.
    package func console() {
        logInPages(.console)
        logInPages(.operators)
        let desk = site.desk
        get("/", .console(nil)) { visit in
            let user = try visit.caller.user
            return .page(
                Page(
                    Text("マネージドPKI", "Managed PKI"),
                    [
                        .facts([
                            Fact(Text("ユーザID", "User ID"), user.id), Fact(Text("権限", "Role"), user.role.text),
                            Fact(Text("組織名", "Organisation"), try await desk.organisation(visit.caller)),
                        ])
                    ]
                )
            )
        }
        licencePages()
        profilePages()
        domainPages()
        wizardPages()
        operatorPages()
        domainVettingPages()
        userPages()
        accountPages()
        actionLogPages()
        administratorCertificatePages()
        pickUpPages()
        mailPages()
        templatePages()
    }

    /// Every page of the certificate area.
    package func area() {
        get("/", .area(nil)) { _ in .page(Page(Text("証明書管理", "Certificate management"), [])) }
        certificateRenewalPages()
        orderPages()
        orderMailPages()
    }
}
