import Foundation
import SignerAPI
import Testing
import Workbench

/// Only the key is taken from a request (SGN-02).
@Suite(.sharedAppliance) struct NothingFromTheRequestTests {
    /// What OpenSSL puts into a request on demand.
    private static let extensions = [
        "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign",
        "subjectAltName=DNS:evil.example,IP:192.0.2.66,email:evil@evil.example,URI:https://evil.example/,"
            + "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:evil@corp.example",
        "extendedKeyUsage=anyExtendedKeyUsage,codeSigning,OCSPSigning,serverAuth",
        "certificatePolicies=2.5.29.32.0", "nameConstraints=permitted;email:evil.example",
        "crlDistributionPoints=URI:http://evil.example/evil.crl",
        "authorityInfoAccess=OCSP;URI:http://evil.example/ocsp",
        "1.3.6.1.4.1.311.25.2=ASN1:UTF8String:S-1-5-21-666-666-666-500",
        "1.2.3.4=critical,DER:65:76:69:6c",
    ]

    @Test("a request full of names and extensions gives the certificate that an empty one gives")
    func extensionRequests() throws {
        let folder = try TemporaryFolder()
        let key = folder.file("key.pem")
        try ChildProgram.check("openssl", ["genpkey", "-algorithm", "ed25519", "-out", key])
        let subject = "/C=XX/O=evil/OU=evil/CN=evil.example/emailAddress=evil@evil.example"
        let hostile = try ChildProgram.check(
            "openssl",
            ["req", "-new", "-key", key, "-subj", subject] + Self.extensions.flatMap { ["-addext", $0] }
        )
        let plain = try ChildProgram.check("openssl", ["req", "-new", "-key", key, "-subj", "/"])
        let appliance = try SharedAppliance.current
        func body(_ order: String, _ request: String) throws -> String {
            var order = try Stage.order(order, request: request)
            order.notBefore = Self.now
            order.validityDays = 30
            return try Self.text(of: appliance.client().issue(order).certificate)
        }
        let fromHostile = try body("hostile-extensions", hostile)
        #expect(try fromHostile == body("plain-extensions", plain))
        #expect(!fromHostile.localizedCaseInsensitiveContains("evil"))
        #expect(fromHostile.contains("CA:FALSE"))
    }

    @Test(
        "a request with a hostile subject or attribute gives a certificate without a trace of it",
        arguments: [
            "subject-of-attacks", "subject-not-utf8", "subject-in-every-string-type", "subject-of-500-names",
            "challenge-password",
        ]
    )
    func hostileSubject(_ name: String) throws {
        let order = try Stage.order("hostile-\(name)", request: HostileRequests.request(name))
        let text = try Self.text(of: SharedAppliance.current.client().issue(order).certificate)
        for trace in ["evil", "cmd()", "Bcc", "{{#x}}", "script", "%n"] { #expect(!text.contains(trace)) }
        #expect(text.contains("Subject: C = JP, O = Inkan Example, CN = 山田 太郎\n"))
    }

    private static var now: String { Date().addingTimeInterval(-1).ISO8601Format() }

    /// All that OpenSSL shows of a certificate but serial, times and signature.
    private static func text(of certificate: String) throws -> String {
        try ChildProgram.check(
            "openssl",
            [
                "x509", "-noout", "-text", "-nameopt", "oneline,utf8,-esc_msb",
                "-certopt", "no_serial,no_validity,no_sigdump",
            ],
            input: Data(certificate.utf8)
        )
    }
}
