import Foundation
import Testing
import X509Building

@Suite("Signature algorithms")
struct SignatureAlgorithmTests {
    /// CA/Browser Forum S/MIME Baseline Requirements 7.1.3.2.1 and 7.1.3.2.2, RFC 8410 for Ed25519.
    static let encodings: [(SignatureAlgorithm, String)] = [
        (.sha256WithRSA, "300d06092a864886f70d01010b0500"),
        (.sha384WithRSA, "300d06092a864886f70d01010c0500"),
        (.sha512WithRSA, "300d06092a864886f70d01010d0500"),
        (
            .rsassaPSSSHA256,
            "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d0609"
                + "6086480165030402010500a203020120"
        ),
        (
            .rsassaPSSSHA384,
            "304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d0609"
                + "6086480165030402020500a203020130"
        ),
        (
            .rsassaPSSSHA512,
            "304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a864886f70d010108300d0609"
                + "6086480165030402030500a203020140"
        ),
        (.ecdsaP256SHA256, "300a06082a8648ce3d040302"),
        (.ecdsaP384SHA384, "300a06082a8648ce3d040303"),
        (.ed25519, "300506032b6570"),
    ]

    @Test("AlgorithmIdentifiers are byte for byte those of the Baseline Requirements", arguments: encodings)
    func exact(_ algorithm: SignatureAlgorithm, _ hex: String) throws {
        #expect(algorithm.derEncoded.map { String(format: "%02x", $0) }.joined() == hex)
        #expect(try SignatureAlgorithm(derEncoded: algorithm.derEncoded) == algorithm)
    }

    @Test("Any other byte in an AlgorithmIdentifier is refused", arguments: SignatureAlgorithm.allCases)
    func changed(_ algorithm: SignatureAlgorithm) {
        let encoded = algorithm.derEncoded
        for index in encoded.indices {
            for bit in 0..<8 {
                var changed = encoded
                changed[index] ^= 1 << bit
                let result = Result { try SignatureAlgorithm(derEncoded: changed) }
                // A flipped bit may name another algorithm, never the same one.
                if case .success(let other) = result {
                    #expect(other != algorithm && other.derEncoded == changed)
                }
            }
        }
        #expect(refusal { _ = try SignatureAlgorithm(derEncoded: encoded + [0]) } != nil)
        #expect(refusal { _ = try SignatureAlgorithm(derEncoded: encoded.dropLast()) } != nil)
    }

    @Test("RSA without its NULL, and PSS without parameters, say what is wrong")
    func reasons() {
        let withoutNull: [UInt8] = [0x30, 0x0B, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11]
        #expect(refusal { _ = try SignatureAlgorithm(derEncoded: withoutNull) }?.code == .malformed)
        let bare: [UInt8] = [0x30, 0x0B, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10]
        #expect(refusal { _ = try SignatureAlgorithm(derEncoded: bare) }?.code == .weakSignature)
    }

    @Test("Each algorithm takes only keys of its kind")
    func kinds() throws {
        for algorithm in SignatureAlgorithm.allCases {
            let own = try Samples.key(for: algorithm).publicKey
            for other in Samples.subjectKeys {
                let key = try Samples.key(for: other).publicKey
                #expect(algorithm.accepts(key) == (key == own))
                if key != own {
                    #expect(!key.isValidSignature([UInt8](repeating: 1, count: 64), for: [1], algorithm: algorithm))
                }
            }
        }
    }

    /// What a raw mechanism does with the token's input, as OpenSSL does it.
    private static func rawSign(_ algorithm: SignatureAlgorithm) -> (key: [String], sign: [String]) {
        let bits = (algorithm.digest?.octetCount ?? 0) * 8
        switch algorithm {
        case .sha256WithRSA, .sha384WithRSA, .sha512WithRSA:
            return (["-algorithm", "RSA"], [])
        case .rsassaPSSSHA256, .rsassaPSSSHA384, .rsassaPSSSHA512:
            let salt = "rsa_pss_saltlen:\(bits / 8)"
            let options = ["rsa_padding_mode:pss", salt, "rsa_mgf1_md:sha\(bits)", "digest:sha\(bits)"]
            return (["-algorithm", "RSA"], options.flatMap { ["-pkeyopt", $0] })
        case .ecdsaP256SHA256: return (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], [])
        case .ecdsaP384SHA384: return (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], [])
        case .ed25519: return (["-algorithm", "ED25519"], ["-rawin"])
        }
    }

    @Test("The token's input, signed raw by OpenSSL, verifies", arguments: SignatureAlgorithm.allCases)
    func tokenInput(_ algorithm: SignatureAlgorithm) throws {
        let folder = try TemporaryFolder()
        let (key, options) = Self.rawSign(algorithm)
        let message = Array("印鑑を押す".utf8)
        let made = try tool("openssl", ["genpkey"] + key + ["-out", "key.pem"], in: folder)
        try #require(made.status == 0, "\(made.output)")
        try openssl("pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "spki.der", in: folder)
        try folder.write(algorithm.tokenInput(for: message), "input")
        // pkeyutl takes no input beyond 64 octets, which a DigestInfo of SHA-384 and SHA-512 is.
        let command = [.sha256WithRSA, .sha384WithRSA, .sha512WithRSA].contains(algorithm) ? "rsautl" : "pkeyutl"
        let files = [command, "-sign", "-inkey", "key.pem", "-in", "input", "-out", "signature"]
        let signed = try tool("openssl", files + options, in: folder)
        try #require(signed.status == 0, "\(signed.output)")
        let publicKey = try SubjectPublicKey(derEncoded: folder.read("spki.der"))
        var signature = try folder.read("signature")
        #expect(publicKey.isValidSignature(signature, for: message, algorithm: algorithm))
        #expect(!publicKey.isValidSignature(signature, for: message + [0], algorithm: algorithm))
        signature[signature.count - 1] ^= 1
        #expect(!publicKey.isValidSignature(signature, for: message, algorithm: algorithm))
        #expect(!publicKey.isValidSignature([], for: message, algorithm: algorithm))
        #expect(!publicKey.isValidSignature(signature + [0], for: message, algorithm: algorithm))
    }

    @Test("A token's r‖s becomes the shortest DER")
    func signatureValue() throws {
        let one = [UInt8](repeating: 0, count: 31) + [1]
        let high = [0x80] + [UInt8](repeating: 0, count: 31)
        let encoded = try SignatureAlgorithm.ecdsaP256SHA256.signatureValue(fromToken: one + high)
        #expect(encoded == [0x30, 0x26, 0x02, 0x01, 0x01, 0x02, 0x21, 0x00] + high)
    }

    @Test("A token's signature of the wrong length, or with a zero half, is refused")
    func wrongSignatures() {
        let zeros = [UInt8](repeating: 0, count: 64)
        let cases: [(SignatureAlgorithm, [UInt8])] = [
            (.ecdsaP256SHA256, [UInt8](repeating: 1, count: 63)), (.ecdsaP256SHA256, zeros),
            (.ecdsaP384SHA384, [UInt8](repeating: 1, count: 64)), (.ed25519, [UInt8](repeating: 1, count: 65)),
            (.sha256WithRSA, [UInt8](repeating: 1, count: 128)), (.rsassaPSSSHA512, []),
        ]
        for (algorithm, raw) in cases {
            #expect(refusal { _ = try algorithm.signatureValue(fromToken: raw) }?.code == .malformed)
        }
    }
}
