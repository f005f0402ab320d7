import SignerAPI
import SignerClient
import Testing
import Workbench

/// A certificate whose answer never reached the office is nobody's: it must not outlive its order.
struct LostAnswerTests {
    @Test(
        "CRV-01 Cancelling an order that waits revokes the certificate that the appliance made for it and the office never saw"
    )
    func cancel() async throws {
        let scene = try await OrderScene()
        let order = try await scene.order(["keyOption": "csr"])
        let subscriber = try scene.office.browser()
        let opened = try await subscriber.walk(order.link, [["pickUpPassword": OfficeFixture.pickUpPassword]])
        // A pick-up was begun; what the appliance answered to it is lost.
        let begun = try await subscriber.send(
            opened,
            to: order.link + "/request",
            ["request": "no request", "acceptsTerms": "yes"]
        )
        #expect(begun.status == 422)
        let client = try #require(scene.office.appliance).client()
        var lost = CertificateOrder(
            order: order.id,
            profile: "access-1y",
            request: try OrderScene.request(),
            subject: [
                .init("countryName", "JP"), .init("organizationName", OfficeFixture.organisation),
                .init("commonName", "山田 太郎"),
            ]
        )
        lost.issuer = "access-rsa"
        let serial = try client.issue(lost).serial
        #expect(try await scene.act("cancel", on: order.id).status == 303)
        let status = try client.status(.getCertificateStatus) { $0.member("serial", serial) }
        #expect(status.state == "revoked")
    }
}
