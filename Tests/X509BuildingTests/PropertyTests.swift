import SwiftASN1
import Testing
import X509Building

@Suite("Properties that hold for whatever comes")
struct PropertyTests {
    private static let alphabet = Array("abcXYZ0189 -'(),./:=?日本電算株式会社山田太郎ヤマ𠮷éß".unicodeScalars)

    private static func text(_ type: AttributeType, _ generator: inout SeededGenerator) -> String {
        switch type {
        case .countryName: return ["JP", "US", "DE"].randomElement(using: &generator) ?? "JP"
        case .emailAddress: return "u\(Int.random(in: 0...9999, using: &generator))@corp.example"
        case .domainComponent: return "c\(Int.random(in: 0...9999, using: &generator))"
        default:
            let usable = type.form == .printableString ? alphabet.filter { $0.value < 0x80 } : alphabet
            var text = "x"
            for _ in 0..<Int.random(in: 0...min(60, type.upperBound - 2), using: &generator) {
                text.unicodeScalars.append(usable.randomElement(using: &generator) ?? "y")
            }
            return text + "z"
        }
    }

    private static func name(_ generator: inout SeededGenerator) -> DistinguishedName {
        let types = AttributeType.allCases.shuffled(using: &generator).prefix(Int.random(in: 1...10, using: &generator))
        return DistinguishedName(types.map { .init($0, text($0, &generator)) })
    }

    private static func extensions(_ generator: inout SeededGenerator) throws -> [Extension] {
        let octets = (0..<20).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let all: [Extension] = [
            try .keyUsage(KeyUsage(rawValue: UInt16.random(in: 1..<512, using: &generator))),
            try .subjectKeyIdentifier(octets),
            try .authorityKeyIdentifier(octets),
            try .extendedKeyUsage([
                .clientAuth, .other([1, 2, UInt64.random(in: 0...UInt64(Int64.max), using: &generator)]),
            ]),
            try .subjectAlternativeName([
                .rfc822Name(text(.emailAddress, &generator)), .directoryName(name(&generator)),
            ]),
            try .securityIdentifier("S-1-5-21-\(UInt32.random(in: 0...UInt32.max, using: &generator))"),
            Extension(
                oid: [1, 2, 3, UInt64.random(in: 0...99, using: &generator)],
                critical: Bool.random(using: &generator),
                value: octets
            ),
        ]
        return Array(all.shuffled(using: &generator).prefix(Int.random(in: 0...7, using: &generator)))
    }

