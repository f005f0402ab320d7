import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

@Suite("Tokens and PINs that cannot be used are refused, and nothing is lost", .sharedDesk)
struct RefusedTokenTests {
    private func refuse(
        _ desk: Desk,
        _ token: Desk.UserToken,
        pin: String? = nil,
        order: TokenOrder = Desk.order("refused"),
        as error: String,
        rule: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let refused = try #require(
            refusal(of: { try desk.personalise(order, token, pin: pin) }, sourceLocation: sourceLocation)
        )
        #expect(refused.name == "io.inkan.TokenStation.\(error)", "\(refused)", sourceLocation: sourceLocation)
        #expect(refused.rule == rule, "\(refused)", sourceLocation: sourceLocation)
        #expect(!refused.message.isEmpty && !refused.mend.isEmpty, sourceLocation: sourceLocation)
        let history = try desk.appliance.establishment.history(of: order.certificate.order)
        #expect(history.last?.rule == rule, "\(history)", sourceLocation: sourceLocation)
        #expect(!history.contains { $0.kind == "certificate" }, sourceLocation: sourceLocation)
    }

    @Test("a wrong PIN is tried once, then never without a new call; the right one still opens the token")
    func wrongPIN() throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        let before = desk.loginCount
        try refuse(desk, token, pin: "00000000", as: "PINRefused", rule: "token.wrongPIN")
        #expect(desk.loginCount == before + 1)
        try desk.personalise(Desk.order("right"), token)
    }

    @Test("a PIN that is too short, too long or empty is not tried at all")
    func pinLength() throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        let before = desk.loginCount
        for length in [0, 1, 3, 256, 257] {
            let order = Desk.order("length-\(length)")
            let pin = String(repeating: "1", count: length)
            try refuse(desk, token, pin: pin, order: order, as: "PINRefused", rule: "token.pinLength")
        }
        #expect(desk.loginCount == before)
    }

    @Test(
        "a token that says that its PIN is locked, or that the next wrong one locks it, is asked for nothing",
        arguments: [(0x40000, "TokenRefused", "token.tokenLocked"), (0x20000, "PINRefused", "token.pinFinalTry")]
    )
    func locked(flags: Int, error: String, rule: String) throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        let before = desk.loginCount
        try desk.order("C_GetTokenInfo 1 0 flags \(flags)")
        if rule == "token.tokenLocked" { #expect(try desk.token(token.serial)["state"] == "locked") }
        try refuse(desk, token, as: error, rule: rule)
        #expect(desk.loginCount == before)
        try desk.order()
        try desk.personalise(Desk.order("well"), token)
    }

    @Test("a blank token is refused unless it shall be initialised")
    func blank() throws {
        let desk = try Desk.open()
        let blank = Desk.UserToken(serial: "", pin: "12345678", officerPIN: "")
        try refuse(desk, blank, as: "TokenRefused", rule: "token.tokenBlank")
    }

    @Test("a token that is not in the reader is missing")
    func missing() throws {
        let desk = try Desk.open()
        let absent = Desk.UserToken(serial: "0123456789abcdef", pin: "12345678", officerPIN: "")
        try refuse(desk, absent, as: "TokenUnavailable", rule: "token.tokenMissing")
    }

    @Test("two tokens with one serial number are told apart by nobody, so neither is touched")
    func twins() throws {
        let desk = try Desk.open()
        let token = try desk.makeToken(label: "one")
        _ = try desk.makeToken(label: "two")
        let before = desk.loginCount
        try desk.order("C_GetTokenInfo 1 0 twin")
        let twin = Desk.UserToken(serial: "7777777777777777", pin: token.pin, officerPIN: token.officerPIN)
        try refuse(desk, twin, as: "TokenRefused", rule: "token.tokenAmbiguous")
        #expect(desk.loginCount == before)
    }

    @Test("a token that holds somebody else's certificate is foreign")
    func foreign() throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        try desk.importForeignCertificate(into: token)
        let listed = try desk.token(token.serial)
        #expect(listed["state"] == "initialised")
        #expect(listed["certificates"]?.arrayValue?.first?.objectValue?["status"] == "foreign")
        try refuse(desk, token, as: "TokenRefused", rule: "token.foreign")
    }

    @Test("a token without room for a key, or for a certificate, is full; another token takes the order over")
    func full() throws {
        let desk = try Desk.open()
        let token = try desk.makeToken(label: "full")
        try desk.order("C_GenerateKeyPair 1 0 return 0x31")
        try refuse(desk, token, order: Desk.order("full"), as: "TokenRefused", rule: "token.tokenFull")
        try desk.order("C_CreateObject 1 0 return 0x31")
        let error = try #require(refusal(of: { try desk.personalise(Desk.order("full-later"), token) }))
        #expect(error.rule == "token.tokenFull", "\(error)")
        try desk.order()
        try desk.personalise(Desk.order("full"), try desk.makeToken(label: "empty"))
    }

    @Test("a key whose attributes are not as they must be is destroyed, and the token refused")
    func attributes() throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        // CKA_EXTRACTABLE
        try desk.order("C_GetAttributeValue 1 0 attribute 0x162")
        try refuse(desk, token, as: "TokenRefused", rule: "token.attributesRefused")
        try desk.order()
        #expect(try desk.pkcs11Tool(token, "--login", "--pin", token.pin, "--list-objects").isEmpty)
    }

    @Test("a signature that does not verify proves nothing: no request and no certificate come of it")
    func badSignature() throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        try desk.order("C_Sign 1 1 flip")
        try refuse(desk, token, as: "TokenUnavailable", rule: "TOK-11.bad-signature")
        try desk.order("C_Sign 2 1 flip")
        let error = try #require(refusal(of: { try desk.personalise(Desk.order("refused-2"), token) }))
        #expect(error.rule == "TOK-11.bad-signature", "\(error)")
        let kinds = try desk.appliance.establishment.history(of: "refused-2").map(\.kind)
        #expect(!kinds.contains("token-certificate-installed"), "\(kinds)")
    }

    @Test("an order whose profile takes no keys of users' tokens is refused before any token is touched")
    func profileWithoutTokenKeys() throws {
        let desk = try Desk.open(profiles: {
            $0.replacingOccurrences(of: "keyOrigins: [csr, token, service]", with: "keyOrigins: [csr]")
        })
        let token = try desk.makeToken()
        let before = desk.loginCount
        try refuse(desk, token, as: "PolicyViolation", rule: "key.origin-not-allowed")
        #expect(desk.loginCount == before)
    }

    @Test("orders that name what is not there are refused before any token is touched")
    func badOrders() throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        let before = desk.loginCount
        for (order, rule) in [
            (Desk.order("unknown-profile", profile: "nothing"), "profile.unknown"),
            (Desk.order("ed25519", key: "ed25519"), "key.algorithm-not-allowed"),
            (Desk.order("rsa-512", key: "rsa-512"), "key.algorithm-not-allowed"),
        ] {
            try refuse(desk, token, order: order, as: "PolicyViolation", rule: rule)
        }
        #expect(desk.loginCount == before)
    }

    @Test("a reader that nobody has set up is not found; a module that is none is a reader's problem")
    func readers() throws {
        let desk = try Desk.shared()
        let client = try desk.officer()
        let error = refusal { try client.call(.listTokens) { $0.member("reader", "nowhere") } }
        #expect(error?.name == "io.inkan.TokenStation.NotFound" && error?.rule == "reader.unknown")
    }

    @Test("the front end's socket reaches no token")
    func frontEnd() throws {
        let desk = try Desk.shared()
        let client = try desk.appliance.client()
        for method in TokenStationInterface.Method.allCases where method != .listTokens {
            let error = refusal { try client.call(method) { Self.parameters(of: method, to: &$0) } }
            #expect(error?.name == "io.inkan.TokenStation.NotAuthorised", "\(method): \(String(describing: error))")
        }
        let error = refusal { try client.call(.listTokens) }
        #expect(error?.name == "io.inkan.TokenStation.NotAuthorised")
    }

    private static func parameters(of method: TokenStationInterface.Method, to writer: inout JSONWriter) {
        if method != .retireToken { writer.member("reader", Desk.reader) }
        if method == .initialiseToken {
            writer.member("label", "x")
            return
        }
        writer.member("token", "0123")
        if [.generateTokenKey, .installCertificate].contains(method) { writer.member("pin", "12345678") }
        if [.generateTokenKey, .installCertificate].contains(method) { writer.member("order", "x") }
        if method == .generateTokenKey { writer.member("profile", "access-1y") }
        if method == .resetTokenPIN { writer.member("officerPIN", "12345678") }
        if method == .personaliseToken {
            writer.name("order")
            Desk.order("x").write(to: &writer)
        }
    }

    @Test("a token that the service itself signs with is not listed and not touched")
    func ownToken() throws {
        let desk = try Desk.open(sharesTokens: true)
        let own = try #require(try desk.appliance.client().call(.getStatus)["tokens"]?.arrayValue?.first?.objectValue)
        let serial = try #require(own["serial"]?.stringValue)
        #expect(!(try desk.tokens().contains { $0["token"]?.stringValue == serial }))
        let before = desk.loginCount
        let token = Desk.UserToken(serial: serial, pin: "12345678", officerPIN: "12345678")
        try refuse(desk, token, as: "TokenRefused", rule: "token.of-the-service")
        let client = try desk.officer()
        let retired = refusal {
            try client.call(.retireToken) { writer in
                writer.member("reader", Desk.reader)
                writer.member("token", serial)
                writer.member("pin", "12345678")
            }
        }
        #expect(retired?.rule == "token.of-the-service")
        #expect(desk.loginCount == before)
    }

    @Test(
        "a reader whose settings cannot be right keeps the service from starting, with line and reason",
        arguments: [
            ("module: relative.so", "begins with /"),
            ("module: /x.so\n    userPIN: { length: 4, characters: digits }", "4"),
            ("module: /x.so\n    userPIN: { length: 8, characters: runes }", "runes"),
            ("module: /x.so\n    pin: 1234", "pin: no such key"),
        ]
    )
    func badSettings(settings: String, reason: String) throws {
        let establishment = try Stage.establishment()
        let text = try establishment.settings(extra: "readers:\n  - name: desk\n    \(settings)\n")
        let path = establishment.folder.file("bad.yaml")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let outcome = try ChildProgram.run("\(Stage.binaries)/inkan", ["doctor", "--config", path])
        #expect(outcome.status == 1 && outcome.output.contains(reason), "\(outcome.output)")
        #expect(outcome.output.contains("line "))
    }
}
