import Hummingbird
import HummingbirdTLS
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
            .page(TopPage.page(try visit.caller.user, organisation: try await desk.organisation(visit.caller), desk))
        }
        licencePages()
        profilePages()
        domainPages()
        wizardPages()
        operatorPages()
        stationPages()
        domainVettingPages()
        userPages()
        accountPages()
        passwordPages(.operators)
        actionLogPages()
        administratorCertificatePages()
        pickUpPages()
        mailPages()
        templatePages()
    }

    /// Every page of the certificate area.
    package func area() {
        get("/", .area(nil)) { visit in .page(AreaPage.page(try visit.caller.user)) }
        certificateRenewalPages()
        orderPages()
        orderMailPages()
    }
}