    private static func body(_ generator: inout SeededGenerator) throws -> TBSCertificate {
        let kind = Samples.subjectKeys.randomElement(using: &generator) ?? .ed25519
        let notBefore = Int64.random(in: -600_000_000...9_000_000_000, using: &generator)
        return TBSCertificate(
            serialNumber: [1]
                + (0..<Int.random(in: 0...19, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                },
            signatureAlgorithm: SignatureAlgorithm.allCases.randomElement(using: &generator) ?? .ed25519,
            issuerDER: try name(&generator).derEncoded(),
            notBefore: notBefore,
            notAfter: notBefore + Int64.random(in: 0...3_000_000_000, using: &generator),
            subject: name(&generator),
            publicKey: try Samples.key(for: kind).publicKey,
            extensions: try extensions(&generator)
        )
    }

    @Test("What is encoded decodes to the same value, and swift-asn1 agrees that it is DER")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let body = try Self.body(&generator)
            let encoded = try body.derEncoded()
            #expect(try TBSCertificate(derEncoded: encoded) == body)
            #expect(throws: Never.self) { try DER.parse(encoded) }
        }
    }

    /// One of the changes that a broken or hostile sender makes.
    private static func mutate(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            guard let index = bytes.indices.randomElement(using: &generator) else { return bytes }
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            case 2: bytes.remove(at: index)
            case 3: bytes.insert([0x00, 0x30, 0x80, 0xFF, 0x02].randomElement(using: &generator) ?? 0, at: index)
            case 4: bytes[index] = bytes[index] &+ 1
            default:
                let end = min(bytes.count, index + Int.random(in: 1...16, using: &generator))
                bytes.insert(
                    contentsOf: Array(bytes[index..<end]),
                    at: bytes.indices.randomElement(using: &generator) ?? 0
                )
            }
        }
        return bytes
    }

    @Test("Of 10,000 changed bodies each is refused, or encodes to exactly the bytes that came")
    func mutatedBodies() throws {
        var generator = SeededGenerator(seed: 11)
        let bodies = try (0..<20).map { _ in try Self.body(&generator).derEncoded() }
        var accepted = 0
        for round in 0..<10_000 {
            let changed = Self.mutate(bodies[round % bodies.count], &generator)
            guard case .success(let body) = Result(catching: { try TBSCertificate(derEncoded: changed) }) else {
                continue
            }
            accepted += 1
            #expect(try body.derEncoded() == changed)
            #expect(throws: Never.self) { try DER.parse(changed) }
            for one in body.extensions { Self.readAnyhow(one) }
        }
        #expect(accepted > 0)
    }

    @Test("Of 10,000 changed certificates and requests none is taken for what it is not")
    func mutatedRequests() throws {
        var generator = SeededGenerator(seed: 13)
        let folder = try TemporaryFolder()
        try openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key.pem", in: folder)
        try openssl(
            "req",
            "-new",
            "-key",
            "key.pem",
            "-subj",
            "/CN=a/O=b",
            "-addext",
            "subjectAltName=email:a@b.example",
            "-outform",
            "DER",
            "-out",
            "request.der",
            in: folder
        )
        let request = try folder.read("request.der")
        let certificate = try Samples.root(.ecdsaP256SHA256).derEncoded
        for _ in 0..<10_000 {
            let changed = Self.mutate(request, &generator)
            if case .success(let parsed) = Result(catching: { try CertificationRequest(derEncoded: changed) }) {
                #expect(throws: Never.self) { try DER.parse(changed) }
                let proven = refusal { try parsed.verifyProofOfPossession() } == nil
                #expect(!proven || parsed.derEncoded == request)
            }
            let changedCertificate = Self.mutate(certificate, &generator)
            if case .success(let parsed) = Result(catching: { try Certificate(derEncoded: changedCertificate) }) {
                let again = Certificate.assemble(
                    tbsDER: try parsed.tbs.derEncoded(),
                    algorithm: parsed.signatureAlgorithm,
                    signature: parsed.signature
                )
                #expect(again == changedCertificate)
            }
        }
    }

    @Test("Random bytes crash no reader")
    func randomBytes() {
        var generator = SeededGenerator(seed: 17)
        let oids: [OID] = [
            .keyUsage, .extendedKeyUsage, .subjectAlternativeName, .certificatePolicies, .crlDistributionPoints,
            .authorityInformationAccess, .basicConstraints, .securityIdentifier, .ocspNoCheck, .subjectKeyIdentifier,
            .authorityKeyIdentifier,
        ]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator) & (Bool.random(using: &generator) ? 0x3F : 0xFF)
            }
            _ = refusal { _ = try DistinguishedName(derEncoded: bytes) }
            _ = refusal { _ = try SubjectPublicKey(derEncoded: bytes) }
            _ = refusal { _ = try SignatureAlgorithm(derEncoded: bytes) }
            _ = refusal { _ = try CertificationRequest(pemOrBase64OrDER: bytes) }
            _ = refusal { _ = try Certificate(derEncoded: [0x30, UInt8(bytes.count)] + bytes) }
            let oid = oids.randomElement(using: &generator) ?? .keyUsage
            Self.readAnyhow(Extension(oid: oid, critical: false, value: [0x30, UInt8(bytes.count)] + bytes))
        }
    }

    /// Calls the reader of an extension; whether it likes the value does not matter.
    private static func readAnyhow(_ one: Extension) {
        _ = refusal {
            switch one.oid {
            case .keyUsage: _ = try one.readKeyUsage()
            case .extendedKeyUsage: _ = try one.readExtendedKeyUsage()
            case .subjectAlternativeName: _ = try one.readSubjectAlternativeName()
            case .certificatePolicies: _ = try one.readCertificatePolicies()
            case .crlDistributionPoints: _ = try one.readCRLDistributionPoints()
            case .authorityInformationAccess: _ = try one.readAuthorityInformationAccess()
            case .basicConstraints: _ = try one.readBasicConstraints()
            case .securityIdentifier: _ = try one.readSecurityIdentifier()
            case .subjectKeyIdentifier: _ = try one.readSubjectKeyIdentifier()
            case .authorityKeyIdentifier: _ = try one.readAuthorityKeyIdentifier()
            default: _ = try one.readOCSPNoCheck()
            }
        }
    }
}
