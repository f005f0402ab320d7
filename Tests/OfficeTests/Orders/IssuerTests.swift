import Clocks
import Foundation
import Office
import Testing
import Workbench

/// One CA after the other (section 4.1), with an appliance that has both.
struct IssuerTests {
    @Test(
        "CA-01, CA-02 From the day of the change certificates are of the next CA; those of the former are not renewed, and the order says why"
    )
    func change() async throws {
        let calendar = BusinessCalendar.japan
        let tomorrow = calendar.day(of: Timestamp(seconds: Int64(Date().timeIntervalSince1970))) + 1
        let office = try OfficeFixture(
            issuing: "accessSuccessors: [{ issuer: access-p256, from: \"\(tomorrow.slashed)\" }]"
        )
        let (browser, licence, profile) = try await office.approvedCompany()
        try await office.enterArea(browser)
        let scene = OrderScene(office: office, browser: browser, licence: licence, profile: profile)
        let before = try await scene.order(["keyOption": "csr"])
        try scene.expectChain(of: try await scene.pickUp(before), to: "rsa")
        let between = try await scene.order(["keyOption": "csr"])
        #expect(try await scene.detail(before.id).fact("更新") == "可能")
        try office.move(seconds: calendar.start(of: tomorrow).seconds - office.start)
        try await scene.logInAgain()
        // What was ordered before and is picked up now is of the CA that issues now.
        try scene.expectChain(of: try await scene.pickUp(between), to: "p256")
        let old = try await scene.detail(before.id)
        #expect(old.fact("発行した中間CA") == "access-rsa")
        #expect(old.fact("更新")?.contains("「access-p256」と異なります") == true)
        #expect(old.fact("再発行") == "可能")
        let new = try await scene.detail(between.id)
        #expect(new.fact("発行した中間CA") == "access-p256" && new.fact("更新") == "可能")
    }

    @Test(
        "CA-12 The order of a personal S/MIME certificate without a name says that it can be neither renewed nor reissued"
    )
    func withoutName() async throws {
        let scene = try await OrderScene()
        let id = try await scene.issue()
        try await scene.office.change { records in
            guard var order = try records.orders.get(id) else { throw Refusal.notFound }
            order.certificate?.use = .smime
            try records.orders.save(order)
        }
        let detail = try await scene.detail(id)
        for name in ["更新", "再発行"] {
            #expect(detail.fact(name)?.contains("2025年5月26日以降") == true, "\(name)")
        }
        #expect(!detail.body.contains("/orders/\(id)/reissue"))
    }
}

extension OrderScene {
    /// The certificate of a pick-up's last page verifies through the access CA with that key, and through no other.
    fileprivate func expectChain(of page: OfficeBrowser.Answer, to kind: String) throws {
        let pem = try #require(page.firstGroup("(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)"))
        let leaf = office.folder.file("leaf.pem")
        try pem.write(toFile: leaf, atomically: true, encoding: .utf8)
        let authorities = try #require(office.appliance).establishment.folder
        for other in ["rsa", "p256"] {
            let outcome = try ChildProgram.run(
                "openssl",
                [
                    "verify", "-CAfile", authorities.file("authorities/root-\(other).pem"), "-untrusted",
                    authorities.file("authorities/access-\(other).pem"), "-no_check_time", leaf,
                ]
            )
            #expect((outcome.status == 0) == (other == kind), "\(other): \(outcome.output)\(outcome.complaints)")
        }
    }
}
