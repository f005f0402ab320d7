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
        let serial = try client.issue(Self.lost(order.id)).serial
        #expect(try await scene.act("cancel", on: order.id).status == 303)
        let status = try client.status(.getCertificateStatus) { $0.member("serial", serial) }
        #expect(status.state == "revoked")
    }

    @Test("PKP-07 A lost certificate that was given back already does not keep its order from being picked up")
    func givenBack() async throws {
        let scene = try await OrderScene()
        let order = try await scene.order(["keyOption": "csr"])
        let client = try #require(scene.office.appliance).client()
        let lost = try client.issue(Self.lost(order.id)).serial
        // As an office leaves it that ended between giving it back and writing that down.
        _ = try client.status(.cancelCertificate) { $0.member("order", order.id) }
        _ = try await scene.pickUp(order)
        let stored = try await scene.office.records { try $0.orders.get(order.id) }
        #expect(stored?.pickUp.attempt == 2)
        let serial = try #require(stored?.certificate?.serial)
        #expect(serial != lost)
        #expect(try client.status(.getCertificateStatus) { $0.member("serial", serial) }.state == "good")
    }

    /// What the office asks for such an order, with another key.
    private static func lost(_ id: String) throws -> CertificateOrder {
        var lost = CertificateOrder(
            order: id,
            profile: "access-1y",
            request: try OrderScene.request(),
            subject: [
                .init("countryName", "JP"), .init("organizationName", OfficeFixture.organisation),
                .init("commonName", "山田 太郎"),
            ]
        )
        lost.issuer = "access-rsa"
        return lost
    }
}
