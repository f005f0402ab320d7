import Clocks
import Foundation
import Office
import Testing
import Workbench

extension InTheArea {
    /// What can be ordered with a licence, and when (sections 2.4, 4.2).
    struct LicenceUseTests {
        @Test("INI-07 Approval makes it ライセンス発行 and starts its year; before that nothing can be ordered with it")
        func approval() async throws {
            let scene = try LicenceScene.own()
            let licence = try await scene.buy("personal-10")
            var detail = try await scene.browser.get("/licences/\(licence)")
            #expect(detail.fact("ステータス") == "申請" && detail.fact("開始日") == "–" && detail.fact("終了日") == "–")
            let early = try await scene.choose(licence, scene.access)
            #expect(!early.isOffered && early.next.status == 422 && early.next.error("licence") != nil)
            #expect(try await scene.approve(licence).body.contains("承認"))
            detail = try await scene.browser.get("/licences/\(licence)")
            let now = BusinessCalendar.japan.display(Timestamp(seconds: scene.company.office.start))
            #expect(detail.fact("ステータス") == "ライセンス発行" && detail.fact("開始日") == now)
            let later = try await scene.choose(licence, scene.access)
            #expect(later.isOffered && later.next.status == 200 && later.next.body.contains("name=\"commonName\""))
        }

        @Test("PAY-04 What is paid in advance is not offered until the operator has confirmed the payment")
        func prepaid() async throws {
            let scene = try LicenceScene.own()
            let licence = try await scene.buy("personal-1", payment: "transferBefore")
            #expect(try await scene.browser.get("/licences/\(licence)").fact("ステータス") == "入金待ち")
            let early = try await scene.choose(licence, scene.access)
            #expect(!early.isOffered && early.next.error("licence") != nil)
            #expect(try await scene.approve(licence).body.contains("入金を確認して発行"))
            #expect(try await scene.browser.get("/licences/\(licence)").body.contains("入金確認"))
            let later = try await scene.choose(licence, scene.access)
            #expect(later.isOffered && later.next.status == 200)
        }

        @Test("LIC-03 A corporate licence with an access profile is refused, and the refusal names the personal one")
        func corporateAccess() async throws {
            let scene = try LicenceScene.own()
            let licence = try await scene.buy("corporate-1")
            try await scene.approve(licence)
            let refused = try await scene.choose(licence, scene.access).next
            #expect(refused.status == 422)
            #expect(refused.error("licence")?.contains("個人名用ライセンスを選択してください") == true)
        }

        @Test(
            "LIC-04 A corporate licence with S/MIME takes the organisation's name or the department's address; no name is asked"
        )
        func corporate() async throws {
            let scene = try LicenceScene.own()
            let licence = try await scene.buy("corporate-100")
            try await scene.approve(licence)
            let form = try await scene.choose(licence, scene.company.profile).next
            #expect(form.value("commonName") == OfficeFixture.organisation)
            for name in ["surname", "givenName", "pseudonym", "commonNameChoice"] {
                #expect(!form.body.contains("name=\"\(name)\""), "\(name) is asked")
            }
            for name in [OfficeFixture.organisation, "eigyo@example.com"] {
                let confirmation = try await scene.fill(form, ["commonName": name])
                #expect(confirmation.status == 200 && confirmation.fact("CN") == name)
            }
            for name in ["VPN-Device-01", "合同会社他社", "keiri@example.com"] {
                let refused = try await scene.fill(form, ["commonName": name])
                #expect(
                    refused.status == 422 && refused.error("commonName")?.contains(OfficeFixture.organisation) == true
                )
                #expect(refused.value("commonName") == name)
            }
            let forged = try await scene.fill(form, ["commonName": OfficeFixture.organisation, "surname": "山田"])
            #expect(forged.status == 422 && forged.body.contains("個人名を使用できません"))
        }

