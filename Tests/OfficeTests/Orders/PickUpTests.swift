import Foundation
import Testing
import Workbench

/// From the order to the certificate in a person's hands, with the appliance and its tokens behind it.
struct PickUpTests {
    @Test("PKP-05 The PKCS#12 file opens with the subscriber's password and holds certificate, intermediate and key")
    func file() async throws {
        let office = try OfficeFixture()
        let company = try await office.approvedCompany()
        try await office.enterArea(company.browser)
        let order = try await office.order(company.browser, licence: company.licence, profile: company.profile)
        let subscriber = try office.browser()
        #expect(try await subscriber.get(order.link).status == 200)
        let wrong = try await subscriber.walk(order.link, [["pickUpPassword": "Chigau999"]])
        #expect(wrong.status == 422)
        #expect(wrong.error("pickUpPassword")?.contains("証明書管理者") == true)
        let opened = try await subscriber.walk(order.link, [["pickUpPassword": OfficeFixture.pickUpPassword]])
        #expect(opened.body.contains("<h2>電子証明書利用約款</h2>"))
        let done = try await subscriber.send(
            opened,
            to: order.link + "/file",
            ["password": "Himitsu202611", "passwordAgain": "Himitsu202611", "acceptsTerms": "yes"]
        )
        let encoded = try #require(done.firstGroup("data:application/x-pkcs12;base64,([^\"]*)"), "\(done.body)")
        let pfx = office.folder.file("taro.pfx")
        try #require(Data(base64Encoded: encoded.replacingOccurrences(of: "&#x3D;", with: "="))).write(
            to: URL(fileURLWithPath: pfx)
        )
        let content = try ChildProgram.check(
            "openssl",
            ["pkcs12", "-in", pfx, "-passin", "pass:Himitsu202611", "-nodes"]
        )
        let leaf = try ChildProgram.check(
            "openssl",
            ["x509", "-noout", "-subject", "-nameopt", "utf8,sep_comma_plus_space"],
            input: Data(content.utf8)
        )
        #expect(content.components(separatedBy: "BEGIN CERTIFICATE").count >= 3)
        #expect(content.contains("PRIVATE KEY"))
        #expect(leaf.contains("CN=山田 太郎"))
        #expect(leaf.contains("OU=情報システム部"))

        let detail = try await company.browser.get(office.areaURL + "/orders/\(order.id)")
        #expect(detail.body.contains("発行済み"))
        let licence = try await company.browser.get("/licences/\(company.licence)")
        #expect(licence.body.contains("10</dd>"))
    }

    @Test(
        "PKP-07 A CSR brings the certificate and the intermediate as PEM; a malformed one is refused and can be mended"
    )
    func request() async throws {
        let office = try OfficeFixture()
        let company = try await office.approvedCompany()
        try await office.enterArea(company.browser)
        let order = try await office.order(
            company.browser,
            licence: company.licence,
            profile: company.profile,
            ["keyOption": "csr"]
        )
        let subscriber = try office.browser()
        let opened = try await subscriber.walk(order.link, [["pickUpPassword": OfficeFixture.pickUpPassword]])
        let refused = try await subscriber.send(
            opened,
            to: order.link + "/request",
            [
                "request": "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
                "acceptsTerms": "yes",
            ]
        )
        #expect(refused.status == 422)
        #expect(refused.error("request") != nil)
        let csr = try ChildProgram.check(
            "openssl",
            [
                "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", office.folder.file("k.pem"), "-subj",
                "/CN=ignored",
            ]
        )
        let done = try await subscriber.send(
            opened,
            to: order.link + "/request",
            ["request": csr, "acceptsTerms": "yes"]
        )
        #expect(done.status == 200)
        let pem = try #require(done.firstGroup("(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)"))
        try pem.write(toFile: office.folder.file("c.pem"), atomically: true, encoding: .utf8)
        let authorities = try #require(office.appliance).establishment.folder
        try ChildProgram.check(
            "openssl",
            [
                "verify", "-x509_strict", "-CAfile", authorities.file("authorities/root-rsa.pem"), "-untrusted",
                authorities.file("authorities/access-rsa.pem"), office.folder.file("c.pem"),
            ]
        )

        let detail = office.areaURL + "/orders/\(order.id)"
        let revoke = try await company.browser.get(detail + "/revoke")
        let revoked = try await company.browser.send(revoke, to: detail + "/revoke", ["reason": "superseded"])
        #expect(revoked.status == 303)
        let after = try await company.browser.get(detail)
        #expect(after.body.contains("失効"))
        #expect(!after.body.contains(">証明書保留<"))
    }
}
