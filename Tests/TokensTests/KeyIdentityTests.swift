import PKCS11
import Testing
import Tokens

@Suite("Which key is meant (TOK-03)")
struct KeyIdentityTests {
    @Test("The identity is the SHA-256 of the SubjectPublicKeyInfo")
    func identity() {
        #expect(
            KeyIdentity(spki: Array("abc".utf8)).description
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
    }

    @Test("A key that is not in the token is missing; one that comes later is found without a restart")
    func missingThenThere() throws {
        let token = try TestToken.make()
        let stranger = try TestToken.make()
        let strange = try stranger.serving { try $0.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki }
        try token.serving { supervisor in
            supervisor.prepare(keys: [strange])
            #expect(code { try supervisor.locate(spki: strange) } == .keyMissing)
            #expect(
                code { _ = try supervisor.signature(spki: strange, mechanism: .ecdsa, input: SignatureCase.p256.input) }
                    == .keyMissing
            )
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            try supervisor.locate(spki: spki)
            #expect(supervisor.status.keysAsked == 2)
            #expect(supervisor.status.keysFound == 1)
        }
    }

    @Test("Bytes that are no SubjectPublicKeyInfo are refused")
    func garbage() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            for bytes: [UInt8] in [[], [0x30, 0x00], [UInt8](repeating: 0xff, count: 300)] {
                let refusal = code { try supervisor.locate(spki: bytes) }
                #expect(refusal == .moduleError || refusal == .requestRefused)
            }
            let bytes = try supervisor.randomBytes(4)
            #expect(bytes.count == 4)
        }
    }

    @Test("A private RSA key without its public exponent is known by its modulus")
    func noExponent() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .rsa2048, label: "k")).spki
            // CKA_PUBLIC_EXPONENT
            try token.order("C_GetAttributeValue 1 0 hide 0x122")
            let example = SignatureCase.rsa
            let signature = try supervisor.signature(spki: spki, mechanism: example.mechanism, input: example.input)
            #expect(try example.isValid(spki, signature.raw))
        }
    }

    @Test("A key whose object is not readable is refused by itself; the token's other keys go on")
    func unreadableKey() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let odd = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "odd")).spki
            let well = try supervisor.keyPair(KeyPairRequest(algorithm: .rsa2048, label: "well")).spki
            let worker = supervisor.status.workerID
            // CKA_EC_PARAMS
            try token.order("C_GetAttributeValue 1 0 hide 0x180")
            for _ in 0..<3 {
                let failure = code {
                    _ = try supervisor.signature(spki: odd, mechanism: .ecdsa, input: SignatureCase.p256.input)
                }
                #expect(failure == .moduleError)
                _ = try supervisor.signature(spki: well, mechanism: .rsaPKCS, input: SignatureCase.rsa.input)
            }
            #expect(supervisor.status.workerID == worker)
        }
    }

    @Test("Keys are found again, and checked, by each new worker")
    func foundAnew() throws {
        let token = try TestToken.make()
        let pairs = try token.serving { supervisor in
            try [SignatureCase.p256, .rsa].map {
                try supervisor.keyPair(KeyPairRequest(algorithm: $0.algorithm, label: "k")).spki
            }
        }
        let supervisor = TokenWorkerSupervisor(
            settings: token.settings,
            workerExecutable: Built.worker,
            log: { _ in }
        )
        supervisor.prepare(keys: pairs)
        supervisor.start()
        defer { supervisor.stop() }
        for (example, spki) in zip([SignatureCase.p256, .rsa], pairs) {
            let signature = try supervisor.signature(spki: spki, mechanism: example.mechanism, input: example.input)
            #expect(try example.isValid(spki, signature.raw))
        }
        #expect(supervisor.status.keysFound == 2)
    }

    @Test("Two public objects of one key are refused: which private key is meant would be a guess")
    func twoPublicObjects() async throws {
        let token = try TestToken.make()
        let pair = try token.serving { try $0.keyPair(KeyPairRequest(algorithm: .p256, label: "k")) }
        let (folder, serial, spki) = (token.folder, token.serial, pair.spki)
        await #expect(processExitsWith: .success) {
            [folder = folder as String, serial = serial as String, spki = spki as [UInt8]] in
            let session = try TokenContents.session(folder, serial: serial)
            _ = try session.createObject(TokenContents.publicKey(spki, identifier: [9]))
        }
        try token.serving { supervisor in
            #expect(code { try supervisor.locate(spki: spki) } == .keyAmbiguous)
            #expect(
                code { _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: SignatureCase.p256.input) }
                    == .keyAmbiguous
            )
        }
    }

    @Test("Two private objects with one modulus are refused")
    func twoPrivateObjects() async throws {
        let token = try TestToken.make()
        let spki = try token.serving { try $0.keyPair(KeyPairRequest(algorithm: .rsa2048, label: "k")).spki }
        let (folder, serial) = (token.folder, token.serial)
        await #expect(processExitsWith: .success) {
            [folder = folder as String, serial = serial as String, spki = spki as [UInt8]] in
            let session = try TokenContents.session(folder, serial: serial)
            guard case .rsa(let modulus, _) = try SubjectPublicKeyInfo(derEncoded: spki) else { return }
            _ = try session.createObject(TokenContents.falsePrivateKey(modulus: modulus))
        }
        try token.serving { supervisor in #expect(code { try supervisor.locate(spki: spki) } == .keyAmbiguous) }
    }

    @Test("A private key that only shares the CKA_ID of the public one is unmasked by its own signature")
    func wrongPartner() async throws {
        let token = try TestToken.make()
        let (first, second) = try token.serving { supervisor in
            (
                try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "a", identifier: [1])),
                try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "b", identifier: [2]))
            )
        }
        let (folder, serial, spki) = (token.folder, token.serial, first.spki)
        await #expect(processExitsWith: .success) {
            [folder = folder as String, serial = serial as String, spki = spki as [UInt8]] in
            let session = try TokenContents.session(folder, serial: serial)
            for half in try session.findObjects([.objectClass(.publicKey)]) { try session.destroyObject(half) }
            _ = try session.createObject(TokenContents.publicKey(spki, identifier: [2]))
        }
        try token.serving { supervisor in
            #expect(code { try supervisor.locate(spki: spki) } == .keyMissing)
            #expect(code { try supervisor.locate(spki: second.spki) } == .keyMissing)
        }
    }

    @Test("A module that hands out other objects' handles signs nothing with them")
    func swappedHandles() throws {
        let token = try TestToken.make()
        let spki = try token.serving { supervisor in
            _ = try supervisor.keyPair(KeyPairRequest(algorithm: .rsa2048, label: "other"))
            return try supervisor.keyPair(KeyPairRequest(algorithm: .rsa2048, label: "k")).spki
        }
        for shift in [1, 2, -1] {
            try token.order("C_FindObjects 1 0 swap \(shift)")
            try token.serving { supervisor in
                let answer = Result {
                    try supervisor.signature(spki: spki, mechanism: .rsaPKCS, input: SignatureCase.rsa.input)
                }
                if case .success(let signature) = answer {
                    Issue.record("signed with a wrong handle: \(try SignatureCase.rsa.isValid(spki, signature.raw))")
                }
            }
        }
    }
}
