import Foundation
import Testing
import X509Building

@Suite("Certification requests")
struct CertificationRequestTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let name: String
        /// `openssl genpkey` arguments; none makes no key.
        let key: [String]
        var request: [String] = []
        let refused: X509Error.Code?
        var testDescription: String { name }
    }

    private static func rsa(_ bits: Int) -> [String] { ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)"] }
    private static func ec(_ curve: String) -> [String] {
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:\(curve)"]
    }
    private static func pss(_ salt: String) -> [String] {
        ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:\(salt)"]
    }

    static let samples: [Sample] = [
        Sample(name: "RSA-2048", key: rsa(2048), refused: nil),
        Sample(name: "RSA-2056", key: rsa(2056), refused: nil),
        Sample(name: "RSA-3072 with SHA-512", key: rsa(3072), request: ["-sha512"], refused: nil),
        Sample(name: "RSA-2048 with SHA-384", key: rsa(2048), request: ["-sha384"], refused: nil),
        Sample(name: "RSA PSS with SHA-256", key: rsa(2048), request: ["-sha256"] + pss("32"), refused: nil),
        Sample(name: "RSA PSS with SHA-384", key: rsa(2048), request: ["-sha384"] + pss("48"), refused: nil),
        Sample(name: "RSA PSS with SHA-512", key: rsa(2048), request: ["-sha512"] + pss("64"), refused: nil),
        Sample(name: "P-256", key: ec("P-256"), refused: nil),
        Sample(name: "P-256 with SHA-384", key: ec("P-256"), request: ["-sha384"], refused: nil),
        Sample(name: "P-256 with SHA-512", key: ec("P-256"), request: ["-sha512"], refused: nil),
        Sample(name: "P-384 with SHA-256", key: ec("P-384"), request: ["-sha256"], refused: nil),
        Sample(name: "P-384 with SHA-384", key: ec("P-384"), request: ["-sha384"], refused: nil),
        Sample(name: "P-384 with SHA-512", key: ec("P-384"), request: ["-sha512"], refused: nil),
        Sample(name: "Ed25519", key: ["-algorithm", "ED25519"], refused: nil),
        Sample(
            name: "a request full of names and extensions",
            key: ec("P-256"),
            request: [
                "-utf8", "-subj", "/C=JP/O=悪い/CN=\u{202E}evil/CN=second/DC=x/UID=root",
                "-addext", "subjectAltName=DNS:*.example,IP:127.0.0.1,email:ceo@corp.example",
                "-addext", "basicConstraints=critical,CA:TRUE",
            ],
            refused: nil
        ),

        Sample(name: "RSA-1024", key: rsa(1024), refused: .keyTooSmall),
        Sample(name: "RSA-2047", key: rsa(2047), refused: .keyTooSmall),
        Sample(name: "RSA-2052", key: rsa(2052), refused: .invalidKey),
        Sample(name: "SHA-1", key: rsa(2048), request: ["-sha1"], refused: .weakSignature),
        Sample(name: "MD5", key: rsa(2048), request: ["-md5"], refused: .weakSignature),
        Sample(name: "ECDSA with SHA-1", key: ec("P-256"), request: ["-sha1"], refused: .weakSignature),
        Sample(name: "RSA with SHA-224", key: rsa(2048), request: ["-sha224"], refused: .unsupportedAlgorithm),
        Sample(name: "ECDSA with SHA3-256", key: ec("P-256"), request: ["-sha3-256"], refused: .unsupportedAlgorithm),
        Sample(name: "PSS with SHA-1", key: rsa(2048), request: ["-sha1"] + pss("20"), refused: .weakSignature),
        Sample(name: "PSS with a longer salt", key: rsa(2048), request: pss("max"), refused: .unsupportedAlgorithm),
        Sample(name: "PSS with no salt", key: rsa(2048), request: pss("0"), refused: .unsupportedAlgorithm),
        Sample(
            name: "PSS with another mask digest",
            key: rsa(2048),
            request: pss("32") + ["-sigopt", "rsa_mgf1_md:sha1"],
            refused: .unsupportedAlgorithm
        ),
        Sample(
            name: "a key for PSS alone",
            key: ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
            refused: .unsupportedAlgorithm
        ),
        Sample(name: "secp256k1", key: ec("secp256k1"), refused: .unsupportedAlgorithm),
        Sample(name: "P-521", key: ec("P-521"), refused: .unsupportedAlgorithm),
        Sample(name: "P-224", key: ec("P-224"), refused: .unsupportedAlgorithm),
        Sample(name: "brainpoolP256r1", key: ec("brainpoolP256r1"), refused: .unsupportedAlgorithm),
        Sample(
            name: "a curve spelt out",
            key: ec("P-256") + ["-pkeyopt", "ec_param_enc:explicit"],
            refused: .unsupportedAlgorithm
        ),
        Sample(name: "Ed448", key: ["-algorithm", "ED448"], refused: .unsupportedAlgorithm),
    ]

    private static func make(_ sample: Sample, in folder: TemporaryFolder) throws -> [UInt8] {
        let made = try tool("openssl", ["genpkey"] + sample.key + ["-out", "key.pem"], in: folder)
        try #require(made.status == 0, "\(made.output)")
        let subject = sample.request.contains("-subj") ? [] : ["-subj", "/CN=somebody"]
        let arguments = ["req", "-new", "-key", "key.pem", "-outform", "DER", "-out", "request.der"]
        let answer = try tool("openssl", arguments + subject + sample.request, in: folder)
        try #require(answer.status == 0, "\(answer.output)")
        return try folder.read("request.der")
    }

    @Test("OpenSSL's requests are taken or refused as they should be", arguments: samples)
    func openSSL(_ sample: Sample) throws {
        let folder = try TemporaryFolder()
        let encoded = try Self.make(sample, in: folder)
        let error = refusal {
            let request = try CertificationRequest(derEncoded: encoded)
            try request.verifyProofOfPossession()
            let spki = try openssl(
                "pkey",
                "-in",
                "key.pem",
                "-pubout",
                "-outform",
                "DER",
                "-out",
                "spki.der",
                in: folder
            )
            #expect(spki == "")
            #expect(try request.publicKey.derEncoded == folder.read("spki.der"))
        }
        #expect(error?.code == sample.refused, "\(String(describing: error))")
        if let error { #expect(!error.reason.isEmpty) }
    }

    @Test("OpenSSL with RSA-8192 is taken, and with RSA-8200 refused")
    func largest() throws {
        // Making such keys takes a minute, so that the moduli are only numbers of that size.
        let odd = [0x80] + [UInt8](repeating: 0x55, count: 1023)
        #expect(try SubjectPublicKey.rsa(modulus: odd, exponent: [1, 0, 1]).rsaBits == 8192)
        let error = refusal { _ = try SubjectPublicKey.rsa(modulus: odd + [0x55], exponent: [1, 0, 1]) }
        #expect(error?.code == .unsupportedAlgorithm)
    }

    @Test("GnuTLS makes a request that is taken")
    func gnuTLS() throws {
        let folder = try TemporaryFolder()
        try folder.write("cn = \"somebody\"\nsigning_key\n", "template")
        for kind in [
            ["--key-type=rsa", "--bits=2048"], ["--key-type=ecdsa", "--curve=secp384r1"], ["--key-type=ed25519"],
        ] {
            let made = try tool("certtool", ["--generate-privkey", "--outfile", "key.pem"] + kind, in: folder)
            try #require(made.status == 0, "\(made.output)")
            let answer = try tool(
                "certtool",
                [
                    "--generate-request", "--load-privkey", "key.pem", "--template", "template", "--outfile",
                    "request.pem",
                ],
                in: folder
            )
            try #require(answer.status == 0, "\(answer.output)")
            let text = try folder.read("request.pem")
            // GnuTLS writes a description before the block, which the strict form does not have.
            #expect(refusal { _ = try CertificationRequest(pemOrBase64OrDER: text) }?.code == .malformedText)
            let block = String(decoding: text, as: UTF8.self).components(separatedBy: "-----BEGIN")[1]
            let request = try CertificationRequest(pemOrBase64OrDER: Array(("-----BEGIN" + block).utf8))
            try request.verifyProofOfPossession()
        }
    }

    private static func good() throws -> [UInt8] {
        try make(Sample(name: "P-256", key: ec("P-256"), refused: nil), in: TemporaryFolder())
    }

    @Test("PEM, NEW PEM, base64 and DER of one request are the same request")
    func forms() throws {
        let encoded = try Self.good()
        let request = try CertificationRequest(derEncoded: encoded)
        let base64 = Data(encoded).base64EncodedString()
        let texts = [
            PEM.encode(encoded, label: "CERTIFICATE REQUEST"),
            PEM.encode(encoded, label: "NEW CERTIFICATE REQUEST"),
            "\n \r\n" + PEM.encode(encoded, label: "CERTIFICATE REQUEST").replacing("\n", with: "\r\n") + "\t\n",
            base64,
            " " + Data(encoded).base64EncodedString(options: .lineLength76Characters) + "\n",
        ]
        for text in texts {
            #expect(try CertificationRequest(pemOrBase64OrDER: Array(text.utf8)) == request)
        }
        #expect(try CertificationRequest(pemOrBase64OrDER: encoded) == request)
    }

    @Test("A request that is changed anywhere does not prove possession")
    func misSigned() throws {
        let encoded = try Self.good()
        var accepted = 0
        for index in encoded.indices {
            var changed = encoded
            changed[index] ^= 0x01
            let error = refusal { try CertificationRequest(derEncoded: changed).verifyProofOfPossession() }
            if error == nil { accepted += 1 }
        }
        #expect(accepted == 0)
        var lastChanged = encoded
        lastChanged[encoded.count - 1] ^= 0x01
        let error = refusal { try CertificationRequest(derEncoded: lastChanged).verifyProofOfPossession() }
        #expect(error?.code == .badSignature)
    }

    @Test("A request cut off at any byte, or with a byte more, is malformed")
    func truncated() throws {
        let encoded = try Self.good()
        for count in 0..<encoded.count {
            let error = refusal { _ = try CertificationRequest(derEncoded: Array(encoded.prefix(count))) }
            #expect(error?.code == .malformed, "at \(count)")
        }
        #expect(refusal { _ = try CertificationRequest(derEncoded: encoded + [0]) }?.code == .malformed)
    }

    @Test("Size and depth have limits")
    func limits() throws {
        let huge = [UInt8](repeating: 0x30, count: CertificationRequest.maximumEncodedSize + 1)
        #expect(refusal { _ = try CertificationRequest(derEncoded: huge) }?.code == .tooLarge)
        let hugeText = [UInt8](repeating: UInt8(ascii: "M"), count: 64 * 1024)
        #expect(refusal { _ = try CertificationRequest(pemOrBase64OrDER: hugeText) }?.code == .tooLarge)
        let hugeBase64 = [UInt8](repeating: UInt8(ascii: "M"), count: 24 * 1024)
        #expect(refusal { _ = try CertificationRequest(pemOrBase64OrDER: hugeBase64) }?.code == .tooLarge)

        var nested: [UInt8] = [0x05, 0x00]
        for _ in 0..<40 { nested = [0x30, UInt8(nested.count)] + nested }
        let info: [UInt8] = [0x02, 0x01, 0x00] + nested
        let infoDER: [UInt8] = [0x30, UInt8(info.count)] + info
        let rest: [UInt8] = [0x30, 0x00, 0x03, 0x02, 0x00, 0x01]
        let request = [0x30, UInt8(infoDER.count + rest.count)] + infoDER + rest
        let error = refusal { _ = try CertificationRequest(derEncoded: request) }
        #expect(error?.code == .malformed && error?.reason.contains("deeper") == true)
    }

    @Test("A request of another version, or without attributes, is malformed")
    func shape() throws {
        let encoded = try Self.good()
        let version = try #require(encoded.indices.first { encoded[$0...].starts(with: [0x02, 0x01, 0x00]) })
        var second = encoded
        second[version + 2] = 1
        #expect(refusal { _ = try CertificationRequest(derEncoded: second) }?.clause == "RFC 2986 4.1")
        let attributes = try #require(encoded.indices.last { encoded[$0...].starts(with: [0xA0, 0x00]) })
        var without = encoded
        without.removeSubrange(attributes..<attributes + 2)
        try #require(encoded[1] == 0x81 && encoded[4] < 0x80)
        without[2] -= 2
        without[4] -= 2
        #expect(refusal { _ = try CertificationRequest(derEncoded: without) }?.clause == "RFC 2986 4.1")
    }
}
