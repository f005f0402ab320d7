/// What an administrator enters about a user; the user ID is not among it, for it never changes (ADM-09).
package struct UserInput: Sendable {
    package var surname = ""
    package var givenName = ""
    package var surnameEnglish = ""
    package var givenNameEnglish = ""
    package var department = ""
    package var telephone = ""
    package var mail = ""
    package var role = ""
    package var language = ""
    package var mayPurchase = false

    package init() {}
}

extension User {
    /// Takes what was entered. A grant that the new role cannot have is gone: ※1 to ※3 are for staff, ※4 for managers
    /// and staff.
    package mutating func edit(_ input: UserInput) throws(Refusal) {
        var check = FormCheck()
        func text(_ field: String, _ value: String, _ label: Text, isRequired: Bool = false) -> String {
            check.value(field) { () throws(Refusal) in
                try PersonText.check(value, label, isRequired: isRequired)
            } ?? ""
        }
        var edited = self
        edited.surname = text("surname", input.surname, Text("姓", "Surname"), isRequired: true)
        edited.givenName = text("givenName", input.givenName, Text("名", "Given name"), isRequired: true)
        edited.surnameEnglish = text("surnameEnglish", input.surnameEnglish, Text("姓(英語)", "Surname (English)"))
        edited.givenNameEnglish = text(
            "givenNameEnglish",
            input.givenNameEnglish,
            Text("名(英語)", "Given name (English)")
        )
        edited.department = text("department", input.department, Text("部署", "Department"))
        if let telephone = check.value("telephone", { () throws(Refusal) in try PersonText.telephone(input.telephone) })
        {
            edited.telephone = telephone
        }
        if let mail = check.value("mail", { () throws(Refusal) in try MailText.check(input.mail) }) {
            edited.mail = mail
        }
        if let role: Role = check.value("role", { () throws(Refusal) in try choice(input.role) }) { edited.role = role }
        if let language: Language = check.value("language", { () throws(Refusal) in try choice(input.language) }) {
            edited.language = language
        }
        try check.finish()
        edited.mayPurchase = edited.role != .administrator && input.mayPurchase
        if edited.role != .staff { edited.grants = [:] }
        self = edited
    }

    /// Whether the tenant would be without an active administrator if this one were none.
    package func isLastAdministrator(among users: [User]) -> Bool {
        role == .administrator && isActive
            && !users.contains { $0.id != id && $0.tenant == tenant && $0.role == .administrator && $0.isActive }
    }
}

/// The part of a user ID behind the corporate ID: `taro` of `PAR12345_taro`.
package enum UserName {
    /// The whole identifier. It becomes the common name of the administrator certificate: ASCII, at most 64 characters.
    package static func identifier(_ name: String, in tenant: String) throws(Refusal) -> String {
        let name = name.trimmingBlanks
        let isRight =
            (1...32).contains(name.count) && name.first?.isASCIIAlphanumeric == true
            && name.allSatisfy { $0.isASCIIAlphanumeric || "._-".contains($0) }
        guard isRight, tenant.count + 1 + name.count <= 64 else {
            throw .input(
                "name",
                Text(
                    "ユーザ名は半角英数字と「.」「_」「-」で32文字以内、先頭は英数字で入力してください。",
                    "A user name has at most 32 letters, digits, dots, underscores and hyphens, and begins with a letter or digit."
                )
            )
        }
        return "\(tenant)_\(name)"
    }
}

/// What stands in the data of persons and companies.
package enum PersonText {
    package static func check(
        _ text: String,
        _ label: Text,
        limit: Int = 64,
        isRequired: Bool = false
    ) throws(Refusal) -> String {
        let text = text.trimmingBlanks
        guard !isRequired || !text.isEmpty else {
            throw Refusal(.input, Text("\(label.japanese)を入力してください。", "Enter the \(label.english.lowercased())."))
        }
        guard text.count <= limit, text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            throw Refusal(
                .input,
                Text(
                    "\(label.japanese)は改行などの制御文字を含まない\(limit)文字以内で入力してください。",
                    "\(label.english): at most \(limit) characters, without control characters."
                )
            )
        }
        return text
    }

    package static func telephone(_ text: String, isRequired: Bool = false) throws(Refusal) -> String {
        let text = text.trimmingBlanks
        guard text.isEmpty ? !isRequired : (text.count <= 32 && text.allSatisfy { "0123456789+-() ".contains($0) })
        else {
            throw Refusal(
                .input,
                Text(
                    "電話番号は半角数字と「+」「-」「(」「)」で32文字以内で入力してください。",
                    "A telephone number has at most 32 digits, plus signs, hyphens and brackets."
                )
            )
        }
        return text
    }
}

/// The rule for log-in passwords.
package enum LogInPassword {
    package static let lengths = 12...256

    /// - Parameter former: the one that it takes the place of.
    package static func check(_ password: String, again: String, former: String) throws(Refusal) {
        var check = FormCheck()
        check.require(
            password != former,
            "password",
            Text("現在と異なるパスワードを入力してください。", "The new password has to differ from the present one.")
        )
        let isMixed = password.contains(where: \.isASCIILetter) && password.contains(where: \.isASCIIDigit)
        let isPrintable = password.unicodeScalars.allSatisfy { (0x21...0x7E).contains($0.value) }
        check.require(
            lengths.contains(password.count) && isMixed && isPrintable,
            "password",
            Text(
                "パスワードは半角英字と数字を含む、空白以外の半角12文字以上256文字以内で入力してください。",
                "The password has 12 to 256 half-width characters without blanks, letters and digits among them."
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
