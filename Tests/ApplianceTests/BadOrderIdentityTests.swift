import Foundation
import SignerAPI
import Testing
import Workbench

/// Times, order identifiers and keys that belong to somebody else.
@Suite(.sharedAppliance) struct BadOrderIdentityTests {
    private static func time(_ seconds: TimeInterval) -> String {
        Date(timeIntervalSinceNow: seconds).ISO8601Format()
    }

    private static let day: TimeInterval = 86_400

    private static let validities: [BadOrder] = [
        .violating("a day beyond the profile", "validity.too-long") { $0.validityDays = 398 },
        .violating("no days", "validity.too-long") { $0.validityDays = 0 },
        .violating("negative days", "validity.too-long") { $0.validityDays = -1 },
        .violating("more days than numbers", "validity.too-long") { $0.validityDays = .max },
        .violating("fewer days than numbers", "validity.too-long") { $0.validityDays = .min },
        .violating("an end beyond the profile", "validity.too-long") { $0.notAfter = time(398 * day) },
        .violating("one second beyond the profile", "validity.too-long") {
            let start = time(0)
            $0.notBefore = start
            let first = ISO8601DateFormatter().date(from: start) ?? Date()
            $0.notAfter = first.addingTimeInterval(397 * day).ISO8601Format()
        },
        .violating("beyond the issuer", "validity.too-long") { $0.notAfter = time(20 * 365 * day) },
        .violating("the end of time", "validity.too-long") { $0.notAfter = "9999-12-31T23:59:59Z" },
        .violating("days and an end", "validity.ambiguous") {
            $0.validityDays = 30
            $0.notAfter = time(30 * day)
        },
        .violating("backwards", "validity.end") {
            $0.notBefore = time(0)
            $0.notAfter = time(-60)
        },
        .violating("an end in the past", "validity.end") { $0.notAfter = time(-10) },
        .violating("a beginning in the past", "validity.start") { $0.notBefore = time(-2 * 3600) },
        .violating("a beginning long ago", "validity.start") { $0.notBefore = "1970-01-01T00:00:00Z" },
        .violating("a beginning far ahead", "validity.start") { $0.notBefore = time(400 * day) },
    ]

    private static let times: [BadOrder] =
        [
            "", "tomorrow", "2026-11-23", "2026-11-23T09:00:00", "2026-11-23T09:00:00+09:00", "2026-11-23 09:00:00Z",
            "2026-02-30T09:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T09:00:60Z", "2026-11-23T09:00:00.5Z",
            "-2026-11-23T09:00:00Z", "99999-11-23T09:00:00Z", "２０２６-11-23T09:00:00Z", "0000-00-00T00:00:00Z",
        ].map { (text: String) in
            .rejected("time “\(text)”", "request.time") { $0.notAfter = text }
        }

    @Test("a validity beyond the profile, backwards or in the past is refused", arguments: validities + times)
    func validity(_ bad: BadOrder) throws {
        let order = try bad.order("validity") { try Stage.order($0) }
        try expectRefusal(of: order, by: SharedAppliance.current, bad.error, bad.rule)
    }

    static let orderIDs = [
        "", " ", "a b", "order/1", "../../evil", "order\n1", "order\0", "注文", "a'; DROP TABLE entries; --", "%s%n",
        "a,b",
        "=cmd()", String(repeating: "x", count: 65),
    ]

    @Test("an order identifier of another form is refused, and recorded as far as it can be", arguments: orderIDs)
    func orderID(_ id: String) throws {
        try expectRefusal(
            of: Stage.order(id),
            by: SharedAppliance.current,
            "RequestRejected",
            "request.order",
            recordedAs: String(id.prefix(64))
        )
    }

    @Test(
        "an order with a text of a megabyte is refused, and neither answer nor ledger repeats it",
        arguments: [
            "order", "profile", "issuer", "subject-type", "subject-value", "name-kind", "purpose", "algorithm", "time",
            "sid",
        ]
    )
    func hugeText(_ field: String) throws {
        // One letter to the eye: what counts letters takes it for short.
        let huge = "e" + String(repeating: "\u{301}", count: 600_000)
        let appliance = try SharedAppliance.current
        var order = try Stage.order("huge-\(field)")
        switch field {
        case "order": order.order = "huge-order-\(huge)"
        case "profile": order.profile = huge
        case "issuer": order.issuer = huge
        case "subject-type": order.subject.append(.init(huge, "x"))
        case "subject-value": order.set("localityName", huge)
        case "name-kind": order.alternativeNames = [.init(huge, "x")]
        case "purpose": order.extendedKeyUsages = [huge]
        case "algorithm": order.signatureAlgorithm = huge
        case "time": order.notAfter = huge
        default: order.securityIdentifier = huge
        }
        let client = try appliance.client()
        let refused = try #require(refusal { try client.issue(order) })
        #expect(refused.message.utf8.count + refused.mend.utf8.count < 2000)
        let entries = try appliance.ledgerEntries().filter {
            $0.order?.utf8.starts(with: "huge-\(field)".utf8) == true
        }
        #expect(entries.map(\.kind) == ["refusal"])
        #expect(entries.allSatisfy { ($0.order ?? "").utf8.count <= 64 })
        #expect(try client.call(.getStatus)["ready"]?.boolValue == true)
    }