        @Test("LIC-05 A personal licence with S/MIME takes address, surname, both names or pseudonym, and no free text")
        func personal() async throws {
            let scene = try LicenceScene.own()
            let purchase = try await scene.browser.get("/licences/purchase")
            #expect(purchase.body.contains("個人名用ライセンスでは、法人名や部署のメールアドレスをコモンネームにできません"))
            let form = try await scene.choose(scene.company.licence, scene.company.profile).next
            #expect(!form.body.contains("name=\"commonName\""))
            for (values, name) in [
                (["commonNameChoice": "mail", "surname": "山田"], "eigyo@example.com"),
                (["commonNameChoice": "personalName", "surname": "山田"], "山田"),
                (["commonNameChoice": "personalName", "surname": "Yamada", "givenName": "Taro"], "Taro Yamada"),
                (["commonNameChoice": "personalName", "pseudonym": "abc123"], "abc123"),
            ] {
                let confirmation = try await scene.fill(form, values.merging(["commonName": "VPN-Device-01"]) { $1 })
                #expect(confirmation.status == 200 && confirmation.fact("CN") == name, "\(values)")
            }
            let free = try await scene.fill(form, ["commonName": "VPN-Device-01", "surname": "山田"])
            #expect(free.status == 422 && free.error("commonNameChoice") != nil)
        }

        @Test(
            "LIC-01, LIC-09 On a licence's last day its certificates still last two years; a second later nothing is ordered with what is left"
        )
        func lastDay() async throws {
            let calendar = BusinessCalendar.japan
            // The appliance has the machine's clock: the office begins a year before, less an hour.
            let now = Int64(Date().timeIntervalSince1970)
            let year = calendar.day(of: Timestamp(seconds: now)).adding(years: -1)
            let intoDay = now - calendar.start(of: calendar.day(of: Timestamp(seconds: now))).seconds
            let office = try OfficeFixture(start: calendar.start(of: year).seconds + intoDay + 3600)
            var steps = Application.access
            steps[1]["term"] = "twoYears"
            let (browser, licence, profile) = try await office.approvedCompany(steps)
            let detail = try await browser.get("/licences/\(licence)")
            #expect(detail.fact("終了日") == calendar.display(Timestamp(seconds: now + 3600)))

            func come(_ seconds: Int64) async throws {
                try office.move(seconds: now + seconds - office.start)
                let answer = try await browser.post(
                    "/log-in",
                    ["user": OfficeFixture.administrator, "password": OfficeFixture.password]
                )
                try #require(answer.status == 303)
            }
            try await come(0)
            try await office.enterArea(browser)
            let scene = OrderScene(office: office, browser: browser, licence: licence, profile: profile)
            let page = try await scene.pickUp(scene.order(["keyOption": "csr"]))
            let pem = try #require(page.firstGroup("(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)"))
            for (days, lasts) in [(729, true), (731, false)] {
                let outcome = try ChildProgram.run(
                    "openssl",
                    ["x509", "-noout", "-checkend", "\(days * 86_400)"],
                    input: Data(pem.utf8)
                )
                #expect((outcome.status == 0) == lasts, "\(days) days: \(outcome.output)")
            }

            try await come(3601)
            #expect(try await browser.get("/licences/\(licence)").fact("ライセンス未使用数") == "10")
            let path = office.areaURL + "/orders/new"
            let choice = try await browser.get(path)
            #expect(choice.status == 200 && choice.body.contains(profile) && !choice.body.contains(licence))
            let forged = try await browser.send(choice, to: path, ["profile": profile, "licence": licence])
            #expect(forged.status == 422 && forged.error("licence") != nil)
        }
    }
}

extension OfficeBrowser.Answer {
    /// What stands behind a name in the page's facts.
    func fact(_ name: String) -> String? {
        firstGroup("<dt>\(NSRegularExpression.escapedPattern(for: name))</dt><dd>(?:<a [^>]*>)?([^<]*)<")
    }
}
