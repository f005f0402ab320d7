import Clocks
import Office
import OfficeMail
import OfficeStore

/// What stands in a mail for each of its variables, in the mail's language.
struct MailValues {
    private(set) var values: [MailVariable: String] = [:]
    let language: Language
    private let settings: OfficeSettings

    /// What every mail may say: the service and its addresses.
    init(_ language: Language, _ settings: OfficeSettings) {
        (self.language, self.settings) = (language, settings)
        values[.serviceName] = Text("マネージドPKI", "Managed PKI")(language)
        values[.supportContact] = settings.links.enquiry
        values[.noReplyAddress] = settings.mail.noReply
        values[.approvalAddress] = settings.mail.approval
        values[.vettingAddress] = settings.mail.vetting
        values[.consoleURL] = settings.consoleURL + "/"
    }

    subscript(variable: MailVariable) -> String {
        get { values[variable] ?? "" }
        set { values[variable] = newValue }
    }

    /// Who gets the mail.
    mutating func add(recipient name: String, _ address: String, organisation: String) {
        (self[.recipientName], self[.recipientEmail]) = (name, address)
        self[.organisation] = organisation
    }

    /// An order with its certificate, its certificate manager, and what its mails' own variables stand for. What it does
    /// not have (yet) is empty.
    ///
    /// - Parameter link: the secret of the pick-up link, where the mail carries it.
    mutating func add(_ order: Order, manager: User?, tenant: Tenant?, link: String?, reason: Text?) {
        add(manager: manager, tenant: tenant)
        self[.orderID] = order.id
        self[.partnerID] = order.tenant
        self[.profileID] = order.profile
        self[.licenceID] = order.licence
        self[.orderCount] = "1"
        self[.productName] = order.serviceName
        self[.orderKind] = order.kind.text(language)
        self[.contractYears] = order.term.text(language)
        self[.commonName] = order.subject.commonName
        self[.userEmail] = order.subject.mail
        self[.serialNumber] = order.certificate?.serial ?? ""
        self[.startDate] = order.certificate.map { day($0.issued) } ?? ""
        self[.expiryDate] = order.certificate.map { day($0.notAfter) } ?? ""
        self[.pickupURL] = link.map { settings.consoleURL + "/pick-up/" + $0 } ?? ""
        let calendar = settings.calendar
        self[.pickupDeadline] = day(calendar.day(of: order.pickUp.mailed) + Order.lastPickUpDay)
        self[.applicationDate] = calendar.display(order.applied)
        self[.reason] = reason?(language) ?? ""
        for variable in [MailVariable.renewalURL, .passwordRenewalURL, .expiryDays, .batchID] { self[variable] = "" }
    }

    private mutating func add(manager: User?, tenant: Tenant?) {
        func orOwn(_ english: String?, _ own: String?) -> String {
            english.flatMap { $0.isEmpty ? nil : $0 } ?? own ?? ""
        }
        self[.managerUserID] = manager?.id ?? ""
        self[.managerFirstName] = orOwn(manager?.givenNameEnglish, manager?.givenName)
        self[.managerLastName] = orOwn(manager?.surnameEnglish, manager?.surname)
        self[.managerMiddleName] = ""
        self[.managerGivenName] = manager?.givenName ?? ""
        self[.managerSurname] = manager?.surname ?? ""
        self[.managerOrganisation] =
            language == .japanese
            ? tenant?.organisation ?? "" : orOwn(tenant?.organisationEnglish, tenant?.organisation)
        self[.managerOrganisationKana] = tenant?.organisationKana ?? ""
        self[.managerDepartment] = manager?.department ?? ""
        self[.managerTitle] = ""
        self[.managerPhone] = manager?.telephone ?? ""
        self[.managerFax] = ""
        self[.managerEmail] = manager?.mail ?? ""
    }

    /// - Parameter link: the path of its pick-up, where the mail carries it.
    mutating func add(_ certificate: AdministratorCertificate, link: String?) {
        self[.commonName] = certificate.user
        self[.pickupURL] = link.map { settings.consoleURL + $0 } ?? ""
        let applied = settings.calendar.day(of: certificate.applied)
        self[.pickupDeadline] = day(applied + OfficeDesk.lastPickUpDay)
        self[.expiryDate] = certificate.notAfter.map { day($0) } ?? ""
        self[.renewalURL] = settings.areaURL + "/administrator-certificate/renew"
    }

    mutating func add(_ licence: Licence, reason: Text?) {
        (self[.licenceID], self[.orderID]) = (licence.id, licence.id)
        self[.productName] = licence.productName
        self[.orderCount] = licence.total.map { "\($0)" } ?? Text("無制限", "unlimited")(language)
        self[.contractYears] = licence.term.text(language)
        self[.endDate] = licence.end.map { day($0) } ?? ""
        self[.reason] = reason?(language) ?? ""
    }

    mutating func add(_ profile: Profile) {
        (self[.profileID], self[.orderID]) = (profile.id, profile.id)
        self[.productName] = Text("プロファイル", "Profile")(language)
        self[.endDate] = profile.end.map { day($0) } ?? ""
        self[.renewalURL] = settings.consoleURL + "/profiles/renew?profile=" + profile.id
    }

    mutating func add(_ domain: MailDomain) {
        (self[.profileID], self[.domain]) = (domain.profile, domain.name)
        self[.endDate] = domain.end.map { day($0) } ?? ""
        self[.renewalURL] = settings.consoleURL + "/domains/renew?id=" + domain.id
        self[.approvalURL] = settings.consoleURL + "/approve/" + domain.code
        self[.validationMethod] = domain.method.text(language)
        self[.validationDeadline] = day(domain.codeUntil)
        let isRecord = domain.method == .dns
        self[.validationCode] = isRecord ? domain.record : domain.code
        self[.validationPlace] =
            isRecord ? Text("\(domain.name) のTXTレコード", "a TXT record of \(domain.name)")(language) : domain.page
    }

    private func day(_ moment: Timestamp) -> String { day(settings.calendar.day(of: moment)) }

    /// `2026年11月27日`, or `27 November 2026`.
    private func day(_ day: Day) -> String {
        let time = day.civil
        let months = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ]
        return Text(
            "\(time.year)年\(time.month)月\(time.day)日",
            "\(time.day) \(months[time.month - 1]) \(time.year)"
        )(language)
    }
}
