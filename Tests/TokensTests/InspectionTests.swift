import Testing
import Tokens

@Suite("What a token says of itself (TOK-05)")
struct InspectionTests {
    @Test("Mechanisms, limits and every private key with its public half and attributes are told")
    func inspection() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            let keys = try [.rsa2048, .p256, .ed25519].map { algorithm throws(TokenError) in
                try supervisor.keyPair(KeyPairRequest(algorithm: algorithm, label: algorithm.rawValue))
            }
            let inspection = try supervisor.inspection()
            #expect(inspection.token.serial == token.serial)
            #expect(inspection.hasRandom && !inspection.isWriteProtected && inspection.furtherKeys == 0)
            #expect(inspection.mechanisms.contains { $0.name == "CKM_EDDSA" && $0.canSign })
            #expect(Set(inspection.keys.map(\.spki)) == Set(keys.map(\.spki)))
            for key in inspection.keys {
                #expect(key.problem.isEmpty && key.attributes["CKA_LOCAL"] == true && !key.identifier.isEmpty)
            }
        }
    }

    @Test("A private key without its public half is told with the reason, and the others still are")
    func halfKey() throws {
        let token = try TestToken.make()
        try token.serving { supervisor in
            _ = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k"))
            // CKA_EC_POINT
            try token.order("C_GetAttributeValue 1 0 hide 0x181")
            let inspection = try supervisor.inspection()
            let key = try #require(inspection.keys.first)
            #expect(key.spki.isEmpty && key.problem.contains("CKA_EC_POINT"))
        }
    }

    @Test("The answer comes through the wire whole")
    func wire() throws {
        let inspection = TokenInspection(
            token: TokenDescription(
                serial: "1",
                label: "l",
                model: "m",
                manufacturer: "f",
                firmwareVersion: "1.0",
                interfaceVersion: "3.0",
                isInitialized: true,
                hasUserPIN: true,
                uri: "pkcs11:"
            ),
            mechanisms: [
                MechanismDescription(
                    name: "CKM_ECDSA",
                    number: 1,
                    minimumKeySize: 256,
                    maximumKeySize: 384,
                    canSign: true,
                    canGenerateKeyPair: false,
                    isInHardware: true
                )
            ],
            hasRandom: true,
            isWriteProtected: false,
            maximumSessions: 8,
            keys: [
                InspectedKey(
                    label: "k",
                    identifier: [1],
                    spki: [2, 3],
                    problem: "p",
                    attributes: ["A": true, "B": false]
                )
            ],
            furtherKeys: 5
        )
        var writer = MessageWriter()
        inspection.write(to: &writer)
        let read = try writer.bytes.withUnsafeBytes { memory in
            var reader = MessageReader(memory)
            return try TokenInspection(from: &reader)
        }
        #expect(read == inspection)
    }
}
