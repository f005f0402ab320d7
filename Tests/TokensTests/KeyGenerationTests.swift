import PKCS11
import Testing
import Tokens

@Suite("Keys are made in the token (TOK-04)")
struct KeyGenerationTests {
    @Test(
        "Every algorithm gives a key that cannot leave the token, and says so",
        arguments: KeyPairRequest.Algorithm.allCases
    )
    func everyAlgorithm(algorithm: KeyPairRequest.Algorithm) throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let pair = try supervisor.keyPair(KeyPairRequest(algorithm: algorithm, label: "k"))
            #expect(
                pair.attributes == [
                    "CKA_SENSITIVE": true, "CKA_EXTRACTABLE": false, "CKA_ALWAYS_SENSITIVE": true,
                    "CKA_NEVER_EXTRACTABLE": true, "CKA_LOCAL": true, "CKA_TOKEN": true, "CKA_PRIVATE": true,
                    "CKA_SIGN": true,
                ]
            )
            #expect(pair.ckaID.count == 16)
            try supervisor.locate(spki: pair.spki)
            let key = try SubjectPublicKeyInfo(derEncoded: pair.spki)
            switch (algorithm, key) {
            case (.rsa2048, .rsa(let modulus, let exponent)):
                #expect(modulus.count == 256 && exponent == [1, 0, 1])
            case (.rsa3072, .rsa(let modulus, _)): #expect(modulus.count == 384)
            case (.rsa4096, .rsa(let modulus, _)): #expect(modulus.count == 512)
            case (.p256, .ec(.p256, _)), (.p384, .ec(.p384, _)), (.ed25519, .ed25519): break
            default: Issue.record("\(algorithm) gave \(key)")
            }
        }
    }

    @Test("A given CKA_ID is used")
    func identifier() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let request = KeyPairRequest(algorithm: .p256, label: "k", identifier: [1, 2, 3])
            let pair = try supervisor.keyPair(request)
            #expect(pair.ckaID == [1, 2, 3])
        }
    }

    @Test("A CKA_ID that is in the token already is refused: it would join the halves of two keys")
    func takenIdentifier() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let request = KeyPairRequest(algorithm: .p256, label: "k", identifier: [1, 2, 3])
            let spki = try supervisor.keyPair(request).spki
            #expect(code { _ = try supervisor.keyPair(request) } == .requestRefused)
            try supervisor.locate(spki: spki)
        }
    }

    @Test(
        "A key whose attributes are not as they must be is refused and destroyed",
        arguments: Session.requiredAttributes.map(\.type)
    )
    func refusedAttributes(type: AttributeType) async throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            try token.order("C_GetAttributeValue 1 0 attribute \(type.rawValue)")
            do throws(TokenError) {
                let pair = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k"))
                Issue.record("accepted \(pair.attributes)")
            } catch {
                #expect(error.code == .attributesRefused)
                #expect(error.message.contains(type.description))
            }
        }
        let (folder, serial) = (token.folder, token.serial)
        await #expect(processExitsWith: .success) { [folder = folder as String, serial = serial as String] in
            let session = try TokenContents.session(folder, serial: serial)
            #expect(try session.findObjects([]).isEmpty)
        }
    }

    @Test("A key generation that fails is answered, and not tried again by itself")
    func failure() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            try token.order("C_GenerateKeyPair 1 1 return 0x30")
            #expect(code { _ = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")) } == .moduleError)
            #expect(try !supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki.isEmpty)
        }
    }

    @Test(
        "A token that dislikes the template is asked once more, with less in it, after it was seen that no key came of it",
        // CKR_GENERAL_ERROR, CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCONSISTENT
        arguments: ["0x5", "0x13", "0xd1"]
    )
    func modestTemplate(answer: String) throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            try token.order("C_GenerateKeyPair 1 1 return \(answer)")
            let pair = try supervisor.keyPair(KeyPairRequest(algorithm: .rsa2048, label: "k"))
            #expect(try supervisor.inspection().keys.map(\.spki) == [pair.spki])
            // SoftHSM gives a key that is not told otherwise these uses; whoever reads the ledger shall know.
            #expect(pair.attributes["CKA_DECRYPT"] == true && pair.attributes["CKA_UNWRAP"] == true)
        }
    }

    @Test("A token that dislikes the template and has made the key all the same is not asked again")
    func madeAllTheSame() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            try token.order("C_GenerateKeyPair 1 1 after 0x5")
            #expect(code { _ = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")) } == .moduleError)
            #expect(try supervisor.inspection().keys.count == 1)
        }
    }

    @Test("Signatures go on while a long key generation runs, even with one session")
    func besideSigning() throws {
        let token = try TestToken.make()
        var settings = token.settings
        settings.sessions = 1
        try token.serving(settings) { supervisor in
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            supervisor.generateKeyPair(KeyPairRequest(algorithm: .rsa3072, label: "long")) { _ in }
            let signature = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: SignatureCase.p256.input)
            #expect(try SignatureCase.p256.isValid(spki, signature.raw))
            #expect(supervisor.status.restarts == 0)
        }
    }
}
