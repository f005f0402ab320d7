import Foundation
import Office
import OfficeStore
import SignerAPI
import SignerClient
import Testing
import Workbench

/// Certificates in USB tokens, with a SoftHSM2 token as the person's, and profiles that forbid export.
struct TokenStationTests {
    @Test(
        "PKP-04 Under a profile that forbids export nothing but a USB token is offered, and what was ordered before meets the refusal page"
    )
    func exportForbidden() async throws {
        let scene = try await OrderScene()
        let before = try await ["pkcs12", "csr", "browser"].asyncMap { try await scene.order(["keyOption": $0]) }
        try await scene.forbidExport()
        let path = scene.office.areaURL + "/orders/new"
        var form = try await scene.browser.get(path)
        form = try await scene.browser.send(form, to: path, ["profile": scene.profile, "licence": scene.licence])
        for option in ["pkcs12", "csr", "browser"] {
            #expect(form.body.contains("name=\"keyOption\" value=\"\(option)\" disabled"), "\(option) is offered")
            let forged = try await scene.browser.send(
                form,
                to: path,
                OfficeFixture.orderForm.merging(["keyOption": option]) { $1 }
            )
            #expect(forged.status == 422 && forged.error("keyOption")?.contains("USBトークンのみ") == true)
        }
        #expect(form.body.contains("name=\"keyOption\" value=\"token\" checked"))
        for (order, way) in zip(before, ["file", "request", "browser"]) {
            let subscriber = try scene.office.browser()
            let opened = try await subscriber.walk(order.link, [["pickUpPassword": OfficeFixture.pickUpPassword]])
            #expect(opened.status == 409 && opened.body.contains("秘密鍵のエクスポートが禁止されている"))
            #expect(!opened.body.contains("name=\"acceptsTerms\""))
            let forged = try await subscriber.post(
                "\(order.link)/\(way)",
                [
                    "pickUpPassword": OfficeFixture.pickUpPassword, "acceptsTerms": "yes",
                    "request": try OrderScene.request(), "password": "Himitsu202611",
                    "passwordAgain": "Himitsu202611",
                ]
            )
            #expect(forged.status == 409, "\(way): \(forged.status)")
            #expect(try await scene.detail(order.id).body.contains("取得待ち"))
        }
    }

