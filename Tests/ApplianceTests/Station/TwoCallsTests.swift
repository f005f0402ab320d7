import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

@Suite(
    "Key now, certificate after approval; PINs by policy, and unblocked (USB-02, USB-05, USB-07, USB-08)",
    .sharedDesk
)
struct TwoCallsTests {
    /// `GenerateTokenKey`
    private func generate(
        _ desk: Desk,
        _ id: String,
        _ token: Desk.UserToken,
        profile: String = "access-1y"
    ) throws -> JSONObject {
        try desk.officer().call(.generateTokenKey) { writer in
            writer.member("reader", Desk.reader)
            writer.member("token", token.serial)
            writer.member("pin", token.pin)
            writer.member("order", id)
            writer.member("profile", profile)
            writer.member("keyAlgorithm", "p-256")
        }
    }

    /// `InstallCertificate`
    private func install(_ desk: Desk, _ id: String, _ token: Desk.UserToken) throws -> JSONObject {
        try desk.officer().call(.installCertificate) { writer in
            writer.member("reader", Desk.reader)
            writer.member("token", token.serial)
            writer.member("pin", token.pin)
            writer.member("order", id)
        }
    }

    private func certificateOrder(_ id: String, request: JSONObject) throws -> CertificateOrder {
        var order = Desk.order(id).certificate
        order.request = try #require(request["request"]?.stringValue)
        return order
    }

    @Test("the request was signed inside the token; the front end orders with it; the desk installs the certificate")
    func twoCalls() throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        let made = try generate(desk, "two", token)
        #expect(made["ledgerOrder"] == "two" && made["repeated"] == false)
        let request = try #require(made["request"]?.stringValue)
        let verdict = try ChildProgram.run("openssl", ["req", "-verify", "-noout"], input: Data(request.utf8))
        #expect(verdict.status == 0 && verdict.complaints.contains("verify OK"), "\(verdict.complaints)")

        let early = refusal { try install(desk, "two", token) }
        #expect(early?.name == "io.inkan.TokenStation.NotFound" && early?.rule == "order.not-issued")

