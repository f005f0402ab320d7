import Foundation
import Office
import OfficeStore
import Testing
import Workbench

/// Ordering one certificate: what the form asks and refuses (ISS, CA, LIC).
struct IssueFormTests {
    @Test(
        "ISS-01, ISS-03, ISS-04, ISS-05, ISS-06, ISS-07 The form asks what its profile needs, and says what is wrong beside each field"
    )
    func form() async throws {
        let scene = try await OrderScene()
        let path = scene.office.areaURL + "/orders/new"
        let choice = try await scene.browser.get(path)
        #expect(choice.body.contains(scene.profile) && choice.body.contains(scene.licence))
        let nothing = try await scene.browser.send(choice, to: path, [:])
        #expect(nothing.error("profile") != nil && nothing.error("licence") != nil)
        let form = try await scene.browser.send(choice, to: path, ["profile": scene.profile, "licence": scene.licence])
        for field in ["commonName", "unit2", "unit3", "mail", "userPrincipalName", "securityIdentifier", "memo"] {
            #expect(form.body.contains("name=\"\(field)\""), "no \(field)")
        }
        #expect(!form.body.contains("name=\"mailDomain\""))
        #expect(form.body.contains("value=\"no\" checked") && form.body.contains("value=\"pkcs12\" checked"))
        #expect(form.body.contains("<option value=\"ja\" selected>"))
        #expect(form.body.contains("data-generate=\"#password\""))
        #expect(form.body.contains("whoami /user") && form.body.contains("2025年2月11日"))
        for (values, field) in [
            (["commonName": "a$b"], "commonName"), (["commonName": String(repeating: "字", count: 65)], "commonName"),
            (["commonName": ""], "commonName"), (["mail": "taro"], "mail"), (["mail": ""], "mail"),
            (["password": "Short7x", "passwordAgain": "Short7x"], "password"),
            (["passwordAgain": "Other888"], "passwordAgain"),
            (["securityIdentifier": "S-1_5"], "securityIdentifier"),
            (["userPrincipalName": String(repeating: "u", count: 129)], "userPrincipalName"),
            (["unit2": String(repeating: "部", count: 65)], "unit2"), (["keyOption": "floppy"], "keyOption"),
        ] {
            let refused = try await scene.browser.send(form, to: path, OfficeFixture.orderForm.merging(values) { $1 })
            #expect(refused.status == 422, "\(values)")
            #expect(refused.error(field) != nil, "nothing beside \(field) for \(values)")
        }
        let kept = try await scene.browser.send(form, to: path, OfficeFixture.orderForm.merging(["mail": "x"]) { $1 })
        #expect(kept.value("commonName") == "山田 太郎")
    }

    @Test(
        "ISS-08, LIC-02, LIC-08, CA-04, CA-07 The confirmation equals the input; completing makes one order and takes one unit"
    )
    func completion() async throws {
        let scene = try await OrderScene()
        let before = try #require(try await scene.unused())
        let name = "VPN-Device-01"
        let path = scene.office.areaURL + "/orders/new"
        var page = try await scene.browser.get(path)
        page = try await scene.browser.send(page, to: path, ["profile": scene.profile, "licence": scene.licence])
        let values = OfficeFixture.orderForm.merging(["commonName": name, "unit2": "開発部", "unit3": "第一課"]) { $1 }
        page = try await scene.browser.send(page, to: path, values)
        for text in [name, "開発部", "第一課", "情報システム部", "taro@example.com", scene.licence] {
            #expect(page.body.contains(text), "the confirmation lacks \(text)")
        }
        page = try await scene.browser.send(page, to: path, [:])
        #expect(page.firstGroup("(MPS\\d{14})<") != nil)
        #expect(try await scene.unused() == before - 1)
        #expect(try await scene.browser.get("/licences/\(scene.licence)").body.contains("ライセンス数合計</dt><dd>11<"))
    }

    @Test(
        "CA-09, CA-11, PKP-01 Yes puts the address into E and the alternative names, UPN and SID have their places; No puts it nowhere"
    )
    func addresses() async throws {
        let scene = try await OrderScene()
        let yes = try await scene.certificate([
            "usesMail": "yes", "userPrincipalName": "taro@ad.example.com",
            "securityIdentifier": "S-1-5-21-1004336348-1177238915-682003330-1105",
        ])
        #expect(yes.contains("emailAddress = taro@example.com") || yes.contains("emailAddress=taro@example.com"))
        #expect(yes.contains("email:taro@example.com"))
        #expect(yes.contains("1.3.6.1.4.1.311.25.2"))
        #expect(yes.contains("taro@ad.example.com") || yes.contains("UPN"))
        #expect(!yes.contains("E-mail Protection"))
        let no = try await scene.certificate([:])
        #expect(!no.contains("taro@example.com"))
        #expect(no.contains("TLS Web Client Authentication"))
    }
}

struct AlgorithmTests {
    @Test("PRO-20 RSASSA-PSS signs access certificates with and without the mail address")
    func signatures() async throws {
        let scene = try await OrderScene()
        let id = scene.profile
        try await scene.office.change { records in
            guard var profile = try records.profiles.get(id) else { throw Refusal.notFound }
            profile.settings.signature = .rsassaPSS
            try records.profiles.save(profile)
        }
        for usesMail in ["yes", "no"] {
            let certificate = try await scene.certificate(["usesMail": usesMail])
            #expect(
                certificate.contains("Signature Algorithm: rsassaPss") && certificate.contains("Hash Algorithm: sha256")
            )
            #expect(certificate.contains("email:taro@example.com") == (usesMail == "yes"))
        }
    }
}

extension OrderScene {
    /// Issues one and prints its certificate.
    func certificate(_ values: [String: String]) async throws -> String {
        let order = try await order(values.merging(["keyOption": "csr"]) { $1 })
        let page = try await pickUp(order)
        let pem = try #require(page.firstGroup("(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)"))
        return try ChildProgram.check("openssl", ["x509", "-noout", "-text"], input: Data(pem.utf8))
    }
}
