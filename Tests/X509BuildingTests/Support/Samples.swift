import Crypto
import CryptoExtras
import Foundation
import X509Building

/// A private key of swift-crypto that answers like a token: raw r‖s for ECDSA.
enum TestKey: Sendable {
    case rsa(_RSA.Signing.PrivateKey)
    case p256(P256.Signing.PrivateKey)
    case p384(P384.Signing.PrivateKey)
    case ed25519(Curve25519.Signing.PrivateKey)

    var publicKey: SubjectPublicKey {
        get throws {
            switch self {
            case .rsa(let key): try SubjectPublicKey(derEncoded: [UInt8](key.publicKey.derRepresentation))
            case .p256(let key): try .p256(x963: [UInt8](key.publicKey.x963Representation))
            case .p384(let key): try .p384(x963: [UInt8](key.publicKey.x963Representation))
            case .ed25519(let key): try .ed25519([UInt8](key.publicKey.rawRepresentation))
            }
        }
    }

    func tokenSignature(_ message: [UInt8], _ algorithm: SignatureAlgorithm) throws -> [UInt8] {
        switch self {
        case .rsa(let key):
            let isPSS = [.rsassaPSSSHA256, .rsassaPSSSHA384, .rsassaPSSSHA512].contains(algorithm)
            let padding: _RSA.Signing.Padding = isPSS ? .PSS : .insecurePKCS1v1_5
            let signature =
                switch algorithm.digest {
                case .sha512: try key.signature(for: SHA512.hash(data: message), padding: padding)
                case .sha384: try key.signature(for: SHA384.hash(data: message), padding: padding)
                default: try key.signature(for: SHA256.hash(data: message), padding: padding)
                }
            return [UInt8](signature.rawRepresentation)
        case .p256(let key): return [UInt8](try key.signature(for: SHA256.hash(data: message)).rawRepresentation)
        case .p384(let key): return [UInt8](try key.signature(for: SHA384.hash(data: message)).rawRepresentation)
        case .ed25519(let key): return [UInt8](try key.signature(for: message))
        }
    }

    func sign(_ body: TBSCertificate) throws -> Certificate {
        let encoded = try body.derEncoded()
        let raw = try tokenSignature(encoded, body.signatureAlgorithm)
        let signature = try body.signatureAlgorithm.signatureValue(fromToken: raw)
        return try Certificate(
            derEncoded: Certificate.assemble(
                tbsDER: encoded,
                algorithm: body.signatureAlgorithm,
                signature: signature
            )
        )
    }
}

/// Keys and certificates that many tests share; made once.
enum Samples {
    private static let rsaKey = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }
    private static let p256Key = P256.Signing.PrivateKey()
    private static let p384Key = P384.Signing.PrivateKey()
    private static let ed25519Key = Curve25519.Signing.PrivateKey()

    static func key(for algorithm: SignatureAlgorithm) throws -> TestKey {
        switch algorithm {
        case .ecdsaP256SHA256: .p256(p256Key)
        case .ecdsaP384SHA384: .p384(p384Key)
        case .ed25519: .ed25519(ed25519Key)
        default: .rsa(try rsaKey.get())
        }
    }

    static let subjectKeys: [SignatureAlgorithm] = [.sha256WithRSA, .ecdsaP256SHA256, .ecdsaP384SHA384, .ed25519]

    static let issuerName = DistinguishedName([
        .init(.countryName, "JP"), .init(.organizationName, "印鑑株式会社"), .init(.commonName, "Inkan Test CA"),
    ])

    static let subjectName = DistinguishedName([
        .init(.countryName, "JP"),
        .init(.stateOrProvinceName, "東京都"),
        .init(.localityName, "千代田区"),
        .init(.organizationName, "日本電算株式会社"),
        .init(.organizationalUnitName, "営業部"),
        .init(.organizationalUnitName, "第二課"),
        .init(.organizationIdentifier, "NTRJP-1234567890123"),
        .init(.title, "課長"),
        .init(.surname, "山田"),
        .init(.givenName, "太郎"),
        .init(.pseudonym, "ヤマ"),
        .init(.serialNumber, "A-0012345"),
        .init(.commonName, "山田 太郎"),
        .init(.emailAddress, "taro@corp.example"),
        .init(.domainComponent, "corp"),
        .init(.domainComponent, "example"),
    ])

    static let day: Int64 = 86_400

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }

    static func root(_ algorithm: SignatureAlgorithm) throws -> Certificate {
        let key = try key(for: algorithm)
        let publicKey = try key.publicKey
        return try key.sign(
            TBSCertificate(
                serialNumber: [0x01],
                signatureAlgorithm: algorithm,
                issuerDER: issuerName.derEncoded(),
                notBefore: now - day,
                notAfter: now + 3650 * day,
                subject: issuerName,
                publicKey: publicKey,
                extensions: [
                    .basicConstraints(isCA: true, pathLength: 0),
                    .keyUsage([.keyCertSign, .cRLSign]),
                    .subjectKeyIdentifier(publicKey.subjectKeyIdentifier),
                ]
            )
        )
    }

    static func everyExtension(_ key: SubjectPublicKey, issuer: SubjectPublicKey) throws -> [Extension] {
        [
            try .authorityKeyIdentifier(issuer.subjectKeyIdentifier),
            try .subjectKeyIdentifier(key.subjectKeyIdentifier),
            try .keyUsage([.digitalSignature, .nonRepudiation]),
            try .extendedKeyUsage([
                .clientAuth, .emailProtection, .encryptingFileSystem, .smartCardLogon, .other([1, 2, 392, 200_000, 9]),
            ]),
            try .subjectAlternativeName([
                .rfc822Name("taro@corp.example"),
                .smtpUTF8Mailbox("太郎@xn--wgv71a119e.jp"),
                .userPrincipalName("taro@corp.example"),
                .dnsName("host.corp.example"),
                .uniformResourceIdentifier("https://corp.example/people/taro"),
                .directoryName(DistinguishedName([.init(.commonName, "別名")])),
            ]),
            try .securityIdentifier("S-1-5-21-3623811015-3361044348-30300820-1013"),
            try .certificatePolicies([
                CertificatePolicy(oid: [2, 23, 140, 1, 5, 3, 2]),
                CertificatePolicy(oid: [1, 2, 392, 200_000, 1], cps: "https://ca.example/cps"),
            ]),
            try .crlDistributionPoints(["http://crl.example/ca.crl"]),
            try .authorityInformationAccess(ocsp: ["http://ocsp.example"], caIssuers: ["http://aia.example/ca.cer"]),
            try .basicConstraints(isCA: false),
            .ocspNoCheck,
        ]
    }

    static func leafBody(
        issuer: Certificate,
        key: SubjectPublicKey,
        extensions: [Extension]? = nil
    ) throws -> TBSCertificate {
        TBSCertificate(
            serialNumber: [0x7F] + (1...15).map { UInt8($0) },
            signatureAlgorithm: issuer.signatureAlgorithm,
            issuerDER: try issuer.subjectDER(),
            notBefore: now - 60,
            notAfter: now + 365 * day,
            subject: subjectName,
            publicKey: key,
            extensions: try extensions ?? everyExtension(key, issuer: issuer.tbs.publicKey)
        )
    }
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The error that a body throws, or nil.
func refusal(_ body: () throws -> Void) -> X509Error? {
    do {
        try body()
        return nil
    } catch let error as X509Error {
        return error
    } catch {
        return X509Error(.malformed, "another error: \(error)")
    }
}
