package import Office

/// What differs from one office to the next.
package struct OfficeSettings: Sendable {
    package var calendar: BusinessCalendar
    /// The addresses that stand in mails: `https://office.example.com` and the certificate area's, without a slash behind.
    package var consoleURL: String
    package var areaURL: String
    package var catalogue: Catalogue
    package var issuing: IssuingSettings
    package var mail: MailSettings
    package var links: LinkSettings

    package init(
        calendar: BusinessCalendar = .japan,
        consoleURL: String,
        areaURL: String,
        catalogue: Catalogue,
        issuing: IssuingSettings,
        mail: MailSettings,
        links: LinkSettings
    ) {
        (self.calendar, self.consoleURL, self.areaURL) = (calendar, consoleURL, areaURL)
        (self.catalogue, self.issuing, self.mail, self.links) = (catalogue, issuing, mail, links)
    }
}

/// The issuers that the office asks, by what a certificate is for and when it is made.
package struct IssuingSettings: Sendable {
    package var access: IssuerSuccession
    package var smime: IssuerSuccession
    package var administratorProfile: String
    package var keyAlgorithm: String
    /// S/MIME certificates of four years are longer than the Baseline Requirements allow.
    package var refusesFourYearsForSMIME: Bool

    package init(
        access: IssuerSuccession,
        smime: IssuerSuccession,
        administratorProfile: String,
        keyAlgorithm: String = "rsa-2048",
        refusesFourYearsForSMIME: Bool = true
    ) {
        (self.access, self.smime) = (access, smime)
        (self.administratorProfile, self.keyAlgorithm) = (administratorProfile, keyAlgorithm)
        self.refusesFourYearsForSMIME = refusesFourYearsForSMIME
    }

    package func issuers(for use: CertificateUse) -> IssuerSuccession {
        use == .access ? access : smime
    }
}

/// The senders of the office's own mails.
package struct MailSettings: Sendable {
    package var noReply: String
    package var approval: String
    package var vetting: String

    package init(noReply: String, approval: String, vetting: String) {
        (self.noReply, self.approval, self.vetting) = (noReply, approval, vetting)
    }
}

/// Pages outside the office.
package struct LinkSettings: Sendable {
    package var manual: String
    package var enquiry: String

    package init(manual: String, enquiry: String) {
        (self.manual, self.enquiry) = (manual, enquiry)
    }
}
