import Foundation
import Testing
import X509Building

@Suite("Extensions")
struct ExtensionTests {
    /// What an OpenSSL configuration makes, beside what ours must be.
    struct Golden: Sendable, CustomTestStringConvertible {
        let configuration: String
        let make: @Sendable () throws -> Extension
        var testDescription: String { configuration }
    }

    static let golden: [Golden] = [
        Golden(configuration: "keyUsage=critical,digitalSignature") { try .keyUsage(.digitalSignature) },
        Golden(configuration: "keyUsage=critical,keyCertSign,cRLSign") { try .keyUsage([.keyCertSign, .cRLSign]) },
        Golden(configuration: "keyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment") {
            try .keyUsage([.digitalSignature, .nonRepudiation, .keyEncipherment, .dataEncipherment])
        },
        Golden(configuration: "keyUsage=critical,keyAgreement,decipherOnly") {
            try .keyUsage([.keyAgreement, .decipherOnly])
        },
        Golden(configuration: "keyUsage=critical,keyAgreement,encipherOnly") {
            try .keyUsage([.keyAgreement, .encipherOnly])
        },
        Golden(configuration: "basicConstraints=CA:FALSE") { try .basicConstraints(isCA: false) },
        Golden(configuration: "basicConstraints=critical,CA:TRUE") { try .basicConstraints(isCA: true) },
        Golden(configuration: "basicConstraints=critical,CA:TRUE,pathlen:0") {
            try .basicConstraints(isCA: true, pathLength: 0)
        },
        Golden(configuration: "basicConstraints=critical,CA:TRUE,pathlen:200") {
            try .basicConstraints(isCA: true, pathLength: 200)
        },
        Golden(configuration: "subjectKeyIdentifier=0102030405060708090A") {
            try .subjectKeyIdentifier([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        },
        Golden(configuration: "extendedKeyUsage=clientAuth,emailProtection,OCSPSigning,msSmartcardLogin,msEFS,1.2.3.4")
        {
            try .extendedKeyUsage([
                .clientAuth, .emailProtection, .ocspSigning, .smartCardLogon, .encryptingFileSystem,
                .other([1, 2, 3, 4]),
            ])
        },
        Golden(
            configuration:
                "certificatePolicies=2.23.140.1.5.3.2,@cps\n[cps]\npolicyIdentifier=1.2.3\nCPS.1=https://a.example/"
        ) {
            try .certificatePolicies([
                CertificatePolicy(oid: [2, 23, 140, 1, 5, 3, 2]),
                CertificatePolicy(oid: [1, 2, 3], cps: "https://a.example/"),
            ])
        },
        Golden(
            configuration:
                "crlDistributionPoints=cdp\n[cdp]\nfullname=URI:http://a.example/1.crl,URI:http://b.example/1.crl"
        ) {
            try .crlDistributionPoints(["http://a.example/1.crl", "http://b.example/1.crl"])
        },
        Golden(configuration: "authorityInfoAccess=OCSP;URI:http://o.example,caIssuers;URI:http://a.example/ca.cer") {
            try .authorityInformationAccess(ocsp: ["http://o.example"], caIssuers: ["http://a.example/ca.cer"])
        },
        Golden(configuration: "noCheck=ignored") { .ocspNoCheck },
        Golden(
            configuration: "subjectAltName=@san\n[san]\nemail=a@corp.example\nDNS=host.corp.example\nURI=urn:uuid:1\n"
                + "otherName.1=1.3.6.1.4.1.311.20.2.3;FORMAT:UTF8,UTF8:太郎@corp\n"
                + "otherName.2=1.3.6.1.5.5.7.8.9;FORMAT:UTF8,UTF8:太郎@corp.example\ndirName=dir\n[dir]\nCN=alias"
        ) {
            try .subjectAlternativeName([
                .rfc822Name("a@corp.example"), .dnsName("host.corp.example"), .uniformResourceIdentifier("urn:uuid:1"),
                .userPrincipalName("太郎@corp"), .smtpUTF8Mailbox("太郎@corp.example"),
                .directoryName(DistinguishedName([.init(.commonName, "alias")])),
            ])
        },
        Golden(
            configuration:
                "1.3.6.1.4.1.311.25.2=ASN1:SEQUENCE:names\n[names]\nother=IMPLICIT:0,SEQUENCE:other\n[other]\n"
                + "type=OID:1.3.6.1.4.1.311.25.2.1\nvalue=EXPLICIT:0,FORMAT:ASCII,OCTETSTRING:S-1-5-21-1-2-3-1105"
        ) { try .securityIdentifier("S-1-5-21-1-2-3-1105") },
    ]

    @Test("Each extension is byte for byte what OpenSSL makes", arguments: golden)
    func matchesOpenSSL(_ golden: Golden) throws {
        let folder = try TemporaryFolder()
        let head = "[req]\ndistinguished_name=dn\nprompt=no\nstring_mask=utf8only\nutf8=yes\n[dn]\nCN=x\n[ext]\n"
        try folder.write(head + golden.configuration + "\n", "configuration")
        try openssl("genpkey", "-algorithm", "ED25519", "-out", "key.pem", in: folder)
        try openssl(
            "req",
            "-x509",
            "-config",
            "configuration",
            "-extensions",
            "ext",
            "-key",
            "key.pem",
            "-outform",
            "DER",
            "-out",
            "a.der",
            in: folder
        )
        let certificate = try Certificate(derEncoded: folder.read("a.der"))
        let made = try golden.make()
        let theirs = try #require(certificate.tbs.extension(made.oid))
        #expect(made == theirs)
    }

    @Test("What is built is read back")
    func readBack() throws {
        let purposes: [ExtendedKeyUsage] = [.clientAuth, .smartCardLogon, .other([1, 3, 6, 1])]
        #expect(try Extension.extendedKeyUsage(purposes).readExtendedKeyUsage() == purposes)
        for raw in UInt16(1)..<512 {
            let usage = KeyUsage(rawValue: raw)
            #expect(try Extension.keyUsage(usage).readKeyUsage() == usage)
            #expect(usage.names.compactMap { KeyUsage(name: $0) }.reduce([]) { $0.union($1) } == usage)
        }
        let sid = "S-1-5-21-3623811015-3361044348-30300820-1013"
        #expect(try Extension.securityIdentifier(sid).readSecurityIdentifier() == sid)
        let identifier = [UInt8](1...20)
        #expect(try Extension.subjectKeyIdentifier(identifier).readSubjectKeyIdentifier() == identifier)
        #expect(try Extension.authorityKeyIdentifier(identifier).readAuthorityKeyIdentifier() == identifier)
        let access = try Extension.authorityInformationAccess(
            ocsp: ["http://o.example"],
            caIssuers: ["http://c.example"]
        )
        #expect(try access.readAuthorityInformationAccess().caIssuers == ["http://c.example"])
        for constraints in [BasicConstraints(isCA: false), .init(isCA: true), .init(isCA: true, pathLength: 3)] {
            let made = try Extension.basicConstraints(isCA: constraints.isCA, pathLength: constraints.pathLength)
            #expect(try made.readBasicConstraints() == constraints)
            #expect(made.critical == constraints.isCA)
        }
        try Extension.ocspNoCheck.readOCSPNoCheck()
    }

    @Test("Values that must not be encoded are refused")
    func refusedValues() {
        let builders: [@Sendable () throws -> Extension] = [
            { try .keyUsage([]) },
            { try .keyUsage(KeyUsage(rawValue: 1 << 9)) },
            { try .extendedKeyUsage([]) },
            { try .extendedKeyUsage([.clientAuth, .other([1, 3, 6, 1, 5, 5, 7, 3, 2])]) },
            { try .subjectAlternativeName([]) },
            { try .subjectAlternativeName([.rfc822Name("a@corp.example"), .rfc822Name("a@corp.example")]) },
            { try .certificatePolicies([]) },
            { try .certificatePolicies([.init(oid: [1, 2]), .init(oid: [1, 2])]) },
            { try .crlDistributionPoints([]) },
            { try .authorityInformationAccess(ocsp: [], caIssuers: []) },
            { try .basicConstraints(isCA: false, pathLength: 0) },
            { try .basicConstraints(isCA: true, pathLength: -1) },
            { try .basicConstraints(isCA: true, pathLength: 256) },
            { try .subjectKeyIdentifier([]) },
            { try .authorityKeyIdentifier([UInt8](repeating: 0, count: 65)) },
        ]
        for (index, build) in builders.enumerated() {
            #expect(refusal { _ = try build() }?.code == .valueInvalid, "builder \(index)")
        }
        for sid in ["", "S-1", "S-1-5", "S-2-5-21", "s-1-5-21", "S-1-5-21-01", "S-1-5-4294967296", "S-1-5-21-\u{FF11}"]
        {
            #expect(refusal { _ = try Extension.securityIdentifier(sid) }?.field == "securityIdentifier", "\(sid)")
        }
        for uri in ["", "crl", "http:", "://a", "http://a.example/ x", "http://例.example", "1http://a.example"] {
            #expect(refusal { _ = try Extension.crlDistributionPoints([uri]) }?.code == .nameInvalid, "\(uri)")
        }
    }

    static let refusedNames: [GeneralName] = [
        .rfc822Name(""), .rfc822Name("a"), .rfc822Name("a@"), .rfc822Name("@corp.example"), .rfc822Name("a@corp"),
        .rfc822Name("a b@corp.example"), .rfc822Name("太郎@corp.example"), .rfc822Name("a@日本.example"),
        .rfc822Name(".a@corp.example"), .rfc822Name("a..b@corp.example"), .rfc822Name("a\0@corp.example"),
        .rfc822Name("a@corp.example "), .rfc822Name("<a@corp.example>"), .rfc822Name("a@-corp.example"),
        .rfc822Name(String(repeating: "a", count: 65) + "@corp.example"),
        .rfc822Name("a@" + String(repeating: "a", count: 64) + ".example"),
        .rfc822Name("a@" + String(repeating: "abcdefg.", count: 32) + "example"),
        .smtpUTF8Mailbox("taro@corp.example"), .smtpUTF8Mailbox("太郎@日本.example"), .smtpUTF8Mailbox("太郎"),
        .smtpUTF8Mailbox("太 郎@corp.example"), .smtpUTF8Mailbox("太\u{202E}郎@corp.example"),
        .userPrincipalName("taro"), .userPrincipalName("@corp"), .userPrincipalName("taro@"),
        .userPrincipalName("ta\u{0}ro@corp"), .userPrincipalName("ta ro@corp"), .userPrincipalName("a@b@c"),
        .dnsName(""), .dnsName("*.example"), .dnsName("a_b.example"), .dnsName("a..example"), .dnsName("例.example"),
        .uniformResourceIdentifier("example"), .uniformResourceIdentifier("http://例"),
        .directoryName(DistinguishedName([])),
    ]

    @Test("General names that break a rule are refused, and the error names their form", arguments: refusedNames)
    func generalNames(_ name: GeneralName) {
        let error = refusal { _ = try Extension.subjectAlternativeName([name]) }
        #expect(error?.code == .nameInvalid && error?.field == name.kind)
    }

    @Test("Encodings that are not the only one are refused by the readers")
    func nonCanonical() {
        let keyUsages: [[UInt8]] = [
            [3, 2, 0, 0x80], [3, 2, 7, 0], [3, 1, 0], [3, 3, 0, 0x80, 0], [3, 3, 7, 0x80, 0], [3, 2, 6, 0x80], [3, 0],
            [3, 4, 0, 0x80, 0x80, 0x80], [3, 3, 6, 0x80, 0x40],
        ]
        for value in keyUsages {
            let one = Extension(oid: .keyUsage, critical: true, value: value)
            #expect(refusal { _ = try one.readKeyUsage() } != nil, "\(value)")
        }
        let constraints: [[UInt8]] = [
            [0x30, 3, 1, 1, 0], [0x30, 3, 1, 1, 1], [0x30, 3, 2, 1, 0], [0x30, 6, 1, 1, 0xFF, 2, 1, 0xFF],
            [0x30, 0x80, 0, 0], [0x30, 0x81, 0], [0x30, 0, 0],
        ]
        for value in constraints {
            let one = Extension(oid: .basicConstraints, critical: true, value: value)
            #expect(refusal { _ = try one.readBasicConstraints() } != nil, "\(value)")
        }
        #expect(refusal { _ = try Extension.ocspNoCheck.readKeyUsage() }?.code == .valueInvalid)
    }
}
