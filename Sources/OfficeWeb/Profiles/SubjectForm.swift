import Office
import OfficeServices

/// The fields of a profile's name, as the first application and the profile addition ask for them (section 2.5).
enum SubjectForm {
    static func fields(_ desk: OfficeDesk, _ visit: Visit, _ values: FormValues) async throws -> [Field] {
        let organisation = try await desk.organisation(visit.caller)
        let countries = [
            Field.Option("JP", Text("日本 - JP", "Japan - JP")), .init("US", Text("アメリカ合衆国 - US", "United States - US")),
            .init("GB", Text("イギリス - GB", "United Kingdom - GB")), .init("DE", Text("ドイツ - DE", "Germany - DE")),
            .init("FR", Text("フランス - FR", "France - FR")), .init("SG", Text("シンガポール - SG", "Singapore - SG")),
        ]
        return [
            Field(
                "use",
                Text("中間CA証明書", "Intermediate CA"),
                .radio(Field.options(CertificateUse.self)),
                value: values["use"],
                isRequired: true
            ),
            Field(
                "isExclusive",
                Text("BaseDNを使用する(アクセス認証用CAのみ)", "Use BaseDN (access authentication CA only)"),
                .checkbox,
                value: values["isExclusive"],
                hint: Text(
                    "組織名と部署名の組み合わせを自社専用にします。アクセス認証でご利用の場合は設定をお勧めします。",
                    "Keeps the pair of organisation and department for your company alone; recommended for access authentication."
                )
            ),
            Field(
                "country",
                Text("国(C)", "Country (C)"),
                .select(countries),
                value: values.has("country") ? values["country"] : "JP",
                isRequired: true
            ),
            Field("state", Text("都道府県(S)", "Prefecture (S)"), value: values["state"]),
            Field("locality", Text("市区町村(L)", "City (L)"), value: values["locality"]),
            Field(
                "organisation",
                Text("組織名(O)", "Organisation (O)"),
                value: values.has("organisation") ? values["organisation"] : organisation,
                hint: Text("ご契約者の組織名と一致している必要があります。", "Has to be the contract holder's name."),
                isRequired: true
            ),
            Field(
                "unit",
                Text("部署名(OU)", "Department (OU)"),
                value: values["unit"],
                hint: Text("S/MIME用CAでは入力できません。", "Not with the S/MIME CA.")
            ),
            Field(
                "identifierScheme",
                Text("organizationIdentifier", "organizationIdentifier"),
                .radio([
                    .init("", Text("なし", "None")), .init("VAT", Text("VAT(法人番号)", "VAT (Corporate Number)")),
                    .init("GOV", Text("GOV(法人番号のない政府機関)", "GOV (government without a Corporate Number)")),
                ]),
                value: values["identifierScheme"],
                hint: Text(
                    "S/MIMEで利用する場合は必須です。法人番号をお持ちの場合はVATを選択してください。",
                    "S/MIME needs one. With a Corporate Number choose VAT."
                )
            ),
            Field(
                "identifierCountry",
                Text("発行国", "Issuing country"),
                .select(countries),
                value: values.has("identifierCountry") ? values["identifierCountry"] : "JP"
            ),
            Field(
                "identifierNumber",
                Text("法人番号(半角数字13桁)", "Corporate Number (13 digits)"),
                value: values["identifierNumber"]
            ),
            Field(
                "signature",
                Text("署名アルゴリズム", "Signature algorithm"),
                .radio(Field.options(CertificateSignature.self)),
                value: values.has("signature") ? values["signature"] : CertificateSignature.sha256RSA.rawValue,
                hint: Text("RSASSA-PSSでは証明書年数は1年のみです。", "RSASSA-PSS is for certificates of one year only."),
                isRequired: true
            ),
        ]
    }

    static func input(_ values: FormValues) -> ProfileSubject.Input {
        ProfileSubject.Input(
            use: values["use"],
            country: values["country"],
            state: values["state"],
            locality: values["locality"],
            organisation: values["organisation"],
            unit: values["unit"],
            isExclusive: values.isTicked("isExclusive"),
            identifierScheme: values["identifierScheme"],
            identifierCountry: values["identifierScheme"].isEmpty ? "" : values["identifierCountry"],
            identifierNumber: values["identifierNumber"],
            signature: values["signature"],
            confirmsInformation: values.isTicked("confirmsInformation")
        )
    }

    static func facts(_ input: ProfileSubject.Input) -> [Fact] {
        let scheme = OrganizationIdentifier.Scheme(rawValue: input.identifierScheme)
        let identifier = scheme.map {
            OrganizationIdentifier(scheme: $0, country: input.identifierCountry, number: input.identifierNumber).encoded
        }
        return [
            Fact(Text("中間CA証明書", "Intermediate CA"), CertificateUse(rawValue: input.use)?.text ?? Text("", "")),
            Fact(Text("BaseDN", "BaseDN"), input.isExclusive ? Text("使用する", "Yes") : Text("使用しない", "No")),
            Fact(Text("O", "O"), input.organisation), Fact(Text("OU", "OU"), input.unit),
            Fact(Text("L", "L"), input.locality), Fact(Text("S", "S"), input.state),
            Fact(Text("C", "C"), input.country),
            Fact(Text("organizationIdentifier", "organizationIdentifier"), identifier ?? ""),
            Fact(
                Text("署名アルゴリズム", "Signature algorithm"),
                CertificateSignature(rawValue: input.signature)?.text ?? Text("", "")
            ),
        ]
    }
}
