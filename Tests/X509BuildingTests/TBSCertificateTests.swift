import Clocks
import Foundation
import Testing
import X509Building

@Suite("Certificate bodies")
struct TBSCertificateTests {
    private static func body() throws -> TBSCertificate {
        let root = try Samples.root(.ecdsaP256SHA256)
        return try Samples.leafBody(issuer: root, key: Samples.key(for: .ecdsaP384SHA384).publicKey)
    }

    @Test("A body comes back as it was, with and without the key in hand")
    func roundTrip() throws {
        let body = try Self.body()
        let encoded = try body.derEncoded()
        #expect(try TBSCertificate(derEncoded: encoded) == body)
        #expect(try TBSCertificate(derEncoded: encoded, expectedKey: body.publicKey) == body)
        let other = try Samples.key(for: .ed25519).publicKey
        #expect(try TBSCertificate(derEncoded: encoded, expectedKey: other) == body)
    }

    @Test("Serials are positive and of 20 octets at most, the sign octet counted")
    func serials() throws {
        func error(_ serial: [UInt8]) throws -> X509Error? {
            var body = try Self.body()
            body.serialNumber = serial
            return refusal { _ = try body.derEncoded() }
        }
        #expect(try error([])?.field == "serialNumber")
        #expect(try error([0, 0])?.field == "serialNumber")
        #expect(try error([1]) == nil)
        #expect(try error([0x7F] + [UInt8](repeating: 0xFF, count: 19)) == nil)
        #expect(try error([0xFF] + [UInt8](repeating: 0xFF, count: 18)) == nil)
        #expect(try error([0x80] + [UInt8](repeating: 0, count: 19))?.clause == "RFC 5280 4.1.2.2")
        #expect(try error([UInt8](repeating: 1, count: 21))?.clause == "RFC 5280 4.1.2.2")
    }

    @Test("Leading zeros of a serial are dropped, a high bit gets its sign octet")
    func serialEncoding() throws {
        var body = try Self.body()
        body = TBSCertificate(
            serialNumber: [0, 0, 0x80, 1],
            signatureAlgorithm: body.signatureAlgorithm,
            issuerDER: body.issuerDER,
            notBefore: body.notBefore,
            notAfter: body.notAfter,
            subject: body.subject,
            publicKey: body.publicKey,
            extensions: body.extensions
        )
        #expect(body.serialNumber == [0x80, 1])
        let encoded = try body.derEncoded()
        #expect(encoded[9...].starts(with: [0x02, 0x03, 0x00, 0x80, 0x01]))
        #expect(try TBSCertificate(derEncoded: encoded) == body)
    }

    @Test("Dates are UTCTime through 2049 and GeneralizedTime from 2050, as OpenSSL reads them")
    func dates() throws {
        let folder = try TemporaryFolder()
        let moments: [(CivilTime, String, String)] = [
            (
                CivilTime(year: 1999, month: 12, day: 31, hour: 23, minute: 59, second: 59), "Dec 31 23:59:59 1999 GMT",
                "991231235959Z"
            ),
            (CivilTime(year: 2024, month: 2, day: 29), "Feb 29 00:00:00 2024 GMT", "240229000000Z"),
            (
                CivilTime(year: 2049, month: 12, day: 31, hour: 23, minute: 59, second: 59), "Dec 31 23:59:59 2049 GMT",
                "491231235959Z"
            ),
            (CivilTime(year: 2050, month: 1, day: 1), "Jan  1 00:00:00 2050 GMT", "20500101000000Z"),
            (
                CivilTime(year: 9999, month: 12, day: 31, hour: 23, minute: 59, second: 59), "Dec 31 23:59:59 9999 GMT",
                "99991231235959Z"
            ),
        ]
        for (moment, shown, written) in moments {
            var body = try Self.body()
            body.notBefore = CivilTime(year: 1950, month: 1, day: 1).secondsSinceEpoch
            body.notAfter = moment.secondsSinceEpoch
            let certificate = try Samples.key(for: .ecdsaP256SHA256).sign(body)
            try folder.write(certificate.derEncoded, "a.der")
            let text = try openssl("x509", "-inform", "DER", "-in", "a.der", "-noout", "-dates", in: folder)
            #expect(text.contains("notAfter=\(shown)\n") && text.contains("notBefore=Jan  1 00:00:00 1950 GMT"))
            #expect(String(decoding: certificate.tbsDER, as: UTF8.self).contains(written))
            #expect(certificate.tbs == body)
        }
    }

