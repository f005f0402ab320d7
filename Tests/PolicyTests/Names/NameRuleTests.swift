import Testing

@testable import Policy

@Suite("Texts and names that are accepted")
struct NameRuleTests {
    @Test(
        "Texts of many scripts",
        arguments: [
            "株式会社印鑑商会", "山田　太郎", "ｶﾌﾞｼｷｶﾞｲｼｬ", "辻\u{E0100}", "O'Brien & Sons (Japan), Ltd.", "Müller", "Łódź",
            "가나다", "A/B-C+D.E", "社員 4711", "Ａ株式会社",
        ]
    )
    func texts(text: String) {
        #expect(NameText.problem(in: text) == nil)
    }

    @Test(
        "Mail addresses",
        arguments: [
            "taro@inkan.example", "taro.yamada+x@mail.inkan.example", "o'brien_1@xn--wgv71a119e.jp",
            "山田.太郎@inkan.example", "a@b.co", "dmitri.иванов@inkan.example",
        ]
    )
    func addresses(address: String) {
        #expect(Mailbox.problem(in: address) == nil)
    }

    @Test(
        "Registration references",
        arguments: [
            ("VATJP-1234567890123", "JP"), ("NTRJP-0100-01-123456", "JP"), ("NTRUS+CA-12345678", "US"), ("GOVJP", "JP"),
            ("GOVUS+CA", "US"), ("INTXG", "CH"), ("LEIXG-5493001KJTIIGC8Y1R12", "JP"), ("VATEL-123456789", "GR"),
            ("PSDBE-NBB-1234.567.890", "BE"), ("NTRDE-DER3306.HRB12345", "DE"),
        ]
    )
    func references(text: String, country: String) {
        #expect(RegistrationReference(text)?.matches(country: country) == true)
    }

    @Test("A reference of another country does not match")
    func foreignReference() {
        #expect(RegistrationReference("VATJP-1234567890123")?.matches(country: "DE") == false)
        #expect(RegistrationReference("VATEL-123456789")?.matches(country: "DE") == false)
    }

    @Test("Log-on names and SIDs")
    func windowsNames() {
        #expect(WindowsNames.principalProblem(in: "Taro.Yamada-1@corp.local") == nil)
        #expect(WindowsNames.principalProblem(in: "taro@CORP") == nil)
        #expect(WindowsNames.securityIdentifierProblem(in: "S-1-5-21-0-4294967295-3-1000") == nil)
    }

    @Test(
        "Addresses of CRLs and CAs",
        arguments: [
            ("http://pki.inkan.example.com/crl/a.crl", true), ("http://pki.inkan.example.com:8080/", true),
            ("https://pki.inkan.example.com/", false), ("http://pki.inkan.example.com", false), ("http:///x", false),
            ("http://user@inkan.example/", false), ("http://inkan.example/a b", false),
            ("http://inkan.example/?q", false),
            ("HTTP://inkan.example/", false),
        ]
    )
    func addresses(text: String, isHTTP: Bool) {
        #expect(HTTPAddress.isHTTP(text) == isHTTP)
    }
}
