import Office
import OfficeServices

/// The fields of a profile's settings, for the settings form and the set-up wizard alike.
///
/// What was typed stands in them; before anything was, what is set.
enum SettingsFields {
    static func all(_ settings: ProfileSettings, _ conditions: SMIMEConditions, _ values: FormValues) -> [Field] {
        [
            use(settings, conditions, values), signature(settings, values), encrypting(settings, values),
            smartCard(settings, values), renewal(settings, values), export(settings, values),
            renewalMail(settings, values), addresses(settings, values),
        ] + [title(settings, values)] + terms(settings, values)
    }

    /// S/MIME can be chosen while all three conditions hold (PRO-09, rule 4.1-2).
    private static func use(
        _ settings: ProfileSettings,
        _ conditions: SMIMEConditions,
        _ values: FormValues
    ) -> Field {
        let isOpen = conditions.areMet || settings.use == .smime
        return Field(
            "use",
            Text("中間CA証明書", "Intermediate CA"),
            .radio(
                CertificateUse.allCases.map { .init($0.rawValue, $0.text, isDisabled: $0 == .smime && !isOpen) }
            ),
            value: kept("use", values, settings.use.rawValue),
            hint: isOpen
                ? nil
                : Text(
                    "S/MIME用CAを選択するには次の条件が必要です: "
                        + conditions.missing.map(\.japanese).joined(separator: "、"),
                    "The S/MIME CA needs: " + conditions.missing.map(\.english).joined(separator: "; ") + "."
                ),
            isRequired: true
        )
    }

    private static func signature(_ settings: ProfileSettings, _ values: FormValues) -> Field {
        Field(
            "signature",
            Text("署名アルゴリズム", "Signature algorithm"),
            .radio(Field.options(CertificateSignature.self)),
            value: kept("signature", values, settings.signature.rawValue),
            hint: Text("RSASSA-PSSでは証明書年数は1年のみです。", "RSASSA-PSS is for certificates of one year only."),
            isRequired: true
        )
    }

    static func renewal(_ settings: ProfileSettings, _ values: FormValues) -> Field {
        Field(
            "renewal",
            Text("更新タイプ", "Renewal type"),
            .radio(Field.options(ProfileSettings.Renewal.self)),
            value: kept("renewal", values, settings.renewal.rawValue),
            isRequired: true
        )
    }

    static func encrypting(_ settings: ProfileSettings, _ values: FormValues) -> Field {
        yesNo("encryptingFileSystem", Text("EFS", "EFS"), settings.encryptingFileSystem, values)
    }

    private static func smartCard(_ settings: ProfileSettings, _ values: FormValues) -> Field {
        yesNo("smartCardLogon", Text("MS SmartCard Logon", "MS SmartCard Logon"), settings.smartCardLogon, values)
    }

    static func export(_ settings: ProfileSettings, _ values: FormValues) -> Field {
        yesNo(
            "forbidsExport",
            Text("秘密鍵エクスポート不可", "Private key not exportable"),
            settings.forbidsExport,
            values,
            hint: exportWarning
        )
    }

    /// WIZ-03
    static let exportWarning = Text(
        "「有り」にすると、証明書の取得に使用できるブラウザが制限され(ブラウザでの鍵生成は使用できません)、PKCS12形式やCSRでの取得もできなくなります。秘密鍵を取り出せないUSBトークンでのみ発行されます。",
        "With “yes”, certificates are made in USB tokens alone, which let no key out: no browser picks one up, and neither PKCS12 files nor CSRs are available."
    )

    private static func renewalMail(_ settings: ProfileSettings, _ values: FormValues) -> Field {
        Field(
            "sendsRenewalMail",
            Text("プロファイル更新メール", "Profile renewal mail"),
            .radio([.init("yes", Text("送信する", "Send")), .init("no", Text("送信しない", "Do not send"))]),
            value: kept("sendsRenewalMail", values, settings.sendsRenewalMail ? "yes" : "no"),
            isRequired: true
        )
    }

    static func addresses(_ settings: ProfileSettings, _ values: FormValues) -> Field {
        Field(
            "apiAddresses",
            Text("API接続元IPアドレス", "IP addresses for the API"),
            value: kept("apiAddresses", values, settings.apiAddresses.text),
            hint: Text(
                "IPv4アドレスをカンマ区切りで入力します(例: 211.11.149.249,211.11.149.250)。空欄の場合、すべての接続を拒否します。",
                "IPv4 addresses with commas between them (211.11.149.249,211.11.149.250). Left empty, every call is refused."
            )
        )
    }

    static func title(_ settings: ProfileSettings, _ values: FormValues) -> Field {
        Field(
            "portalTitle",
            Text("ポータルのタイトル", "Portal title"),
            value: kept("portalTitle", values, settings.portal.title),
            isRequired: true
        )
    }