        let issued = try desk.appliance.client().issue(certificateOrder("two", request: made))
        let done = try #require(install(desk, "two", token)["personalised"]?.objectValue)
        #expect(done["certificate"]?.stringValue == issued.certificate)
        #expect(try install(desk, "two", token)["personalised"]?.objectValue?["serial"] == done["serial"])
        try desk.expectOneCertificate(of: "two", in: token)
        let intent = try #require(desk.appliance.establishment.history(of: "two").first { $0.kind == "intent" })
        #expect(try desk.entry(intent.sequence).contains(#""keyOrigin":"token-generated""#))
    }

    @Test("asked again, the same key comes back; with another token the order has another, and the first is refused")
    func otherToken() throws {
        let desk = try Desk.open()
        let (first, second) = (try desk.makeToken(label: "first"), try desk.makeToken(label: "second"))
        let one = try generate(desk, "moved", first)
        let again = try generate(desk, "moved", first)
        #expect(again["repeated"] == true && again["key"] == one["key"])
        let two = try generate(desk, "moved", second)
        #expect(two["key"]?.objectValue?["identity"] != one["key"]?.objectValue?["identity"])

        let client = try desk.appliance.client()
        let superseded = refusal { try client.issue(certificateOrder("moved", request: one)) }
        #expect(superseded?.rule == "key.superseded")
        _ = try client.issue(certificateOrder("moved", request: two))
        let wrong = refusal { try install(desk, "moved", first) }
        #expect(wrong?.name == "io.inkan.TokenStation.TokenRefused" && wrong?.rule == "token.other")
        _ = try install(desk, "moved", second)
        try desk.expectOneCertificate(of: "moved", in: second)
    }

    @Test("a key that a token made is certified for its own order alone, and its origin is the ledger's word")
    func boundToOrder() throws {
        let desk = try Desk.open()
        let made = try generate(desk, "bound", try desk.makeToken())
        let client = try desk.appliance.client()
        let error = refusal { try client.issue(certificateOrder("stolen", request: made)) }
        #expect(error?.rule == "key.of-other-order")
        _ = try client.issue(certificateOrder("bound", request: made))
    }

    @Test("an order that was fulfilled for a key from elsewhere gets no key in a token")
    func fulfilledOtherwise() throws {
        let desk = try Desk.open()
        _ = try desk.appliance.client().issue(Stage.order("elsewhere"))
        let error = refusal { try generate(desk, "elsewhere", try desk.makeToken()) }
        #expect(error?.name == "io.inkan.TokenStation.OrderConflict" && error?.rule == "order.fulfilled-otherwise")
    }

    // MARK: PINs

    @Test("a new PIN by the SO PIN: the old one is dead, keys and certificates stay; a wrong SO PIN is tried once")
    func reset() throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        try desk.personalise(Desk.order("reset"), token)
        let before = desk.loginCount
        let wrong = refusal { try desk.resetPIN(token, officerPIN: "wrongwrongwrong1") }
        #expect(wrong?.name == "io.inkan.TokenStation.PINRefused" && wrong?.rule == "token.wrongPIN")
        #expect(desk.loginCount == before + 1)
        let short = refusal { try desk.resetPIN(token, officerPIN: "abc") }
        #expect(short?.rule == "token.pinLength" && desk.loginCount == before + 1)

        let pin = try desk.resetPIN(token, officerPIN: token.officerPIN)
        #expect(pin != token.pin && pin.utf8.count == 8 && pin.allSatisfy(\.isNumber))
        let old = refusal { try install(desk, "reset", token) }
        #expect(old?.rule == "token.wrongPIN")
        let renewed = Desk.UserToken(serial: token.serial, pin: pin, officerPIN: token.officerPIN)
        _ = try install(desk, "reset", renewed)
        #expect(try desk.appliance.establishment.history().contains { $0.kind == "token-pin-reset" })
    }

    @Test("PINs have the length and the characters of the reader's policy, and no two are alike")
    func policy() throws {
        let desk = try Desk.open(
            options:
                "userPIN: { length: 12, characters: alphanumeric }\n    officerPIN: { length: 24, characters: digits }"
        )
        let tokens = try (0..<4).map { try desk.makeToken(label: "policy-\($0)") }
        for token in tokens {
            #expect(token.pin.utf8.count == 12 && token.officerPIN.utf8.count == 24)
            #expect(token.officerPIN.utf8.allSatisfy { (0x30...0x39).contains($0) })
        }
        #expect(Set(tokens.flatMap { [$0.pin, $0.officerPIN] }).count == 8)
    }

    @Test("what makes PINs answers in two parts, and is refused otherwise; labels must fit")
    func oneAnswer() throws {
        let desk = try Desk.shared()
        let client = try desk.officer()
        let single = refusal {
            try client.call(.initialiseToken) { writer in
                writer.member("reader", Desk.reader)
                writer.member("label", "fits")
            }
        }
        #expect(single?.rule == "request.more")
        let error = refusal { try desk.makeToken(label: String(repeating: "長", count: 11)) }
        #expect(error?.rule == "request.label")
    }

    // MARK: The end

    @Test("a retired token is empty, with the SO PIN or the user's", arguments: [true, false])
    func retire(byOfficer: Bool) throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        try desk.personalise(Desk.order("retired"), token)
        let answer = try desk.officer().call(.retireToken) { writer in
            writer.member("reader", Desk.reader)
            writer.member("token", token.serial)
            writer.member(byOfficer ? "officerPIN" : "pin", byOfficer ? token.officerPIN : token.pin)
        }
        #expect(answer["emptied"] == true && answer["revoked"]?.arrayValue?.count == 1)
        #expect(try desk.certificates(in: token).isEmpty)
        #expect(try desk.token(token.serial)["state"] == "initialised")
        #expect(try desk.appliance.establishment.history().last { $0.kind == "token-retired" } != nil)
    }

    @Test("a lost token is retired without being there, an unknown one is not")
    func lost() throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        try desk.personalise(Desk.order("lost"), token)
        try desk.pullOut()
        let answer = try desk.officer().call(.retireToken) { $0.member("token", token.serial) }
        #expect(answer["emptied"] == false && answer["revoked"]?.arrayValue?.count == 1)
        let error = refusal { try desk.officer().call(.retireToken) { $0.member("token", "0000") } }
        #expect(error?.name == "io.inkan.TokenStation.NotFound")
        let reason = refusal {
            try desk.officer().call(.retireToken) { writer in
                writer.member("token", token.serial)
                writer.member("reason", "weather")
            }
        }
        #expect(reason?.rule == "request.reason")
    }

    @Test("an order that has its certificate goes on with another token only when the first certificate is revoked")
    func replace() throws {
        let desk = try Desk.open()
        let (first, second) = (try desk.makeToken(label: "first"), try desk.makeToken(label: "second"))
        let one = try desk.personalise(Desk.order("again"), first).done
        let refused = refusal { try desk.personalise(Desk.order("again"), second) }
        #expect(refused?.name == "io.inkan.TokenStation.OrderConflict")
        #expect(refused?.rule == "order.certificate-for-other-token")
        let two = try desk.personalise(Desk.order("again"), second, replace: true).done
        #expect(one["serial"] != two["serial"])
        #expect(try desk.certificates(in: first).map { $0["status"]?.stringValue } == ["revoked"])
        #expect(try desk.certificates(in: second).map { $0["status"]?.stringValue } == ["issued"])
        #expect(try desk.token(first.serial)["state"] == "initialised")
        let entries = try desk.appliance.establishment.history(of: "again:again-2").map(\.kind)
        #expect(entries.filter { $0 == "certificate" }.count == 1, "\(entries)")
        let back = refusal { try desk.personalise(Desk.order("again"), first) }
        #expect(back?.rule == "order.certificate-for-other-token")
        try desk.appliance.establishment.expectSoundHistory()
    }
}
