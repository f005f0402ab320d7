import Foundation
import Testing
import Threads
import Tokens

@Suite("Log-in (TOK-09)")
struct LoginTests {
    private static let patience: UInt64 = 30_000_000_000

    @Test("The PIN is used once, however much is signed")
    func once() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            for _ in 0..<20 {
                _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: SignatureCase.p256.input)
            }
        }
        #expect(token.loginCount == 1)
    }

    @Test("A wrong PIN is tried once; the token stays locked until an officer unlocks it")
    func wrongPIN() throws {
        let token = try TestToken.make()
        try TestToken.writeSecret("not-the-pin", to: token.folder + "/pin")
        let events = EventLog()
        try token.serving(events: events) { supervisor in
            let status = supervisor.waitUntilSettled(nanoseconds: LoginTests.patience)
            guard case .locked(let cause) = status.state else {
                Issue.record("\(status.state)")
                return
            }
            #expect(cause.code == .wrongPIN)
            for _ in 0..<5 { #expect(code { _ = try supervisor.randomBytes(8) } == .tokenLocked) }
            #expect(token.loginCount == 1)
            #expect(supervisor.status.workerID == nil)

            try TestToken.writeSecret(token.pin, to: token.folder + "/pin")
            #expect(code { _ = try supervisor.randomBytes(8) } == .tokenLocked)
            supervisor.unlock()
            #expect(try supervisor.randomBytes(8).count == 8)
            #expect(token.loginCount == 2)
        }
        #expect(events.all.map(\.kind).contains(.locked))
        #expect(events.all.map(\.kind).contains(.unlocked))
    }

    @Test("No PIN is tried when one more wrong one would lock the token for ever")
    func finalTry() throws {
        let token = try TestToken.make()
        // CKF_USER_PIN_FINAL_TRY
        try token.order("C_GetTokenInfo 1 0 flags 0x20000")
        try token.serving { supervisor in
            let status = supervisor.waitUntilSettled(nanoseconds: LoginTests.patience)
            #expect(status.lastError?.code == .pinFinalTry)
            #expect(code { _ = try supervisor.randomBytes(8) } == .tokenLocked)
        }
        #expect(token.loginCount == 0)
    }

    @Test("A token that says its PIN is locked is not tried")
    func lockedPIN() throws {
        let token = try TestToken.make()
        // CKF_USER_PIN_LOCKED
        try token.order("C_GetTokenInfo 1 0 flags 0x40000")
        try token.serving { supervisor in
            #expect(supervisor.waitUntilSettled(nanoseconds: LoginTests.patience).lastError?.code == .tokenLocked)
        }
        #expect(token.loginCount == 0)
    }

    @Test(
        "A PIN file that is missing, empty or open to others keeps the token locked",
        arguments: ["gone", "empty", "open"]
    )
    func pinFile(fault: String) throws {
        let token = try TestToken.make()
        let path = token.folder + "/pin"
        switch fault {
        case "gone": try FileManager.default.removeItem(atPath: path)
        case "empty": try TestToken.writeSecret("", to: path)
        default: try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        }
        try token.serving { supervisor in
            #expect(supervisor.waitUntilSettled(nanoseconds: LoginTests.patience).lastError?.code == .pinUnavailable)
        }
        #expect(token.loginCount == 0)
    }

    @Test("A process that starts does not try its PIN on a token that counts a wrong one, until an officer says so")
    func countLow() throws {
        let token = try TestToken.make()
        // CKF_USER_PIN_COUNT_LOW
        try token.order("C_GetTokenInfo 1 0 flags 0x10000")
        try token.serving { supervisor in
            #expect(supervisor.waitUntilSettled(nanoseconds: LoginTests.patience).lastError?.code == .tokenLocked)
            #expect(token.loginCount == 0)
            supervisor.unlock()
            _ = try supervisor.randomBytes(8)
            #expect(token.loginCount == 1)
        }
    }

    @Test("An officer who is present has said so already")
    func countLowWithOfficer() throws {
        let token = try TestToken.make()
        try token.order("C_GetTokenInfo 1 0 flags 0x10000")
        let supervisor = TokenWorkerSupervisor(settings: token.settings, workerExecutable: Built.worker) { _ in }
        supervisor.start(officerIsPresent: true)
        defer { supervisor.stop() }
        #expect(try supervisor.randomBytes(8).count == 8)
    }

    @Test("A crash in the middle of the first log-in locks the token: nobody knows whether the PIN was right")
    func crashInLogin() throws {
        let token = try TestToken.make()
        try token.order("once C_Login 1 1 abort")
        try token.serving { supervisor in
            #expect(supervisor.waitUntilSettled(nanoseconds: LoginTests.patience).lastError?.code == .tokenLocked)
            #expect(code { _ = try supervisor.randomBytes(8) } == .tokenLocked)
            #expect(token.loginCount == 1)
            supervisor.unlock()
            _ = try supervisor.randomBytes(8)
            #expect(token.loginCount == 2)
        }
    }

    @Test(
        "An answer that leaves open whether the PIN was right is not asked for twice",
        // CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED, CKR_DEVICE_ERROR, a vendor's own
        arguments: ["0x5", "0x6", "0x30", "0x80000001"]
    )
    func unclearAnswer(answer: String) throws {
        let token = try TestToken.make()
        try token.order("once C_Login 1 1 return \(answer)")
        try token.serving { supervisor in
            #expect(supervisor.waitUntilSettled(nanoseconds: LoginTests.patience).lastError?.code == .tokenLocked)
            #expect(token.loginCount == 1)
            supervisor.unlock()
            _ = try supervisor.randomBytes(8)
        }
    }

    @Test(
        "A fault or crash at a later log-in is mended while the file with the right PIN is untouched",
        arguments: ["return 0x30", "abort"]
    )
    func faultWithProvenPIN(fault: String) throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            _ = try supervisor.randomBytes(8)
            try token.order("once C_GenerateRandom 1 1 abort", "once C_Login 1 1 \(fault)")
            #expect(code { _ = try supervisor.randomBytes(8) } == .workerDied)
            _ = try supervisor.randomBytes(8)
            #expect(token.loginCount == 3)
        }
    }

    @Test("A file that was written since its PIN was right is a new PIN: after an unclear answer it is not tried again")
    func faultWithNewPIN() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            _ = try supervisor.randomBytes(8)
            try TestToken.writeSecret(token.pin, to: token.folder + "/pin")
            try token.order("once C_GenerateRandom 1 1 abort", "once C_Login 1 1 return 0x30")
            #expect(code { _ = try supervisor.randomBytes(8) } == .workerDied)
            #expect(code { _ = try supervisor.randomBytes(8) } == .tokenLocked)
            #expect(token.loginCount == 2)
        }
    }

    @Test(
        "A key that wants its PIN before each signature gets it once when it is refused; then the token is locked",
        arguments: [KeyPairRequest.Algorithm.rsa2048, .p256]
    )
    func refusedContextPIN(algorithm: KeyPairRequest.Algorithm) throws {
        let token = try TestToken.make()
        let example = algorithm == .p256 ? SignatureCase.p256 : .rsa
        try token.serving { supervisor in
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: algorithm, label: "k")).spki
            // CKA_ALWAYS_AUTHENTICATE, CKR_PIN_INCORRECT
            try token.order("C_GetAttributeValue 1 0 attribute 0x202", "C_Login 1 0 return 0xa0")
            let failures = Guarded<[TokenError.Code?]>([])
            for _ in 0..<8 {
                supervisor.sign(spki: spki, mechanism: example.mechanism, input: example.input) { answer in
                    let failure = code { _ = try answer.get() }
                    failures.withLock { $0.append(failure) }
                    failures.broadcast()
                }
            }
            failures.wait { $0.count == 8 ? () : nil }
            #expect(failures.withLock { $0.contains(.wrongPIN) && !$0.contains(nil) })
            #expect(code { _ = try supervisor.randomBytes(8) } == .tokenLocked)
            #expect(token.loginCount == 2)
        }
    }

    @Test("A key that wants its PIN before each signature gets none when one more wrong one would lock the token")
    func contextPINAtFinalTry() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .rsa2048, label: "k")).spki
            try token.order("C_GetAttributeValue 1 0 attribute 0x202", "C_GetTokenInfo 1 0 flags 0x20000")
            let failure = code {
                _ = try supervisor.signature(spki: spki, mechanism: .rsaPKCS, input: SignatureCase.rsa.input)
            }
            #expect(failure == .pinFinalTry)
            #expect(token.loginCount == 1)
        }
    }

    @Test("A PIN that is refused while the connection is being mended locks the token too")
    func refusedLater() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            try token.order("C_SignInit 1 0 return 0x101", "C_GetSessionInfo 1 0 public", "C_Login 1 0 return 0xa0")
            let failure = code {
                _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: SignatureCase.p256.input)
            }
            #expect(failure == .wrongPIN)
            #expect(code { _ = try supervisor.randomBytes(8) } == .tokenLocked)
            #expect(token.loginCount == 2)
        }
    }

    @Test(
        "SoftHSM's race at log-in is waited out without a further PIN being wrong",
        arguments: [
            "C_Login 1 2 return 0x102", "C_Login 1 2 return 0xe0", "C_OpenSession 1 2 return 0x5",
            "C_GetTokenInfo 1 2 return 0x5", "C_GetSlotList 1 2 empty", "C_GetSessionInfo 1 1 return 0x5",
        ]
    )
    func startRace(fault: String) throws {
        let token = try TestToken.make()
        try token.order(fault)
        #expect(try token.serving { try $0.randomBytes(8) }.count == 8)
    }

    @Test("Many supervisors start on tokens of one module at once")
    func manyStarts() throws {
        let token = try TestToken.make()
        let supervisors = (0..<6).map { _ in
            TokenWorkerSupervisor(settings: token.settings, workerExecutable: Built.worker) { _ in }
        }
        for supervisor in supervisors { supervisor.start() }
        for supervisor in supervisors { #expect(try supervisor.randomBytes(8).count == 8) }
        for supervisor in supervisors { supervisor.stop() }
        #expect(token.loginCount == 6)
    }
}
