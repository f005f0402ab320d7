import Clocks
import Office

/// Entities to try rules on.
enum Samples {
    static let profileID = "MP202601010001"

    static func profile(units: [String] = [], hasIdentifier: Bool = true) -> Profile {
        Profile(
            id: profileID,
            tenant: "PAR12345",
            subject: ProfileSubject(
                use: .access,
                country: "JP",
                state: "Tokyo",
                locality: "",
                organisation: "印鑑商事",
                units: units,
                isExclusive: false,
                identifier: hasIdentifier
                    ? OrganizationIdentifier(scheme: .vat, country: "JP", number: "1011001040181") : nil,
                signature: .sha256RSA
            ),
            created: Timestamp(seconds: 0),
            appliedBy: "PAR12345_taro"
        )
    }

    static func vetting(of profile: Profile, on day: Day) -> ProfileVetting {
        let completed = Timestamp(seconds: BusinessCalendar.japan.start(of: day).seconds + 12 * 3600)
        return ProfileVetting(
            operatorID: "op1",
            subject: profile.subject,
            numberSource: .thirdPartyDatabase,
            numberEvidence: "企業情報 2026/01/01",
            telephone: "03-1234-5678",
            employmentConfirmedBy: "総務部",
            applicantConfirmed: true,
            completed: completed,
            until: completed
        )
    }

    static var settingsInput: ProfileSettings.Input {
        var input = ProfileSettings.Input()
        (input.signature, input.renewal, input.encryptingFileSystem) = ("sha256RSA", "none", "no")
        (input.smartCardLogon, input.forbidsExport, input.sendsRenewalMail) = ("no", "no", "yes")
        return input
    }

    static func domain(
        at now: Timestamp,
        isForSMIME: Bool = true,
        method: MailDomain.Method = .mail,
        status: MailDomain.Status = .underReview
    ) -> MailDomain {
        MailDomain(
            id: "20260101000001",
            tenant: "PAR12345",
            profile: profileID,
            name: "example.com",
            isForSMIME: isForSMIME,
            method: method,
            approver: method == .mail ? "admin@example.com" : "",
            code: "code",
            codeUntil: Timestamp(seconds: now.seconds + 30 * 86_400),
            status: status,
            applied: now,
            appliedBy: "PAR12345_taro"
        )
    }

    static func approvedDomain(
        at now: Timestamp,
        isForSMIME: Bool = true,
        method: MailDomain.Method = .mail
    ) throws -> MailDomain {
        var domain = domain(at: now, isForSMIME: isForSMIME, method: method)
        try domain.validate("seen", at: now)
        try domain.approve(vetting(of: domain, at: now), calendar: .japan)
        return domain
    }

    static func vetting(of domain: MailDomain, at now: Timestamp) -> DomainVetting {
        DomainVetting(
            operatorID: "op1",
            domain: domain.name,
            method: domain.method,
            evidence: domain.evidence,
            validated: domain.validated ?? now,
            completed: now
        )
    }

    static func proof(_ method: MailDomain.Method, of domain: MailDomain) throws -> MailDomain.Proof {
        try MailDomain.Proof(
            method: method.rawValue,
            approver: "admin",
            whois: "",
            domain: domain.name,
            offered: domain.offeredMethods
        )
    }
}
