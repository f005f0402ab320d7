import Clocks
import Office

/// Orders to try rules on.
extension Samples {
    static let noon = Timestamp(
        seconds: BusinessCalendar.japan.start(of: Day(year: 2026, month: 6, day: 1)).seconds + 12 * 3600
    )

    static func usableProfile(_ use: CertificateUse = .access, units: [String] = []) throws -> Profile {
        var profile = profile(units: units)
        try profile.approve(vetting(of: profile, on: Day(year: 2026, month: 1, day: 5)), calendar: .japan)
        profile.settings.use = use
        return profile
    }

    static func order(
        of profile: Profile,
        names: (surname: String, givenName: String, pseudonym: String) = ("", "", ""),
        kind: LicenceKind = .personal,
        term: CertificateTerm = .oneYear,
        keyOption: Order.KeyOption = .pkcs12,
        usesMail: Bool = false
    ) -> Order {
        let product = Product(id: "p", kind: kind, name: "10 pack", units: 10, prices: [term: 1])
        let licence = Licence(
            id: "ML202601010001",
            tenant: profile.tenant,
            product: product,
            term: term,
            applied: noon,
            appliedBy: profile.appliedBy,
            amount: 1,
            payment: .transferAfter
        )
        return Order(
            id: "MPS20260601000001",
            profile: profile,
            licence: licence,
            manager: profile.appliedBy,
            subject: OrderSubject(
                commonName: "taro@example.com",
                surname: names.surname,
                givenName: names.givenName,
                pseudonym: names.pseudonym,
                units: [],
                mail: "taro@example.com",
                usesMail: usesMail,
                userPrincipalName: "",
                securityIdentifier: ""
            ),
            keyOption: keyOption,
            templateLanguage: "ja",
            memo: "",
            applied: noon,
            pickUp: PickUp(linkHash: [1], sealedPassword: [], mailed: noon)
        )
    }

    /// A certificate of a year.
    static func certificate(
        of issuer: String = "access-r45",
        use: CertificateUse? = nil,
        issued: Timestamp = noon
    ) -> OrderCertificate {
        OrderCertificate(
            serial: "01",
            issuer: issuer,
            use: use,
            issued: issued,
            notAfter: Timestamp(seconds: issued.seconds + 365 * 86_400),
            pem: "",
            chain: [],
            fileName: ""
        )
    }
}
