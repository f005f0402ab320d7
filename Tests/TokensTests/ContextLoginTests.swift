import Testing
import Threads
import Tokens

@Suite("Keys that want their PIN before each signature (TOK-09)")
struct ContextLoginTests {
    @Test(
        "A key that was asked for with this wish has it, and signs in many sessions at once, each time after its PIN",
        arguments: [KeyPairRequest.Algorithm.rsa2048, .p256]
    )
    func signsAtOnce(algorithm: KeyPairRequest.Algorithm) throws {
        let token = try TestToken.make()
        let example = algorithm == .p256 ? SignatureCase.p256 : .rsa
        try token.serving { supervisor in
            let request = KeyPairRequest(algorithm: algorithm, label: "k", alwaysAuthenticate: true)
            let pair = try supervisor.keyPair(request)
            #expect(pair.attributes["CKA_ALWAYS_AUTHENTICATE"] == true)
            try supervisor.locate(spki: pair.spki)
            let before = token.loginCount
            let answers = Guarded<[Result<TokenSignature, TokenError>]>([])
            for _ in 0..<40 {
                supervisor.sign(spki: pair.spki, mechanism: example.mechanism, input: example.input) { answer in
                    answers.withLock { $0.append(answer) }
                    answers.broadcast()
                }
            }
            for answer in answers.wait({ $0.count == 40 ? $0 : nil }) {
                #expect(try example.isValid(pair.spki, answer.get().raw))
            }
            #expect(token.loginCount == before + 40)
        }
    }

    @Test("A token whose key says afterwards that it has no such wish is refused, and the key destroyed")
    func refused() async throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            try token.order("C_GetAttributeValue 1 0 attribute 0x202")
            let request = KeyPairRequest(algorithm: .p256, label: "k", alwaysAuthenticate: true)
            do throws(TokenError) {
                _ = try supervisor.keyPair(request)
                Issue.record("accepted")
            } catch {
                #expect(error.code == .attributesRefused && error.message.contains("CKA_ALWAYS_AUTHENTICATE"))
            }
        }
        let (folder, serial) = (token.folder, token.serial)
        await #expect(processExitsWith: .success) { [folder = folder as String, serial = serial as String] in
            let session = try TokenContents.session(folder, serial: serial)
            #expect(try session.findObjects([]).isEmpty)
        }
    }
}
