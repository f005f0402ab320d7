import Foundation
import Testing
import Workbench

/// The pick-up of a key that the person's browser makes, as the office sees it, and where certificates go then. That the key
/// is made there and never leaves is shown before a real browser (Browser/KeyPickUpTests.swift).
struct BrowserKeyTests {
    @Test(
        "PKP-02 Without the terms nothing is issued; with them the answer to the browser's request is the certificate for its key"
    )
    func request() async throws {
        let scene = try await OrderScene()
        let order = try await scene.order(["keyOption": "browser"])
        let subscriber = try scene.office.browser()
        let opened = try await subscriber.walk(order.link, [["pickUpPassword": OfficeFixture.pickUpPassword]])
        #expect(
            opened.body.contains("data-pickup-key") && opened.body.contains("type=\"checkbox\" id=\"acceptsTerms\"")
        )
        #expect(opened.body.contains("src=\"/static/pickup-key.js\""))
        let request = try OrderScene.request()
        let refused = try await subscriber.send(opened, to: order.link + "/browser", ["request": request])
        #expect(refused.status == 409 && refused.body.contains("利用約款への同意が必要です"), "\(refused.body)")
        let unreadable = try await subscriber.send(
            opened,
            to: order.link + "/browser",
            ["request": "no request", "acceptsTerms": "yes"]
        )
        #expect(unreadable.status == 422, "the page is to make another key")
        #expect(try await scene.detail(order.id).body.contains("取得待ち"))
        let done = try await subscriber.send(
            opened,
            to: order.link + "/browser",
            ["request": request, "acceptsTerms": "yes"]
        )
        #expect(done.status == 200, "\(done.body)")
        let answer = try JSONDecoder().decode(Answer.self, from: Data(done.body.utf8))
        func key(_ program: String, _ text: String) throws -> String {
            try ChildProgram.check("openssl", [program, "-noout", "-pubkey"], input: Data(text.utf8))
        }
        #expect(try key("x509", answer.certificate) == key("req", request))
        #expect(answer.chain.count == 2 && answer.fileName == "山田 太郎.pfx")
        #expect(try await scene.detail(order.id).body.contains("発行済み"))
    }

    private struct Answer: Decodable {
        let certificate: String
        let chain: [String]
        let fileName: String
    }

    @Test(
        "PKP-03 Where a key comes as a file there is no box that could not hold: the page says when the store's key cannot be exported, and which key never can"
    )
    func export() async throws {
        let scene = try await OrderScene()
        let order = try await scene.order(["keyOption": "browser"])
        let right = [["pickUpPassword": OfficeFixture.pickUpPassword]]
        let page = try await scene.office.browser().walk(order.link, right)
        let guide = try await scene.office.browser().get("/guide")
        for text in [page.body, guide.body] {
            #expect(text.contains("「このキーをエクスポート可能にする」を選択しなければ"))
            #expect(text.contains("USBトークンでの発行"))
        }
        #expect(!page.body.contains("name=\"exportable\""))
    }

    @Test(
        "PKP-12 The guide has the table of systems, browsers and stores, in both languages, and every pick-up leads there"
    )
    func guide() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let guide = try await office.browser().get("/guide")
        #expect(
            guide.rows.map { $0.prefix(3) } == [
                ["Windows", "Edge, Chrome", "Windows証明書ストア"], ["Windows", "Firefox", "Firefoxの証明書ストア"],
                ["Mac", "Chrome, Safari", "キーチェーン"], ["Mac", "Firefox", "Firefoxの証明書ストア"],
                ["iOS", "Safari", "iOSの証明書信頼ストア"], ["Android", "Chrome", "認証情報ストレージ"],
            ]
        )
        let english = try await office.browser().get("/guide?lang=en")
        #expect(english.rows.first?.prefix(3) == ["Windows", "Edge, Chrome", "Windows certificate store"])
    }
}