    @Test(
        "PKP-02, PKP-03, PKP-04 A USB token's key is made inside it and cannot be taken out; the order is issued with its certificate, listed and revoked like any other"
    )
    func token() async throws {
        let scene = try await OrderScene(office: OfficeFixture(hasReader: true))
        try await scene.forbidExport()
        let order = try await scene.order(["keyOption": "token"])
        let operators = try await scene.office.operatorBrowser()
        let path = "/operator/tokens/\(order.id)"
        #expect(try await operators.get(path).status == 404, "nobody has accepted the terms")

        let subscriber = try scene.office.browser()
        let opened = try await subscriber.walk(order.link, [["pickUpPassword": OfficeFixture.pickUpPassword]])
        let refused = try await subscriber.send(opened, to: order.link + "/terms", [:])
        #expect(refused.status == 422 && refused.error("acceptsTerms") != nil)
        #expect(try await operators.get("/operator/tokens").rows.isEmpty)
        let accepted = try await subscriber.send(opened, to: order.link + "/terms", ["acceptsTerms": "yes"])
        #expect(accepted.status == 200 && accepted.body.contains("オーダーID \(order.id) をお伝え"))
        #expect(try await operators.get("/operator/tokens").rows.map { $0[0] } == [order.id])

        let page = try await operators.get(path)
        let early = try await operators.send(page, to: path, [:])
        #expect(early.status == 409 && early.body.contains("まだ発行されていません"))
        let file = try await operators.send(page, to: path + "/file", [:])
        let again = try await operators.send(page, to: path + "/file", [:])
        #expect(file.status == 200 && file.body == again.body, "the same order each time")
        let made = try scene.personalise(file.file)
        for attribute in [
            "CKA_SENSITIVE=true", "CKA_EXTRACTABLE=false", "CKA_NEVER_EXTRACTABLE=true", "CKA_LOCAL=true",
        ] {
            #expect(made.key.attributes.contains(attribute), "\(made.key.attributes)")
        }
        #expect(try await operators.send(page, to: path, [:]).status == 303)

        let detail = try await scene.detail(order.id)
        #expect(detail.fact("証明書オーダーステータス") == "発行済み" && detail.fact("シリアル番号") == made.serial)
        #expect(try await scene.buttons(order.id) == ["revoke", "hold", "cancel"])
        let actions = detail.rows.map { $0[0] }
        #expect(actions == ["証明書申請", "利用約款への同意", "USBトークンへの発行指示", "USBトークンへの発行指示", "証明書発行"])
        let list = try await scene.browser.get("\(scene.office.areaURL)/orders?certificateStatus=issued")
        #expect(list.body.contains("/orders/\(order.id)\""))
        #expect(try await scene.office.posted(about: order.id).map(\.type) == ["invitation", "issued"])
        #expect(try await operators.get(path).status == 404, "it is done")
        #expect(
            try await subscriber.walk(order.link, [["pickUpPassword": OfficeFixture.pickUpPassword]]).body
                .contains("証明書が発行されました")
        )
        #expect(try await scene.act("revoke", on: order.id, ["reason": "superseded"]).status == 303)
        #expect(try scene.revocations().contains(made.serial.uppercased()))
    }

    @Test(
        "PKP-10 At the deadline a token that the station has written counts as picked up; of a cancelled order it is revoked, even when it was made afterwards"
    )
    func ends() async throws {
        let scene = try await OrderScene(office: OfficeFixture(hasReader: true))
        let operators = try await scene.office.operatorBrowser()
        var files: [String] = []
        var ids: [String] = []
        for _ in 0..<3 {
            let order = try await scene.order(["keyOption": "token"])
            let subscriber = try scene.office.browser()
            let opened = try await subscriber.walk(order.link, [["pickUpPassword": OfficeFixture.pickUpPassword]])
            _ = try await subscriber.send(opened, to: order.link + "/terms", ["acceptsTerms": "yes"])
            let path = "/operator/tokens/\(order.id)"
            files.append(try await operators.send(operators.get(path), to: path + "/file", [:]).file)
            ids.append(order.id)
        }
        var made = try files.prefix(2).map(scene.personalise)
        for id in ids.dropFirst() { #expect(try await scene.act("cancel", on: id).status == 303) }
        #expect(try scene.state(made[1].serial) == "revoked")
        made.append(try scene.personalise(files[2]))
        #expect(try scene.state(made[2].serial) == "good")
        try scene.office.move(seconds: 60)
        #expect(try scene.state(made[2].serial) == "revoked")
        try scene.office.move(days: 31)
        try await scene.logInAgain()
        let kept = try await scene.detail(ids[0])
        #expect(kept.fact("証明書オーダーステータス") == "発行済み" && kept.fact("シリアル番号") == made[0].serial)
        #expect(try scene.state(made[0].serial) == "good")
    }
}

/// What `inkan token personalise --json` says at its end.
private struct Personalised: Decodable {
    struct Key: Decodable {
        let attributes: [String]
    }

    let serial: String
    let key: Key
}

extension OrderScene {
    fileprivate init(office: OfficeFixture) async throws {
        let (browser, licence, profile) = try await office.approvedCompany()
        try await office.enterArea(browser)
        self.init(office: office, browser: browser, licence: licence, profile: profile)
    }

    fileprivate func forbidExport() async throws {
        let id = profile
        try await office.change { records in
            guard var profile = try records.profiles.get(id) else { throw Refusal.notFound }
            profile.settings.forbidsExport = true
            try records.profiles.save(profile)
        }
    }

    /// How a certificate stands at the appliance.
    fileprivate func state(_ serial: String) throws -> String {
        let client = try #require(office.appliance).client()
        return try client.status(.getCertificateStatus) { $0.member("serial", serial) }.state
    }

    /// The officer's command at the desk, with a blank token.
    fileprivate func personalise(_ orderFile: String) throws -> Personalised {
        let (appliance, number) = (try #require(office.appliance), UUID().uuidString)
        let done = try ChildProgram.check(
            "\(OfficeFixture.binaries)/inkan",
            [
                "token", "personalise", "--socket", appliance.officerSocket, "--reader", "desk", "--label",
                String(number.prefix(8)), "--letter", office.folder.file("\(number).txt"), "--officer-letter",
                office.folder.file("\(number)-officer.txt"), "--order-file", orderFile, "--json",
            ]
        )
        return try JSONDecoder().decode(Personalised.self, from: Data(done.utf8))
    }
}
