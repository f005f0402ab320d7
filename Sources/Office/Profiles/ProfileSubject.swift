/// The organisation as it stands in the certificates of a profile. Never changed: another needs another profile (PRO-11).
package struct ProfileSubject: Hashable, Sendable, Codable {
    package var use: CertificateUse
    package var country: String
    package var state: String
    package var locality: String
    package var organisation: String
    package var units: [String]
    /// Whether (O, OU) is for this tenant alone (BaseDN).
    package var isExclusive: Bool
    package var identifier: OrganizationIdentifier?
    package var signature: CertificateSignature

    package init(
        use: CertificateUse,
        country: String,
        state: String,
        locality: String,
        organisation: String,
        units: [String],
        isExclusive: Bool,
        identifier: OrganizationIdentifier?,
        signature: CertificateSignature
    ) {
        (self.use, self.country, self.state, self.locality) = (use, country, state, locality)
        (self.organisation, self.units, self.isExclusive) = (organisation, units, isExclusive)
        (self.identifier, self.signature) = (identifier, signature)
    }

    /// (O, OU) as they are compared: without blanks around, without case (Q in 4.10).
    package var exclusiveKey: String? {
        guard isExclusive, let unit = units.first else { return nil }
        return "\(organisation.trimmingBlanks.lowercased())\n\(unit.trimmingBlanks.lowercased())"
    }

    /// Checks what an administrator typed (PRO-01 to PRO-08).
    ///
    /// - Parameter organisation: the contract holder's name, which O must equal.
    package static func checked(_ input: Input, organisation: String) throws(Refusal) -> ProfileSubject {
        var check = FormCheck()
        let use = check.value("use") { () throws(Refusal) in try choice(input.use) as CertificateUse }
        let signature = check.value("signature") { () throws(Refusal) in
            try choice(input.signature) as CertificateSignature
        }
        check.require(
            input.country.count == 2 && input.country.allSatisfy { ("A"..."Z").contains($0) },
            "country",
            Text("国を選択してください。", "Choose the country.")
        )
        let state = check.value("state") { () throws(Refusal) in
            try DNText.check(input.state, Text("都道府県", "Prefecture"), limit: 128, isRequired: false)
        }
        let locality = check.value("locality") { () throws(Refusal) in
            try DNText.check(input.locality, Text("市区町村", "City"), limit: 128, isRequired: false)
        }
        let name = check.value("organisation") { () throws(Refusal) in
            try DNText.check(input.organisation, Text("組織名", "Organisation"), limit: 64)
        }
        if let name {
            check.require(
                name == organisation,
                "organisation",
                Text(
                    "組織名はご契約者の組織名「\(organisation)」と一致している必要があります。",
                    "The organisation must be the contract holder's: “\(organisation)”."
                )
            )
        }
        let unit = check.value("unit") { () throws(Refusal) in
            try DNText.check(input.unit, Text("部署名", "Department"), limit: 64, isRequired: false)
        }
        if use == .smime {
            check.require(
                input.unit.trimmingBlanks.isEmpty,
                "unit",
                Text("S/MIME用CAでは部署名(OU)を使用できません。空欄にしてください。", "The S/MIME CA knows no department (OU). Leave it empty.")
            )
            check.require(
                !input.isExclusive,
                "isExclusive",
                Text("S/MIME用CAではBaseDNを使用できません。", "BaseDN is not for the S/MIME CA.")
            )
        } else if input.isExclusive {
            check.require(
                !input.unit.trimmingBlanks.isEmpty,
                "unit",
                Text("BaseDNを使用する場合は部署名(OU)が必須です。", "BaseDN needs a department (OU).")
            )
        }
        let identifier = check.value("identifierScheme") { () throws(Refusal) in
            try OrganizationIdentifier.checked(
                scheme: input.identifierScheme,
                country: input.identifierCountry,
                number: input.identifierNumber
            )
        }
        if case .some(.some(let registered)) = identifier {
            check.require(
                registered.country == input.country,
                "identifierCountry",
                Text(
                    "organizationIdentifierの国は、組織の国(C)と一致している必要があります。",
                    "The organizationIdentifier's country must be that of the organisation (C)."
                )
            )
        }
        if use == .smime, case .some(.none) = identifier {
            check.note(
                "identifierScheme",
                Text(
                    "S/MIME用CAではorganizationIdentifierが必須です。",
                    "The S/MIME CA needs an organizationIdentifier."
                )
            )
        }
        try check.finish()
        guard let use, let signature, let state, let locality, let name, let unit, let identifier else {
            throw Refusal(.input, check.problems)
        }
        return ProfileSubject(
            use: use,
            country: input.country,
            state: state,
            locality: locality,
            organisation: name,
            units: unit.isEmpty ? [] : [unit],
            isExclusive: input.isExclusive,
            identifier: identifier,
            signature: signature
        )
    }

    /// What was typed.
    package struct Input: Sendable {
        package var use: String
        package var country: String
        package var state: String
        package var locality: String
        package var organisation: String
        package var unit: String
        package var isExclusive: Bool
        package var identifierScheme: String
        package var identifierCountry: String
        package var identifierNumber: String
        package var signature: String
        /// Whether the applicant has looked at the administrator information and found it right (PRO-19).
        package var confirmsInformation: Bool

        package init(
            use: String,
            country: String,
            state: String,
            locality: String,
            organisation: String,
            unit: String,
            isExclusive: Bool,
            identifierScheme: String,
            identifierCountry: String,
            identifierNumber: String,
            signature: String,
            confirmsInformation: Bool = false
        ) {
            self.confirmsInformation = confirmsInformation
            (self.use, self.country, self.state, self.locality) = (use, country, state, locality)
            (self.organisation, self.unit, self.isExclusive) = (organisation, unit, isExclusive)
            (self.identifierScheme, self.identifierCountry) = (identifierScheme, identifierCountry)
            (self.identifierNumber, self.signature) = (identifierNumber, signature)
        }
    }
}

