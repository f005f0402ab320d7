/// What an order adds to its profile's name: who the certificate is for (sections 4.2 to 4.6).
package struct OrderSubject: Hashable, Sendable, Codable {
    package var commonName: String
    package var surname: String
    package var givenName: String
    package var pseudonym: String
    /// Departments behind the profile's.
    package var units: [String]
    /// Where the subscriber's mails go; under the S/MIME CA also the address in the certificate.
    package var mail: String
    /// Whether the address stands in the name (E), and on an access certificate in the alternative names too.
    package var usesMail: Bool
    package var userPrincipalName: String
    package var securityIdentifier: String

    package init(
        commonName: String,
        surname: String,
        givenName: String,
        pseudonym: String,
        units: [String],
        mail: String,
        usesMail: Bool,
        userPrincipalName: String,
        securityIdentifier: String
    ) {
        (self.commonName, self.surname, self.givenName) = (commonName, surname, givenName)
        (self.pseudonym, self.units, self.mail, self.usesMail) = (pseudonym, units, mail, usesMail)
        (self.userPrincipalName, self.securityIdentifier) = (userPrincipalName, securityIdentifier)
    }

    /// What was typed. Under the S/MIME CA `commonNameChoice` says what becomes the common name.
    package struct Input: Sendable {
        package enum CommonName: String, CaseIterable, Sendable, Worded {
            case mail, personalName

            package var text: Text {
                switch self {
                case .mail: Text("メールアドレス", "Mail address")
                case .personalName: Text("個人名または仮名", "Personal name or pseudonym")
                }
            }
        }

        /// Which of the two names a person goes by.
        package enum NameKind: String, CaseIterable, Sendable, Worded {
            case personalName, pseudonym

            package var text: Text {
                switch self {
                case .personalName: Text("個人名", "Personal name")
                case .pseudonym: Text("仮名", "Pseudonym")
                }
            }
        }

        package var commonName = ""
        package var commonNameChoice = ""
        /// Empty where only the names themselves say it.
        package var nameKind = ""
        package var surname = ""
        package var givenName = ""
        package var pseudonym = ""
        package var units: [String] = []
        package var mail = ""
        package var usesMail = false
        package var userPrincipalName = ""
        package var securityIdentifier = ""

        package init() {}
    }

    /// Checks an order's subject against its profile, licence and the profile's mail domains (CA-03 to CA-11).
    ///
    /// - Parameter domains: the profile's mail domains that are usable now.
    package static func checked(
        _ input: Input,
        profile: Profile,
        licence: LicenceKind,
        domains: [MailDomain]
    ) throws(Refusal) -> OrderSubject {
        switch profile.settings.use {
        case .access: try checkedForAccess(input, profile: profile, licence: licence)
        case .smime: try checkedForMail(input, profile: profile, licence: licence, domains: domains)
        }
    }

    private static func checkedForAccess(
        _ input: Input,
        profile: Profile,
        licence: LicenceKind
    ) throws(Refusal) -> OrderSubject {
        var check = FormCheck()
        check.require(
            licence == .personal,
            "licence",
            Text(
                "アクセス認証用のプロファイルでは部門/法人名用ライセンスを使用できません。個人名用ライセンスを選択してください。",
                "Access profiles do not take department or corporate licences. Choose a personal-name licence."
            )
        )
        let name = check.value("commonName") { () throws(Refusal) in
            try DNText.check(input.commonName, Text("コモンネーム", "Common name"), limit: 64)
        }
        let units = checkedUnits(input.units, behind: profile.subject.units, &check)
        let mail = check.value("mail") { () throws(Refusal) in
            input.usesMail ? try MailText.checkForCertificate(input.mail) : try MailText.check(input.mail)
        }
        let principal = check.value("userPrincipalName") { () throws(Refusal) in
            try DirectoryNames.principal(input.userPrincipalName)
        }
        let identifier = check.value("securityIdentifier") { () throws(Refusal) in
            try DirectoryNames.securityIdentifier(input.securityIdentifier)
        }
        check.require(
            !profile.settings.smartCardLogon || principal != "" || identifier != "",
            "userPrincipalName",
            Text(
                "スマートカードログオンが有効なプロファイルでは、UPNまたはSIDが必要です。",
                "The profile is for smart-card log-on: give a UPN or a SID."
            )
        )
        try check.finish()
        return OrderSubject(
            commonName: name ?? "",
            surname: "",
            givenName: "",
            pseudonym: "",
            units: units,
            mail: mail ?? "",
            usesMail: input.usesMail,
            userPrincipalName: principal ?? "",
            securityIdentifier: identifier ?? ""
        )
    }

    private static func checkedForMail(
        _ input: Input,
        profile: Profile,
        licence: LicenceKind,
        domains: [MailDomain]
    ) throws(Refusal) -> OrderSubject {
        var check = FormCheck()
        let mail = check.value("mail") { () throws(Refusal) in
            let mail = try MailText.checkForCertificate(input.mail)
            let host = mail.split(separator: "@").last.map(String.init) ?? ""
            guard domains.contains(where: { $0.isForSMIME && $0.covers(host: host) }) else {
                throw Refusal(
                    .input,
                    Text(
                        "「\(host)」はこのプロファイルで承認された有効なS/MIME用メールドメインではありません。",
                        "“\(host)” is not an approved, valid S/MIME mail domain of this profile."
                    )
                )
            }
            return mail
        }
        check.require(
            input.units.allSatisfy(\.trimmingBlanks.isEmpty),
            "unit2",
            Text("S/MIME用CAでは部署名(OU)を使用できません。", "The S/MIME CA knows no department (OU).")
        )
        let names = licence == .personal ? checkedNames(input, &check) : Names()
        if licence == .corporate {
            let given = [input.surname, input.givenName, input.pseudonym].contains { !$0.trimmingBlanks.isEmpty }
            check.require(
                !given,
                "surname",
                Text("部門/法人名用では個人名を使用できません。", "Corporate licences take no personal names.")
            )
        }
        let name: String? =
            switch licence {
            case .corporate:
                check.value("commonName") { () throws(Refusal) in
                    try corporateName(input.commonName, of: profile, mail: mail)
                }
            case .personal:
                check.value("commonNameChoice") { () throws(Refusal) in
                    switch try choice(input.commonNameChoice) as Input.CommonName {
                    // What is wrong with the address is said beside it.
                    case .mail:
                        try mail.map { (mail) throws(Refusal) in
                            try DNText.check(mail, Text("メールアドレス", "Mail address"), limit: 64)
                        } ?? ""
                    case .personalName: names.common
                    }
                }
            }
        try check.finish()
        return OrderSubject(
            commonName: name ?? "",
            surname: names.surname,
            givenName: names.given,
            pseudonym: names.pseudonym,
            units: [],
            mail: mail ?? "",
            usesMail: input.usesMail,
            userPrincipalName: "",
            securityIdentifier: ""
        )
    }

    /// The organisation's name as it was vetted, or the department's address, which the certificate names too: the S/MIME
    /// CA takes nothing else (section 4.2, LIC-04).
    ///
    /// - Parameter mail: the address; nil where it was refused already, which is said beside its own field.
    private static func corporateName(_ text: String, of profile: Profile, mail: String?) throws(Refusal) -> String {
        let name = try DNText.check(text, Text("コモンネーム", "Common name"), limit: 64)
        let organisation = profile.subject.organisation
        guard name == organisation || name == mail || (mail == nil && name.contains("@")) else {
            throw Refusal(
                .input,
                Text(
                    "部門/法人名用ライセンスのコモンネームは、組織名「\(organisation)」か、申請する部署のメールアドレスのいずれかです。",
                    "With a department or corporate licence the common name is “\(organisation)”, or the department's mail address that is entered here."
                )
            )
        }
        return name
    }

    private struct Names {
        var surname = ""
        var given = ""
        var pseudonym = ""

        /// The given name goes first, always (Q-16).
        var common: String {
            pseudonym.isEmpty ? (given.isEmpty ? surname : "\(given) \(surname)") : pseudonym
        }
    }

    /// Surname, given name and surname, or pseudonym: one of the three (CA-05).
    private static func checkedNames(_ input: Input, _ check: inout FormCheck) -> Names {
        var names = Names()
        names.surname =
            check.value("surname") { () throws(Refusal) in
                try DNText.check(input.surname, Text("名字", "Surname"), limit: 31, isRequired: false)
            } ?? ""
        names.given =
            check.value("givenName") { () throws(Refusal) in
                try DNText.check(input.givenName, Text("名前", "Given name"), limit: 31, isRequired: false)
            } ?? ""
        names.pseudonym =
            check.value("pseudonym") { () throws(Refusal) in
                try DNText.check(input.pseudonym, Text("仮名", "Pseudonym"), limit: 64, isRequired: false)
            } ?? ""
        let typed = [input.surname, input.givenName, input.pseudonym].map { !$0.trimmingBlanks.isEmpty }
        checkKind(input, typed, &check)
        switch (typed[0], typed[1], typed[2]) {
        case (true, _, false), (false, false, true): break
        case (false, true, false):
            check.note(
                "surname",
                Text("名前だけでは申請できません。名字も入力してください。", "A given name alone is not enough. Enter the surname too.")
            )
        case (_, _, true):
            check.note(
                "pseudonym",
                Text("個人名と仮名は同時に指定できません。", "Give a personal name or a pseudonym, not both.")
            )
        case (false, false, false):
            check.note(
                "surname",
                Text("個人名(名字、または名前と名字)か仮名を入力してください。", "Enter a personal name (surname, or both names) or a pseudonym.")
            )
        }
        return names
    }

    /// What was chosen and what was typed have to be the same thing.
    private static func checkKind(_ input: Input, _ typed: [Bool], _ check: inout FormCheck) {
        guard !input.nameKind.isEmpty else { return }
        let kind = check.value("nameKind") { () throws(Refusal) in try choice(input.nameKind) as Input.NameKind }
        let isOther =
            switch kind {
            case .personalName: typed == [false, false, true]
            case .pseudonym: typed != [false, false, false] && !typed[2]
            case nil: false
            }
        check.require(
            !isOther,
            "nameKind",
            Text("選択した名前の種類と入力した項目が一致しません。", "What was chosen here is not the name that was entered.")
        )
    }

    private static func checkedUnits(
        _ typed: [String],
        behind profile: [String],
        _ check: inout FormCheck
    ) -> [String] {
        var units: [String] = []
        for (index, unit) in typed.enumerated() {
            let value = check.value("unit\(index + 2)") { () throws(Refusal) in
                try DNText.check(unit, Text("部署名", "Department"), limit: 64, isRequired: false)
            }
            guard let value, !value.isEmpty else { continue }
            check.require(
                !(profile + units).contains(value),
                "unit\(index + 2)",
                Text("同じ部署名(OU)を2回使用できません。", "The same department (OU) cannot stand twice.")
            )
            units.append(value)
        }
        check.require(
            profile.count + units.count <= 3,
            "unit3",
            Text("部署名(OU)はプロファイルのものを含めて3つまでです。", "There may be three departments (OU), the profile's included.")
        )
        return units
    }
}

