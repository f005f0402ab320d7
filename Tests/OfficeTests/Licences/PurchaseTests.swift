import Clocks
import Foundation
import Office
import Testing

/// Buying licences after the first, and the history of purchases (chapters 6-1, 6-2).
struct PurchaseTests {
    private static let path = "/licences/purchase"
    private static let acknowledged = ["acknowledgesYear": "yes", "acceptsTerms": "yes"]

    @Test(
        "INI-02 One, two, four years and short-term are offered with their prices, tax included; one has to be chosen"
    )
    func years() async throws {
        let company = try await Company()
        let page = try await company.console.walk(Self.path, [["product": "personal-10"]])
        for (term, words) in [
            ("oneYear", "1年 ¥99,000(税込)"), ("twoYears", "2年 ¥178,200(税込)"), ("fourYears", "4年 ¥316,800(税込)"),
            ("short", "短期 ¥49,500(税込)"),
        ] {
            let option = "<input type=\"radio\" id=\"term-\(term)\" name=\"term\" value=\"\(term)\"> \(words)"
            #expect(page.body.contains(option), "no \(words), not yet chosen")
        }
        for term in ["", "threeYears"] {
            let refused = try await company.console.send(page, to: Self.path, ["term": term])
            #expect(refused.status == 422 && refused.error("term")?.contains("証明書年数") == true)
        }
        let next = try await company.console.send(page, to: Self.path, ["term": "fourYears"])
        #expect(next.body.contains("name=\"payment\""))
    }

    @Test("PAY-01 Transfer after use or card: one has to be chosen; the memo is kept and shown later")
    func payment() async throws {
        let company = try await Company()
        let page = try await company.console.walk(Self.path, [["product": "personal-1"], ["term": "short"]])
        #expect(page.body.contains("銀行振込(後払い)") && page.body.contains("クレジットカード"))
        #expect(!page.body.contains("checked") && !page.body.contains("銀行振込(前払い)"), "not in this contract")
        let memo = "部署の<予算>で"
        for payment in ["", "cash", "transferBefore"] {
            let refused = try await company.console.send(page, to: Self.path, ["payment": payment, "memo": memo])
            #expect(refused.status == 422 && refused.error("payment") != nil, "\(payment)")
            #expect(refused.shown["memo"] == memo)
        }
        let long = String(repeating: "あ", count: 2001)
        let refused = try await company.console.send(page, to: Self.path, ["payment": "card", "memo": long])
        #expect(refused.error("memo") != nil)
        let confirmation = try await company.console.send(page, to: Self.path, ["payment": "card", "memo": memo])
        #expect(confirmation.body.contains("クレジットカード") && confirmation.body.contains("部署の&lt;予算&gt;で"))
        let done = try await company.console.send(confirmation, to: Self.path, Self.acknowledged)
        let licence = try #require(done.firstGroup("(ML\\d{12})<"))
        let detail = try await company.console.get("/licences/\(licence)")
        #expect(detail.body.contains("部署の&lt;予算&gt;で") && detail.body.contains("クレジットカード"))
    }

    @Test(
        "LIC-10 A pack, its years, codes, a technical contact of another organisation and a payment make a new licence"
    )
    func additional() async throws {
        let company = try await Company()
        let contact = [
            "term": "twoYears", "campaign": "AUTUMN", "contactName": "鈴木 一郎", "contactOrganisation": "合同会社他社",
            "contactMail": "suzuki@other.example", "contactTelephone": "06-1234-5678",
        ]
        let details = try await company.console.walk(Self.path, [["product": "personal-100"]])
        for (wrong, field) in [
            (["contactMail": "suzuki"], "contactMail"), (["contactName": ""], "contactName"),
            (["contactOrganisation": "a$b"], "contactOrganisation"),
        ] {
            let refused = try await company.console.send(details, to: Self.path, contact.merging(wrong) { $1 })
            #expect(refused.status == 422 && refused.error(field) != nil, "nothing beside \(field)")
            #expect(refused.shown["contactTelephone"] == "06-1234-5678")
        }
        var page = try await company.console.send(details, to: Self.path, contact)
        page = try await company.console.send(page, to: Self.path, ["payment": "transferAfter", "memo": ""])
        for words in ["鈴木 一郎", "合同会社他社", "suzuki@other.example", "AUTUMN", "¥1,247,400"] {
            #expect(page.body.contains(words), "the confirmation lacks \(words)")
        }
        let before = try await company.console.get("/licences")
        let done = try await company.console.send(page, to: Self.path, Self.acknowledged)
        let licence = try #require(done.firstGroup("(ML\\d{12})<"))
        #expect(licence != company.licence && !before.body.contains(licence))
        #expect(done.firstGroup("(MP\\d{12})<") == nil, "the first profile is there already")
        #expect(try await company.console.get("/licences").body.contains(licence))
        let detail = try await company.console.get("/licences/\(licence)")
        #expect(detail.body.contains("合同会社他社") && detail.body.contains("ライセンス申請"))
    }

    @Test("LIC-06 An empty search finds every licence, an ID the one; the columns are those of the specification")
    func history() async throws {
        let company = try await Company()
        let done = try await company.console.walk(
            Self.path,
            [
                ["product": "personal-unlimited"], ["term": "oneYear"], ["payment": "card", "memo": ""],
                Self.acknowledged,
            ]
        )
        let second = try #require(done.firstGroup("(ML\\d{12})<"))
        let all = try await company.console.get("/licences")
        #expect(all.body.contains("1–2 / 2"))
        #expect(
            all.rows.map { $0[1] } == [second, company.licence] || all.rows.map { $0[1] } == [company.licence, second]
        )
        #expect(
            all.columns == [
                "編集", "ライセンスID", "コーポレートID", "申請日", "サービス名", "証明書年数", "ステータス", "開始日", "終了日",
                "ライセンス数合計", "ライセンス未使用数",
            ]
        )
        let one = try await company.console.get("/licences?id=\(company.licence)")
        let start = Timestamp(seconds: company.office.start)
        let shown = BusinessCalendar.japan.display(start)
        let year = BusinessCalendar.japan.day(of: start).adding(years: 1)
        let end = "\(year.civil.year)年\(year.civil.month.twoDigits)月\(year.civil.day.twoDigits)日" + shown.suffix(17)
        #expect(
            one.rows == [
                [
                    "編集", company.licence, company.tenant, shown, "マネージドPKI 個人名用 10 pack", "1年", "ライセンス発行", shown,
                    end, "11", "11",
                ]
            ]
        )
        #expect(try await company.console.get("/licences?id=ML209901010000").rows.isEmpty)
        let endless = try await company.console.get("/licences?id=\(second)").rows
        #expect(endless.first?.suffix(5) == ["申請", "–", "–", "無制限", "無制限"])
    }
}

extension OfficeBrowser.Answer {
    /// The heads of the page's table.
    var columns: [String] { Self.groups("<th[^>]*>(.*?)</th>", in: body).map { Self.words($0[0]) } }

    /// What stands in each row of the page's table.
    var rows: [[String]] {
        Self.groups("<tr>(.*?)</tr>", in: body).map { row in
            Self.groups("<td[^>]*>(.*?)</td>", in: row[0]).map { Self.words($0[0]) }
        }.filter { !$0.isEmpty }
    }

    /// A part of the page without its tags.
    private static func words(_ html: String) -> String {
        html.replacingOccurrences(of: "<[^>]*>", with: "", options: .regularExpression)
            .trimmingCharacters(in: .whitespacesAndNewlines).unescaped
    }
}