    @Test("an order asked again with any other content is a conflict, and leaves the first one's certificate")
    func sameOrderOtherContent() throws {
        let appliance = try SharedAppliance.current
        let client = try appliance.client()
        let first = try client.issue(Stage.order("conflict"))
        let changes: [@Sendable (inout CertificateOrder) -> Void] = [
            { $0.profile = "access-2y" }, { $0.issuer = nil }, { $0.set("commonName", "Jiro") },
            { $0.validityDays = 30 },
            { $0.extendedKeyUsages = ["encryptingFileSystem"] }, { $0.subject.swapAt(0, 1) }, { $0.request += "\n" },
            { $0.securityIdentifier = "S-1-5-21-1-2-3-1105" }, { $0.profile = "no-such-profile" },
        ]
        for change in changes {
            var order = try Stage.order("conflict")
            change(&order)
            let refused = refusal { try client.issue(order) }
            // Some changes would be refused anyway; none may bring a certificate.
            #expect(refused != nil)
        }
        #expect(try client.issue(Stage.order("conflict")).certificate == first.certificate)
        let entries = try appliance.ledgerEntries(order: "conflict")
        #expect(entries.filter { $0.kind == "certificate" }.count == 1)
        #expect(entries.filter { $0.kind == "refusal" }.count == changes.count)
    }

    @Test("a key that has a certificate for one subject gets none for another")
    func keyOfAnotherSubject() throws {
        let appliance = try SharedAppliance.current
        let request = try Stage.request(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        _ = try appliance.client().issue(Stage.order("key-first", request: request, subject: "Taro"))
        let second = try Stage.order("key-second", request: request, subject: "Jiro")
        try expectRefusal(of: second, by: appliance, "RequestRejected", "SGN-03.key-belongs-to-other")
    }

    @Test("a CA's key gets no certificate from that CA nor from another, though the request is signed with it")
    func keyOfAuthority() throws {
        let appliance = try SharedAppliance.current
        let request = try Self.requestOfAuthority("access-p256", appliance.establishment)
        let own = try Stage.order("key-of-own-authority", request: request)
        try expectRefusal(of: own, by: appliance, "PolicyViolation", "key.is-issuer-key")
        var other = try Stage.order("key-of-other-authority", request: request)
        other.issuer = "access-rsa"
        try expectRefusal(of: other, by: appliance, "RequestRejected", "SGN-03.key-of-authority")
    }

    /// A PKCS#10 request over a CA's key, signed behind the appliance's back by somebody who has the token's PIN.
    private static func requestOfAuthority(_ name: String, _ establishment: Establishment) throws -> String {
        let folder = establishment.folder
        let publicKey = try ChildProgram.check(
            "openssl",
            ["x509", "-in", folder.file("authorities/\(name).pem"), "-noout", "-pubkey"]
        )
        let base64 = publicKey.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
        let spki = try #require(Data(base64Encoded: base64))
        let info = sequence([2, 1, 0] + sequence([]) + spki + [0xA0, 0])
        try Data(info).write(to: URL(fileURLWithPath: folder.file("request-info.der")))
        try ChildProgram.check(
            "openssl",
            ["dgst", "-sha256", "-binary", "-out", folder.file("request-info.sha256"), folder.file("request-info.der")]
        )
        // pkcs11-tool signs by a key's identifier alone; a label it would ignore.
        let listing = try tokenTool(["--list-objects", "--type", "privkey"], establishment)
        let described = try #require(listing.split(separator: "label:").first { $0.contains(" \(name)\n") })
        let identifier = try #require(described.split(separator: "ID:").dropFirst().first?.split(separator: "\n").first)
        _ = try tokenTool(
            [
                "--sign", "--mechanism", "ECDSA", "--signature-format", "openssl",
                "--id", identifier.trimmingCharacters(in: .whitespaces),
                "--input-file", folder.file("request-info.sha256"), "--output-file", folder.file("request.sig"),
            ],
            establishment
        )
        let signature = try Data(contentsOf: URL(fileURLWithPath: folder.file("request.sig")))
        let ecdsaWithSHA256: [UInt8] = [0x30, 10, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]
        return Data(sequence(info + ecdsaWithSHA256 + element(3, [0] + signature))).base64EncodedString()
    }

    private static func tokenTool(_ arguments: [String], _ establishment: Establishment) throws -> String {
        let folder = establishment.folder
        let pin = try String(contentsOfFile: folder.file("secrets/issuing.pin"), encoding: .utf8)
        return try ChildProgram.check(
            "pkcs11-tool",
            ["--module", Establishment.softHSM, "--token-label", "inkan-issuing", "--login", "--pin", pin] + arguments,
            environment: ["SOFTHSM2_CONF": folder.file("softhsm2.conf")]
        )
    }

    private static func sequence(_ content: [UInt8]) -> [UInt8] {
        element(0x30, content)
    }

    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length = content.count
        let octets: [UInt8] =
            switch length {
            case 0..<0x80: [UInt8(length)]
            case 0x80...0xFF: [0x81, UInt8(length)]
            default: [0x82, UInt8(length >> 8), UInt8(length & 0xFF)]
            }
        return [tag] + octets + content
    }
}
