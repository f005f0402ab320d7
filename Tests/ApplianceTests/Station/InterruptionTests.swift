import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

/// What can happen to a token in the middle of its personalisation: the module's call that goes wrong, and how.
struct Interruption: Sendable, CustomTestStringConvertible {
    let call: String
    /// Which call of that name, counted from the beginning of the officer's call.
    let number: Int
    let action: String

    var testDescription: String { "\(call) \(number) \(action)" }

    var order: String { "\(call) \(number) \(action.hasPrefix("return") ? 0 : 1) \(action)" }

    /// Every call that changes something, failing before it did, failing after it did, and never coming back with the
    /// worker; each as a card does that is pulled out (`CKR_DEVICE_REMOVED`).
    static let all: [Interruption] =
        [
            "C_Login 1", "C_GenerateKeyPair 1", "C_SignInit 1", "C_Sign 1", "C_CreateObject 1", "C_CreateObject 2",
            "C_CreateObject 3", "C_SignInit 2", "C_Sign 2",
        ].flatMap { place in
            ["return 0x32", "after 0x32", "abort"].map { action in
                let parts = place.split(separator: " ")
                return Interruption(call: String(parts[0]), number: Int(parts[1]) ?? 1, action: action)
            }
        }
}

// One after the other: faults are ordered for a whole reader.
@Suite("A personalisation cut off anywhere goes on, never to two valid certificates (USB-04)", .serialized, .sharedDesk)
struct InterruptionTests {
    @Test("with the same token", arguments: Interruption.all)
    func sameToken(_ interruption: Interruption) throws {
        let desk = try Desk.shared()
        let token = try desk.makeToken(label: "same")
        let id = "same-\(token.serial)"
        try desk.order(interruption.order)
        let error = try #require(refusal(of: { try desk.personalise(Desk.order(id), token) }))
        #expect(error.name == "io.inkan.TokenStation.TokenUnavailable", "\(error)")
        #expect(!error.mend.isEmpty)
        try desk.order()

        let (done, _) = try desk.personalise(Desk.order(id), token)
        #expect(done["token"]?.stringValue == token.serial)
        try desk.expectOneCertificate(of: id, in: token)
        #expect(try desk.token(token.serial)["state"] == "personalised")
    }

    @Test("with another token", arguments: Interruption.all)
    func otherToken(_ interruption: Interruption) throws {
        let desk = try Desk.shared()
        let first = try desk.makeToken(label: "first")
        let second = try desk.makeToken(label: "second")
        let id = "other-\(first.serial)"
        try desk.order(interruption.order)
        _ = try #require(refusal(of: { try desk.personalise(Desk.order(id), first) }))
        try desk.order()

        let wasIssued = try desk.appliance.establishment.history(of: id).contains { $0.kind == "certificate" }
        if wasIssued {
            let error = try #require(refusal(of: { try desk.personalise(Desk.order(id), second) }))
            #expect(error.name == "io.inkan.TokenStation.OrderConflict", "\(error)")
            #expect(error.rule == "order.certificate-for-other-token")
            #expect(error.detail?.contains(first.serial) == true, "the first token is named: \(error)")
            #expect(try desk.pkcs11Tool(second, "--login", "--pin", second.pin, "--list-objects").isEmpty)
            try desk.personalise(Desk.order(id), first)
            try desk.expectOneCertificate(of: id, in: first)
        } else {
            try desk.personalise(Desk.order(id), second)
            try desk.expectOneCertificate(of: id, in: second)
            let error = try #require(refusal(of: { try desk.personalise(Desk.order(id), first) }))
            #expect(error.rule == "order.certificate-for-other-token", "\(error)")
        }
    }

    @Test("a token that is taken out of the reader altogether, and put in again")
    func pulledOut() throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        try desk.order("C_CreateObject 1 1 return 0x32")
        _ = refusal { try desk.personalise(Desk.order("pulled"), token) }
        try desk.order()
        try desk.pullOut()
        let error = try #require(refusal(of: { try desk.personalise(Desk.order("pulled"), token) }))
        #expect(error.rule == "token.tokenMissing", "\(error)")
        try desk.putIn()
        try desk.personalise(Desk.order("pulled"), token)
        try desk.expectOneCertificate(of: "pulled", in: token)
    }

    @Test("a service that is killed in the middle", arguments: ["C_GenerateKeyPair", "C_Sign", "C_CreateObject"])
    func serviceKilled(_ function: String) throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        try desk.order("\(function) 1 1 hang")
        let connection = try Connection(path: desk.appliance.officerSocket)
        try desk.begin(Desk.order("killed"), token, with: connection)
        try desk.waitUntilHung()
        desk.appliance.killAtOnce()
        try desk.order()
        let again = try desk.reopen()
        try again.personalise(Desk.order("killed"), token)
        try again.expectOneCertificate(of: "killed", in: token)
        try again.appliance.establishment.expectSoundHistory()
    }

    @Test("a token that hangs is given up at its deadline, and the order goes on")
    func hangs() throws {
        let desk = try Desk.open(options: "callDeadlineSeconds: 1")
        let token = try desk.makeToken()
        try desk.order("C_CreateObject 2 1 hang")
        let error = try #require(refusal(of: { try desk.personalise(Desk.order("hangs"), token) }))
        #expect(error.rule == "token.timedOut", "\(error)")
        try desk.order()
        try desk.personalise(Desk.order("hangs"), token)
        try desk.expectOneCertificate(of: "hangs", in: token)
    }

    @Test("a token whose initialisation is cut off has no PIN that nobody knows: the SO PIN came before")
    func initialisation() throws {
        let desk = try Desk.open()
        var pins = JSONObject()
        func initialise() throws {
            _ = try desk.officer().steps(of: .initialiseToken) { writer in
                writer.member("reader", Desk.reader)
                writer.member("label", "cut-off")
            } _: {
                if let made = $0["pins"]?.objectValue { pins = made }
            }
        }
        try desk.order("C_InitToken 1 1 return 0x32")
        #expect(refusal { try initialise() }?.rule == "token.tokenMissing")
        #expect(try desk.tokens().map { $0["state"] } == ["blank"])
        try desk.order("C_InitPIN 1 1 return 0x32")
        #expect(refusal { try initialise() }?.rule == "token.tokenMissing")
        try desk.order()
        let half = try #require(try desk.tokens().first { $0["state"] == "initialised" })
        let token = Desk.UserToken(
            serial: try #require(half["token"]?.stringValue),
            label: "cut-off",
            pin: "00000000",
            officerPIN: try #require(pins["officer"]?.stringValue)
        )
        #expect(refusal { try desk.personalise(Desk.order("cut-off"), token) }?.rule == "token.tokenBlank")
        let reset = try desk.resetPIN(token, officerPIN: token.officerPIN)
        try desk.personalise(Desk.order("cut-off"), token, pin: reset)
    }
}
