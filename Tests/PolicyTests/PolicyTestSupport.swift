import Clocks
import Crypto
import CryptoExtras
import Foundation
import StrictYAML
import X509Building

@testable import Policy

/// 23 November 2026, noon in Tokyo.
let testDate = Timestamp(seconds: CivilTime(year: 2026, month: 11, day: 23, hour: 3).secondsSinceEpoch)

/// A key pair that signs by swift-crypto, for CA certificates of tests.
struct TestKey: Sendable {
    let publicKey: SubjectPublicKey
    let algorithm: SignatureAlgorithm
    let sign: @Sendable ([UInt8]) throws -> [UInt8]

    static func p256() throws -> TestKey {
        let key = P256.Signing.PrivateKey()
        return TestKey(
            publicKey: try SubjectPublicKey(derEncoded: Array(key.publicKey.derRepresentation)),
            algorithm: .ecdsaP256SHA256
        ) { Array(try key.signature(for: $0).derRepresentation) }
    }

    static func rsa() throws -> TestKey {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        return TestKey(
            publicKey: try SubjectPublicKey(derEncoded: Array(key.publicKey.derRepresentation)),
            algorithm: .sha256WithRSA
        ) { Array(try key.signature(for: $0, padding: .insecurePKCS1v1_5).rawRepresentation) }
    }

    static func ed25519() throws -> SubjectPublicKey {
        try SubjectPublicKey.ed25519(Array(Curve25519.Signing.PrivateKey().publicKey.rawRepresentation))
    }
}

/// The development profiles, a root and its issuing CAs, made once.
struct TestAuthorities: Sendable {
    let profiles: ProfileSet
    let root: IssuerFacts
    let issuers: [String: IssuerFacts]
    let personRSA: SubjectPublicKey
    let personP256: SubjectPublicKey
    let personEd25519: SubjectPublicKey
    let rootPlan: CertificatePlan
    let smimePlan: CertificatePlan

    static let shared = Result { try TestAuthorities() }

    static let profilesPath = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "provisioning/profiles/development.yaml").path

    /// CAs are a day older than the certificates.
    static let ceremonyDate = Timestamp(seconds: testDate.seconds - 86_400)

    private init() throws {
        profiles = try ProfileSet(path: Self.profilesPath)
        let keys = ["rsa": try TestKey.rsa(), "p256": try TestKey.p256()]
        let rootKey = try TestKey.p256()
        rootPlan = try profiles.resolve(
            AuthorityRequest(profile: "root-ca", subject: Self.name("Test Root")),
            key: rootKey.publicKey,
            issuer: nil,
            at: Self.ceremonyDate
        )
        root = try IssuerFacts(name: "root-p256", certificate: Self.certificate(rootPlan, rootKey))
        var issuers: [String: IssuerFacts] = [:]
        var smimePlan: CertificatePlan?
        for use in ["access", "smime"] {
            for (kind, key) in keys {
                // A key for each use: one key must not answer for two CAs.
                let own = use == "access" ? key : try kind == "rsa" ? TestKey.rsa() : TestKey.p256()
                let plan = try profiles.resolve(
                    AuthorityRequest(profile: "issuing-ca-\(use)", subject: Self.name("Test \(use) \(kind)")),
                    key: own.publicKey,
                    issuer: root,
                    at: Self.ceremonyDate
                )
                if use == "smime" { smimePlan = plan }
                issuers["\(use)-\(kind)"] = try IssuerFacts(
                    name: "\(use)-\(kind)",
                    certificate: Self.certificate(plan, rootKey)
                )
            }
        }
        self.issuers = issuers
        self.smimePlan = smimePlan ?? rootPlan
        personRSA = try TestKey.rsa().publicKey
        personP256 = try TestKey.p256().publicKey
        personEd25519 = try TestKey.ed25519()
    }

    /// A responder of the issuer access-p256.
    func responderPlan() throws -> CertificatePlan {
        try profiles.resolve(
            AuthorityRequest(profile: "ocsp-responder", subject: Self.name("Test responder")),
            key: TestKey.p256().publicKey,
            issuer: issuers["access-p256"],
            at: Self.ceremonyDate
        )
    }

    static func name(_ commonName: String) -> [DistinguishedName.Attribute] {
        [
            .init(.countryName, "JP"), .init(.organizationName, "Inkan Test"), .init(.commonName, commonName),
        ]
    }

    private static func certificate(_ plan: CertificatePlan, _ key: TestKey) throws -> Certificate {
        let body = try plan.makeTBSCertificate(serialNumber: testSerial).derEncoded()
        let signed = Certificate.assemble(
            tbsDER: body,
            algorithm: plan.signatureAlgorithm,
            signature: try key.sign(body)
        )
        return try Certificate(derEncoded: signed)
    }
}

let testSerial: [UInt8] = [0x7f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]

/// Requests that are in order, to be spoilt by tests.
enum GoodRequest {
    static let organization: [DistinguishedName.Attribute] = [
        .init(.countryName, "JP"), .init(.organizationName, "株式会社印鑑商会"),
        .init(.organizationIdentifier, "VATJP-1234567890123"),
    ]

    static let personal = CertificateRequestFacts(
        profile: "smime-personal",
        subject: organization + [
            .init(.surname, "山田"), .init(.givenName, "太郎"), .init(.commonName, "山田 太郎"),
            .init(.emailAddress, "taro@inkan.example"),
        ],
        alternativeNames: [.rfc822Name("taro@inkan.example")]
    )

    static let access = CertificateRequestFacts(
        profile: "access-1y",
        subject: [
            .init(.commonName, "VPN 001"), .init(.organizationalUnitName, "情報システム部"),
            .init(.countryName, "JP"), .init(.organizationName, "株式会社印鑑商会"),
            .init(.organizationalUnitName, "Team A"),
        ]
    )

    static let smartCard = CertificateRequestFacts(
        profile: "access-smartcard-1y",
        subject: access.subject,
        alternativeNames: [.userPrincipalName("taro@corp.example")],
        securityIdentifier: "S-1-5-21-1004336348-1177238915-682003330-1105"
    )
}