    static func terms(_ settings: ProfileSettings, _ values: FormValues) -> [Field] {
        [
            Field(
                "ownTerms",
                Text("利用規約", "Terms of use"),
                .area,
                value: kept("ownTerms", values, settings.portal.ownTerms),
                hint: Text(
                    "自社の利用規約を貼り付けます。空欄の場合、ポータルの規約は変わりません。",
                    "Paste terms of your own. Left empty, the portal's terms stay as they are."
                )
            ),
            Field(
                termsFile,
                Text("利用規約のファイル", "Terms of use as a file"),
                .file,
                hint: Text(
                    "UTF-8のテキストファイルを選択すると、上の欄の内容に代わります。",
                    "A text file in UTF-8; it takes the place of what stands above."
                )
            ),
            Field(
                "showsBothTerms",
                Text("認証局の規約と同時に表示する", "Show them together with the CA's terms"),
                .checkbox,
                value: values.has("ownTerms")
                    ? values["showsBothTerms"] : settings.portal.showsBothTerms ? "yes" : "",
                hint: Text(
                    "選択しない場合は、認証局の規約のみが表示されます。",
                    "Without it, the CA's terms alone are shown."
                )
            ),
        ]
    }

    private static let termsFile = "termsFile"

    /// The terms of a file that was sent, in the place of those that were typed (WIZ-04).
    static func takeTerms(_ values: FormValues) throws(Refusal) -> FormValues {
        guard let file = values.files.first(where: { $0.field == termsFile }) else { return values }
        var values = values
        values["ownTerms"] = try file.text(longest: 4 * PortalSettings.longestTerms)
        return values
    }

    private static func yesNo(
        _ name: String,
        _ label: Text,
        _ current: Bool,
        _ values: FormValues,
        hint: Text? = nil
    ) -> Field {
        Field(
            name,
            label,
            .radio([.init("no", Text("無し", "None")), .init("yes", Text("有り", "Yes"))]),
            value: kept(name, values, current ? "yes" : "no"),
            hint: hint,
            isRequired: true
        )
    }

    private static func kept(_ name: String, _ values: FormValues, _ current: String) -> String {
        values.has(name) ? values[name] : current
    }

    static func input(_ values: FormValues) -> ProfileSettings.Input {
        var input = ProfileSettings.Input()
        (input.use, input.signature, input.renewal) = (values["use"], values["signature"], values["renewal"])
        input.encryptingFileSystem = values["encryptingFileSystem"]
        (input.smartCardLogon, input.forbidsExport) = (values["smartCardLogon"], values["forbidsExport"])
        (input.sendsRenewalMail, input.apiAddresses) = (values["sendsRenewalMail"], values["apiAddresses"])
        return input
    }

    static func portal(_ values: FormValues) -> OfficeDesk.PortalInput {
        OfficeDesk.PortalInput(
            title: values["portalTitle"],
            terms: values["ownTerms"],
            showsBothTerms: values.isTicked("showsBothTerms")
        )
    }

    static func facts(_ settings: ProfileSettings) -> [Fact] {
        func yes(_ value: Bool) -> Text { value ? Text("有り", "Yes") : Text("無し", "None") }
        return [
            Fact(Text("中間CA証明書", "Intermediate CA"), settings.use.text),
            Fact(Text("署名アルゴリズム", "Signature algorithm"), settings.signature.text),
            Fact(Text("EFS", "EFS"), yes(settings.encryptingFileSystem)),
            Fact(Text("MS SmartCard Logon", "MS SmartCard Logon"), yes(settings.smartCardLogon)),
            Fact(Text("更新タイプ", "Renewal type"), settings.renewal.text),
            Fact(Text("秘密鍵エクスポート不可", "Private key not exportable"), yes(settings.forbidsExport)),
            Fact(
                Text("プロファイル更新メール", "Profile renewal mail"),
                settings.sendsRenewalMail ? Text("送信する", "Send") : Text("送信しない", "Do not send")
            ),
            Fact(
                Text("API接続元IPアドレス", "IP addresses for the API"),
                settings.apiAddresses.addresses.isEmpty
                    ? Text("なし(すべて拒否)", "None (every call is refused)")
                    : Text(verbatim: settings.apiAddresses.text)
            ),
            Fact(Text("ポータルのタイトル", "Portal title"), settings.portal.title),
            Fact(
                Text("利用規約", "Terms of use"),
                settings.portal.ownTerms.isEmpty ? Text("変更なし", "Unchanged") : Text(verbatim: settings.portal.ownTerms)
            ),
            Fact(
                Text("認証局の規約と同時に表示する", "Shown together with the CA's terms"),
                yes(settings.portal.showsBothTerms)
            ),
        ]
    }
}
