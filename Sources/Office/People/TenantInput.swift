/// What an administrator enters about the company (管理者情報). Its name is the contract's: certificates carry it, and the
/// authority alone changes it.
package struct TenantInput: Sendable {
    package var organisationEnglish = ""
    package var organisationKana = ""
    package var address = ""
    package var telephone = ""

    package init() {}
}

extension Tenant {
    /// Takes what was entered; everything that vetting needs has to be there (PRO-19).
    package mutating func edit(_ input: TenantInput) throws(Refusal) {
        var check = FormCheck()
        var edited = self
        if let text = check.value(
            "organisationEnglish",
            { () throws(Refusal) in
                try PersonText.check(
                    input.organisationEnglish,
                    Text("組織名(英語)", "Organisation (English)"),
                    isRequired: true
                )
            }
        ) {
            edited.organisationEnglish = text
        }
        if let text = check.value(
            "organisationKana",
            { () throws(Refusal) in
                try PersonText.check(input.organisationKana, Text("組織名(カナ)", "Organisation (kana)"))
            }
        ) {
            edited.organisationKana = text
        }
        if let text = check.value(
            "address",
            { () throws(Refusal) in
                try PersonText.check(input.address, Text("住所", "Address"), limit: 256, isRequired: true)
            }
        ) {
            edited.address = text
        }
        if let text = check.value(
            "telephone",
            { () throws(Refusal) in
                try PersonText.telephone(input.telephone, isRequired: true)
            }
        ) {
            edited.telephone = text
        }
        try check.finish()
        self = edited
    }
}