/// The rule for pick-up passwords (ISS-07, Q-10, Q-11).
package enum PickUpPassword {
    package static let lengths = 8...256

    package static func check(_ password: String, again: String) throws(Refusal) {
        var check = FormCheck()
        check.require(
            lengths.contains(password.count) && password.allSatisfy(\.isASCIIAlphanumeric),
            "password",
            Text(
                "証明書取得用パスワードは半角英数字8文字以上256文字以内で入力してください。",
                "A pick-up password has 8 to 256 letters and digits."
            )
        )
        check.require(
            password == again,
            "passwordAgain",
            Text("確認用のパスワードが一致しません。", "The two passwords differ.")
        )
        try check.finish()
    }

    /// The same for administrator certificates: letters and digits mixed (ADM-01), with a shortest length.
    package static func checkMixed(_ password: String, again: String, shortest: Int) throws(Refusal) {
        var check = FormCheck()
        let isMixed = password.contains(where: \.isASCIILetter) && password.contains(where: \.isASCIIDigit)
        check.require(
            (shortest...256).contains(password.count) && password.allSatisfy(\.isASCIIAlphanumeric) && isMixed,
            "password",
            Text(
                "パスワードは半角英字と数字を混在させ、\(shortest)文字以上256文字以内で入力してください。",
                "The password has \(shortest) to 256 letters and digits, at least one of each."
            )
        )
        check.require(
            password == again,
            "passwordAgain",
            Text("確認用のパスワードが一致しません。", "The two passwords differ.")
        )
        try check.finish()
    }
}
