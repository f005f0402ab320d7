import Foundation
import SignerAPI
import SignerClient
import Testing
import Workbench

@Suite("A token in trouble (TOK-07, TOK-08, TOK-11)")
struct FaultTests {
    private let token: FaultyToken

    init() throws {
        token = try FaultyToken()
    }

    // MARK: Answers

    /// CKR_GENERAL_ERROR, FUNCTION_FAILED, DEVICE_ERROR, DEVICE_REMOVED, SESSION_HANDLE_INVALID, TOKEN_NOT_PRESENT,
    /// USER_NOT_LOGGED_IN, and one that a vendor made up.
    private static let passing: [UInt] = [0x5, 0x6, 0x30, 0x32, 0xb3, 0xe0, 0x101, 0x8000_0042]
    /// CKR_DATA_INVALID, FUNCTION_NOT_SUPPORTED, KEY_FUNCTION_NOT_PERMITTED, MECHANISM_INVALID.
    private static let final: [UInt] = [0x20, 0x54, 0x68, 0x70]

    @Test(
        "an answer that may pass is mended unseen; one that does not pass is told with its number, and mends itself when it ends",
        arguments: passing
    )
    func passingAnswers(answer: UInt) throws {
        let appliance = try token.start()
        let client = try appliance.client()
        try token.order("C_Sign 1 1 return \(answer)")
        #expect(try !client.issue(Stage.order("once")).repeated)
        #expect(try token.establishment.history(of: "once").map(\.kind) == ["intent", "certificate"])

        try token.order("C_Sign 1 0 return \(answer)")
        let order = try Stage.order("always")
        let rules: Set = ["token.moduleError", "token.tokenMissing", "token.workerDied"]
        let error = try expectTokenUnavailable(order, by: appliance, rules: rules)
        #expect(error.detail?.contains("CKR 0x\(String(answer, radix: 16))") == true, "\(error)")

        try token.order()
        try appliance.waitReady()
        #expect(try !client.issue(order).repeated)
        try token.establishment.expectSoundHistory()
    }

    @Test(
        "an answer that is final is told at once, the token stays in service, and the order can be asked again",
        arguments: final
    )
    func finalAnswers(answer: UInt) throws {
        let appliance = try token.start()
        try token.order("C_Sign 1 1 return \(answer)")
        let order = try Stage.order("once")
        let rules: Set = ["token.requestRefused", "token.mechanismUnavailable"]
        let error = try expectTokenUnavailable(order, by: appliance, rules: rules)
        #expect(error.detail?.contains("CKR 0x\(String(answer, radix: 16))") == true, "\(error)")
        #expect(try !appliance.client().issue(order).repeated)
        let status = try appliance.client().call(.getStatus)
        #expect(status["tokens"]?.arrayValue?.first?.objectValue?["restarts"]?.integerValue == 0)
        try token.establishment.expectSoundHistory()
    }

    // MARK: No answer

