/// What the appliance is asked for an order: which issuance profile, and with which facts.
///
/// What a certificate may contain is decided by the appliance's profiles; here is only how the office's terms are named
/// in them. The options are those of the profile's settings at the time of the issue (section 4.7).
package struct IssuancePlan: Hashable, Sendable {
    package struct Item: Hashable, Sendable {
        package let kind: String
        package let value: String
    }

    package let use: CertificateUse
    /// The CA that is asked.
    package let issuer: String
    package var issuanceProfile: String
    package var subject: [Item] = []
    package var alternativeNames: [Item] = []
    package var securityIdentifier: String?
    package var extendedKeyUsages: [String] = []
    package var signatureAlgorithm: String?
    package var validityDays: Int

    /// - Parameters:
    ///   - shortTermDays: how long a short-term certificate lasts.
    ///   - issuer: the CA that issues for the profile's use at this time.
    package init(order: Order, profile: Profile, shortTermDays: Int, issuer: String) {
        (use, self.issuer) = (profile.settings.use, issuer)
        let days: [CertificateTerm: Int] = [.oneYear: 365, .twoYears: 730, .fourYears: 1461, .short: shortTermDays]
        validityDays = days[order.term] ?? shortTermDays
        issuanceProfile = Self.name(order, profile)
        signatureAlgorithm = Self.isPSS(order, profile) ? "rsassaPSSSHA256" : nil
        let organisation = profile.subject
        add("countryName", organisation.country)
        add("stateOrProvinceName", organisation.state)
        add("localityName", organisation.locality)
        add("organizationName", organisation.organisation)
        switch profile.settings.use {
        case .access:
            for unit in organisation.units + order.subject.units { add("organizationalUnitName", unit) }
            if profile.settings.encryptingFileSystem { extendedKeyUsages.append("encryptingFileSystem") }
            if profile.settings.smartCardLogon { extendedKeyUsages.append("smartCardLogon") }
            if !order.subject.securityIdentifier.isEmpty { securityIdentifier = order.subject.securityIdentifier }
        case .smime:
            add("organizationIdentifier", organisation.identifier?.encoded ?? "")
            add("surname", order.subject.surname)
            add("givenName", order.subject.givenName)
            add("pseudonym", order.subject.pseudonym)
        }
        add("commonName", order.subject.commonName)
        if order.subject.usesMail { add("emailAddress", order.subject.mail) }
        if profile.settings.use == .smime || order.subject.usesMail {
            alternativeNames.append(Item(kind: "rfc822Name", value: order.subject.mail))
        }
        if !order.subject.userPrincipalName.isEmpty {
            alternativeNames.append(Item(kind: "userPrincipalName", value: order.subject.userPrincipalName))
        }
    }

    /// RSASSA-PSS is for certificates of one year alone (section 4.8): an order that is longer was made before the setting.
    private static func isPSS(_ order: Order, _ profile: Profile) -> Bool {
        profile.settings.signature == .rsassaPSS && order.term == .oneYear
    }

    private mutating func add(_ kind: String, _ value: String) {
        if !value.isEmpty { subject.append(Item(kind: kind, value: value)) }
    }

    /// The name of the issuance profile: what the certificate is for, how long, and what makes it special.
    private static func name(_ order: Order, _ profile: Profile) -> String {
        let isPSS = isPSS(order, profile)
        switch profile.settings.use {
        case .smime:
            let kind = order.kindOfLicence == .personal ? "smime-personal" : "smime-organization"
            return kind + (isPSS ? "-1y-pss" : "")
        case .access:
            let terms: [CertificateTerm: String] = [.oneYear: "1y", .twoYears: "2y", .fourYears: "4y", .short: "short"]
            return "access-" + (terms[order.term] ?? "1y") + (order.subject.usesMail ? "-mail" : "")
                + (isPSS ? "-pss" : "")
        }
    }
}
