import Testing
import X509Building

@Suite("Certificates that other implementations read")
struct CertificateTests {
    @Test(
        "OpenSSL and GnuTLS verify a chain of every algorithm over every kind of key",
        arguments: SignatureAlgorithm.allCases
    )
    func chains(_ algorithm: SignatureAlgorithm) throws {
        let folder = try TemporaryFolder()
        let root = try Samples.root(algorithm)
        try folder.write(root.pem, "root.pem")
        for subjectKind in Samples.subjectKeys {
            let key = try Samples.key(for: subjectKind).publicKey
            let leaf = try Samples.key(for: algorithm).sign(Samples.leafBody(issuer: root, key: key))
            try folder.write(leaf.pem, "leaf.pem")
            try folder.write(leaf.pem + root.pem, "chain.pem")
            let verified = try openssl("verify", "-x509_strict", "-CAfile", "root.pem", "leaf.pem", in: folder)
            #expect(verified == "leaf.pem: OK\n")
            let gnutls = try tool("certtool", ["--verify-chain", "--infile", "chain.pem"], in: folder)
            #expect(gnutls.status == 0 && gnutls.output.contains("Verified."), "\(gnutls.output)")
            #expect(leaf.isSigned(by: root.tbs.publicKey))
            #expect(root.isSigned(by: root.tbs.publicKey))
            #expect(try Certificate(pem: leaf.pem) == leaf)
        }
    }

    @Test("OpenSSL shows every name and extension")
    func shown() throws {
        let folder = try TemporaryFolder()
        let root = try Samples.root(.ecdsaP256SHA256)
        let key = try Samples.key(for: .ecdsaP384SHA384).publicKey
        let leaf = try Samples.key(for: .ecdsaP256SHA256).sign(Samples.leafBody(issuer: root, key: key))
        try folder.write(leaf.derEncoded, "leaf.der")
        let text = try openssl(
            "x509",
            "-inform",
            "DER",
            "-in",
            "leaf.der",
            "-noout",
            "-text",
            "-nameopt",
            "utf8,sep_comma_plus",
            in: folder
        )
        let expected = [
            "7f:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f",
            "C=JP,ST=東京都,L=千代田区,O=日本電算株式会社,OU=営業部,OU=第二課,organizationIdentifier=NTRJP-1234567890123,"
                + "title=課長,SN=山田,GN=太郎,pseudonym=ヤマ,serialNumber=A-0012345,CN=山田 太郎,"
                + "emailAddress=taro@corp.example,DC=corp,DC=example",
            "X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation",
            "TLS Web Client Authentication, E-mail Protection, Microsoft Encrypted File System, "
                + "Microsoft Smartcard Login, 1.2.392.200000.9",
            "email:taro@corp.example, othername: SmtpUTF8Mailbox:",
            ":太郎@xn--wgv71a119e.jp, othername: UPN:",
            ":taro@corp.example, DNS:host.corp.example, URI:https://corp.example/people/taro, DirName:",
            "Policy: 2.23.140.1.5.3.2",
            "CPS: https://ca.example/cps",
            "URI:http://crl.example/ca.crl",
            "OCSP - URI:http://ocsp.example",
            "CA Issuers - URI:http://aia.example/ca.cer",
            "X509v3 Basic Constraints: \n                CA:FALSE",
            "OCSP No Check",
            "1.3.6.1.4.1.311.25.2",
        ]
        for part in expected {
            #expect(text.contains(part), "missing: \(part) in\n\(text)")
        }
    }

    @Test("An OpenSSL certificate is parsed and its body encodes to the same bytes")
    func parsesOpenSSL() throws {
        let folder = try TemporaryFolder()
        try openssl(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "key.pem",
            "-out",
            "ca.der",
            "-outform",
            "DER",
            "-utf8",
            "-subj",
            "/C=JP/O=印鑑/CN=Outside CA",
            "-set_serial",
            "0x00f1e2d3c4",
            "-days",
            "100",
            in: folder
        )
        let ca = try Certificate(derEncoded: folder.read("ca.der"))
        #expect(ca.tbs.serialNumber == [0xF1, 0xE2, 0xD3, 0xC4])
        #expect(ca.tbs.subject.description == "CN=Outside CA, O=印鑑, C=JP")
        #expect(try ca.tbs.issuer() == ca.tbs.subject)
        #expect(try ca.tbs.derEncoded() == ca.tbsDER)
        #expect(ca.signatureAlgorithm == .sha256WithRSA)
        #expect(ca.isSigned(by: ca.tbs.publicKey))
        let constraints = try #require(ca.tbs.extension(.basicConstraints)).readBasicConstraints()
        #expect(constraints == BasicConstraints(isCA: true))
        let otherKey = try Samples.key(for: .sha256WithRSA).publicKey
        #expect(!ca.isSigned(by: otherKey))
    }

    @Test("A certificate with another algorithm outside than inside is refused")
    func algorithmsDiffer() throws {
        let root = try Samples.root(.sha256WithRSA)
        let mixed = Certificate.assemble(tbsDER: root.tbsDER, algorithm: .sha384WithRSA, signature: root.signature)
        #expect(refusal { _ = try Certificate(derEncoded: mixed) }?.clause == "RFC 5280 4.1.1.2")
    }

    @Test("A certificate that is too large is refused before it is parsed")
    func tooLarge() {
        let bytes = [UInt8](repeating: 0x30, count: Certificate.maximumEncodedSize + 1)
        #expect(refusal { _ = try Certificate(derEncoded: bytes) }?.code == .tooLarge)
    }
}