    @Test("while one token hangs others go on, and its worker is replaced at the deadline")
    func hanging() throws {
        let appliance = try token.start(options: ["callDeadlineSeconds": 6], healthyIssuer: "access-rsa")
        try token.order("C_Sign 1 0 hang")
        let began = ContinuousClock.now
        let load = HungCalls(socket: appliance.socket, orders: try (0..<4).map { try Stage.order("hung-\($0)") })
        try expectHealthy(appliance, unless: load)
        let errors = load.join()
        #expect(ContinuousClock.now - began < .seconds(20))
        #expect(errors.count == 4)
        for error in errors { #expect(["token.timedOut", "token.workerDied"].contains(error.rule), "\(error)") }
        try token.order()
        try appliance.waitReady()
        #expect(try !appliance.client().issue(Stage.order("hung-0")).repeated)
        try token.establishment.expectSoundHistory()
    }

    @Test("while one token's random source hangs, others go on")
    func hangingRandomSource() throws {
        let appliance = try token.start(options: ["callDeadlineSeconds": 6], healthyIssuer: "access-rsa")
        try token.order("C_GenerateRandom 1 0 hang")
        let load = HungCalls(socket: appliance.socket, orders: try (0..<8).map { try Stage.order("hung-\($0)") })
        try expectHealthy(appliance, unless: load)
        #expect(load.join().allSatisfy { ["token.timedOut", "token.workerDied"].contains($0.rule) })
        try token.order()
        try appliance.waitReady()
        #expect(try !appliance.client().issue(Stage.order("hung-0")).repeated)
    }

    /// Another issuer, with a token and a worker of its own, issues before any of the hanging calls has come back.
    private func expectHealthy(_ appliance: RunningAppliance, unless hung: HungCalls) throws {
        let client = try appliance.client()
        for number in 0..<10 {
            var order = try Stage.order("healthy-\(number)")
            order.issuer = "access-rsa"
            #expect(try !client.issue(order).repeated)
        }
        #expect(hung.answered == 0, "the healthy token's orders waited for the hanging token")
    }

    @Test("a worker that crashes is replaced, what it had is refused, and the order can be asked again")
    func crashing() throws {
        let appliance = try token.start()
        try token.order("once C_Sign 1 1 abort")
        let order = try Stage.order("crash")
        try expectTokenUnavailable(order, by: appliance, rules: ["token.workerDied"])
        #expect(try !appliance.client().issue(order).repeated)
        #expect(try appliance.log.contains("workerEnded"))
        try token.establishment.expectSoundHistory()
    }

    @Test("a worker killed under load costs its own calls alone, each told, and no restart by hand")
    func killedWorkers() throws {
        let appliance = try token.start()
        try token.order("once C_Sign 20 1 abort", "once C_Sign 30 1 abort")
        let load = try OrderLoad(socket: appliance.socket, connections: 2, pipelined: 8, limit: 60, name: "load")
        let outcome = load.join()
        #expect(outcome.unanswered.isEmpty)
        #expect(outcome.released.count + outcome.refusals.count == 120)
        #expect(!outcome.refusals.isEmpty)
        for refusal in outcome.refusals { #expect(refusal.rule == "token.workerDied") }
        try token.establishment.expectSoundHistory()
    }

    // MARK: Lies

    @Test(
        "a wrong signature is thrown away, told and recorded, and never released",
        arguments: ["access-p256", "access-rsa"]
    )
    func wrongSignature(issuer: String) throws {
        let appliance = try token.start()
        try token.order("C_Sign 1 1 flip")
        var order = try Stage.order("flipped")
        order.issuer = issuer
        try expectTokenUnavailable(order, by: appliance, rules: ["TOK-11.bad-signature"])
        let unknown = refusal { try appliance.client().call(.getCertificate) { $0.member("order", order.order) } }
        #expect(unknown?.name == "io.inkan.Signer.NotFound")
        #expect(try !appliance.client().issue(order).repeated)
        try token.establishment.expectSoundHistory()
    }

    @Test("handles that name other keys sign nothing", arguments: [1, -1])
    func swappedHandles(shift: Int) throws {
        try token.order("C_FindObjects 1 0 swap \(shift)")
        let appliance = try token.start(waitReady: false)
        try appliance.waitForSocket()
        let order = try Stage.order("swapped")
        let rules: Set = [
            "token.keyMissing", "token.keyAmbiguous", "token.moduleError", "token.requestRefused",
            "token.mechanismUnavailable", "token.workerDied", "TOK-11.bad-signature",
        ]
        try expectTokenUnavailable(order, by: appliance, rules: rules)
        #expect(try appliance.client().call(.getStatus)["ready"]?.boolValue == false)
        try token.order()
        #expect(try appliance.fulfilled(order))
        try token.establishment.expectSoundHistory()
    }

    // MARK: Gone

    @Test("a token that is pulled out is missing, and is in service again by itself when it is back")
    func pulledOut() throws {
        let appliance = try token.start()
        try token.order("C_GetSlotList 1 0 empty", "C_Sign 1 0 return 0xe0", "C_OpenSession 1 0 return 0xe0")
        let order = try Stage.order("pulled")
        let rules: Set = ["token.tokenMissing", "token.workerDied", "token.moduleError"]
        try expectTokenUnavailable(order, by: appliance, rules: rules)
        try appliance.waitForToken("missing")
        try expectTokenUnavailable(order, by: appliance, rules: ["token.tokenMissing"])
        #expect(try appliance.inkan("status").status == 2)
        try token.order()
        try appliance.waitReady()
        #expect(try !appliance.client().issue(order).repeated)
        try token.establishment.expectSoundHistory()
    }
}

extension RunningAppliance {
    /// Whether an order is fulfilled as soon as the token is found to be well, which the service sees by itself.
    func fulfilled(_ order: CertificateOrder) throws -> Bool {
        let client = try client()
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            client.send(order)
            switch try client.receiveSettled() {
            case .success(let issued): return !issued.repeated
            case .failure(let error): if ContinuousClock.now > deadline { throw error }
            }
        }
    }
}