/// Reads a choice that a form offers.
package func choice<Choice: RawRepresentable>(_ text: String) throws(Refusal) -> Choice
where Choice.RawValue == String {
    guard let choice = Choice(rawValue: text) else {
        throw Refusal(.input, Text("いずれかを選択してください。", "Choose one."))
    }
    return choice
}

/// Which organisation it is, in a register (OID 2.5.4.97; CA/Browser Forum S/MIME BR 7.1.4.2.2 d).
package struct OrganizationIdentifier: Hashable, Sendable, Codable {
    package enum Scheme: String, Codable, CaseIterable, Sendable {
        case vat = "VAT"
        case gov = "GOV"
        case ntr = "NTR"
    }

    package var scheme: Scheme
    package var country: String
    package var number: String

    package init(scheme: Scheme, country: String, number: String) {
        (self.scheme, self.country, self.number) = (scheme, country, number)
    }

    /// As the certificate carries it: `VATJP-1011001040181`, `GOVJP`.
    package var encoded: String {
        scheme.rawValue + country + (number.isEmpty ? "" : "-\(number)")
    }

    /// An empty scheme is no identifier.
    package static func checked(
        scheme: String,
        country: String,
        number: String
    ) throws(Refusal) -> OrganizationIdentifier? {
        guard !scheme.isEmpty else { return nil }
        let scheme: Scheme = try choice(scheme)
        guard country.count == 2, country.allSatisfy({ ("A"..."Z").contains($0) }) else {
            throw .input("identifierCountry", Text("国を選択してください。", "Choose the country."))
        }
        let number = number.trimmingBlanks
        switch scheme {
        case .vat:
            guard number.count == 13, number.allSatisfy(\.isASCIIDigit) else {
                throw .input(
                    "identifierNumber",
                    Text("法人番号は半角数字13桁で入力してください。", "The Corporate Number has 13 digits.")
                )
            }
        case .gov:
            guard number.isEmpty else {
                throw .input(
                    "identifierNumber",
                    Text(
                        "GOVでは番号を入力しません。法人番号をお持ちの場合はVATを選択してください。",
                        "GOV has no number. An organisation with a Corporate Number chooses VAT."
                    )
                )
            }
        case .ntr:
            guard !number.isEmpty, number.count <= 32, number.allSatisfy({ $0.isASCIIAlphanumeric || $0 == "-" }) else {
                throw .input(
                    "identifierNumber",
                    Text("登録番号を半角英数字で入力してください。", "Enter the registration number in letters and digits.")
                )
            }
        }
        return OrganizationIdentifier(scheme: scheme, country: country, number: number)
    }
}
