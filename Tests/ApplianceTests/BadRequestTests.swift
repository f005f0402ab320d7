import Foundation
import SignerAPI
import Testing
import Workbench

/// PKCS#10 requests that nobody may get a certificate for.
@Suite(.sharedAppliance) struct BadRequestTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let rule: String
        var testDescription: String { name }
    }

    private static func cases(_ rule: String, _ names: String) -> [Case] {
        names.split(whereSeparator: \.isWhitespace).map { Case(name: String($0), rule: rule) }
    }

    private static let malformedRequests = cases(
        "request.pkcs10",
        """
        truncated truncated-to-two-octets trailing-octets two-in-one indefinite-length length-not-minimal
        length-beyond-the-end no-sequence certificate-shaped version-two version-huge attributes-missing
        attributes-malformed subject-malformed nested-to-death signature-missing signature-with-unused-bits
        signature-md5 signature-of-another-kind signature-algorithm-unknown key-algorithm-unknown key-without-null
        key-for-pss-alone too-long much-too-long modulus-negative modulus-padded modulus-zero
        """
    )

    @Test(
        "a request that is no PKCS#10 in DER, or of an algorithm that is not taken, is refused",
        arguments: malformedRequests
    )
    func malformed(_ request: Case) throws {
        try refuse(request)
    }

    private static let misSignedRequests = cases(
        "request.proof-of-possession",
        "signature-empty signature-changed signature-too-long content-changed-after-signing"
    )

    @Test("a request that its own key has not signed is refused", arguments: misSignedRequests)
    func misSigned(_ request: Case) throws {
        try refuse(request)
    }

    private static let brokenKeys: [Case] =
        cases(
            "request.pkcs10",
            """
            rsa-16384 rsa-exponent-1 rsa-exponent-even rsa-modulus-even ec-point-off-the-curve ec-point-compressed
            ec-point-hybrid ec-point-at-infinity ec-point-of-another-curve ec-coordinate-beyond-the-field x25519
            rsa-exponent-as-long-as-the-modulus rsa-2047 rsa-exponent-too-large ed25519-small-order
            """
        ) + cases("key.rsa-small-factor", "rsa-small-factor") + cases("key.rsa-close-primes", "rsa-close-primes")
        + cases("key.rsa-prime-power", "rsa-square") + cases("key.rsa-roca", "rsa-roca")
        + cases("key.rsa-repeated-octets", "rsa-repeated-octets")

    @Test("a key that can be broken is refused, however well the request is signed", arguments: brokenKeys)
    func brokenKey(_ request: Case) throws {
        try refuse(request)
    }

    private func refuse(_ request: Case) throws {
        let order = try Stage.order("bad-request-\(request.name)", request: HostileRequests.request(request.name))
        try expectRefusal(of: order, by: SharedAppliance.current, "RequestRejected", request.rule)
    }

    struct Made: Sendable, CustomTestStringConvertible {
        let name: String
        let error: String
        let rule: String
        let arguments: [String]
        var testDescription: String { name }
    }

    static let made =
        [
            Made(
                name: "sha1",
                error: "RequestRejected",
                rule: "request.pkcs10",
                arguments: ["-newkey", "rsa:2048", "-sha1"]
            ),
            Made(
                name: "rsa-1024",
                error: "RequestRejected",
                rule: "request.pkcs10",
                arguments: ["-newkey", "rsa:1024"]
            ),
            Made(
                name: "exponent-3",
                error: "RequestRejected",
                rule: "key.rsa-exponent-too-small",
                arguments: ["-newkey", "rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:3"]
            ),
            Made(
                name: "rsa-2056",
                error: "PolicyViolation",
                rule: "key.algorithm-not-allowed",
                arguments: ["-newkey", "rsa:2056"]
            ),
        ]
        + ["secp256k1", "secp521r1", "secp224r1", "brainpoolP256r1"].map { curve in
            Made(
                name: curve,
                error: "RequestRejected",
                rule: "request.pkcs10",
                arguments: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:\(curve)"]
            )
        }

    @Test("a weak digest, a short key, a small exponent, another curve is refused", arguments: made)
    func madeByOpenSSL(_ made: Made) throws {
        let order = try Stage.order("bad-request-\(made.name)", request: Stage.request(made.arguments))
        try expectRefusal(of: order, by: SharedAppliance.current, made.error, made.rule)
    }

    static let texts = [
        ("empty", ""), ("spaces", " \n "), ("prose", "please give me a certificate"), ("nul", "\0\0\0\0"),
        ("base64 of nothing", "AAAA"), ("base64 with a comma", "MIIC,AAA"),
        ("another label", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
        ("no end", "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n"),
        ("a JSON text", "{\"request\":true}"), ("a million letters", String(repeating: "M", count: 1_000_000)),
    ]

    @Test("a text that holds no request is refused", arguments: texts)
    func textWithoutRequest(_ name: String, _ text: String) throws {
        let order = try Stage.order(
            "bad-text-\(name.replacingOccurrences(of: " ", with: "-"))",
            request: text
        )
        try expectRefusal(of: order, by: SharedAppliance.current, "RequestRejected", "request.pkcs10")
    }

    @Test("two requests in one text, or a private key beside the request, are refused")
    func moreThanARequest() throws {
        let appliance = try SharedAppliance.current
        let good = try Stage.sharedRequest.get()
        let twice = try Stage.order("bad-text-two-requests", request: good + good)
        try expectRefusal(of: twice, by: appliance, "RequestRejected", "request.pkcs10")
        let key = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"
        let withKey = try Stage.order("bad-text-private-key", request: key + good)
        try expectRefusal(of: withKey, by: appliance, "RequestRejected", "request.pkcs10")
    }
}