    @Test("Dates out of range, or the wrong way round, are refused")
    func badDates() throws {
        var body = try Self.body()
        body.notAfter = body.notBefore - 1
        #expect(refusal { _ = try body.derEncoded() }?.field == "notAfter")
        body.notAfter = CivilTime(year: 10_000, month: 1, day: 1).secondsSinceEpoch
        #expect(refusal { _ = try body.derEncoded() }?.field == "notAfter")
        body.notAfter = body.notBefore
        #expect(refusal { _ = try body.derEncoded() } == nil)
        body.notBefore = CivilTime(year: 1949, month: 12, day: 31).secondsSinceEpoch
        #expect(refusal { _ = try body.derEncoded() }?.field == "notBefore")
    }

    @Test("Dates that do not exist, without seconds, with a zone or in the other form are refused")
    func foreignDates() throws {
        var body = try Self.body()
        body.notBefore = CivilTime(year: 2024, month: 2, day: 29, hour: 1, minute: 2, second: 3).secondsSinceEpoch
        let encoded = try body.derEncoded()
        let place = try #require(encoded.indices.first { encoded[$0...].starts(with: Array("240229010203Z".utf8)) })
        for wrong in [
            "230229010203Z", "240230010203Z", "240229240000Z", "240229016003Z", "240229010260Z", "2402290102+9Z",
        ] {
            var changed = encoded
            changed.replaceSubrange(place..<place + 13, with: Array(wrong.utf8))
            #expect(refusal { _ = try TBSCertificate(derEncoded: changed) }?.code == .malformed, "\(wrong)")
        }
        var generalized = encoded
        generalized.replaceSubrange(place - 2..<place + 13, with: [0x18, 13] + Array("240229010203Z".utf8))
        #expect(refusal { _ = try TBSCertificate(derEncoded: generalized) }?.code == .malformed)
    }

    @Test("An issuer that is empty or no Name, and an extension that occurs twice, are refused")
    func parts() throws {
        var body = try Self.body()
        let issuer = body.issuerDER
        for wrong: [UInt8] in [[], [0x30, 0], [0x05, 0], issuer + [0], issuer.dropLast(), [0x30, 2, 0x31, 0]] {
            body.issuerDER = wrong
            #expect(refusal { _ = try body.derEncoded() } != nil)
        }
        body.issuerDER = issuer
        body.extensions.append(try .basicConstraints(isCA: true))
        #expect(refusal { _ = try body.derEncoded() }?.field == "basicConstraints")
        body.extensions = (0...TBSCertificate.maximumExtensions).map {
            Extension(oid: [1, 2, UInt64($0)], critical: false, value: [5, 0])
        }
        #expect(refusal { _ = try body.derEncoded() }?.code == .valueInvalid)
        body.extensions = [Extension(oid: [1, 2, 3], critical: false, value: [UInt8](repeating: 0, count: 40_000))]
        #expect(refusal { _ = try body.derEncoded() }?.code == .tooLarge)
        body.extensions = []
        #expect(try TBSCertificate(derEncoded: body.derEncoded()) == body)
    }

    @Test("Versions 1 and 2 and unique identifiers are refused")
    func otherVersions() throws {
        let encoded = try Self.body().derEncoded()
        #expect(Array(encoded[4..<9]) == [0xA0, 3, 2, 1, 2])
        for version: UInt8 in [0, 1, 3] {
            var changed = encoded
            changed[8] = version
            #expect(refusal { _ = try TBSCertificate(derEncoded: changed) }?.code == .malformed)
        }
        var body = try Self.body()
        body.extensions = []
        let plain = try body.derEncoded()
        var unique = plain + [0x81, 2, 0, 1]
        let length = unique.count - 4
        unique[2] = UInt8(length >> 8)
        unique[3] = UInt8(length & 0xFF)
        #expect(refusal { _ = try TBSCertificate(derEncoded: unique) }?.code == .unsupportedField)
    }

    @Test("A body that is too large is refused before it is parsed")
    func tooLarge() {
        let bytes = [UInt8](repeating: 0x30, count: TBSCertificate.maximumEncodedSize + 1)
        #expect(refusal { _ = try TBSCertificate(derEncoded: bytes) }?.code == .tooLarge)
    }
}
