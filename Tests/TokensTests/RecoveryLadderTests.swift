import Glibc
import Testing
import Threads
import Tokens

@Suite("The recovery ladder (TOK-08)")
struct RecoveryLadderTests {
    /// A fault of each kind, at each call that a signature can meet.
    private static let functions = [
        "C_SignInit", "C_Sign", "C_OpenSession", "C_GetSessionInfo", "C_GetAttributeValue", "C_FindObjectsInit",
        "C_FindObjects", "C_FindObjectsFinal", "C_CloseSession", "C_Initialize", "C_Finalize", "C_GetSlotList",
        "C_GetTokenInfo", "C_Login",
    ]
    /// CKR_GENERAL_ERROR, CKR_DEVICE_ERROR, CKR_SESSION_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN, CKR_KEY_HANDLE_INVALID,
    /// CKR_OPERATION_ACTIVE
    private static let answers = ["0x5", "0x30", "0xb3", "0x101", "0x60", "0x90"]

    @Test("After a fault in any call, signing goes on by itself", arguments: functions)
    func faultAnywhere(function: String) throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let example = SignatureCase.p256
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            for answer in RecoveryLadderTests.answers {
                // The first signature is refused often enough that the ladder is climbed to the call in question.
                try token.order("once \(function) 1 1 return \(answer)", "C_SignInit 1 2 return 0x30")
                let signature = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input)
                #expect(try example.isValid(spki, signature.raw), "\(function) \(answer)")
                try token.order()
                #expect(
                    try example.isValid(
                        spki,
                        supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input).raw
                    )
                )
            }
        }
    }

    @Test("A lasting fault climbs the whole ladder, to a new process, and is gone with its cause", arguments: answers)
    func lastingFault(answer: String) throws {
        let token = try TestToken.make()
        let events = EventLog()
        try token.serving(events: events) { supervisor in
            let example = SignatureCase.p256
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            let worker = supervisor.status.workerID
            try token.order("C_Sign 1 0 return \(answer)")
            #expect(
                code { _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input) }
                    == .moduleError
            )
            #expect(events.wait(for: .workerEnded))
            try token.order()
            let signature = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input)
            #expect(try example.isValid(spki, signature.raw))
            #expect(supervisor.status.workerID != worker)
            #expect(supervisor.status.restarts >= 1)
        }
    }

    @Test("One new session is enough for one lost session: the module is not restarted, the PIN not used")
    func cheapestRung() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            let worker = supervisor.status.workerID
            try token.order("C_Sign 1 1 return 0xb3")
            _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: SignatureCase.p256.input)
            #expect(supervisor.status.workerID == worker)
        }
        #expect(token.loginCount == 1)
    }

    @Test("A token that is taken out is missing, and served again when it is back")
    func takenOut() throws {
        let token = try TestToken.make()
        let events = EventLog()
        try token.serving(events: events) { supervisor in
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            // CKR_TOKEN_NOT_PRESENT, CKR_DEVICE_REMOVED
            try token.order(
                "C_SignInit 1 0 return 0xe0",
                "C_OpenSession 1 0 return 0x32",
                "C_GetSlotList 1 0 empty"
            )
            let refusal = code {
                _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: SignatureCase.p256.input)
            }
            #expect(refusal == .tokenMissing)
            #expect(events.wait(for: .missing))
            #expect(code { _ = try supervisor.randomBytes(8) } == .tokenMissing)
            try token.order()
            #expect(events.wait(for: .ready, count: 2))
            let signature = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: SignatureCase.p256.input)
            #expect(try SignatureCase.p256.isValid(spki, signature.raw))
        }
    }

    @Test("A token whose files vanish and come back is served again without anybody's help")
    func filesVanish() throws {
        let token = try TestToken.make()
        let events = EventLog()
        try token.serving(events: events) { supervisor in
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: SignatureCase.p256.input)
            try #require(rename(token.folder + "/tokens", token.folder + "/away") == 0)
            try #require(mkdir(token.folder + "/tokens", 0o700) == 0)
            #expect(
                code { _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: SignatureCase.p256.input) }
                    == .tokenMissing
            )
            #expect(events.wait(for: .missing))
            try #require(rmdir(token.folder + "/tokens") == 0)
            try #require(rename(token.folder + "/away", token.folder + "/tokens") == 0)
            #expect(events.wait(for: .ready, count: 2))
            let signature = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: SignatureCase.p256.input)
            #expect(try SignatureCase.p256.isValid(spki, signature.raw))
        }
    }

    @Test("A wrong signature comes out as the token made it: verifying is the caller's part, and it can tell")
    func wrongSignature() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let example = SignatureCase.p256
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input)
            try token.order("C_Sign 1 1 flip")
            let signature = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: example.input)
            #expect(try !example.isValid(spki, signature.raw))
        }
    }
}
